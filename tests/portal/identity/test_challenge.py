"""Challenges are one-use, short-lived and bound to who asked."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import database
from portal.ground import Ground
from portal.identity import (
    Answer,
    CertificateUnreadable,
    ChallengeExpired,
    ChallengeOfAnotherAsker,
    ChallengeUnknown,
    SignatureWrong,
    authenticate,
)
from portal.identity.card.challenge import burn
from portal.identity.tables import challenges
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import TERMINAL, Card, Question, answer, ask


def count(ground: Ground) -> int:
    with database.transaction(ground.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(challenges)).scalar_one()


def test_an_answer_is_accepted_once_and_its_replay_refused(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)
    signature = card.sign(question.payload())
    assert answer(ground, question, card.certificate, signature).resident_id == linked

    with pytest.raises(ChallengeUnknown):
        answer(ground, question, card.certificate, signature)


def test_a_wrong_answer_burns_the_challenge_too(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)
    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, bytes(256))

    with pytest.raises(ChallengeUnknown):
        answer(ground, question, card.certificate, card.sign(question.payload()))


def test_the_challenge_stays_burnt_when_the_caller_rolls_back(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)
    with ground.engine.connect() as connection, connection.begin() as transaction:
        given = Answer(question.id, TERMINAL, card.certificate, card.sign(question.payload()))
        authenticate(connection, ground, given, now=ground.clock.now())
        transaction.rollback()

    assert count(ground) == 0


def test_the_challenge_is_burnt_before_the_certificate_is_read(ground: Ground) -> None:
    question = ask(ground)

    with pytest.raises(CertificateUnreadable):
        answer(ground, question, b"no certificate at all", b"")

    assert count(ground) == 0


def test_a_challenge_never_given_out_is_refused(ground: Ground, card: Card, linked: UUID) -> None:
    question = ask(ground)
    invented = Question(uuid4(), question.nonce, question.origin, question.purpose)

    with pytest.raises(ChallengeUnknown):
        answer(ground, invented, card.certificate, card.sign(invented.payload()))


def test_another_terminal_cannot_answer_in_place_of_the_one_that_asked(
    ground: Ground, card: Card, linked: UUID
) -> None:
    question = ask(ground, "kiosk-01")

    with pytest.raises(ChallengeOfAnotherAsker):
        answer(ground, question, card.certificate, card.sign(question.payload()), asker="kiosk-02")


def test_an_answer_has_two_minutes(ground: Ground, clock: MovableClock, card: Card, linked: UUID) -> None:
    in_time, late = ask(ground), ask(ground)
    clock.advance(seconds=119)
    assert answer(ground, in_time, card.certificate, card.sign(in_time.payload()))

    clock.advance(seconds=1)
    with pytest.raises(ChallengeExpired):
        answer(ground, late, card.certificate, card.sign(late.payload()))


def test_a_late_answer_is_called_late_whatever_it_holds(ground: Ground, clock: MovableClock) -> None:
    question = ask(ground)
    clock.advance(minutes=3)

    with pytest.raises(ChallengeExpired):
        answer(ground, question, b"junk", b"junk")


def test_of_many_answers_at_the_same_moment_one_gets_the_challenge(ground: Ground) -> None:
    question = ask(ground)

    def take(_: int) -> bool:
        try:
            burn(ground.engine, question.id)
        except ChallengeUnknown:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(16))) == 1


def test_two_challenges_never_share_a_nonce(ground: Ground) -> None:
    assert len({ask(ground).nonce for _ in range(20)}) == 20
    assert all(len(ask(ground).nonce) == 32 for _ in range(3))


def test_the_nonce_itself_is_not_in_the_database(ground: Ground) -> None:
    question = ask(ground)

    with database.transaction(ground.engine) as connection:
        row = connection.execute(sa.select(challenges)).one()

    assert question.nonce not in tuple(value for value in row if isinstance(value, bytes))


def test_challenges_that_nobody_answered_are_swept_away(ground: Ground, clock: MovableClock) -> None:
    for _ in range(5):
        ask(ground)
    clock.advance(minutes=2)
    ask(ground)

    assert count(ground) == 1
