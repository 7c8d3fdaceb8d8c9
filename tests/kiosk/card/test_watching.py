"""What the reader makes of what it sees, with a token that does what the test says."""

import threading
from dataclasses import dataclass, field

import pytest

from kiosk.card.pin import PinBuffer, PinIncompleteError, SpentPin
from kiosk.card.reader import CardChangedError, Reader, Snapshot
from kiosk.card.states import State
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
from kiosk.card.tokens import AUTHENTICATION, Tries

SIGNED = Signature(b"signature", b"hanako")


@dataclass
class ScriptedToken:
    """Answers from a script; the last answer is repeated."""

    sights: list[Sight] = field(default_factory=lambda: [Sight.CARD])
    facts: list[CardFacts | Exception] = field(default_factory=lambda: [CardFacts(b"hanako", Tries.FULL)])
    signs: Signature | Exception = SIGNED
    lies: list[bytes] = field(default_factory=list)
    """Certificates of the cards that lie there at the next looks; none left: the same as ever."""
    resets: int = 0
    signatures: int = 0

    def look(self) -> Sight:
        return self.sights.pop(0) if len(self.sights) > 1 else self.sights[0]

    def read(self) -> CardFacts:
        answer = self.facts.pop(0) if len(self.facts) > 1 else self.facts[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def is_still(self, certificate: bytes) -> bool:
        return self.lies.pop(0) == certificate if self.lies else True

    def sign(self, pin: SpentPin, payload: bytes, announced: bytes) -> Signature:
        self.signatures += 1
        if isinstance(self.signs, Exception):
            raise self.signs
        return self.signs

    def reinitialise(self) -> None:
        self.resets += 1

    def close(self) -> None:
        """Nothing to let go of."""


def watched(token: ScriptedToken, polls: int) -> list[Snapshot]:
    reader = Reader(lambda: token, PinBuffer(AUTHENTICATION))
    seen = []
    for _ in range(polls):
        reader.poll(token)
        seen.append(reader.snapshot)
    return seen


def test_presence_changes_with_every_insertion_and_every_removal() -> None:
    token = ScriptedToken([Sight.EMPTY, Sight.CARD, Sight.CARD, Sight.EMPTY, Sight.CARD, Sight.NO_READER])
    assert [snapshot.presence for snapshot in watched(token, 6)] == [0, 1, 1, 2, 3, 4]


def test_cards_that_changed_places_between_two_looks_are_two_cards() -> None:
    token = ScriptedToken(
        facts=[CardFacts(b"hanako", Tries.FULL), CardFacts(b"taro", Tries.REDUCED)], lies=[b"hanako", b"taro"]
    )
    seen = watched(token, 4)
    assert [snapshot.presence for snapshot in seen] == [1, 1, 2, 3]
    assert seen[2].state is State.NO_CARD
    assert seen[-1].facts == CardFacts(b"taro", Tries.REDUCED)


def test_a_card_that_is_still_shown_when_it_has_just_been_pulled_is_not_another_one_put_down() -> None:
    """The kiosk took it for somebody else's card and ended the visit of a resident who had only taken hers."""
    token = ScriptedToken([Sight.CARD, Sight.CARD, Sight.CARD, Sight.EMPTY], lies=[b""])
    seen = watched(token, 3)
    assert [snapshot.presence for snapshot in seen] == [1, 2, 2]
    assert [snapshot.state for snapshot in seen[1:]] == [State.NO_CARD, State.NO_CARD]


def test_a_reader_that_dies_when_its_card_seems_to_have_left_never_passes_for_a_card_taken() -> None:
    token = ScriptedToken([Sight.CARD, Sight.CARD, Sight.NO_READER], lies=[b""])
    assert [snapshot.state for snapshot in watched(token, 2)] == [State.READY, State.NO_READER]


def test_a_card_pulled_while_it_is_read_is_never_called_foreign() -> None:
    token = ScriptedToken([Sight.CARD, Sight.CARD, Sight.EMPTY], [ForeignCardError()])
    assert [snapshot.state for snapshot in watched(token, 3)] == [State.READING, State.READING, State.NO_CARD]


def test_a_card_gone_before_it_could_be_read_is_still_being_read_until_seen() -> None:
    token = ScriptedToken(facts=[CardMissingError()])
    assert {snapshot.state for snapshot in watched(token, 5)} == {State.READING}


def test_a_foreign_card_is_called_so_after_three_attempts_with_a_fresh_start_between() -> None:
    token = ScriptedToken(facts=[ForeignCardError()])
    assert [snapshot.state for snapshot in watched(token, 4)][1:] == [
        State.READING,
        State.NOT_JPKI,
        State.NOT_JPKI,
    ]
    assert token.resets == 2


def test_a_card_that_stammers_once_is_ready_after_all() -> None:
    token = ScriptedToken(facts=[CardFaultError(), CardFacts(b"hanako", Tries.REDUCED)])
    assert watched(token, 2)[-1] == Snapshot(State.READY, 1, CardFacts(b"hanako", Tries.REDUCED))


def test_a_card_that_fails_again_and_again_is_a_card_error_without_tries() -> None:
    last = watched(ScriptedToken(facts=[CardFaultError()]), 3)[-1]
    assert (last.state, last.tries) == (State.CARD_ERROR, None)


def test_a_card_without_tries_is_blocked() -> None:
    last = watched(ScriptedToken(facts=[CardFacts(b"hanako", Tries.BLOCKED)]), 1)[-1]
    assert (last.state, last.tries) == (State.BLOCKED, Tries.BLOCKED)


def test_digits_are_gone_when_the_card_is() -> None:
    pin, token = PinBuffer(AUTHENTICATION), ScriptedToken([Sight.CARD, Sight.EMPTY])
    reader = Reader(lambda: token, pin)
    reader.poll(token)
    pin.add("1")
    reader.poll(token)
    assert pin.erase() == 0


@pytest.mark.parametrize(("waited", "state"), [(0.1, "no_card"), (1.0, "reading"), (6.0, "card_error")])
def test_a_long_look_is_shown_as_reading_and_an_endless_one_as_an_error(
    monkeypatch: pytest.MonkeyPatch, waited: float, state: str
) -> None:
    clock = [100.0]
    monkeypatch.setattr("kiosk.card.reader.time.monotonic", lambda: clock[0])
    token = ScriptedToken([Sight.EMPTY])
    reader = Reader(lambda: token, PinBuffer(AUTHENTICATION))
    reader.poll(token)
    inside, go_on = threading.Event(), threading.Event()

    def slow_look() -> Sight:
        inside.set()
        go_on.wait(10)
        return Sight.EMPTY

    token.look = slow_look  # type: ignore[method-assign]
    looking = threading.Thread(target=reader.poll, args=(token,))
    looking.start()
    assert inside.wait(5)
    clock[0] += waited
    assert reader.snapshot.state == state
    go_on.set()
    looking.join(5)
    assert reader.snapshot.state is State.NO_CARD


def signing(token: ScriptedToken, presence: int = 1, pin: str = "1234") -> tuple[Signature | Exception, Snapshot]:
    """What a signature ends with, and what the reader shows afterwards."""
    buffer = PinBuffer(AUTHENTICATION)
    reader = Reader(lambda: token, buffer)
    reader.poll(token)
    for digit in pin:
        buffer.add(digit)
    future = reader.sign(presence, b"payload")
    reader.start()
    reader.stop()
    assert buffer.erase() == 0, "the buffer must be empty whatever happened"
    failure = future.exception(5)
    return (failure if isinstance(failure, Exception) else future.result(5)), reader.snapshot


def test_a_wrong_pin_shows_the_tries_that_are_left() -> None:
    ended, after = signing(ScriptedToken(signs=PinWrongError(Tries.REDUCED)))
    assert isinstance(ended, PinWrongError)
    assert (after.state, after.tries) == (State.READY, Tries.REDUCED)


def test_the_last_wrong_pin_shows_a_blocked_card() -> None:
    ended, after = signing(ScriptedToken(signs=PinBlockedError()))
    assert isinstance(ended, PinBlockedError)
    assert (after.state, after.tries) == (State.BLOCKED, Tries.BLOCKED)


def test_another_card_than_the_announced_one_is_a_new_presence() -> None:
    ended, after = signing(ScriptedToken(signs=CardSwappedError()))
    assert isinstance(ended, CardChangedError)
    assert after.presence == 3


def test_a_fault_with_a_readable_counter_leaves_the_card_ready() -> None:
    ended, after = signing(ScriptedToken(signs=CardFaultError(Tries.FULL)))
    assert isinstance(ended, CardFaultError)
    assert (after.state, after.tries) == (State.READY, Tries.FULL)


def test_a_fault_with_an_unreadable_counter_is_a_card_error() -> None:
    ended, after = signing(ScriptedToken(signs=CardFaultError(None)))
    assert isinstance(ended, CardFaultError)
    assert after.state is State.CARD_ERROR


def test_a_reader_that_went_missing_is_shown_at_once() -> None:
    ended, after = signing(ScriptedToken(signs=ReaderMissingError()))
    assert isinstance(ended, ReaderMissingError)
    assert (after.state, after.presence) == (State.NO_READER, 2)


@pytest.mark.parametrize(
    ("presence", "pin", "error"),
    [
        (2, "1234", CardChangedError),
        (2, "", CardChangedError),
        (1, "123", PinIncompleteError),
        (1, "", PinIncompleteError),
    ],
)
def test_the_card_is_not_asked_for_another_presence_or_without_four_digits(
    presence: int, pin: str, error: type[Exception]
) -> None:
    token = ScriptedToken()
    ended, _ = signing(token, presence, pin)
    assert isinstance(ended, error)
    assert token.signatures == 0


def test_after_a_signature_the_card_is_made_to_forget_the_pin() -> None:
    token = ScriptedToken()
    ended, after = signing(token)
    assert (ended, after.tries) == (SIGNED, Tries.FULL)
    assert token.resets == 1
