"""Only a request from an enrolled device, whole, of this minute and for the first time is looked at."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import database, terminals
from portal.ground import Ground
from portal.terminals import (
    RequestReplayed,
    RequestStale,
    SignatureInvalid,
    SignedRequest,
    Terminal,
    TerminalError,
    TerminalRevoked,
    TerminalUnknown,
    verify_request,
)
from portal.terminals.tables import request_nonces
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER
from tests.portal.terminals.devices import ORIGIN, Signing, public_pem

BODY = {"reader": {"state": "ready"}}
Verify = Callable[[SignedRequest], Terminal]


@pytest.fixture(autouse=True)
def kiosks(ground: Ground) -> None:
    """Two enrolled devices."""
    with database.transaction(ground.engine) as connection:
        for name in ("kiosk-01", "kiosk-02"):
            terminals.enrol(
                connection, terminal_id=name, name=f"窓口端末 {name}", place="本庁舎1階", public_key=public_pem(name),
                actor=TESTER, now=ground.clock.now(),
            )  # fmt: skip


@pytest.fixture
def signing(clock: MovableClock) -> Signing:
    return Signing(at=clock.now())


@pytest.fixture
def verify(ground: Ground) -> Verify:
    def verified(request: SignedRequest) -> Terminal:
        with database.transaction(ground.engine) as connection:
            return verify_request(connection, request, now=ground.clock.now())

    return verified


def test_a_request_of_an_enrolled_device_is_let_in(verify: Verify, signing: Signing) -> None:
    assert verify(signing.sign("POST", "/v1/heartbeat", BODY)).id == "kiosk-01"


@pytest.mark.parametrize("body", [None, b""])
def test_a_request_without_a_body_covers_the_empty_one(verify: Verify, signing: Signing, body: bytes | None) -> None:
    request = signing.sign("DELETE", "/v1/session", body, session="token")

    assert "content-digest" in request.headers
    assert verify(request)


def test_a_request_is_good_once(verify: Verify, signing: Signing) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)
    verify(request)

    with pytest.raises(RequestReplayed):
        verify(request)


def test_a_database_that_goes_away_is_no_wrong_signature(ground: Ground, signing: Signing) -> None:
    with ground.engine.connect() as connection:
        cut_off = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        with ground.engine.connect() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:cut_off)"), {"cut_off": cut_off})

        with pytest.raises(sa.exc.OperationalError):
            verify_request(connection, signing.sign("POST", "/v1/heartbeat", BODY), now=ground.clock.now())


def test_a_nonce_cannot_be_used_for_another_request(verify: Verify, signing: Signing) -> None:
    verify(signing.sign("POST", "/v1/heartbeat", BODY))

    with pytest.raises(RequestReplayed):
        verify(signing.sign("POST", "/v1/challenges", {}))


def test_two_devices_may_draw_the_same_nonce(verify: Verify, signing: Signing) -> None:
    verify(signing.sign("POST", "/v1/heartbeat", BODY))

    assert verify(replace(signing, device="kiosk-02").sign("POST", "/v1/heartbeat", BODY)).id == "kiosk-02"


def test_a_replay_after_the_sweep_is_stale(
    verify: Verify, signing: Signing, clock: MovableClock, ground: Ground
) -> None:
    old = signing.sign("POST", "/v1/heartbeat", BODY)
    verify(old)
    clock.advance(minutes=3)
    verify(Signing(at=clock.now()).sign("POST", "/v1/heartbeat", BODY))

    with database.transaction(ground.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(request_nonces)).scalar_one() == 1
    with pytest.raises(RequestStale):
        verify(old)


def test_a_request_signed_ahead_cannot_be_replayed_while_it_is_fresh(
    verify: Verify, signing: Signing, clock: MovableClock
) -> None:
    early = replace(signing, at=clock.now() + timedelta(seconds=10)).sign("POST", "/v1/heartbeat", BODY)
    verify(early)
    clock.advance(seconds=70)
    verify(Signing(at=clock.now()).sign("POST", "/v1/heartbeat", BODY))

    with pytest.raises(RequestReplayed):
        verify(early)


@pytest.mark.parametrize(("seconds", "accepted"), [(-61, False), (-60, True), (10, True), (11, False), (3600, False)])
def test_a_request_is_of_this_minute(
    verify: Verify, signing: Signing, clock: MovableClock, seconds: int, accepted: bool
) -> None:
    request = replace(signing, at=clock.now() + timedelta(seconds=seconds)).sign("POST", "/v1/heartbeat", BODY)

    if accepted:
        assert verify(request)
    else:
        with pytest.raises(RequestStale):
            verify(request)


def test_an_unknown_device_is_refused(verify: Verify, signing: Signing) -> None:
    with pytest.raises(TerminalUnknown):
        verify(replace(signing, device="kiosk-99").sign("POST", "/v1/heartbeat", BODY))


def test_a_revoked_device_is_refused_from_the_next_request_on(
    ground: Ground, verify: Verify, signing: Signing
) -> None:
    with database.transaction(ground.engine) as connection:
        terminals.revoke(connection, terminal_id="kiosk-01", actor=TESTER, now=ground.clock.now())

    with pytest.raises(TerminalRevoked):
        verify(signing.sign("POST", "/v1/heartbeat", BODY))


def test_a_device_cannot_speak_for_another(verify: Verify, signing: Signing) -> None:
    with pytest.raises(SignatureInvalid):
        verify(replace(signing, device="kiosk-01", key_of="kiosk-02").sign("POST", "/v1/heartbeat", BODY))


def test_an_altered_body_is_refused(verify: Verify, signing: Signing) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)

    for body in (request.body + b" ", b"", request.body.replace(b"ready", b"read!")):
        with pytest.raises(SignatureInvalid):
            verify(replace(request, body=body))


def test_an_altered_body_with_a_digest_that_fits_it_is_refused(verify: Verify, signing: Signing) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)
    other = Signing(at=signing.at).sign("POST", "/v1/heartbeat", {"reader": {}})
    headers = {**request.headers, "content-digest": other.headers["content-digest"]}

    with pytest.raises(SignatureInvalid):
        verify(replace(request, body=other.body, headers=headers))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("PUT", f"{ORIGIN}/v1/heartbeat"),
        ("POST", f"{ORIGIN}/v1/sessions"),
        ("POST", f"{ORIGIN}/v1/heartbeat?x=1"),
        ("POST", f"{ORIGIN}/v1/heartbeat/"),
        ("POST", "https://elsewhere.test/v1/heartbeat"),
        ("POST", "http://terminal.test/v1/heartbeat"),
        ("POST", f"{ORIGIN}:8443/v1/heartbeat"),
    ],
)
def test_a_request_for_something_or_somebody_else_is_refused(
    verify: Verify, signing: Signing, method: str, url: str
) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)

    with pytest.raises(SignatureInvalid):
        verify(replace(request, method=method, url=url))


@pytest.mark.parametrize("covered", [(), ("@method",), ("@target-uri",), ("@method", "@path"), ("@authority",)])
def test_a_signature_that_covers_too_little_is_refused(
    verify: Verify, signing: Signing, covered: tuple[str, ...]
) -> None:
    with pytest.raises(SignatureInvalid):
        verify(replace(signing, covered=covered).sign("POST", "/v1/heartbeat", BODY))


def test_a_signature_that_leaves_the_body_out_is_refused(verify: Verify, signing: Signing) -> None:
    for body in (BODY, None):
        with pytest.raises(SignatureInvalid):
            verify(replace(signing, digest_covered=False).sign("POST", "/v1/heartbeat", body))


def test_a_session_token_put_in_after_signing_is_refused(verify: Verify, signing: Signing) -> None:
    request = signing.sign("GET", "/v1/issuances/1")

    for name in ("Kiosk-Session", "kiosk-session", "KIOSK-SESSION"):
        with pytest.raises(SignatureInvalid):
            verify(replace(request, headers={**request.headers, name: "stolen"}))


def test_a_session_token_exchanged_after_signing_is_refused(verify: Verify, signing: Signing) -> None:
    request = signing.sign("GET", "/v1/issuances/1", session="mine")

    with pytest.raises(SignatureInvalid):
        verify(replace(request, headers={**request.headers, "kiosk-session": "theirs"}))


@pytest.mark.parametrize("tag", [None, "", "madoguchi", "other-application"])
def test_a_signature_made_for_another_application_is_refused(
    verify: Verify, signing: Signing, tag: str | None
) -> None:
    with pytest.raises(SignatureInvalid):
        verify(replace(signing, tag=tag).sign("POST", "/v1/heartbeat", BODY))


@pytest.mark.parametrize(
    "nonce", [None, "", "short", "A" * 21, "A" * 400, "é" * 22, base64.b64encode(bytes(32)).decode()]
)
def test_a_nonce_of_another_length_is_refused(verify: Verify, signing: Signing, nonce: str | None) -> None:
    try:
        request = replace(signing, nonce=nonce).sign("POST", "/v1/heartbeat", BODY)
    except ValueError:
        return  # a nonce that cannot even be written in a header

    with pytest.raises(SignatureInvalid):
        verify(request)


@pytest.mark.parametrize("missing", ["signature", "signature-input", "content-digest"])
def test_a_request_that_lacks_a_header_of_the_signature_is_refused(
    verify: Verify, signing: Signing, missing: str
) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)
    headers = {name: value for name, value in request.headers.items() if name != missing}

    with pytest.raises(SignatureInvalid):
        verify(replace(request, headers=headers))


def with_parameters(request: SignedRequest, old: str, new: str) -> SignedRequest:
    changed = request.headers["signature-input"].replace(old, new)
    assert changed != request.headers["signature-input"]
    return replace(request, headers={**request.headers, "signature-input": changed})


def test_parameters_of_the_signature_cannot_be_changed(verify: Verify, signing: Signing) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)
    created = f"created={int(signing.at.timestamp())}"

    for old, new in (
        (created, f"created={int(signing.at.timestamp()) + 1}"),
        ('keyid="kiosk-01"', 'keyid="kiosk-02"'),
        ('keyid="kiosk-01"', 'keyid="kiosk-01";alg="rsa-v1_5-sha256"'),
        ('keyid="kiosk-01"', 'keyid="kiosk-01";expires=1'),
    ):
        with pytest.raises(SignatureInvalid):
            verify(with_parameters(request, old, new))


def test_a_signature_without_its_time_is_refused(verify: Verify, signing: Signing) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)

    for new in ("", 'created="now"', "created=1.5", "created=?1"):
        with pytest.raises(SignatureInvalid):
            verify(with_parameters(request, f"created={int(signing.at.timestamp())}", new))


def test_of_two_signatures_both_must_hold_and_only_one_is_wanted(verify: Verify, signing: Signing) -> None:
    first = signing.sign("POST", "/v1/heartbeat", BODY)
    second = Signing(at=signing.at).sign("POST", "/v1/heartbeat", BODY)
    merged = {
        **first.headers,
        "signature-input": f"{first.headers['signature-input']}, b{second.headers['signature-input']}",
        "signature": f"{first.headers['signature']}, b{second.headers['signature']}",
    }

    with pytest.raises(SignatureInvalid):
        verify(replace(first, headers=merged))


def test_a_refused_request_does_not_spend_its_nonce(ground: Ground, verify: Verify, signing: Signing) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)
    with pytest.raises(SignatureInvalid):
        verify(replace(request, body=b"altered"))

    assert verify(request)


HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)


@given(signature_input=HEADER_TEXT, signature=HEADER_TEXT, digest=HEADER_TEXT, body=st.binary(max_size=50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
def test_arbitrary_headers_are_refused_by_name(
    verify: Verify, signature_input: str, signature: str, digest: str, body: bytes
) -> None:
    headers = {"signature-input": signature_input, "signature": signature, "content-digest": digest}

    with pytest.raises(TerminalError):
        verify(SignedRequest("POST", f"{ORIGIN}/v1/heartbeat", headers, body))


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
def test_a_signed_request_with_one_changed_character_is_refused_by_name(
    verify: Verify, signing: Signing, data: st.DataObject
) -> None:
    request = Signing(at=signing.at).sign("POST", "/v1/heartbeat", BODY)
    name = data.draw(st.sampled_from(["signature-input", "signature", "content-digest"]))
    value = request.headers[name]
    place = data.draw(st.integers(0, len(value) - 1))
    letter = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    changed = value[:place] + letter + value[place + 1 :]

    if changed.strip() != value:
        try:
            verify(replace(request, headers={**request.headers, name: changed}))
        except TerminalError:
            return
        assert equivalent(name, value, changed)


def equivalent(name: str, value: str, changed: str) -> bool:
    """Labels are not signed (RFC 9421, 2.5), and base64 may end in bits that say nothing."""
    return name in {"signature", "content-digest"} and value[:-4] == changed[:-4]


@pytest.mark.parametrize("path", ["/v1/窓口", "/v1/%zz", "/v1/a b"])
def test_an_address_that_cannot_be_signed_is_refused_by_name(verify: Verify, signing: Signing, path: str) -> None:
    request = signing.sign("POST", "/v1/heartbeat", BODY)

    with pytest.raises(SignatureInvalid):
        verify(replace(request, url=ORIGIN + path))
