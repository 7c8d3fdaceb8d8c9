"""Carries the journey forward where no finger does: the card, the portal, the printer and the clock.

`step` does what the present state needs, once; `run` repeats it until stopped. A screen never waits for any of this.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from kiosk.journey.card_steps import CardSteps
from kiosk.journey.journey import View, new_reference
from kiosk.journey.paper_steps import PaperSteps
from kiosk.journey.parts import Parts
from kiosk.journey.pay_steps import PaySteps
from kiosk.journey.situation import obstacle, paper_obstacle, payment_obstacle
from kiosk.journey.states import HOLDS_NOTHING, WAITING_FOR_A_PERSON, Event, State
from kiosk.journey.visit import Failure
from kiosk.settings import Limits

logger = logging.getLogger(__name__)

BUSY_SECONDS = 0.1
CALM_SECONDS = 0.4
SETTLE_SECONDS = 2.0
"""after an order of unknown outcome the printer is asked anew before it is believed"""
_BUSY = frozenset(
    {State.PLACE_CARD, State.CHECKING_CARD, State.TAKE_CARD, State.PREPARING, State.PAYING, State.PRINTING}
)


def idle_limit(state: State, limits: Limits) -> int | None:
    """Seconds without a press after which this screen warns; None where no person is waited for."""
    if state not in WAITING_FOR_A_PERSON:
        return None
    return limits.read if state in {State.ENTER_PIN, State.LAST_TRY, State.CONFIRM} else limits.choose


class Conductor:
    """The thread beside the screens."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._card = CardSteps(parts)
        self._paper = PaperSteps(parts)
        self._pay = PaySteps(parts)
        self._wake = threading.Event()
        self._stopped = threading.Event()
        card, paper = self._card, self._paper
        self._work: dict[State, Callable[[View], None]] = {
            State.ATTRACT: self._open_or_close,
            State.UNAVAILABLE: self._open_or_close,
            State.CHOOSE_CERTIFICATE: self._while_able(card.watch),
            State.PLACE_CARD: self._while_able(card.wait_for_card),
            State.LAST_TRY: card.guard_card,
            State.ENTER_PIN: card.guard_card,
            State.CHECKING_CARD: card.check,
            State.CHOOSE_CONTENT: card.guard_card,
            State.CONFIRM: card.guard_card,
            State.IDLE_WARNING: self._warn,
            State.TAKE_CARD: self._take_card,
            State.PREPARING: self._prepare,
            State.CHOOSE_MEANS: self._choose_means,
            State.PAYING: self._pay.follow,
            State.PRINTING: paper.follow,
            State.FAILED: card.watch,
            State.RETURN_CARD: card.wait_until_gone,
            State.CARD_LEFT: card.wait_until_gone,
            State.WAIT_FOR_STAFF: self._wait_for_staff,
        }

    def hurry(self) -> None:
        """Something changed: do the next step at once."""
        self._wake.set()

    def stop(self) -> None:
        """Let `run` return after the present step."""
        self._stopped.set()
        self._wake.set()

    def run(self) -> None:
        """Step until stopped."""
        while not self._stopped.is_set():
            self.step()
            self._wake.wait(BUSY_SECONDS if self._parts.journey.view.state in _BUSY else CALM_SECONDS)
            self._wake.clear()

    def step(self) -> None:
        """What the present state needs now, then the clock."""
        view = self._parts.journey.view
        if view.state in HOLDS_NOTHING:
            self._card.forget_card()
            self._paper.forget_paper()
            self._pay.forget()
        work = self._work.get(view.state)
        if work is not None:
            work(view)
        self._look_at_the_clock(self._parts.journey.view)

    def _open_or_close(self, view: View) -> None:
        found = obstacle(self._parts.situation(), self._parts.clock())
        if found is None and view.state is State.UNAVAILABLE:
            self._parts.journey.fire(Event.OPENED, epoch=view.epoch)
        elif found is not None and view.state is State.ATTRACT:
            logger.warning("closed: %s", found)
            self._parts.journey.fire(Event.STOPPED, epoch=view.epoch)

    def _while_able(self, step: Callable[[View], None]) -> Callable[[View], None]:
        """No card is asked for, or taken up, unless paper can come out and its fee can be paid, as was last said."""

        def guarded(view: View) -> None:
            situation = self._parts.situation()
            found = paper_obstacle(situation, self._parts.clock()) or payment_obstacle(situation, view.visit.kind)
            if found is None:
                step(view)
            else:
                self._parts.fail(view, found)

        return guarded

    def _take_card(self, view: View) -> None:
        self._paper.ask_for_paper(view)
        # The resident may press "quit" at any moment; what follows is only for someone who is still here.
        now = self._parts.journey.view
        if now.state is State.TAKE_CARD:
            self._card.wait_until_taken(now)

    def _prepare(self, view: View) -> None:
        # A card that comes now ends the session, unless it has ended already because its paper is on the way.
        if view.visit.portal is not None and self._card.came_again(view):
            self._paper.give_up(view, "card_again")
        else:
            self._paper.prepare(view)

    def _choose_means(self, view: View) -> None:
        if self._card.came_again(view):
            self._parts.fail(view, "card_again")
        elif not self._paper.ended_without_printer(view):
            self._pay.keep_session(view)

    def _warn(self, view: View) -> None:
        if view.warned_in is State.CHOOSE_MEANS:
            self._choose_means(view)
        else:
            self._card.guard_card(view)

    def _wait_for_staff(self, view: View) -> None:
        situation = self._parts.situation()
        settled = situation.seen_at > view.entered_at + SETTLE_SECONDS
        if settled and obstacle(situation, self._parts.clock()) is None:
            self._parts.journey.fire(Event.STAFF_ANSWERED, epoch=view.epoch)

    def _look_at_the_clock(self, view: View) -> None:
        limits = self._parts.settings.limits
        now = self._parts.clock()
        idle = idle_limit(view.state, limits)
        if idle is not None and now - view.touched_at > idle:
            self._parts.journey.fire(Event.IDLE, epoch=view.epoch)
            return
        endings: dict[State, tuple[int, Event]] = {
            State.IDLE_WARNING: (limits.warning, Event.EXPIRED),
            State.TAKE_CARD: (limits.take_card, Event.LEFT_BEHIND),
            State.RETURN_CARD: (limits.take_card, Event.LEFT_BEHIND),
            State.FAILED: (limits.choose, Event.START_OVER),
            State.TAKE_PAPER: (limits.choose, Event.PAPER_TAKEN),
            State.DONE: (limits.farewell, Event.FINISHED),
        }
        if view.state not in endings:
            return
        seconds, event = endings[view.state]
        if now - view.entered_at > seconds:
            failure = Failure("idle_timeout", new_reference()) if event is Event.EXPIRED else None
            self._parts.journey.fire(event, epoch=view.epoch, failure=failure)
