"""From the fee that is due to the fee that is held: the payment device works, the portal is told, the person sees it.

Rules held here: money is asked for only when the paper is ready; the portal decides whether money that is held buys a
paper; on every way out of these steps the order is abandoned, and so the portal has the money given back.
"""

from __future__ import annotations

import logging

from kiosk.journey.journey import View
from kiosk.journey.parts import PATIENCE_SECONDS, Parts
from kiosk.journey.states import Event
from kiosk.payment.device import Reservation
from kiosk.portal_client import PortalRefused, PortalUnreachable

logger = logging.getLogger(__name__)

KEEP_SESSION_SECONDS = 20.0
SILENT_SECONDS = 20.0
PAYING_SECONDS = 120.0


class PaySteps:
    """The steps of CHOOSE_MEANS and PAYING."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._begun: int | None = None
        self._kept_at: float | None = None
        self._silent_since: float | None = None
        self._unheard_since: float | None = None

    def forget(self) -> None:
        """A visit is over."""
        self._begun = self._kept_at = self._silent_since = self._unheard_since = None

    def keep_session(self, view: View) -> None:
        """While a person looks for coins the portal must not take the session for over."""
        now = self._parts.clock()
        if self._kept_at is not None and now - self._kept_at < KEEP_SESSION_SECONDS:
            return
        self._kept_at = now
        token = view.visit.portal.token if view.visit.portal else ""
        try:
            self._parts.portal.issuance(token, view.visit.order)
        except PortalUnreachable:
            logger.info("the portal did not answer while somebody pays")
        except PortalRefused as refusal:
            self._parts.refuse(view, refusal)

    def follow(self, view: View) -> None:
        """PAYING: begin once, watch, and when the fee is held tell the portal."""
        issuance, means, till = view.visit.issuance, view.visit.means, self._parts.till
        if issuance is None or not issuance.fee or means is None or till is None:
            self._parts.fail(view, "unexpected")
            return
        if self._begun != view.epoch:
            if not till.begin(issuance.issuance, issuance.fee, means):
                self._refused(view, "payment_busy")
                return
            self._begun, self._silent_since = view.epoch, None
        self.keep_session(view)
        progress = till.progress(issuance.issuance)
        if progress.stage == "held" and progress.held is not None:
            self._held(view, progress.held)
        elif progress.stage == "refused":
            self._refused(view, progress.problem or "payment_failed")
        else:
            self._wait(view, inserted=progress.inserted, silent=progress.stage == "silent")

    def _wait(self, view: View, *, inserted: int, silent: bool) -> None:
        self._parts.journey.note(epoch=view.epoch, inserted=inserted, silent=silent)
        now = self._parts.clock()
        if silent:
            self._silent_since = self._silent_since or now
            if now - self._silent_since > SILENT_SECONDS:
                self._parts.fail(view, "payment_unclear")
                return
        if (view.visit.cancelling or now - view.entered_at > PAYING_SECONDS) and self._parts.till is not None:
            self._parts.till.cancel(view.visit.order)

    def _refused(self, view: View, problem: str) -> None:
        self._parts.journey.fire(
            Event.PAYMENT_REFUSED,
            epoch=view.epoch,
            problem=problem,
            means=None,
            inserted=0,
            silent=False,
            cancelling=False,
        )

    def _held(self, view: View, held: Reservation) -> None:
        if view.visit.cancelling:
            # The coin that completed the fee and the press on "stop" crossed: the press counts.
            self._parts.fail(view, "payment_cancelled")
            return
        token = view.visit.portal.token if view.visit.portal else ""
        asked_at = self._parts.clock()
        try:
            self._parts.portal.authorise(token, view.visit.order, str(view.visit.means), held)
        except PortalUnreachable:
            self._unheard_since = self._unheard_since or asked_at
            if self._parts.clock() - self._unheard_since >= PATIENCE_SECONDS:
                self._parts.fail(view, "portal_unreachable")
            return
        except PortalRefused as refusal:
            self._parts.refuse(view, refusal)
            return
        self._unheard_since = None
        self._parts.journey.fire(Event.PAID, epoch=view.epoch, paid=True)
