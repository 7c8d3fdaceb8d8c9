"""Three limits stand before the judge: of the asker, of the address and of the card. Each counts before it looks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography import x509

from portal import database
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import (
    AttemptsUncountable,
    CertificateUnreadable,
    ChallengeOfAnotherAsker,
    ChallengeUnknown,
    SignatureWrong,
    TooManyAttempts,
    attempts,
    authenticate,
    revocation,
)
from portal.identity.attempts import LIMITS, Limit
from portal.identity.card import chain
from portal.identity.tables import Scope, challenges
from portal.identity.tables import attempts as counted
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, answer, ask, link, log_in

FEW = 3
JUNK = b"junk"
AWAY = "postgresql+psycopg://nobody@127.0.0.1:9/nowhere"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every limit lowered to three, so that reaching it takes no time."""
    monkeypatch.setattr(attempts, "LIMITS", {scope: Limit(FEW, limit.window) for scope, limit in LIMITS.items()})
    return iter(())


def count_of(ground: Ground, scope: Scope) -> int:
    with database.transaction(ground.engine) as connection:
        rows = connection.execute(sa.select(counted.c.count).where(counted.c.scope == scope)).scalars()
        return sum(rows)


def refuse_junk(ground: Ground, asker: str = "kiosk-01", address: str | None = None) -> None:
    with pytest.raises(CertificateUnreadable):
        answer(ground, ask(ground, asker), JUNK, JUNK, asker=asker, address=address)


@pytest.mark.usefixtures("few")
def test_one_terminal_at_its_limit_does_not_stop_the_next(ground: Ground) -> None:
    for _ in range(FEW):
        refuse_junk(ground, "kiosk-01")

    with pytest.raises(TooManyAttempts):
        answer(ground, ask(ground, "kiosk-01"), JUNK, JUNK, asker="kiosk-01")
    refuse_junk(ground, "kiosk-02")


@pytest.mark.usefixtures("few")
def test_one_address_at_its_limit_does_not_stop_the_next(ground: Ground) -> None:
    for number in range(FEW):
        refuse_junk(ground, f"s{number}", "192.0.2.7")

    with pytest.raises(TooManyAttempts):
        answer(ground, ask(ground, "s9"), JUNK, JUNK, asker="s9", address="192.0.2.7")
    refuse_junk(ground, "s8", "192.0.2.8")


@pytest.mark.usefixtures("few")
def test_a_kiosk_has_no_address_to_count(ground: Ground) -> None:
    refuse_junk(ground)

    assert count_of(ground, Scope.ADDRESS) == 0
    assert count_of(ground, Scope.ASKER) == 1


@pytest.mark.usefixtures("few")
def test_one_card_at_its_limit_does_not_stop_the_next(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard
) -> None:
    second = make_card()
    link(ground, second)
    for number in range(FEW):
        log_in(ground, card, f"kiosk-{number}")

    with pytest.raises(TooManyAttempts):
        log_in(ground, card, "kiosk-8")
    assert log_in(ground, second, "kiosk-9")


@pytest.mark.usefixtures("few")
def test_at_the_limit_not_even_the_right_card_is_looked_at(
    ground: Ground, card: Card, linked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(FEW):
        refuse_junk(ground)
    monkeypatch.setattr(chain, "parse", never)

    with pytest.raises(TooManyAttempts):
        log_in(ground, card)


@pytest.mark.usefixtures("few")
def test_at_the_cards_limit_the_authority_is_not_asked(
    ground: Ground, card: Card, linked: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(FEW):
        log_in(ground, card, f"kiosk-{number}")
    monkeypatch.setattr(revocation, "ask", never)

    with pytest.raises(TooManyAttempts):
        log_in(ground, card, "kiosk-9")


@pytest.mark.usefixtures("few")
def test_an_attempt_at_the_limit_burns_its_challenge_too(ground: Ground, card: Card, linked: UUID) -> None:
    for _ in range(FEW):
        refuse_junk(ground)
    question = ask(ground)
    with pytest.raises(TooManyAttempts):
        answer(ground, question, card.certificate, card.sign(question.payload()))

    with database.transaction(ground.engine) as connection:
        assert connection.execute(sa.select(challenges)).all() == []


@pytest.mark.usefixtures("few")
def test_the_window_over_the_same_card_comes_in_again(
    ground: Ground, card: Card, linked: UUID, clock: MovableClock
) -> None:
    for number in range(FEW):
        log_in(ground, card, f"kiosk-{number}")
    with pytest.raises(TooManyAttempts):
        log_in(ground, card, "kiosk-9")
    clock.advance(minutes=10)

    assert log_in(ground, card).resident_id == linked


def test_each_attempt_is_counted_once_whatever_becomes_of_it(ground: Ground, card: Card, linked: UUID) -> None:
    refuse_junk(ground, address="192.0.2.7")
    log_in(ground, card)
    question = ask(ground)
    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, bytes(256))

    assert count_of(ground, Scope.ASKER) == 3
    assert count_of(ground, Scope.ADDRESS) == 1
    assert count_of(ground, Scope.CARD) == 1


def test_an_answer_through_the_wrong_terminal_is_counted_against_that_terminal(ground: Ground, card: Card) -> None:
    question = ask(ground, "kiosk-01")
    with pytest.raises(ChallengeOfAnotherAsker):
        answer(ground, question, card.certificate, card.sign(question.payload()), asker="kiosk-02")

    assert count_of(ground, Scope.ASKER) == 1


def test_a_challenge_that_does_not_exist_costs_no_count_of_anybody(ground: Ground, card: Card) -> None:
    question = ask(ground)
    with pytest.raises(CertificateUnreadable):
        answer(ground, question, JUNK, JUNK)
    with pytest.raises(ChallengeUnknown):
        answer(ground, question, JUNK, JUNK)

    assert count_of(ground, Scope.ASKER) == 1


@pytest.mark.parametrize("failing", [Scope.ASKER, Scope.ADDRESS, Scope.CARD])
def test_when_a_count_cannot_be_kept_even_the_right_card_is_refused(
    ground: Ground, card: Card, linked: UUID, monkeypatch: pytest.MonkeyPatch, failing: Scope
) -> None:
    away = replace(ground, engine=database.create_engine(AWAY))
    count = attempts.count

    def fails_at_one(ground: Ground, scope: Scope, subject: str, **rest: object) -> None:
        count(away if scope is failing else ground, scope, subject, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(attempts, "count", fails_at_one)
    question = ask(ground)

    with pytest.raises(AttemptsUncountable):
        answer(ground, question, card.certificate, card.sign(question.payload()), address="192.0.2.7")
    with database.transaction(ground.engine) as connection:
        made = connection.execute(sa.select(audit_events.c.action)).scalars().all()
    assert Action.LOGGED_IN.value not in made


def test_a_count_is_made_before_the_certificate_is_read(
    ground: Ground, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    count, parse = attempts.count, chain.parse

    def counting(ground: Ground, scope: Scope, subject: str, *, now: datetime) -> None:
        seen.append(scope)
        count(ground, scope, subject, now=now)

    def parsing(der: bytes) -> x509.Certificate:
        seen.append("parse")
        return parse(der)

    monkeypatch.setattr(attempts, "count", counting)
    monkeypatch.setattr(chain, "parse", parsing)
    link(ground, card)
    seen.clear()
    question = ask(ground)

    answer(ground, question, card.certificate, card.sign(question.payload()), address="192.0.2.7")

    assert seen == [Scope.ASKER, Scope.ADDRESS, "parse", Scope.CARD]


def never(*_: object, **__: object) -> None:
    raise AssertionError("asked although the limit was reached")


def test_the_names_used_here_are_those_that_the_judge_uses() -> None:
    """The patches above are worth nothing when the judge imports the functions under other names."""
    namespace = vars(__import__("portal.identity.authenticate", fromlist=["prove"]))

    assert namespace["attempts"] is attempts
    assert namespace["chain"] is chain
    assert namespace["revocation"] is revocation
    assert namespace["authenticate"] is authenticate
