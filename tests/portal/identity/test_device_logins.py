"""Log-in with a second device: one code, one bridge, one answer, one browser, two minutes."""

import logging
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from portal import database
from portal.ground import Ground
from portal.identity import (
    CertificateRevoked,
    ChallengeOfAnotherAsker,
    ChallengeUnknown,
    DeviceLogin,
    DeviceLoginClaimed,
    DeviceLoginExpired,
    DeviceLoginOfAnotherSession,
    DeviceLoginUnanswered,
    DeviceLoginUnclaimed,
    DeviceLoginUnknown,
    DeviceLoginUsed,
    DeviceQuestion,
    ProvenCard,
    RelayedOrigin,
    SignatureWrong,
    TooManyAttempts,
    VisitingCard,
    answer_device_login,
    attempts,
    begin_challenge,
    claim_device_login,
    prove,
)
from portal.identity.attempts import Limit
from portal.identity.login import device_logins
from portal.identity.tables import Scope
from portal.identity.tables import device_logins as table
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard
from tests.portal.identity.two_devices import ORIGIN, WAITING, TwoDevices
from tests.world.jpki import Authority


@pytest.fixture
def both(ground: Ground) -> TwoDevices:
    return TwoDevices(ground)


def test_a_card_on_the_second_device_names_its_resident_to_the_browser_that_waits(
    both: TwoDevices, card: Card, linked: UUID
) -> None:
    begun = both.begin()
    assert both.standing(begun) == (False, False)
    question = both.claim(begun)
    assert question.code == begun.code
    assert both.standing(begun) == (True, False)
    both.answer(begun, question, card)
    assert both.standing(begun) == (True, True)
    assert both.resident(begun) == linked


def test_the_table_holds_neither_the_token_nor_anything_that_opens_it(both: TwoDevices) -> None:
    begun = both.begin()
    with database.transaction(both.ground.engine) as connection:
        row = repr(connection.execute(sa.select(table)).one())
    assert begun.token not in row
    assert begun.token not in repr(begun)
    named = DeviceLogin(begun.login, begun.login, begun.code, begun.expires_at)
    with pytest.raises(DeviceLoginUnknown):
        both.claim(named)


def test_a_comparison_code_holds_no_sign_that_could_be_taken_for_another(both: TwoDevices) -> None:
    codes = {both.begin(f"session-{number}").code for number in range(30)}
    assert len(codes) == 30
    assert {len(code) for code in codes} == {6}
    assert not set("".join(codes)) & set("0OQDI1L2Z5S8B6GUVAE")


def test_a_code_that_was_never_given_out_is_unknown_everywhere(both: TwoDevices, card: Card) -> None:
    begun = both.begin()
    question = both.claim(begun)
    invented = DeviceLogin("A" * 43, "00" * 32, begun.code, begun.expires_at)
    for attempt in (
        lambda: both.claim(invented),
        lambda: both.answer(invented, question, card),
        lambda: both.standing(invented),
        lambda: both.enter(invented),
    ):
        with pytest.raises(DeviceLoginUnknown):
            attempt()


def test_a_code_is_dead_after_two_minutes_at_every_step(
    both: TwoDevices, card: Card, linked: UUID, clock: MovableClock
) -> None:
    unclaimed, claimed, answered = (both.begin(f"session-{number}") for number in range(3))
    question = both.claim(claimed)
    both.answer(answered, both.claim(answered), card)
    clock.advance(seconds=120)
    for attempt in (
        lambda: both.claim(unclaimed),
        lambda: both.answer(claimed, question, card),
        lambda: both.standing(claimed, "session-1"),
        lambda: both.enter(answered, "session-2"),
    ):
        with pytest.raises(DeviceLoginExpired):
            attempt()


def test_a_second_before_its_end_a_code_still_logs_in(
    both: TwoDevices, card: Card, linked: UUID, clock: MovableClock
) -> None:
    begun = both.begin()
    question = both.claim(begun)
    clock.advance(seconds=119)
    both.answer(begun, question, card)
    assert both.resident(begun) == linked


def test_codes_that_are_over_are_swept_away_by_the_next_one(both: TwoDevices, clock: MovableClock) -> None:
    over = both.begin("somebody")
    clock.advance(minutes=2)
    both.begin("somebody else")
    with pytest.raises(DeviceLoginUnknown):
        both.standing(over, "somebody")


def test_a_newer_code_of_the_same_browser_replaces_the_older(both: TwoDevices, card: Card, linked: UUID) -> None:
    older = both.begin()
    question = both.claim(older)
    newer = both.begin()
    with pytest.raises(DeviceLoginUnknown):
        both.answer(older, question, card)
    assert both.standing(newer) == (False, False)


def test_a_code_replaced_while_its_card_is_judged_logs_nobody_in(
    both: TwoDevices, card: Card, linked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = both.begin()
    question = both.claim(begun)

    def slow(*arguments: object, **named: object) -> ProvenCard:
        both.begin()
        return prove(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(device_logins, "prove", slow)
    with pytest.raises(DeviceLoginUnknown):
        both.answer(begun, question, card)
    with both.ground.engine.connect() as connection:
        logged_in = "SELECT count(*) FROM audit_events WHERE action = 'login.succeeded'"
        assert connection.exec_driver_sql(logged_in).scalar_one() == 0


def test_the_challenge_of_a_code_is_given_out_once(both: TwoDevices) -> None:
    begun = both.begin()
    both.claim(begun)
    with pytest.raises(DeviceLoginClaimed):
        both.claim(begun)


def test_a_code_takes_one_answer_whatever_became_of_it(
    both: TwoDevices, card: Card, make_card: MakeCard, linked: UUID
) -> None:
    begun = both.begin()
    question = both.claim(begun)
    both.answer(begun, question, make_card())
    with pytest.raises(DeviceLoginUsed):
        both.answer(begun, question, card)
    assert both.resident(begun) is None


def test_an_answer_without_a_claim_is_refused(both: TwoDevices, card: Card, linked: UUID) -> None:
    begun = both.begin()
    question = both.claim(both.begin("another"))
    with pytest.raises(DeviceLoginUnclaimed):
        both.answer(begun, question, card)


def test_the_challenge_of_one_code_is_no_answer_to_another(both: TwoDevices, card: Card, linked: UUID) -> None:
    mine, theirs = both.begin(), both.begin("another")
    both.claim(mine)
    with pytest.raises(ChallengeOfAnotherAsker):
        both.answer(mine, both.claim(theirs), card)
    with pytest.raises(ChallengeOfAnotherAsker):
        both.enter(mine)


def test_a_challenge_of_the_browsers_own_log_in_is_no_answer_to_its_code(
    both: TwoDevices, card: Card, linked: UUID
) -> None:
    begun = both.begin()
    question = both.claim(begun)
    with database.transaction(both.ground.engine) as connection:
        own = begin_challenge(connection, purpose="login", asker=WAITING, origin=ORIGIN, now=both.ground.clock.now())
    with pytest.raises(ChallengeOfAnotherAsker):
        both.answer(begun, DeviceQuestion(own, question.code), card)


def test_a_bridge_that_believes_to_talk_to_another_site_is_refused_and_the_site_is_named_in_the_log(
    both: TwoDevices, card: Card, linked: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    begun = both.begin()
    question = both.claim(begun)
    with caplog.at_level(logging.WARNING), pytest.raises(RelayedOrigin):
        # The signature itself is right: a relay may have let the card sign for us.
        both.answer(begun, question, card, told="https://resident.test.evil.example")
    assert "https://resident.test.evil.example" in caplog.text
    assert begun.token not in caplog.text
    with pytest.raises(RelayedOrigin):
        both.enter(begun)
    with both.ground.engine.connect() as connection:
        refused = connection.exec_driver_sql("SELECT detail FROM audit_events WHERE action = 'login.refused'")
        assert '"cause":"RelayedOrigin"' in refused.scalar_one()


@pytest.mark.parametrize(
    "told",
    ["https://resident.test/", "HTTPS://RESIDENT.TEST", "https://resident.test:443", "http://resident.test", "x"],
)
def test_an_origin_that_is_nearly_ours_is_another(both: TwoDevices, card: Card, linked: UUID, told: str) -> None:
    begun = both.begin()
    question = both.claim(begun)
    with pytest.raises(RelayedOrigin):
        both.answer(begun, question, card, told=told)


def test_what_a_stranger_calls_an_origin_does_not_write_lines_into_the_log(
    both: TwoDevices, card: Card, caplog: pytest.LogCaptureFixture
) -> None:
    begun = both.begin()
    with pytest.raises(RelayedOrigin):
        both.answer(begun, both.claim(begun), card, told="https://a.test\nERROR 本間 一郎")
    assert "本間" not in caplog.text
    assert "what is no origin" in caplog.text


def test_a_signature_over_a_look_alike_origin_is_wrong(both: TwoDevices, card: Card, linked: UUID) -> None:
    begun = both.begin()
    question = both.claim(begun)
    with pytest.raises(SignatureWrong):
        both.answer(begun, question, card, signed="https://resident.test.evil.example")
    with pytest.raises(SignatureWrong):
        both.enter(begun)


def test_each_refusal_keeps_its_own_cause_for_the_browser_that_waits(
    both: TwoDevices, card: Card, linked: UUID, authority: Authority
) -> None:
    authority.revoke(x509.load_der_x509_certificate(card.certificate), x509.ReasonFlags.key_compromise)
    begun = both.begin()
    question = both.claim(begun)
    with pytest.raises(CertificateRevoked):
        both.answer(begun, question, card)
    with pytest.raises(CertificateRevoked):
        both.enter(begun)
    with pytest.raises(DeviceLoginUnknown):
        both.enter(begun)


def test_a_genuine_card_that_is_nobodys_lets_a_visitor_in(both: TwoDevices, card: Card) -> None:
    begun = both.begin()
    both.answer(begun, both.claim(begun), card)
    known = both.enter(begun)
    assert isinstance(known, VisitingCard)
    assert known.certificate == card.certificate


def test_another_browser_session_neither_sees_nor_enters_with_a_code(
    both: TwoDevices, card: Card, linked: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    begun = both.begin()
    both.answer(begun, both.claim(begun), card)
    with pytest.raises(DeviceLoginOfAnotherSession):
        both.standing(begun, "another")
    with pytest.raises(DeviceLoginOfAnotherSession):
        both.enter(begun, "another")
    assert "used by another browser session" in caplog.text
    assert both.resident(begun) == linked


def test_nobody_enters_before_the_card_has_answered(both: TwoDevices) -> None:
    begun = both.begin()
    with pytest.raises(DeviceLoginUnanswered):
        both.enter(begun)
    both.claim(begun)
    with pytest.raises(DeviceLoginUnanswered):
        both.enter(begun)


def test_an_answer_that_is_still_being_judged_lets_nobody_in(
    both: TwoDevices, card: Card, linked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = both.begin()
    question = both.claim(begun)

    def watched(*arguments: object, **named: object) -> ProvenCard:
        assert both.standing(begun) == (True, False)
        with pytest.raises(DeviceLoginUnanswered):
            both.enter(begun)
        return prove(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(device_logins, "prove", watched)
    both.answer(begun, question, card)
    assert both.resident(begun) == linked


def test_an_outcome_is_taken_once(both: TwoDevices, card: Card, linked: UUID) -> None:
    begun = both.begin()
    both.answer(begun, both.claim(begun), card)
    both.enter(begun)
    with pytest.raises(DeviceLoginUnknown):
        both.enter(begun)
    with pytest.raises(DeviceLoginUnknown):
        both.claim(begun)


def test_guessing_codes_is_counted_against_the_address(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, card: Card
) -> None:
    monkeypatch.setitem(attempts.LIMITS, Scope.ADDRESS, Limit(3, attempts.LIMITS[Scope.ADDRESS].window))
    for _ in range(3):
        with pytest.raises(DeviceLoginUnknown):
            claim_device_login(ground, token="B" * 43, address="192.0.2.7", now=ground.clock.now())
    with pytest.raises(TooManyAttempts):
        claim_device_login(ground, token="B" * 43, address="192.0.2.7", now=ground.clock.now())
    with pytest.raises(TooManyAttempts):
        answer_device_login(
            ground,
            token="B" * 43,
            challenge_id=UUID(int=1),
            certificate=card.certificate,
            signature=b"x",
            origin=ORIGIN,
            address="192.0.2.7",
            now=ground.clock.now(),
        )


def test_a_challenge_that_was_never_asked_is_no_answer(both: TwoDevices, card: Card, linked: UUID) -> None:
    begun = both.begin()
    both.claim(begun)
    with pytest.raises(ChallengeUnknown):
        answer_device_login(
            both.ground,
            token=begun.token,
            challenge_id=UUID(int=1),
            certificate=card.certificate,
            signature=b"x",
            origin=ORIGIN,
            address=None,
            now=both.ground.clock.now(),
        )


@given(st.text(max_size=80))
def test_any_text_is_digested_and_names_at_most_an_unknown_code(text: str) -> None:
    assert len(device_logins._digest(text)) == 32
    try:
        named = device_logins._named(text)
    except DeviceLoginUnknown:
        return
    assert isinstance(named, bytes)
