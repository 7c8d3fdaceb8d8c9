"""Visitors: cards that nobody linked, the 署名用 half of a card in software, and the officers who decide."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import database, register
from portal.audit import Action, Actor, ActorKind, audit_events
from portal.clock import local_date
from portal.ground import Ground
from portal.identity import (
    Answer,
    Authenticated,
    CertificateKind,
    FourItems,
    ProvenCard,
    Requested,
    VisitingCard,
    decide_link_request,
    four_items,
    link_or_request,
    open_link_requests,
    prove,
    record_visitor,
)
from portal.identity.tables import staff_accounts
from portal.register import ResidentStatus, Sex
from tests.portal.identity.cards import Card, MakeCard, ask
from tests.portal.register.people import PLAIN, TESTER, put_resident
from tests.world.jpki import SIGN_PROFILE, Authority, profiles

HANAKO = FourItems(name=PLAIN.name, birth_date=PLAIN.birth_date, sex=PLAIN.sex, address=PLAIN.address)
NOBODY = replace(HANAKO, name="誰野　不在")


@pytest.fixture
def visiting(ground: Ground, card: Card) -> VisitingCard:
    """A good card without a link, after its log-in."""
    return visit(ground, card)


@pytest.fixture
def officer(ground: Ground) -> Actor:
    """A member of staff."""
    account = {
        "id": uuid4(), "login": "sato", "display_name": "佐藤 花子", "password_hash": "", "totp_secret": b"",
        "active": True, "created_at": ground.clock.now(),
    }  # fmt: skip
    with database.transaction(ground.engine) as connection:
        connection.execute(staff_accounts.insert(), account)
    return Actor(ActorKind.STAFF, str(account["id"]))


def visit(ground: Ground, card: Card) -> VisitingCard:
    with database.transaction(ground.engine) as connection:
        return record_visitor(connection, proven(ground, card), now=ground.clock.now())


def person(ground: Ground, **fields: object) -> UUID:
    with database.transaction(ground.engine) as connection:
        return put_resident(connection, **fields)


def apply(ground: Ground, card: VisitingCard, items: FourItems = HANAKO) -> Authenticated | Requested:
    with database.transaction(ground.engine) as connection:
        return link_or_request(connection, ground, card, items, now=ground.clock.now())


def protect(ground: Ground, resident_id: UUID) -> None:
    today = local_date(ground.clock.now())
    with database.transaction(ground.engine) as connection:
        register.protect(
            connection, resident_id, starts_on=today, ends_on=today, actor=TESTER, now=ground.clock.now()
        )


def decide(ground: Ground, request: UUID, resident_id: UUID | None, officer: Actor) -> UUID | None:
    with database.transaction(ground.engine) as connection:
        return decide_link_request(connection, ground, request, resident_id, actor=officer, now=ground.clock.now())


def open_requests(ground: Ground, officer: Actor) -> tuple[UUID, ...]:
    with database.transaction(ground.engine) as connection:
        return tuple(r.id for r in open_link_requests(connection, ground, reader=officer, now=ground.clock.now()))


def all_of(ground: Ground, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    with database.transaction(ground.engine) as connection:
        return list(connection.execute(sa.select(table)))


def events(ground: Ground, *actions: Action) -> list[sa.Row[tuple[object, ...]]]:
    return [event for event in all_of(ground, audit_events) if event.action in actions]


def nobody(ground: Ground) -> None:
    pass


def protected(ground: Ground) -> None:
    protect(ground, person(ground))


def departed(ground: Ground) -> None:
    person(ground, status=ResidentStatus.REMOVED)


def deceased(ground: Ground) -> None:
    person(ground, status=ResidentStatus.DECEASED)


def two(ground: Ground) -> None:
    person(ground)
    person(ground)


def signing_card(make_card: MakeCard, authority: Authority, items: FourItems = HANAKO, **dates: datetime) -> Card:
    """A card's 署名用 half, naming this person (whose birth date is whole)."""
    sex = {Sex.MALE: "1", Sex.FEMALE: "2", None: "3"}[items.sex]
    named = profiles.FourItems(items.name, date.fromisoformat(items.birth_date), sex, items.address)
    return make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0], four_items=named, **dates)


def proven(ground: Ground, card: Card, kind: CertificateKind = CertificateKind.AUTHENTICATION) -> ProvenCard:
    """The card's good answer, judged."""
    question = ask(ground)
    signature = card.sign(question.payload())
    return prove(
        ground, Answer(question.id, "kiosk-01", card.certificate, signature), now=ground.clock.now(), kind=kind
    )


def read(card: ProvenCard) -> FourItems:
    """Whom a judged 署名用 certificate names."""
    return four_items(card.trusted.certificate)
