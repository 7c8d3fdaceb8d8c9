"""The one journey at this terminal: where it stands, since when, and what is known in it.

All threads share one `Journey`; every change happens under its lock and only through its methods.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from kiosk.journey.ports import Clock
from kiosk.journey.states import HOLDS_NOTHING, Event, Facts, State, next_state
from kiosk.journey.visit import NOTHING, USUAL, Failure, Preferences, Receipt, Visit

logger = logging.getLogger(__name__)

_JAPAN = timezone(timedelta(hours=9))
_UNSEEN = frozenset({"no_card", "no_reader"})
_REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class View:
    """One consistent picture of the journey, for a screen or for a decision."""

    state: State
    visit: Visit
    failure: Failure | None
    receipt: Receipt | None
    """of the paper just taken, on the last page only"""
    reference: str
    preferences: Preferences
    reader: str
    """the card reader's last word"""
    warned_in: State | None
    epoch: int
    """changes at every transition"""
    browser: str
    """the session of the one browser this journey belongs to"""
    entered_at: float
    touched_at: float

    def facts(self) -> Facts:
        """The same for the guards of the table."""
        return Facts(
            card_in=self.reader not in _UNSEEN,
            card_gone=self.reader == "no_card",
            tries_left=self.visit.tries_left,
            digits=self.visit.digits,
            certificate=self.visit.kind is not None,
            choice=self.visit.choice,
            content=bool(self.visit.persons),
            person=self.visit.portal is not None,
            released=self.visit.released,
            paid=self.visit.paid,
            warned_in=self.warned_in,
        )


class Journey:
    """Holds the only copy of a resident's visit."""

    def __init__(self, clock: Clock, forget: Callable[[Visit], None]) -> None:
        """`forget` is called with each visit that is being wiped, before it is dropped."""
        self._clock = clock
        self._forget = forget
        self._lock = threading.RLock()
        now = clock()
        self._view = View(
            state=State.UNAVAILABLE,
            visit=NOTHING,
            failure=None,
            receipt=None,
            reference="",
            preferences=USUAL,
            reader="no_reader",
            warned_in=None,
            epoch=0,
            browser=_fresh_name(),
            entered_at=now,
            touched_at=now,
        )

    @property
    def view(self) -> View:
        """The present picture."""
        return self._view

    def fire(
        self,
        event: Event,
        *,
        epoch: int | None = None,
        failure: Failure | None = None,
        **changes: object,
    ) -> bool:
        """Take one step of the table; `changes` are written into the visit first.

        With `epoch`, the step is taken only if nothing else happened since; returns whether it was taken.
        Raises `IllegalTransition`.
        """
        with self._lock:
            if epoch is not None and epoch != self._view.epoch:
                return False
            before = self._view
            visit = replace(before.visit, **changes)  # type: ignore[arg-type]  # names are checked by replace
            proposed = replace(before, visit=visit)
            target = next_state(before.state, event, proposed.facts())
            self._enter(target, proposed, failure)
            logger.info("journey: %s --%s--> %s", before.state, event, target)
            return True

    def note(self, *, epoch: int | None = None, **changes: object) -> bool:
        """Write into the visit without leaving the state; returns whether it was done (see `fire`)."""
        with self._lock:
            if epoch is not None and epoch != self._view.epoch:
                return False
            visit = replace(self._view.visit, **changes)  # type: ignore[arg-type]  # names are checked by replace
            self._view = replace(self._view, visit=visit)
            return True

    def reader_says(self, state: str) -> None:
        """Remember the reader's last word."""
        with self._lock:
            self._view = replace(self._view, reader=state)

    def touch(self) -> None:
        """The resident did something: idle time starts anew."""
        with self._lock:
            self._view = replace(self._view, touched_at=self._clock())

    def prefer(self, **wishes: str) -> None:
        """Set language or contrast, on any screen, without losing the step."""
        with self._lock:
            preferences = replace(self._view.preferences, **wishes)
            self._view = replace(self._view, preferences=preferences)

    def _enter(self, target: State, proposed: View, failure: Failure | None) -> None:
        now = self._clock()
        wiped = target in HOLDS_NOTHING
        if wiped and proposed.visit != NOTHING:
            self._forget(proposed.visit)
        ended = target is State.ATTRACT and proposed.state is not State.UNAVAILABLE
        self._view = replace(
            proposed,
            state=target,
            visit=NOTHING if wiped else proposed.visit,
            failure=failure if target is State.FAILED else None,
            receipt=_receipt(proposed.visit) if target is State.DONE else None,
            reference=_reference(target, proposed),
            preferences=USUAL if ended else proposed.preferences,
            browser=_fresh_name() if ended else proposed.browser,
            warned_in=proposed.state if target is State.IDLE_WARNING else None,
            epoch=proposed.epoch + 1,
            entered_at=now,
            touched_at=now,
        )


def new_reference() -> str:
    """Eight letters a resident can read aloud to the staff; also in this terminal's log, with the code only."""
    return "".join(secrets.choice(_REFERENCE_LETTERS) for _ in range(8))


def _reference(target: State, proposed: View) -> str:
    if target in {State.ATTRACT, State.UNAVAILABLE}:
        return ""
    return proposed.visit.order[:8].upper() or proposed.reference


def _receipt(visit: Visit) -> Receipt | None:
    if not visit.paid or visit.means is None or visit.issuance is None or visit.issuance.fee is None:
        return None
    return Receipt(
        number=visit.order[:8].upper(),
        day=datetime.now(_JAPAN).date(),
        yen=visit.issuance.fee,
        means=visit.means,
        kind=str(visit.kind),
        kind_name=visit.kind_name,
    )


def _fresh_name() -> str:
    return secrets.token_urlsafe(24)
