"""What must still be said after a resident has gone: how their paper ended, and that their session is over.

Done by the heartbeat, so that no screen ever waits for it. An outcome is kept until the portal has it; orders
are known here by their id only.
"""

from __future__ import annotations

import logging
import threading

from kiosk.agent_client import AgentStatus, AgentUnreachable, OrderUnknown
from kiosk.journey.ports import Agent, Portal
from kiosk.portal_answers import Outcome, OutcomeState
from kiosk.portal_client import PortalRefused, PortalUnreachable

logger = logging.getLogger(__name__)

_ENDED: dict[str, OutcomeState] = {"printed": "printed", "not_printed": "not_printed", "unknown": "unknown"}
# The portal does not wait for this outcome: said again, it would be refused again.
_FINAL = frozenset({"not_found", "issuance_unknown", "not_released", "bad_request"})
NEVER_SENT = Outcome(state="not_printed", sheets=0, of=0, detail="never_sent")


class Aftercare:
    """Outcomes the portal does not have yet, orders nobody has seen end, sessions still open at the portal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: dict[str, Outcome] = {}
        self._told: dict[str, OutcomeState] = {}
        self._unseen: set[str] = set()
        self._sessions: list[str] = []
        self._abandoned: list[str] = []

    def order_ended(self, order: str, outcome: Outcome) -> None:
        """The paper of this order came out, did not, or nobody knows."""
        with self._lock:
            self._unseen.discard(order)
            if self._told.get(order) != outcome.state:
                self._outcomes[order] = outcome

    def order_unseen(self, order: str) -> None:
        """The order was released, but the print agent did not say whether it got it."""
        with self._lock:
            self._unseen.add(order)

    def order_abandoned(self, order: str) -> None:
        """The person has gone and the document was never fetched: money, if any, has to go back at once."""
        with self._lock:
            if order not in self._abandoned:
                self._abandoned.append(order)

    def session_over(self, token: str) -> None:
        """The person has gone; the portal should know."""
        with self._lock:
            self._sessions.append(token)

    def hear(self, agent: AgentStatus) -> None:
        """Take over what the agent's journal says; after a crash of the kiosk this is all there is."""
        for ended in agent.outcomes:
            state = _ENDED.get(ended.state)
            if state is not None:
                self.order_ended(ended.order, Outcome(state, ended.sheets, ended.of, ended.detail))

    def look_for_unseen(self, agent: Agent) -> None:
        """Ask the agent about orders of which it is not known whether they arrived."""
        with self._lock:
            unseen = tuple(self._unseen)
        for order in unseen:
            try:
                progress = agent.order(order)
            except OrderUnknown:
                self.order_ended(order, NEVER_SENT)
            except AgentUnreachable:
                return
            else:
                state = _ENDED.get(progress.state)
                if state is not None:
                    self.order_ended(order, Outcome(state, progress.sheets, progress.of, "seen_later"))

    def deliver(self, portal: Portal) -> None:
        """Tell the portal all that is pending; what it cannot be told now is told at the next heartbeat."""
        with self._lock:
            outcomes = tuple(self._outcomes.items())
            sessions, self._sessions = self._sessions, []
        for order, outcome in outcomes:
            try:
                portal.report_outcome(order, outcome)
            except PortalUnreachable:
                return
            except PortalRefused as refusal:
                logger.warning("outcome of order %s refused: %s", order, refusal.code)
                if refusal.code not in _FINAL:
                    return
            self._delivered(order, outcome)
        self._deliver_abandoned(portal)
        for token in sessions:
            try:
                portal.close_session(token)
            except (PortalUnreachable, PortalRefused) as error:
                # The portal ends it by itself within minutes; keeping the token longer would be the greater harm.
                logger.info("session not closed: %s", type(error).__name__)

    def _deliver_abandoned(self, portal: Portal) -> None:
        with self._lock:
            abandoned = tuple(self._abandoned)
        for order in abandoned:
            try:
                portal.abandon(order)
            except PortalUnreachable:
                return
            except PortalRefused as refusal:
                logger.info("order %s is not abandoned: %s", order, refusal.code)
                if refusal.code not in _FINAL | {"released"}:
                    return
            with self._lock:
                self._abandoned.remove(order)

    def _delivered(self, order: str, outcome: Outcome) -> None:
        with self._lock:
            self._told[order] = outcome.state
            if self._outcomes.get(order) == outcome:
                del self._outcomes[order]
