"""The parts around one journey, handed as one to whatever carries it forward."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.journey.aftercare import Aftercare
from kiosk.journey.failures import page_for
from kiosk.journey.journey import Journey, View, new_reference
from kiosk.journey.ports import Agent, Clock, LoginPayload, Portal, Reader, Till
from kiosk.journey.situation import Situation
from kiosk.journey.states import Event
from kiosk.journey.visit import Failure
from kiosk.portal_client import PortalRefused
from kiosk.settings import Settings

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 6.0
"""How long a part may stay silent in the middle of a journey before the resident is told and let go. One slow
answer (4 s) is borne, a second one is not; either way it is said before ten seconds are over."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Card, portal and paper, as one journey needs them."""

    settings: Settings
    journey: Journey
    reader: Reader
    portal: Portal
    agent: Agent
    till: Till | None
    aftercare: Aftercare
    clock: Clock
    payload: LoginPayload
    situation: Callable[[], Situation]
    hurry: Callable[[], None]
    """something should be delivered to the portal at once"""

    def fail(self, view: View, code: str, reference: str = "", wait_seconds: int | None = None) -> None:
        """End this journey with the page for `code`, unless something else happened since `view`."""
        failure = Failure(
            code=page_for(code),
            reference=reference or view.visit.order[:8].upper() or new_reference(),
            wait_seconds=wait_seconds,
            paid=view.visit.means is not None,
        )
        if self.journey.fire(Event.FAIL, epoch=view.epoch, failure=failure):
            logger.warning("journey failed: %s, reference %s", code, failure.reference)

    def refuse(self, view: View, refusal: PortalRefused) -> None:
        """End this journey because the portal said no."""
        code = (
            "terminal_refused" if refusal.code.startswith(("terminal_", "request_", "signature_i")) else refusal.code
        )
        self.fail(view, code, refusal.reference, refusal.wait_seconds)
