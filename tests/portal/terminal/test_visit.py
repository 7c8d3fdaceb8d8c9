"""A person at the kiosk: log-in, refusals with their codes, leaving."""

import base64
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from cryptography import x509

from portal import database
from portal.ground import Ground
from portal.identity import LinkEnd, StopReason, cards_of, end_links, stop_certificate
from portal.settings import TrustSettings
from portal.terminal import create_app
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link
from tests.portal.register.people import TESTER
from tests.portal.terminal.conftest import Kiosk, MakeKiosk, error
from tests.world.jpki import SIGN_PROFILE, Authority, Mode
from tests.world.jpki.server import set_mode


def leaf(card: Card) -> x509.Certificate:
    return x509.load_der_x509_certificate(card.certificate)


def test_a_challenge_is_bound_to_the_kiosk_that_asked(kiosk: Kiosk) -> None:
    answer = kiosk.call("POST", "/v1/challenges", {})
    said = answer.get_json()

    assert answer.status_code == 201
    assert (said["origin"], said["purpose"], said["expires_in"]) == ("https://terminal.test", "kiosk:kiosk-01", 120)
    assert len(base64.b64decode(said["nonce"])) == 32


def test_a_good_card_opens_a_session_with_name_and_offers(kiosk: Kiosk, card: Card, linked: UUID) -> None:
    answer = kiosk.present(card)
    said = answer.get_json()

    assert (answer.status_code, said["expires_in"]) == (201, 600)
    assert said["person"] == {"ref": str(linked), "name": "渡辺　花子"}
    (offer,) = [one for one in said["offers"] if one["kind"] == "resident_record"]
    assert offer["refusal"] is None
    assert offer["persons"] == [said["person"]]
    assert {"relationship", "domicile"} <= {item["id"] for item in offer["items"]}


def test_an_answer_relayed_from_another_kiosk_is_refused(make_kiosk: MakeKiosk, card: Card, linked: UUID) -> None:
    here, there = make_kiosk("kiosk-01"), make_kiosk("kiosk-02")

    assert error(there.present(card, here.question())) == (422, "challenge_spent")


def test_an_answer_is_good_once(kiosk: Kiosk, card: Card, linked: UUID) -> None:
    question = kiosk.question()
    assert kiosk.present(card, question).status_code == 201

    assert error(kiosk.present(card, question)) == (422, "challenge_spent")


def test_a_late_answer_is_refused(kiosk: Kiosk, card: Card, linked: UUID, clock: MovableClock) -> None:
    question = kiosk.question()
    clock.advance(minutes=2)

    assert error(kiosk.present(card, question)) == (422, "challenge_spent")


def test_a_wrong_signature_is_called_so(kiosk: Kiosk, card: Card, linked: UUID) -> None:
    assert error(kiosk.present(card, signature=bytes(256))) == (422, "signature_wrong")


def test_a_signature_for_another_purpose_is_wrong(kiosk: Kiosk, card: Card, linked: UUID) -> None:
    question = kiosk.question()
    browser = replace(question, purpose="login")

    assert error(kiosk.present(card, question, card.sign(browser.payload()))) == (422, "signature_wrong")


def test_each_state_of_a_card_has_its_own_code(
    ground: Ground, kiosk: Kiosk, authority: Authority, make_card: MakeCard, clock: MovableClock
) -> None:
    revoked, held, unknown, ended = (make_card() for _ in range(4))
    expired = make_card(not_before=clock.now() - timedelta(days=9), not_after=clock.now() - timedelta(days=1))
    authority.revoke(leaf(revoked))
    authority.revoke(leaf(held), x509.ReasonFlags.certificate_hold)
    authority.forget(leaf(unknown))
    for card in (revoked, held, unknown, expired):
        link(ground, card)
    moved = link(ground, ended)
    with database.transaction(ground.engine) as connection:
        end_links(connection, moved, LinkEnd.MOVED_OUT, actor=TESTER, now=clock.now())

    codes = {
        name: error(kiosk.present(card))
        for name, card in {
            "revoked": revoked,
            "held": held,
            "unknown": unknown,
            "expired": expired,
            "unlinked": make_card(),
            "ended": ended,
            "signing": make_card(profile=SIGN_PROFILE),
            "foreign": make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0]),
        }.items()
    }

    assert codes == {
        "revoked": (422, "certificate_revoked"),
        "held": (422, "certificate_on_hold"),
        "unknown": (422, "certificate_untrusted"),
        "expired": (422, "certificate_expired"),
        "unlinked": (422, "not_linked"),
        "ended": (422, "not_linked"),
        "signing": (422, "card_not_mynumber"),
        "foreign": (422, "certificate_untrusted"),
    }


def stop(ground: Ground, resident: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        (found,) = cards_of(connection, ground, resident)
        stop_certificate(connection, found.id, StopReason.LOST, actor=TESTER, now=ground.clock.now())


def test_a_card_stopped_at_the_counter_has_its_code_and_its_living_session_is_over(
    ground: Ground, visited: Kiosk, card: Card, linked: UUID
) -> None:
    stop(ground, linked)

    assert error(visited.call("GET", f"/v1/issuances/{uuid4()}")) == (409, "session_ended")
    assert error(visited.present(card)) == (422, "certificate_stopped")


def test_without_a_fresh_answer_about_revocation_nobody_comes_in(
    kiosk: Kiosk, authority: Authority, card: Card, linked: UUID
) -> None:
    set_mode(authority.directory, Mode.STALE)

    assert error(kiosk.present(card)) == (503, "revocation_unavailable")


def test_too_many_attempts_are_told(kiosk: Kiosk, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.identity import attempts  # noqa: PLC0415
    from portal.identity.tables import Scope  # noqa: PLC0415

    monkeypatch.setitem(attempts.LIMITS, Scope.ASKER, attempts.Limit(2, timedelta(minutes=1)))
    for _ in range(2):
        assert error(kiosk.present(card, signature=b"x")) == (422, "signature_wrong")

    assert error(kiosk.present(card, signature=b"x")) == (429, "too_many_attempts")


UNFIT: list[bytes | dict[str, object]] = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b"[" * 20000,
    {},
    {"challenge": "x", "certificate": "", "signature": ""},
    {"challenge": str(uuid4()), "certificate": "AA==", "signature": "%%%"},
    {"challenge": str(uuid4()), "certificate": "あ", "signature": "AA=="},
    {"challenge": str(uuid4()), "certificate": "A" * 12000, "signature": "AA=="},
    {"challenge": str(uuid4()), "certificate": 5, "signature": "AA=="},
]


def test_a_log_in_that_is_not_of_the_contract_is_refused(kiosk: Kiosk) -> None:
    for body in UNFIT:
        assert error(kiosk.call("POST", "/v1/sessions", body)) == (400, "bad_request"), body


def test_a_body_larger_than_any_honest_one_is_refused(kiosk: Kiosk) -> None:
    assert error(kiosk.call("POST", "/v1/sessions", b"x" * 70_000)) == (413, "too_large")


def test_leaving_ends_the_session_and_may_be_said_twice(visited: Kiosk) -> None:
    for _ in range(2):
        assert visited.call("DELETE", "/v1/session").status_code == 204

    assert error(visited.call("GET", f"/v1/issuances/{uuid4()}")) == (409, "session_ended")


def test_leaving_without_ever_having_come_is_harmless(kiosk: Kiosk) -> None:
    assert kiosk.call("DELETE", "/v1/session").status_code == 204


def test_another_kiosk_cannot_use_a_session(visited: Kiosk, make_kiosk: MakeKiosk) -> None:
    other = make_kiosk("kiosk-02")

    answer = other.call("GET", f"/v1/issuances/{uuid4()}", session=visited.session)

    assert error(answer) == (409, "session_ended")


def test_no_name_serial_or_token_is_written_to_the_log(
    kiosk: Kiosk, card: Card, linked: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kiosk.present(card)
    kiosk.present(card, signature=bytes(256))
    kiosk.call("DELETE", "/v1/session")

    assert kiosk.session is not None
    for secret in ("渡辺", "ワタナベ", kiosk.session, f"{leaf(card).serial_number:x}", str(linked)):
        assert secret not in caplog.text


def test_every_answer_carries_the_reference_that_is_in_the_log(
    kiosk: Kiosk, card: Card, linked: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    good, bad = kiosk.present(card), kiosk.present(card, signature=b"")

    for answer in (good, bad):
        assert answer.headers["Reference"] in caplog.text
    assert good.headers["Reference"] != bad.headers["Reference"]


def test_an_answer_is_never_stored_on_the_way(visited: Kiosk) -> None:
    for answer in (visited.beat(), visited.call("GET", "/v1/nothing")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_a_production_portal_does_not_start_with_the_simulators_roots(ground: Ground, authority: Authority) -> None:
    from portal.identity import TrustStoreUnusable  # noqa: PLC0415
    from portal.settings import Environment  # noqa: PLC0415

    trust = TrustSettings(authority.auth_trust, authority.sign_trust, "http://127.0.0.1:9/")
    live = replace(ground, settings=replace(ground.settings, environment=Environment.PRODUCTION, trust=trust))

    with pytest.raises(TrustStoreUnusable):
        create_app(live)
