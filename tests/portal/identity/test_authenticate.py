"""A card comes in only through every check, in their order, each refusal under its own name."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import database
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import (
    Answer,
    CertificateExpired,
    CertificateOnHold,
    CertificateRevoked,
    CertificateUnknown,
    CertificateUntrusted,
    IdentityError,
    LinkEnd,
    LinkEnded,
    NotLinked,
    RevocationUnavailable,
    SignatureWrong,
    TooManyAttempts,
    WrongCertificateKind,
    end_links,
    payload,
)
from portal.identity.card.payload import nonce_digest
from portal.settings import TrustSettings
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import ORIGIN, TERMINAL, Card, MakeCard, Question, answer, ask, link, log_in
from tests.portal.register.people import TESTER
from tests.world.jpki import SIGN_PROFILE, Authority, Mode, store
from tests.world.jpki.server import set_mode


def leaf(card: Card) -> x509.Certificate:
    return x509.load_der_x509_certificate(card.certificate)


def events(ground: Ground, action: Action) -> list[dict[str, object]]:
    with database.transaction(ground.engine) as connection:
        rows = connection.execute(sa.select(audit_events).where(audit_events.c.action == action.value)).all()
    return [{"subject": row.subject, "actor": row.actor_id, **json.loads(row.detail)} for row in rows]


def test_a_good_card_finds_its_resident(ground: Ground, card: Card, linked: UUID) -> None:
    person = log_in(ground, card)

    assert person.resident_id == linked
    (event,) = events(ground, Action.LOGGED_IN)
    assert event["subject"] == linked
    assert event["link"] == str(person.link_id)


def test_the_fingerprint_tells_cards_apart_and_not_their_serials(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard
) -> None:
    second = make_card()
    link(ground, second, linked)

    prints = {log_in(ground, card).fingerprint, log_in(ground, second).fingerprint}

    assert [len(one) for one in prints] == [16, 16]
    assert all(f"{leaf(one).serial_number:x}" not in prints for one in (card, second))


def test_a_signature_for_another_origin_is_wrong(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)
    relayed = replace(question, origin="https://terminal.test.evil.example")

    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, card.sign(relayed.payload()))


@pytest.mark.parametrize("origin", ["https://terminal.test/", "https://terminal.test:443", "http://terminal.test"])
def test_an_origin_that_only_looks_alike_is_another(ground: Ground, card: Card, linked: UUID, origin: str) -> None:
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, card.sign(replace(question, origin=origin).payload()))


def test_a_signature_for_another_purpose_is_wrong(ground: Ground, card: Card, linked: UUID) -> None:
    for purpose in ("login", "kiosk:kiosk-02", "kiosk:", "KIOSK:KIOSK-01", ""):
        question = ask(ground)
        with pytest.raises(SignatureWrong):
            answer(ground, question, card.certificate, card.sign(replace(question, purpose=purpose).payload()))


def test_a_signature_over_another_nonce_is_wrong(ground: Ground, card: Card, linked: UUID) -> None:
    earlier, question = ask(ground), ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, card.sign(earlier.payload()))


def test_a_signature_over_the_bare_nonce_is_wrong(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, card.sign(question.nonce))


def test_a_signature_without_the_tag_is_wrong(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, card.sign(question.payload()[16:]))


def test_anothers_certificate_with_ones_own_signature_is_wrong(ground: Ground, card: Card, linked: UUID) -> None:
    """The certificate can be read without a PIN and its serial is no secret."""
    stranger = Card(card.certificate, store.new_key())
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, stranger.sign(question.payload()))


def other_signatures(key: rsa.RSAPrivateKey, data: bytes) -> list[bytes]:
    good = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    number = int.from_bytes(good, "big")
    modulus = key.public_key().public_numbers().n
    return [
        b"",
        b"\x00",
        bytes(256),
        b"\x00" + good,
        good + b"\x00",
        good[:-1],
        good[1:],
        b"\xff" * 256,
        (modulus - number).to_bytes(256, "big"),
        (number + modulus).to_bytes(257, "big"),
        (1).to_bytes(256, "big"),
        (modulus - 1).to_bytes(256, "big"),
        modulus.to_bytes(256, "big"),
        bytes(reversed(good)),
        key.sign(data, padding.PKCS1v15(), hashes.SHA384()),
        key.sign(data, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303
        key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        key.sign(hashlib.sha256(data).digest(), padding.PKCS1v15(), hashes.SHA256()),
    ]


def test_no_other_form_of_signature_is_accepted(ground: Ground, card: Card, linked: UUID) -> None:
    for which in range(18):
        question = ask(ground)
        with pytest.raises(SignatureWrong):
            answer(ground, question, card.certificate, other_signatures(card.key, question.payload())[which])


def test_a_revoked_card_is_refused_as_revoked(ground: Ground, authority: Authority, card: Card, linked: UUID) -> None:
    authority.revoke(leaf(card))

    with pytest.raises(CertificateRevoked):
        log_in(ground, card)


def test_a_card_revoked_between_two_visits_is_refused_at_the_second(
    ground: Ground, authority: Authority, card: Card, linked: UUID
) -> None:
    log_in(ground, card)
    authority.revoke(leaf(card))

    with pytest.raises(CertificateRevoked):
        log_in(ground, card)


def test_a_card_on_hold_is_refused_as_on_hold(ground: Ground, authority: Authority, card: Card, linked: UUID) -> None:
    authority.revoke(leaf(card), x509.ReasonFlags.certificate_hold)

    with pytest.raises(CertificateOnHold):
        log_in(ground, card)


def test_a_card_the_authority_does_not_know_is_refused(
    ground: Ground, authority: Authority, card: Card, linked: UUID
) -> None:
    authority.forget(leaf(card))

    with pytest.raises(CertificateUnknown):
        log_in(ground, card)


@pytest.mark.parametrize("mode", [Mode.STALE, Mode.WRONG_NONCE, Mode.NO_NONCE, Mode.IMPOSTOR, Mode.TRY_LATER])
def test_without_a_trustworthy_answer_nobody_comes_in(
    ground: Ground, authority: Authority, card: Card, linked: UUID, mode: Mode
) -> None:
    set_mode(authority.directory, mode)

    with pytest.raises(RevocationUnavailable):
        log_in(ground, card)


def test_without_a_responder_nobody_comes_in(ground: Ground, authority: Authority, card: Card, linked: UUID) -> None:
    trust = TrustSettings(authority.auth_trust, authority.sign_trust, "http://127.0.0.1:9/")
    alone = replace(ground, settings=replace(ground.settings, trust=trust))

    with pytest.raises(RevocationUnavailable):
        log_in(alone, card)


def test_an_expired_card_is_expired_and_the_authority_is_not_asked(
    ground: Ground, authority: Authority, make_card: MakeCard, clock: MovableClock
) -> None:
    now = clock.now()
    old = make_card(not_before=now - timedelta(days=30), not_after=now - timedelta(days=1))
    link(ground, old)
    set_mode(authority.directory, Mode.TRY_LATER)

    with pytest.raises(CertificateExpired):
        log_in(ground, old)


def test_a_genuine_card_that_nobody_linked_is_not_linked(ground: Ground, make_card: MakeCard) -> None:
    with pytest.raises(NotLinked):
        log_in(ground, make_card())


def test_whether_a_card_is_linked_is_told_only_to_who_can_sign_with_it(ground: Ground, make_card: MakeCard) -> None:
    unlinked = make_card()
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, unlinked.certificate, bytes(256))


def test_a_card_whose_link_was_ended_is_refused(ground: Ground, card: Card, linked: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        end_links(connection, linked, LinkEnd.MOVED_OUT, actor=TESTER, now=ground.clock.now())

    with pytest.raises(LinkEnded):
        log_in(ground, card)


def test_a_signing_certificate_does_not_log_in(ground: Ground, authority: Authority, make_card: MakeCard) -> None:
    with pytest.raises(CertificateUntrusted):
        log_in(ground, make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0]))
    with pytest.raises(WrongCertificateKind):
        log_in(ground, make_card(profile=SIGN_PROFILE))


def test_a_card_of_the_older_generation_logs_in_too(
    ground: Ground, authority: Authority, make_card: MakeCard
) -> None:
    old = make_card(root=authority.auth_roots[0])
    resident = link(ground, old)

    assert log_in(ground, old).resident_id == resident


def test_each_refusal_is_kept_though_the_caller_rolls_back(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)
    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, bytes(256))

    (event,) = events(ground, Action.LOGIN_REFUSED)
    assert event["cause"] == "SignatureWrong"
    assert event["asker"] == TERMINAL
    assert event["actor"] == "identity"


def test_an_answer_that_is_printed_shows_neither_certificate_nor_signature() -> None:
    shown = repr(Answer(uuid4(), TERMINAL, b"the certificate", b"the signature"))

    assert TERMINAL in shown
    assert "the certificate" not in shown
    assert "the signature" not in shown


def test_a_refusal_names_no_serial_and_no_name(
    ground: Ground, card: Card, linked: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="portal")
    with pytest.raises(SignatureWrong) as refusal:
        answer(ground, ask(ground), card.certificate, bytes(256))
    written = caplog.text + str(refusal.value) + json.dumps(events(ground, Action.LOGIN_REFUSED), default=str)
    certificate = leaf(card)

    assert f"{certificate.serial_number:x}" not in written
    assert str(certificate.serial_number) not in written
    assert certificate.subject.rfc4514_string() not in written


def test_a_reader_that_tries_too_often_is_stopped_before_anything_is_judged(ground: Ground) -> None:
    for _ in range(120):
        with pytest.raises(IdentityError) as refusal:
            answer(ground, ask(ground), b"junk", b"junk")
        assert refusal.value.code == "certificate_untrusted"

    with pytest.raises(TooManyAttempts):
        answer(ground, ask(ground), b"junk", b"junk")


def test_a_stranger_with_anothers_certificate_cannot_use_up_its_attempts(
    ground: Ground, card: Card, linked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(70):
        asker = f"kiosk-{number}"
        with pytest.raises(SignatureWrong):
            answer(ground, ask(ground, asker), card.certificate, bytes(256), asker=asker)

    assert log_in(ground, card).resident_id == linked


def test_a_card_that_logs_in_too_often_is_stopped(ground: Ground, card: Card, linked: UUID) -> None:
    for _ in range(60):
        log_in(ground, card)

    with pytest.raises(TooManyAttempts):
        log_in(ground, card)


def test_an_address_that_tries_too_often_is_stopped_whatever_its_sessions(ground: Ground) -> None:
    for number in range(300):
        with pytest.raises(IdentityError) as refusal:
            answer(ground, ask(ground, f"s{number}"), b"junk", b"", asker=f"s{number}", address="192.0.2.7")
        assert not isinstance(refusal.value, TooManyAttempts)

    with pytest.raises(TooManyAttempts):
        answer(ground, ask(ground, "fresh"), b"junk", b"", asker="fresh", address="192.0.2.7")


@given(certificate=st.binary(max_size=400), signature=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_arbitrary_bytes_are_refused_by_name(ground: Ground, certificate: bytes, signature: bytes) -> None:
    question = ask(ground)

    with pytest.raises(IdentityError):
        answer(ground, question, certificate, signature)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
def test_a_card_certificate_with_changed_bytes_is_refused_by_name(
    ground: Ground, card: Card, linked: UUID, data: st.DataObject
) -> None:
    certificate = bytearray(card.certificate)
    for _ in range(data.draw(st.integers(1, 4))):
        certificate[data.draw(st.integers(0, len(certificate) - 1))] ^= data.draw(st.integers(1, 255))
    question = ask(ground)

    if bytes(certificate) != card.certificate:
        with pytest.raises(IdentityError):
            answer(ground, question, bytes(certificate), card.sign(question.payload()))


@given(st.binary(min_size=256, max_size=256))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_no_guessed_signature_comes_in(ground: Ground, card: Card, linked: UUID, signature: bytes) -> None:
    with pytest.raises((SignatureWrong, TooManyAttempts)):
        answer(ground, ask(ground), card.certificate, signature)


def test_the_payload_is_built_from_what_the_portal_remembers(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground, origin=ORIGIN)
    remembered = payload(origin=ORIGIN, nonce_sha256=nonce_digest(question.nonce), purpose=question.purpose)

    assert remembered == question.payload()
    lie = Question(question.id, bytes(32), "https://evil.example", "login")
    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, card.sign(lie.payload()))
