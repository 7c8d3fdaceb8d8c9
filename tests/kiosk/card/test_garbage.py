"""Nonsense from the card or over the wire ends in a named state or error: no crash, no hang, bounded memory."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pkcs11 import SignMixin
from pkcs11.constants import Attribute, ObjectClass, SlotFlag, TokenFlag
from pkcs11.exceptions import PKCS11Error

from kiosk.card import client
from kiosk.card.payload import authentication_payload
from kiosk.card.pin import PinBuffer, SpentPin
from kiosk.card.protocol import BadRequestError, PinKey, parse_request
from kiosk.card.reader import Reader
from kiosk.card.states import State
from kiosk.card.token import (
    CardFaultError,
    CardSwappedError,
    ForeignCardError,
    PinBlockedError,
    Token,
)
from kiosk.card.tokens import AUTHENTICATION, RULES, NotAKeyError, Tries
from tests.kiosk.card.conftest import Bench
from tests.kiosk.card.test_protocol import JSON

PAYLOAD = authentication_payload("https://terminal.example.test", bytes(32), "kiosk:k1")
FIELDS = ("ok", "error", "token", "state", "tries", "tries_left", "presence", "count", "der", "signature")
ANSWERS = st.binary(max_size=200) | st.dictionaries(
    st.sampled_from(
        ["ok", "error", "token", "state", "tries", "tries_left", "presence", "count", "der", "signature"]
    ),
    JSON | st.sampled_from(["authentication", "ready", "pin_wrong", "AAAA"]) | st.just(value=True),
).map(lambda fields: json.dumps(fields).encode())


class Answering:
    """A reader process that answers everything with the same bytes."""

    def __init__(self, path: Path) -> None:
        self.answer = b""
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            with caller:
                try:
                    caller.recv(8192)
                    caller.sendall(self.answer)
                except OSError:  # it has heard enough
                    continue


@contextmanager
def answering(path: Path) -> Iterator[Answering]:
    server = Answering(path)
    yield server
    server.close()


def ask_everything(reader: client.Reader) -> None:
    for question in (
        reader.status,
        reader.pin_erase,
        lambda: reader.pin_key("1"),
        lambda: reader.certificate(1),
        lambda: reader.sign(1, PAYLOAD),
        reader.reset,
    ):
        try:
            question()
        except client.ReaderError:
            continue


def test_whatever_a_reader_process_answers_is_an_answer_or_a_named_refusal(runtime: Path) -> None:
    path = runtime / "garbage.sock"
    with answering(path) as server:

        @settings(deadline=None, max_examples=60)
        @given(ANSWERS)
        def check(answer: bytes) -> None:
            server.answer = answer + b"\n"
            ask_everything(client.Reader(path))

        check()


@pytest.mark.parametrize("answer", [b"[" * 100_000, b"9" * 8_000_000, b'{"ok":true,"der":"' + b"A" * 1_000_000, b""])
def test_an_answer_without_end_is_no_answer(runtime: Path, answer: bytes) -> None:
    path = runtime / f"endless-{len(answer)}.sock"
    with answering(path) as server:
        server.answer = answer
        with pytest.raises(client.ReaderUnavailableError):
            client.Reader(path).certificate(1)


@settings(deadline=None)
@given(st.text(max_size=3))
def test_any_key_is_one_character_of_the_alphabet_or_refused(text: str) -> None:
    for rules in RULES.values():
        try:
            folded = rules.fold(text)
        except NotAKeyError:
            continue
        assert len(folded) == 1
        assert folded in rules.alphabet
        assert rules.fold(folded) == folded


@settings(deadline=None)
@given(JSON)
def test_any_key_on_the_wire_is_a_key_or_a_bad_request(key: object) -> None:
    for each in RULES.values():
        try:
            request = parse_request(json.dumps({"op": "pin_key", "key": key}).encode(), each)
        except BadRequestError:
            continue
        assert isinstance(request, PinKey)
        assert request.key in each.alphabet


class NonsenseKey(SignMixin):
    """A key whose signature is whatever the test says."""

    def __init__(self, signature: bytes) -> None:
        self._nonsense = signature

    def sign(self, data: str | bytes | Iterator[bytes], **_: object) -> bytes:
        return self._nonsense


@dataclass
class NonsenseLibrary:
    """Library, slot, token and session at once, answering with what the test says."""

    certificate: bytes | None
    signature: bytes
    token_flags: int
    failure: PKCS11Error | None = None
    flags = SlotFlag.TOKEN_PRESENT

    def get_slots(self) -> "list[NonsenseLibrary]":
        return [self]

    def get_token(self) -> "NonsenseToken":
        return NonsenseToken(self)

    def reinitialize(self) -> None:
        """Nothing to forget."""

    def get_objects(self, wanted: dict[Attribute, object]) -> Iterator[dict[Attribute, bytes]]:
        return iter([] if self.certificate is None else [{Attribute.VALUE: self.certificate}])

    def get_key(self, object_class: ObjectClass, id: bytes) -> NonsenseKey:  # noqa: A002 - python-pkcs11's name
        if self.failure is not None:
            raise self.failure
        return NonsenseKey(self.signature)

    def close(self) -> None:
        """Closes."""


@dataclass
class NonsenseToken:
    """The token of the library."""

    library: NonsenseLibrary

    @property
    def flags(self) -> TokenFlag:
        return TokenFlag(self.library.token_flags)

    def open(self, user_pin: object = None) -> NonsenseLibrary:
        return self.library


@contextmanager
def token_over(library: NonsenseLibrary) -> Iterator[Token]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kiosk.card.token.pkcs11.lib", lambda _: library)
        patch.setattr("kiosk.card.token._SETTLE_SECONDS", 0.0)
        patch.setenv("OPENSC_CONF", "")
        yield Token("nonsense", AUTHENTICATION)


def certificates(real: bytes) -> st.SearchStrategy[bytes | None]:
    """None, noise, and a real certificate with one byte changed or its end cut off."""
    places = st.integers(0, len(real) - 1)
    changed = st.tuples(places, st.integers(0, 255)).map(
        lambda change: real[: change[0]] + bytes([change[1]]) + real[change[0] + 1 :]
    )
    return st.none() | st.binary(max_size=300) | changed | places.map(lambda end: real[:end])


def test_whatever_the_card_shows_ends_in_a_named_error(cards: Path) -> None:
    real = (cards / "hanako" / "auth.der").read_bytes()

    @settings(deadline=None, max_examples=150)
    @given(certificates(real), st.binary(max_size=260), st.integers(0, 2**32 - 1))
    def check(certificate: bytes | None, signature: bytes, flags: int) -> None:
        with token_over(NonsenseLibrary(certificate, signature, flags)) as token:
            with pytest.raises((CardFaultError, ForeignCardError, PinBlockedError, CardSwappedError)):
                token.sign(SpentPin(bytearray(b"1234")), PAYLOAD, certificate or b"")
            reader = Reader(lambda: token, PinBuffer(AUTHENTICATION))
            for _ in range(4):
                reader.poll(token)
            assert reader.snapshot.state in {State.READY, State.BLOCKED, State.NOT_JPKI}
            assert reader.snapshot.tries in {None, *Tries}

    check()


def test_a_certificate_of_an_unheard_of_version_is_a_fault_of_the_card(cards: Path) -> None:
    real = (cards / "hanako" / "auth.der").read_bytes()
    strange = real.replace(bytes.fromhex("A003020102"), bytes.fromhex("A003020105"), 1)
    assert strange != real
    with token_over(NonsenseLibrary(strange, b"signature", 0)) as token, pytest.raises(CardFaultError):
        token.sign(SpentPin(bytearray(b"1234")), PAYLOAD, strange)


@pytest.mark.parametrize(
    ("faults", "states"),
    [
        ({"garbage_files": True}, {"not_jpki", "card_error"}),
        ({"counter_word": 0x9000}, {"not_jpki", "card_error"}),
        ({"counter_word": 0x63CF}, {"ready"}),
    ],
)
def test_a_card_with_nonsense_in_it_has_a_state_and_the_next_is_served(
    bench: Bench, faults: dict[str, bool | int], states: set[str]
) -> None:
    bench.world.set_faults("hanako", **faults)
    bench.world.insert("hanako")
    seen = bench.wait_until(lambda status: status.state in states)
    assert bench.world.state("hanako")["tries"] == 3
    bench.world.remove()
    bench.wait_until(lambda status: status.presence != seen.presence)
    status = bench.insert("taro")
    bench.type_pin("1234", status.presence)
    assert bench.reader.sign(status.presence, PAYLOAD).der == (bench.cards / "taro" / "auth.der").read_bytes()


def test_base64_of_the_wire_is_read_strictly(runtime: Path) -> None:
    path = runtime / "loose.sock"
    with answering(path) as server:
        server.answer = json.dumps({"ok": True, "der": base64.b64encode(b"x" * 9).decode() + "!"}).encode() + b"\n"
        with pytest.raises(client.ReaderUnavailableError):
            client.Reader(path).certificate(1)
