"""After a failed call: was the card pulled, is it blocked, or is it faulty? With a PKCS#11 library from a script.

A real reader notices a pulled card later than the call that fails; the virtual one notices at once, so the delay is
played here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from pkcs11.constants import Attribute, SlotFlag, TokenFlag
from pkcs11.exceptions import GeneralError, PinIncorrect, PKCS11Error, TokenNotRecognised

from kiosk.card.pin import SpentPin
from kiosk.card.token import (
    CardFaultError,
    CardMissingError,
    PinBlockedError,
    PinWrongError,
    ReaderMissingError,
    Token,
)
from kiosk.card.tokens import AUTHENTICATION, Tries

CERTIFICATE = b"hanako"
NO_FLAGS = TokenFlag(0)


class ScriptedSession:
    """A session in which only the certificate is found."""

    def get_objects(self, wanted: object) -> Iterator[dict[Attribute, bytes]]:
        return iter([{Attribute.VALUE: CERTIFICATE}])

    def close(self) -> None:
        """Closes."""


@dataclass
class ScriptedLibrary:
    """One slot and the token in it, both at once. `failure` is what logging in ends with; `later` what the slot
    shows when it is listed after that, the last entry for ever."""

    failure: PKCS11Error
    later: list[str]
    token_flags: TokenFlag = NO_FLAGS
    present: bool = True
    failed: bool = False
    slots_seen: list[str] = field(default_factory=list)

    def get_slots(self) -> "list[ScriptedLibrary]":
        if self.failed:
            now = self.later.pop(0) if len(self.later) > 1 else self.later[0]
            self.slots_seen.append(now)
            self.present = now in {"card", "mute"}
            return [] if now == "none" else [self]
        return [self]

    @property
    def flags(self) -> SlotFlag | TokenFlag:
        return SlotFlag.TOKEN_PRESENT if self.present else SlotFlag(0)

    def get_token(self) -> "ScriptedToken":
        if self.failed and self.slots_seen and self.slots_seen[-1] == "mute":
            raise TokenNotRecognised
        return ScriptedToken(self)

    def reinitialize(self) -> None:
        """Nothing to forget."""


@dataclass
class ScriptedToken:
    """The token of the library."""

    library: ScriptedLibrary

    @property
    def flags(self) -> TokenFlag:
        return self.library.token_flags if self.library.failed else NO_FLAGS

    def open(self, user_pin: object = None) -> ScriptedSession:
        if user_pin is not None:
            self.library.failed = True
            raise self.library.failure
        return ScriptedSession()


def ended(monkeypatch: pytest.MonkeyPatch, library: ScriptedLibrary) -> Exception:
    monkeypatch.setattr("kiosk.card.token.pkcs11.lib", lambda _: library)
    monkeypatch.setenv("OPENSC_CONF", "")
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each test says which one it must be
        Token("scripted", AUTHENTICATION).sign(SpentPin(bytearray(b"1234")), b"payload", CERTIFICATE)
    return caught.value


def test_a_card_whose_removal_is_noticed_late_is_removed_and_not_faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    library = ScriptedLibrary(GeneralError(), ["card", "card", "empty"])
    assert isinstance(ended(monkeypatch, library), CardMissingError)


def test_a_reader_unplugged_with_the_card_is_a_missing_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    library = ScriptedLibrary(GeneralError(), ["card", "none"])
    assert isinstance(ended(monkeypatch, library), ReaderMissingError)


def test_a_card_that_stays_and_fails_is_faulty_with_its_counter_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ended(monkeypatch, ScriptedLibrary(GeneralError(), ["card"], TokenFlag.USER_PIN_COUNT_LOW))
    assert isinstance(error, CardFaultError)
    assert error.tries is Tries.REDUCED


def test_a_card_that_no_longer_tells_its_counter_is_faulty_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ended(monkeypatch, ScriptedLibrary(GeneralError(), ["mute"]))
    assert isinstance(error, CardFaultError)
    assert error.tries is None


def test_a_general_error_of_a_locked_pin_is_a_blocked_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    library = ScriptedLibrary(GeneralError(), ["card"], TokenFlag.USER_PIN_LOCKED)
    assert isinstance(ended(monkeypatch, library), PinBlockedError)


def test_a_refused_pin_of_a_card_that_is_gone_is_a_removed_card(monkeypatch: pytest.MonkeyPatch) -> None:
    library = ScriptedLibrary(PinIncorrect(), ["card", "empty"], TokenFlag.USER_PIN_COUNT_LOW)
    assert isinstance(ended(monkeypatch, library), CardMissingError)


def test_a_refused_pin_of_a_card_that_stays_is_a_wrong_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ended(monkeypatch, ScriptedLibrary(PinIncorrect(), ["card"], TokenFlag.USER_PIN_FINAL_TRY))
    assert isinstance(error, PinWrongError)
    assert error.tries is Tries.LAST
