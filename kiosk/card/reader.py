"""The reader: one thread that owns PKCS#11, watches for the card and signs with it.

Presence is polled every 250 ms. Other threads see an immutable :class:`Snapshot`; only signing and resetting
wait for the thread.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from kiosk.card.pin import PinBuffer, SpentPin
from kiosk.card.states import WITH_CARD, Event, State, follow
from kiosk.card.token import (
    CardFacts,
    CardFaultError,
    CardMissingError,
    CardSwappedError,
    ForeignCardError,
    PinBlockedError,
    PinWrongError,
    ReaderMissingError,
    Sight,
    Signature,
)
from kiosk.card.tokens import Tries

log = logging.getLogger(__name__)
POLL_SECONDS = 0.25
# A card on its way in or out cannot be told from a bad one before pcscd has looked again (400 ms).
_ATTEMPTS = 3
_LISTING_SECONDS = 0.3
_STUCK_SECONDS = 5.0
Result = TypeVar("Result")


class TokenLike(Protocol):
    """What the reader needs of :class:`kiosk.card.token.Token`."""

    def look(self) -> Sight:
        """What the slots show."""

    def read(self) -> CardFacts:
        """Certificate and counter."""

    def is_still(self, certificate: bytes) -> bool:
        """Whether the card there is the one with this certificate."""

    def sign(self, pin: SpentPin, payload: bytes, announced: bytes) -> Signature:
        """Check the PIN and sign."""

    def reinitialise(self) -> None:
        """Forget the card and make it forget the PIN."""

    def close(self) -> None:
        """Let go of everything."""


class CardChangedError(Exception):
    """Raised when the caller means a card that is not, or no longer, the one on the reader."""


class NotReadyError(Exception):
    """Raised when the state does not allow the operation. ``state`` says which it is."""

    def __init__(self, state: State) -> None:
        super().__init__(state.value)
        self.state = state


@dataclass(frozen=True)
class Snapshot:
    """What is at the reader now. ``presence`` changes with every insertion and every removal."""

    state: State = State.NO_READER
    presence: int = 0
    facts: CardFacts | None = None

    @property
    def tries(self) -> Tries | None:
        """How many tries the token's PIN has left, None while there is no readable card."""
        return self.facts.tries if self.facts else None


class Reader(threading.Thread):
    """Owner of the card. ``make_token`` is called in the thread, because PKCS#11 belongs to one thread."""

    def __init__(self, make_token: Callable[[], TokenLike], pin: PinBuffer) -> None:
        super().__init__(daemon=True, name="pkcs11")
        self._make_token = make_token
        self._pin = pin
        self._snapshot = Snapshot()
        self._attempts = 0
        self._looking_since: float | None = None
        self._work: queue.Queue[Callable[[TokenLike], None] | None] = queue.Queue()

    @property
    def snapshot(self) -> Snapshot:
        """The present state; never waits. Reading a card's files blocks the listing of slots, so a long
        listing is shown as what it is, and one that never ends as a failure."""
        since, snapshot = self._looking_since, self._snapshot
        waited = time.monotonic() - since if since is not None else 0.0
        if waited > _STUCK_SECONDS:
            return replace(snapshot, state=State.CARD_ERROR)
        if waited > _LISTING_SECONDS and snapshot.state is State.NO_CARD:
            return replace(snapshot, state=State.READING)
        return snapshot

    def sign(self, presence: int, payload: bytes) -> "Future[Signature]":
        """Sign with the PIN in the buffer, which is wiped whatever happens.

        The result raises :class:`CardChangedError`, :class:`NotReadyError`,
        :class:`kiosk.card.pin.PinIncompleteError` and everything of :meth:`kiosk.card.token.Token.sign`.
        """
        return self._submit(lambda token: self._sign(token, presence, payload))

    def reset(self) -> "Future[None]":
        """Between two residents: wipe the PIN and make the card forget it."""
        self._pin.wipe()
        return self._submit(lambda _: None)

    def stop(self) -> None:
        """Let go of the card and end the thread; returns after at most 3 s."""
        self._work.put(None)
        self.join(timeout=3)

    def run(self) -> None:
        """Serve until :meth:`stop`."""
        token = self._make_token()
        work: Callable[[TokenLike], None] | None = self.poll
        while work is not None:
            work(token)
            try:
                work = self._work.get(timeout=POLL_SECONDS)
            except queue.Empty:
                work = self.poll
        token.close()

    def poll(self, token: TokenLike) -> None:
        """Look once and follow what is seen."""
        self._looking_since = time.monotonic()
        try:
            sight = token.look()
            if sight is Sight.NO_READER:
                self._follow(Event.READER_MISSING)
            elif sight is Sight.EMPTY:
                self._follow(Event.READER_EMPTY)
            else:
                facts = self._snapshot.facts
                if facts is not None and not token.is_still(facts.certificate):
                    self._follow(self._left(token))
                    return
                self._follow(Event.CARD_PRESENT)
                if self._snapshot.state is State.READING:
                    self._read(token)
        finally:
            self._looking_since = None

    def _left(self, token: TokenLike) -> Event:
        """The card that was there has left. Whether one lies there now the next look will say: pcscd may still show
        the one that was just pulled, and that must not be counted as another one put down."""
        token.reinitialise()
        return Event.READER_MISSING if token.look() is Sight.NO_READER else Event.READER_EMPTY

    def _read(self, token: TokenLike) -> None:
        self._attempts += 1
        try:
            facts = token.read()
        except (ReaderMissingError, CardMissingError):
            return
        except ForeignCardError:
            self._unreadable(token, Event.CARD_FOREIGN)
        except CardFaultError:
            self._unreadable(token, Event.CARD_FAILED)
        else:
            self._follow(Event.PIN_BLOCKED if facts.tries is Tries.BLOCKED else Event.CARD_READ, facts)

    def _unreadable(self, token: TokenLike, event: Event) -> None:
        if self._attempts >= _ATTEMPTS:
            self._follow(event)
        else:
            token.reinitialise()

    def _sign(self, token: TokenLike, presence: int, payload: bytes) -> Signature:
        snapshot = self._snapshot
        try:
            # A card or reader that went away took the digits with it: the cause is said, not their absence.
            self._check_still_there(snapshot, presence)
            with self._pin.spend() as pin:
                if snapshot.facts is None or snapshot.state is not State.READY:
                    raise NotReadyError(snapshot.state)
                signature = token.sign(pin, payload, snapshot.facts.certificate)
        except PinWrongError as error:
            self._follow(Event.CARD_READ, replace(_known(snapshot), tries=error.tries))
            raise
        except PinBlockedError:
            self._follow(Event.PIN_BLOCKED, replace(_known(snapshot), tries=Tries.BLOCKED))
            raise
        except CardFaultError as error:
            if error.tries is None:
                self._follow(Event.CARD_FAILED)
            else:
                self._follow(Event.CARD_READ, replace(_known(snapshot), tries=error.tries))
            raise
        except CardMissingError:
            self._follow(Event.READER_EMPTY)
            raise
        except ReaderMissingError:
            self._follow(Event.READER_MISSING)
            raise
        except (CardSwappedError, ForeignCardError):
            self._swapped()
            raise CardChangedError from None
        self._follow(Event.CARD_READ, replace(_known(snapshot), tries=Tries.FULL))
        return signature

    def _swapped(self) -> None:
        """Another card lies there: for everybody else that is one removal and one insertion."""
        self._follow(Event.READER_EMPTY)
        self._follow(Event.CARD_PRESENT)

    def _check_still_there(self, snapshot: Snapshot, presence: int) -> None:
        if snapshot.presence == presence:
            return
        self._pin.wipe()
        if snapshot.state is State.NO_READER:
            raise NotReadyError(snapshot.state)
        raise CardChangedError

    def _follow(self, event: Event, facts: CardFacts | None = None) -> None:
        before = self._snapshot
        state = follow(before.state, event)
        if state is before.state and facts is None:
            return
        moved = (state in WITH_CARD) != (before.state in WITH_CARD)
        if moved:
            self._pin.wipe()
            self._attempts = 0
        self._snapshot = Snapshot(state, before.presence + moved, facts)
        log.info("reader %s, presence %d", state.value, self._snapshot.presence)

    def _submit(self, work: Callable[[TokenLike], Result]) -> "Future[Result]":
        future: Future[Result] = Future()

        def carry_out(token: TokenLike) -> None:
            try:
                future.set_result(work(token))
            except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for the result
                future.set_exception(error)
            token.reinitialise()

        self._work.put(carry_out)
        return future


def _known(snapshot: Snapshot) -> CardFacts:
    if snapshot.facts is None:
        raise NotReadyError(snapshot.state)
    return snapshot.facts
