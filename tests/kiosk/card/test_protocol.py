"""Whatever comes over the socket gets an answer, and never a crash."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.card.payload import authentication_payload
from kiosk.card.pin import PinBuffer
from kiosk.card.protocol import BadRequestError, Code, PinKey, Sign, Status, parse_request
from kiosk.card.reader import Reader
from kiosk.card.service import Service
from kiosk.card.token import CardFacts, Sight, Signature
from kiosk.card.tokens import AUTHENTICATION, TokenRules
from tests.kiosk.card.loop import completed

Result = TypeVar("Result")
PAYLOAD = authentication_payload("https://terminal.example.test", bytes(32), "kiosk:k1")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)

OPERATIONS = ("status", "certificate", "pin_begin", "pin_key", "pin_erase", "pin_clear", "sign", "reset")


class NoCardToken:
    """A token behind an empty reader."""

    def look(self) -> Sight:
        return Sight.EMPTY

    def read(self) -> CardFacts:
        raise AssertionError("nothing to read")

    def is_still(self, certificate: bytes) -> bool:
        raise AssertionError("nothing to recognise")

    def sign(self, pin: object, payload: bytes, announced: bytes) -> Signature:
        raise AssertionError("nothing to sign with")

    def reinitialise(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class InstantReader(Reader):
    """A reader whose work is done at once, in the caller's thread."""

    def _submit(self, work: Callable[..., Result]) -> "Future[Result]":
        future: Future[Result] = Future()
        try:
            future.set_result(work(NoCardToken()))
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            future.set_exception(error)
        return future


def answer(line: bytes, rules: TokenRules = AUTHENTICATION) -> dict[str, object]:
    pin = PinBuffer(rules)
    reader = InstantReader(NoCardToken, pin)
    reader.poll(NoCardToken())
    return dict(completed(Service(reader, pin).answer(line)))


def test_requests_are_read_as_what_they_are() -> None:
    assert parse_request(b'{"op":"status"}', AUTHENTICATION) == Status()
    assert parse_request('{"op":"pin_key","key":"５"}'.encode(), AUTHENTICATION) == PinKey("5")
    sign = {"op": "sign", "presence": 3, "payload": base64.b64encode(PAYLOAD).decode()}
    assert parse_request(json.dumps(sign).encode(), AUTHENTICATION) == Sign(3, PAYLOAD)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"op":"format"}',
        b'{"op":["status"]}',
        b'{"op":"status","more":1}',
        b'{"op":"certificate"}',
        b'{"op":"certificate","presence":true}',
        b'{"op":"certificate","presence":"1"}',
        b'{"op":"pin_key","key":"12"}',
        b'{"op":"pin_key","key":5}',
        b'{"op":"pin_key","key":"a"}',
        b'{"op":"sign","presence":1,"payload":"AAAA"}',
        b'{"op":"sign","presence":1,"payload":"no base64!"}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_request_is_refused(line: bytes) -> None:
    with pytest.raises(BadRequestError):
        parse_request(line, AUTHENTICATION)
    assert answer(line) == {"ok": False, "error": "bad_request"}


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_get_an_answer(line: bytes) -> None:
    assert answer(line)["ok"] in {True, False}


@settings(deadline=None)
@given(st.sampled_from(OPERATIONS), st.dictionaries(st.sampled_from(["presence", "key", "payload"]), JSON))
def test_any_fields_get_an_answer_from_the_list_of_codes(operation: str, fields: dict[str, object]) -> None:
    told = answer(json.dumps({"op": operation, **fields}).encode())
    assert told["ok"] is True or told["error"] in set(Code)


def test_without_a_card_everything_that_needs_one_is_refused() -> None:
    begin = answer(b'{"op":"pin_begin","presence":0}')
    assert begin == {"ok": False, "error": "no_card"}
    assert answer(b'{"op":"certificate","presence":0}')["error"] == "no_card"
    assert answer(b'{"op":"certificate","presence":9}')["error"] == "card_changed"
    assert answer(b'{"op":"pin_key","key":"1"}')["error"] == "bad_state"
    assert answer(b'{"op":"reset"}') == {"ok": True}


def test_a_digit_does_not_show_in_a_text() -> None:
    assert "5" not in repr(parse_request(b'{"op":"pin_key","key":"5"}', AUTHENTICATION))
