"""The city's own stop list: it acts at once, on the next log-in and on what is open, and it can be lifted."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import database, terminals
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import (
    Authenticated,
    CertificateExpired,
    CertificateRevoked,
    CertificateStopped,
    LinkEnd,
    NotLinked,
    SessionEnded,
    SignatureWrong,
    StopReason,
    TooManyAttempts,
    cards_of,
    end_link,
    end_links,
    kiosk_session,
    lift_stop,
    link_stands,
    open_kiosk_session,
    stop_certificate,
)
from portal.identity.login import sessions
from portal.identity.tables import certificate_stops
from portal.settings import TrustSettings
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, answer, ask, link, log_in
from tests.portal.identity.test_authenticate import leaf
from tests.portal.register.people import TESTER
from tests.portal.terminals.devices import public_pem
from tests.world.jpki import Authority


def link_of(ground: Ground, resident: UUID, which: int = 0) -> UUID:
    with database.transaction(ground.engine) as connection:
        return cards_of(connection, ground, resident)[which].id


def stop(ground: Ground, link_id: UUID, reason: StopReason = StopReason.LOST) -> bool:
    with database.transaction(ground.engine) as connection:
        return stop_certificate(connection, link_id, reason, actor=TESTER, now=ground.clock.now())


def lift(ground: Ground, link_id: UUID) -> bool:
    with database.transaction(ground.engine) as connection:
        return lift_stop(connection, link_id, actor=TESTER, now=ground.clock.now())


@pytest.fixture
def link_id(ground: Ground, card: Card, linked: UUID) -> UUID:
    """The link of the good card."""
    return link_of(ground, linked)


@pytest.fixture
def person(ground: Ground, card: Card, link_id: UUID) -> Authenticated:
    return log_in(ground, card)


@pytest.fixture
def kiosk(ground: Ground) -> str:
    with database.transaction(ground.engine) as connection:
        terminals.enrol(
            connection, terminal_id="kiosk-01", name="1号機", place="1階", public_key=public_pem(), actor=TESTER,
            now=ground.clock.now(),
        )  # fmt: skip
    return "kiosk-01"


@pytest.fixture
def opened(ground: Ground, kiosk: str, person: Authenticated) -> str:
    """A session at a kiosk that the good card has opened."""
    with database.transaction(ground.engine) as connection:
        return open_kiosk_session(connection, kiosk, person, now=ground.clock.now())


def use(ground: Ground, token: str) -> UUID:
    with database.transaction(ground.engine) as connection:
        return kiosk_session(connection, token, "kiosk-01", now=ground.clock.now()).resident_id


def test_a_stopped_card_is_refused_under_its_own_name(ground: Ground, card: Card, link_id: UUID) -> None:
    assert stop(ground, link_id)

    with pytest.raises(CertificateStopped):
        log_in(ground, card)


def test_a_stopped_card_is_refused_also_while_no_authority_answers(
    ground: Ground, authority: Authority, card: Card, link_id: UUID
) -> None:
    stop(ground, link_id)
    trust = TrustSettings(authority.auth_trust, authority.sign_trust, "http://127.0.0.1:9/")

    with pytest.raises(CertificateStopped):
        log_in(replace(ground, settings=replace(ground.settings, trust=trust)), card)


def test_a_card_that_is_stopped_and_revoked_is_called_stopped_until_the_stop_is_lifted(
    ground: Ground, authority: Authority, card: Card, link_id: UUID
) -> None:
    stop(ground, link_id)
    authority.revoke(leaf(card))
    with pytest.raises(CertificateStopped):
        log_in(ground, card)
    lift(ground, link_id)

    with pytest.raises(CertificateRevoked):
        log_in(ground, card)


def test_that_a_card_is_stopped_is_told_only_to_who_can_sign_with_it(
    ground: Ground, card: Card, link_id: UUID
) -> None:
    stop(ground, link_id)

    with pytest.raises(SignatureWrong):
        answer(ground, ask(ground), card.certificate, bytes(256))


def test_a_stopped_card_cannot_be_tried_without_end(ground: Ground, card: Card, link_id: UUID) -> None:
    stop(ground, link_id)
    for _ in range(60):
        with pytest.raises(CertificateStopped):
            log_in(ground, card)

    with pytest.raises(TooManyAttempts):
        log_in(ground, card)


def test_an_expired_card_that_is_stopped_is_called_expired(
    ground: Ground, make_card: MakeCard, clock: MovableClock
) -> None:
    old = make_card(not_before=clock.now() - timedelta(days=30), not_after=clock.now() - timedelta(days=1))
    stop(ground, link_of(ground, link(ground, old)))

    with pytest.raises(CertificateExpired):
        log_in(ground, old)


def test_a_lifted_stop_lets_the_card_in_again_and_its_row_stays(ground: Ground, card: Card, link_id: UUID) -> None:
    stop(ground, link_id, StopReason.STOLEN)
    assert lift(ground, link_id)
    assert log_in(ground, card).link_id == link_id

    with database.transaction(ground.engine) as connection:
        row = connection.execute(sa.select(certificate_stops)).one()
    assert (row.reason, row.lifted_at) == (StopReason.STOLEN, ground.clock.now())


def test_stopping_and_lifting_twice_change_nothing(ground: Ground, card: Card, link_id: UUID) -> None:
    assert not lift(ground, link_id)
    assert stop(ground, link_id)
    assert not stop(ground, link_id, StopReason.MISUSE)
    assert lift(ground, link_id)
    assert not lift(ground, link_id)
    assert stop(ground, link_id), "a card can be lost a second time"


def test_a_link_that_is_not_there_can_neither_be_stopped_nor_lifted(ground: Ground) -> None:
    for act in (stop, lift):
        with pytest.raises(NotLinked):
            act(ground, uuid4())


def test_the_stop_is_the_cards_and_follows_it_to_its_next_link(
    ground: Ground, card: Card, linked: UUID, link_id: UUID, clock: MovableClock
) -> None:
    stop(ground, link_id)
    with database.transaction(ground.engine) as connection:
        end_link(connection, link_id, LinkEnd.WITHDRAWN, actor=TESTER, now=clock.now())
    clock.advance(seconds=1)
    link(ground, card)

    with pytest.raises(CertificateStopped):
        log_in(ground, card)


def test_another_card_of_the_same_resident_goes_on_working(
    ground: Ground, card: Card, linked: UUID, link_id: UUID, make_card: MakeCard
) -> None:
    second = make_card()
    link(ground, second, linked)
    stop(ground, link_id)

    assert log_in(ground, second).resident_id == linked


def test_stopping_and_lifting_are_audited_without_the_serial(
    ground: Ground, card: Card, linked: UUID, link_id: UUID
) -> None:
    stop(ground, link_id, StopReason.MISUSE)
    lift(ground, link_id)

    with database.transaction(ground.engine) as connection:
        rows = connection.execute(sa.select(audit_events).where(audit_events.c.action.like("certificate.%"))).all()
    assert [row.action for row in rows] == [Action.CERTIFICATE_STOPPED, Action.STOP_LIFTED]
    assert {row.subject for row in rows} == {linked}
    assert json.loads(rows[0].detail)["reason"] == "misuse"
    assert f"{leaf(card).serial_number:x}" not in "".join(row.detail for row in rows)


def test_a_refused_stopped_card_is_in_the_audit_by_its_cause(ground: Ground, card: Card, link_id: UUID) -> None:
    stop(ground, link_id)
    with pytest.raises(CertificateStopped):
        log_in(ground, card)

    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events.c.detail).where(audit_events.c.action == Action.LOGIN_REFUSED.value)
        assert json.loads(connection.execute(query).scalar_one())["cause"] == "CertificateStopped"


def test_a_stop_ends_the_living_session_at_a_kiosk_and_lifting_does_not_bring_it_back(
    ground: Ground, link_id: UUID, opened: str
) -> None:
    assert use(ground, opened)
    stop(ground, link_id)
    with pytest.raises(SessionEnded):
        use(ground, opened)
    lift(ground, link_id)

    with pytest.raises(SessionEnded):
        use(ground, opened)


def test_a_session_that_was_opened_while_its_card_was_being_stopped_is_of_no_use(
    ground: Ground, kiosk: str, person: Authenticated, link_id: UUID
) -> None:
    """The log-in had passed the list, and its session was not yet to be seen when the stop looked for sessions."""
    with database.transaction(ground.engine) as slow:
        late = open_kiosk_session(slow, kiosk, person, now=ground.clock.now())
        assert stop(ground, link_id)

    with pytest.raises(SessionEnded):
        use(ground, late)


def test_a_link_that_ends_takes_its_living_session_with_it(ground: Ground, linked: UUID, opened: str) -> None:
    with database.transaction(ground.engine) as connection:
        end_links(connection, linked, LinkEnd.MOVED_OUT, actor=TESTER, now=ground.clock.now())

    with pytest.raises(SessionEnded):
        use(ground, opened)


def test_a_stop_ends_the_web_sessions_of_that_card_and_no_others(ground: Ground, linked: UUID, link_id: UUID) -> None:
    def begin(data: dict[str, str], face: str = "resident") -> str:
        with database.transaction(ground.engine) as connection:
            return sessions.create(connection, face=face, data=data, now=ground.clock.now())

    def lives(token: str, face: str = "resident") -> bool:
        with database.transaction(ground.engine) as connection:
            return sessions.load(connection, face=face, token=token, now=ground.clock.now()) is not None

    own = begin({"resident": str(linked), "link": str(link_id)})
    other_card = begin({"resident": str(linked), "link": str(uuid4())})
    stranger = begin({"asker": "x"})
    officer = begin({"account": str(uuid4())}, "staff")
    stop(ground, link_id)

    assert (lives(own), lives(other_card), lives(stranger), lives(officer, "staff")) == (False, True, True, True)


def test_a_link_stands_while_it_is_open_and_its_card_not_stopped(ground: Ground, linked: UUID, link_id: UUID) -> None:
    def stands(which: UUID) -> bool:
        with database.transaction(ground.engine) as connection:
            return link_stands(connection, which)

    assert stands(link_id)
    stop(ground, link_id)
    assert not stands(link_id)
    lift(ground, link_id)
    assert stands(link_id)
    with database.transaction(ground.engine) as connection:
        end_link(connection, link_id, LinkEnd.WITHDRAWN, actor=TESTER, now=ground.clock.now())
    assert not stands(link_id)
    assert not stands(uuid4())
