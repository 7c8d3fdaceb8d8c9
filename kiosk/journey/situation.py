"""Can anything be issued here, now? Answered before any card is asked for, from what the heartbeat learned last."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.agent_client import AgentStatus, Reason
from kiosk.payment.nexo import Condition, Means
from kiosk.portal_answers import Bulletin, CertificateKind, OtherMachine

PORTAL_SILENCE_SECONDS = 6.0
"""The portal is asked each second; one slow answer (4 s) must not close the terminal, a second one does."""

PRINTER_PAGES = {
    "paper": "paper_empty",
    "jam": "paper_jam",
    "open": "cover_open",
    "supply": "toner_empty",
    "output": "output_full",
    "service": "printer_service",
    "paused": "printer_paused",
    "starting": "printer_starting",
    "busy": "printer_busy",
    "offline": "printer_offline",
}
"""The print agent's kinds of reasons, each with the page that explains it; whatever else it says needs a person."""
_MUNICIPAL = frozenset({"hours", "maintenance", "stopped", "terminal_locked"})


@dataclass(frozen=True, slots=True)
class Situation:
    """The last news from portal, print agent and reader. None = did not answer."""

    bulletin: Bulletin | None = None
    heard_at: float | None = None
    """when the portal answered last, on the kiosk's clock"""
    refused: str | None = None
    """the code with which the portal refused this terminal, if it did"""
    agent: AgentStatus | None = None
    reader: str | None = None
    """state of the reader"""
    till: Condition | None = None
    """by which means the payment device takes money now"""
    seen_at: float = 0.0
    """when agent and reader were asked last"""

    @property
    def municipality(self) -> str:
        """The city served, as the portal names it; empty before it was ever heard."""
        return "" if self.bulletin is None else self.bulletin.municipality

    @property
    def elsewhere(self) -> tuple[OtherMachine, ...]:
        """Other machines that can issue now, while this one cannot print."""
        return () if self.bulletin is None else self.bulletin.elsewhere

    @property
    def certificates(self) -> tuple[CertificateKind, ...]:
        """All kinds the portal announces, available or not."""
        return () if self.bulletin is None else self.bulletin.certificates

    @property
    def means(self) -> frozenset[Means]:
        """How a fee can be paid here now."""
        return frozenset() if self.till is None else self.till.means

    def payable(self, row: CertificateKind) -> bool:
        """Whether the fee of this kind, if there is one, can be paid here now."""
        return row.fee == 0 or bool(self.means)

    def available(self, kind: str) -> bool:
        """Whether this kind of paper can be issued now."""
        return any(row.kind == kind and row.available and self.payable(row) for row in self.certificates)


def obstacle(situation: Situation, now: float) -> str | None:
    """Why nothing can be issued here now, as one code; None when something can."""
    return paper_obstacle(situation, now) or _reader_obstacle(situation.reader) or _choice_obstacle(situation)


def _choice_obstacle(situation: Situation) -> str | None:
    on_offer = [row for row in situation.certificates if row.available]
    if not on_offer:
        return "stopped"
    return None if any(situation.payable(row) for row in on_offer) else "payment_out"


def payment_obstacle(situation: Situation, kind: str | None) -> str | None:
    """Why the fee of `kind` could not be paid now, so that no card is asked for; None when it could."""
    known = [row for row in situation.certificates if row.kind == kind]
    return None if all(situation.payable(row) for row in known) else "payment_out"


def paper_obstacle(situation: Situation, now: float) -> str | None:
    """Why no paper could come out for the next card, as one code: whatever portal and printer last said."""
    return _portal_obstacle(situation, now) or printer_obstacle(situation.agent)


def _portal_obstacle(situation: Situation, now: float) -> str | None:
    if situation.refused is not None:
        return "terminal_refused"
    if situation.bulletin is None or situation.heard_at is None:
        return "starting"
    if now - situation.heard_at > PORTAL_SILENCE_SECONDS:
        return "portal_unreachable"
    if situation.bulletin.open:
        return None
    reason = situation.bulletin.reason
    return reason if reason in _MUNICIPAL else "stopped"


def printer_obstacle(agent: AgentStatus | None) -> str | None:
    """Why no paper can come out, as one code; None when it can, or while the printer is only busy."""
    if agent is None:
        return "agent_unreachable"
    if agent.able or agent.state == "printing":
        return None
    if agent.state == "locked":
        return "printer_locked"
    return blocking_code(agent.reasons) or "printer_offline"


def blocking_code(reasons: tuple[Reason, ...]) -> str | None:
    """What holds the printer up, as one code: of the first that does; None when nothing does."""
    kinds = [reason.kind for reason in reasons if reason.blocking]
    return PRINTER_PAGES.get(kinds[0] or "", "printer_service") if kinds else None


def _reader_obstacle(reader: str | None) -> str | None:
    if reader is None:
        return "reader_unavailable"
    return "no_reader" if reader == "no_reader" else None
