"""From the confirmed choice to the sheet in the tray: issuance, ticket, order, outcome.

Rules held here: the ticket is fetched only after the card is gone; an order is handed over under one id only, so
that a repeated call never prints twice; how it ended is always told to the portal, now or later; the session ends
as soon as the ticket is here, so that from then on no card and no press can do anything in it.
"""

from __future__ import annotations

import logging

from kiosk import manifest
from kiosk.agent_client import AgentRefused, AgentUnreachable, OrderUnknown, PrinterNotAble
from kiosk.journey.aftercare import NEVER_SENT
from kiosk.journey.journey import View
from kiosk.journey.parts import PATIENCE_SECONDS, Parts
from kiosk.journey.situation import blocking_code, printer_obstacle
from kiosk.journey.states import Event
from kiosk.manifest import ManifestContradicts
from kiosk.portal_answers import Issuance, IssuanceRequest, Outcome, Released
from kiosk.portal_client import PortalRefused, PortalUnreachable

logger = logging.getLogger(__name__)

PREPARE_SECONDS = 40.0
LOST_AGENT_SECONDS = 30.0
_COMING = frozenset({"requested", "rendering"})
_MAY_BE_RELEASED = frozenset({"ready", "authorised", "released"})


class PaperSteps:
    """The steps of TAKE_CARD (the portal may already work), PREPARING and PRINTING."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._silent_since: float | None = None
        self._in_hand: tuple[str, Released] | None = None

    def ask_for_paper(self, view: View) -> None:
        """Let the portal begin while the resident takes the card; nothing leaves the portal by this."""
        visit = view.visit
        if visit.portal is None or visit.offer is None or visit.scope is None or visit.request is None:
            self._parts.fail(view, "unexpected")
            return
        asked_at = self._parts.clock()
        try:
            if visit.issuance is None:
                known = self._parts.portal.request_issuance(visit.portal.token, self._request(view))
            elif visit.issuance.state in _COMING:
                known = self._parts.portal.issuance(visit.portal.token, visit.issuance.issuance)
            else:
                return
        except PortalUnreachable:
            self._portal_silent(view, asked_at)
            return
        except PortalRefused as refusal:
            self._parts.refuse(view, refusal)
            return
        self._silent_since = None
        self._take_note(view, known)

    def prepare(self, view: View) -> None:
        """PREPARING: when the document is ready, fetch it and hand it to the print agent."""
        if self._parts.clock() - view.entered_at > PREPARE_SECONDS and not view.visit.released:
            self._parts.fail(view, "too_slow")
            return
        issuance = view.visit.issuance
        if self._in_hand is not None and issuance is not None and self._in_hand[0] == issuance.issuance:
            self._place(view, issuance, self._in_hand[1])
            return
        self.ask_for_paper(view)
        now = self._parts.journey.view
        issuance = now.visit.issuance
        if now.epoch != view.epoch or issuance is None or issuance.state not in _MAY_BE_RELEASED:
            return
        if issuance.fee is None:
            self._look(now, issuance)
            return
        if issuance.fee and not now.visit.paid:
            self._ask_for_fee(now)
            return
        released = self._release(now, issuance)
        if released is not None:
            self._place(now, issuance, released)

    def _ask_for_fee(self, view: View) -> None:
        if not self.ended_without_printer(view):
            self._parts.journey.fire(Event.FEE_DUE, epoch=view.epoch)

    def ended_without_printer(self, view: View) -> bool:
        """Whether the visit ended here: no money is asked for while there is no printer that could print for it."""
        obstacle = printer_obstacle(self._parts.situation().agent)
        if obstacle is None:
            return False
        self._parts.aftercare.order_abandoned(view.visit.order)
        self._parts.fail(view, obstacle)
        return True

    def give_up(self, view: View, code: str) -> None:
        """PREPARING: end the journey before the ticket is here; nothing is printed, whatever the portal believes."""
        if view.visit.released:
            self._end(view.visit.order, NEVER_SENT)
        self._parts.fail(view, code)

    def follow(self, view: View) -> None:
        """PRINTING: sheet by sheet until the print agent says how it ended."""
        order = view.visit.order
        asked_at = self._parts.clock()
        try:
            progress = self._parts.agent.order(order)
        except OrderUnknown:
            # It was accepted, and now nobody remembers: only a person can look into the tray.
            self._unknown(view, Outcome("unknown", view.visit.sheets, view.visit.of, "journal_lost"))
            return
        except (AgentUnreachable, AgentRefused):
            self._agent_silent(view, asked_at, LOST_AGENT_SECONDS)
            return
        self._silent_since = None
        outcome_words = {"printed": "printed", "not_printed": "stopped", "unknown": "unclear"}
        detail = outcome_words.get(progress.state)
        if progress.state == "printed":
            self._end(order, Outcome("printed", progress.sheets, progress.of, str(detail)))
            self._parts.journey.fire(Event.PRINTED, epoch=view.epoch, sheets=progress.sheets, of=progress.of)
        elif progress.state == "not_printed":
            self._end(order, Outcome("not_printed", progress.sheets, progress.of, str(detail)))
            self._parts.fail(view, "not_printed")
        elif progress.state == "unknown":
            self._unknown(view, Outcome("unknown", progress.sheets, progress.of, str(detail)))
        else:
            self._parts.journey.note(
                epoch=view.epoch,
                sheets=progress.sheets,
                of=progress.of,
                printer=blocking_code(progress.reasons),
                printer_seconds=progress.seconds_left,
            )

    def forget_paper(self) -> None:
        """No document stays in memory once its journey is over."""
        self._in_hand = None
        self._silent_since = None

    def _request(self, view: View) -> IssuanceRequest:
        visit = view.visit
        offer = visit.offer
        return IssuanceRequest(
            request=str(visit.request),
            kind=str(visit.kind),
            scope=str(visit.scope),
            persons=tuple(person.ref for person in visit.persons),
            items={item.id: item.id in visit.items for item in (offer.items if offer else ())},
        )

    def _look(self, view: View, issuance: Issuance) -> None:
        """A paper that was ready at once: the answer to the asking does not tell its fee."""
        token = view.visit.portal.token if view.visit.portal else ""
        asked_at = self._parts.clock()
        try:
            known = self._parts.portal.issuance(token, issuance.issuance)
        except PortalUnreachable:
            self._portal_silent(view, asked_at)
        except PortalRefused as refusal:
            self._parts.refuse(view, refusal)
        else:
            self._silent_since = None
            self._take_note(view, known)

    def _take_note(self, view: View, known: Issuance) -> None:
        self._parts.journey.note(epoch=view.epoch, issuance=known, of=known.pages or 0)
        now = self._parts.journey.view
        if known.refusal is not None:
            self._parts.fail(now, known.refusal)
        elif known.state not in _COMING | _MAY_BE_RELEASED:
            self._parts.fail(now, "issuance_failed")

    def _release(self, view: View, issuance: Issuance) -> Released | None:
        obstacle = printer_obstacle(self._parts.situation().agent)
        if obstacle is not None and not view.visit.released:
            self._parts.fail(view, obstacle)
            return None
        if not self._parts.journey.note(epoch=view.epoch, released=True):
            return None
        token = view.visit.portal.token if view.visit.portal else ""
        persons = [person.ref for person in view.visit.persons]
        asked_at = self._parts.clock()
        try:
            released = self._parts.portal.release(token, issuance.issuance)
        except PortalUnreachable:
            if self._portal_silent(view, asked_at):
                self._end(issuance.issuance, NEVER_SENT)
            return None
        except PortalRefused as refusal:
            self._parts.aftercare.order_abandoned(issuance.issuance)
            if self._silent_since is not None:
                # An earlier answer was lost on the way: the portal may believe that the paper left it.
                self._end(issuance.issuance, NEVER_SENT)
            self._parts.refuse(view, refusal)
            return None
        self._silent_since = None
        try:
            manifest.demand(released, order=issuance.issuance, persons=persons)
        except ManifestContradicts as contradiction:
            # Nothing is printed, and this device is closed until staff have looked: it must never happen.
            logger.critical("order %s is not what was asked for here: %s", issuance.issuance, contradiction)
            self._end(issuance.issuance, Outcome("unknown", 0, issuance.pages or 0, "manifest"))
            self._parts.fail(view, "order_refused")
            return None
        self._in_hand = (issuance.issuance, released)
        self._parts.aftercare.session_over(token)
        self._parts.journey.note(epoch=view.epoch, portal=None)
        self._parts.hurry()
        return released

    def _place(self, view: View, issuance: Issuance, released: Released) -> None:
        order = issuance.issuance
        asked_at = self._parts.clock()
        try:
            self._parts.agent.put_order(order, released.ticket, released.document)
        except AgentUnreachable:
            self._agent_silent(view, asked_at, PATIENCE_SECONDS)
        except PrinterNotAble as refusal:
            self._end(order, Outcome("not_printed", 0, issuance.pages or 0, refusal.code))
            self._parts.fail(view, self._printer_words(refusal))
        except AgentRefused as refusal:
            logger.warning("order %s refused by the print agent: %s", order, refusal.code)
            self._order_refused(view, issuance, refusal)
        else:
            self.forget_paper()
            self._parts.journey.fire(Event.ORDER_PLACED, epoch=view.epoch, of=issuance.pages or 0)

    def _order_refused(self, view: View, issuance: Issuance, refusal: AgentRefused) -> None:
        if refusal.code == "order_reused":
            # Something was printed, or may be, under this id: the agent's journal will say what.
            self._parts.aftercare.order_unseen(issuance.issuance)
        else:
            self._end(issuance.issuance, Outcome("not_printed", 0, issuance.pages or 0, refusal.code))
        self._parts.fail(view, "order_refused")

    def _printer_words(self, refusal: PrinterNotAble) -> str:
        known = {"busy": "printer_busy", "locked": "printer_locked", "not_enough_paper": "paper_empty"}
        return known.get(refusal.code) or printer_obstacle(self._parts.situation().agent) or "printer_offline"

    def _end(self, order: str, outcome: Outcome) -> None:
        self.forget_paper()
        self._parts.aftercare.order_ended(order, outcome)
        self._parts.hurry()

    def _unknown(self, view: View, outcome: Outcome) -> None:
        self._end(view.visit.order, outcome)
        self._parts.journey.fire(Event.ORDER_UNKNOWN, epoch=view.epoch)

    def _portal_silent(self, view: View, asked_at: float) -> bool:
        """Whether the portal has been silent for too long; the journey has ended then."""
        if not self._silent_for(PATIENCE_SECONDS, asked_at):
            return False
        self._parts.fail(view, "portal_unreachable")
        return True

    def _agent_silent(self, view: View, asked_at: float, patience: float) -> None:
        if self._silent_for(patience, asked_at):
            self.forget_paper()
            self._parts.aftercare.order_unseen(view.visit.order)
            self._parts.journey.fire(Event.ORDER_UNKNOWN, epoch=view.epoch)

    def _silent_for(self, patience: float, asked_at: float) -> bool:
        """The silence began with the question: a part that hangs uses up its own time-out first."""
        if self._silent_since is None:
            self._silent_since = asked_at
        return self._parts.clock() - self._silent_since >= patience
