"""Papers of every kind are decided twice: what changes between rendering and release never comes out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import certificates, database, register
from portal.audit import audit_events
from portal.certificates import Refused, Released, Requested, State, UnfitRequest
from portal.certificates.kinds import all_kinds
from portal.certificates.paper import Place
from portal.municipality.reading import parse
from portal.register import seals
from portal.register.domiciles import DomicileEntry
from tests.portal.certificates.conftest import TERMINAL, Kiosk, Visit
from tests.portal.register.belongings import NOW, TAX, member, put_family, put_seal, put_tax
from tests.portal.register.people import TESTER
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

KINDS = ["seal_registration", "income_tax", "domicile_record"]
Change = Callable[[Kiosk, UUID], None]


def _commit(kiosk: Kiosk, work: Callable[[sa.Connection], object]) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        work(connection)


def _family(kiosk: Kiosk, *members: object) -> None:
    _commit(kiosk, lambda connection: put_family(connection, "F1", members))  # type: ignore[arg-type]


@pytest.fixture
def visit(kiosk: Kiosk) -> Visit:
    """A resident with a seal, an assessment and a family register here."""
    visit = Visit(uuid4(), kiosk.household()[0])
    with database.transaction(kiosk.ground.engine) as connection:
        put_seal(connection, kiosk.ground.fields, visit.resident_id)
        put_tax(connection, visit.resident_id)
        put_family(connection, "F1", [member(visit.resident_id)])
    return visit


def _ready(kiosk: Kiosk, visit: Visit, kind: str, persons: list[UUID] | None = None) -> UUID:
    answer = kiosk.ask(visit, persons, kind=kind)
    assert isinstance(answer, Requested), answer
    kiosk.render(answer.issuance)
    assert kiosk.state(answer.issuance) is State.READY
    return answer.issuance


def _refused(kiosk: Kiosk, issuance: UUID, visit: Visit) -> str:
    answer = kiosk.release(issuance, visit)
    assert isinstance(answer, Refused)
    return answer.code.value


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_goes_from_wish_to_release(kiosk: Kiosk, visit: Visit, kind: str) -> None:
    issuance = _ready(kiosk, visit, kind)
    assert isinstance(kiosk.release(issuance, visit), Released)


def test_every_kind_for_kiosks_is_offered_each_with_who_may_stand_on_it(kiosk: Kiosk) -> None:
    own, son = kiosk.household({}, {"name": "渡辺　海", "birth_date": "2012-01-01"})
    _commit(kiosk, lambda connection: put_tax(connection, own))
    _family(kiosk, member(own), member(None, name="渡辺　遠子"))
    with database.transaction(kiosk.ground.engine) as connection:
        offers = certificates.offers(connection, kiosk.ground, own, now=kiosk.ground.clock.now())
    told = {offer.kind: offer.as_json() for offer in offers}
    fees = [kind for kind in parse(MUNICIPALITY_TOML).fees if kind in told]
    assert [offer.kind for offer in offers][: len(fees)] == fees
    assert set(told) == {kind.id for kind in all_kinds().values() if Place.KIOSK in kind.places}
    assert told["seal_registration"]["refusal"] == "no_seal"
    assert told["seal_registration"]["persons"] == []
    assert (told["income_tax"]["scopes"], told["income_tax"]["items"]) == (["self"], [])
    assert [person["name"] for person in told["income_tax"]["persons"]] == ["渡辺　花子"]  # type: ignore[attr-defined]
    assert told["domicile_record"]["scopes"] == ["self", "family"]
    persons = told["domicile_record"]["persons"]
    assert [person["name"] for person in persons] == ["渡辺　花子", "渡辺　遠子"]  # type: ignore[attr-defined]
    assert str(son) not in str(persons)


def _cancel_seal(kiosk: Kiosk, owner: UUID) -> None:
    _commit(kiosk, lambda connection: seals.cancel(connection, owner, on=NOW.date(), actor=TESTER, now=NOW))


def _remove_seal(kiosk: Kiosk, owner: UUID) -> None:
    fields = kiosk.ground.fields
    _commit(kiosk, lambda connection: seals.store(connection, fields, owner, None, actor=TESTER, now=NOW))


def _other_seal(kiosk: Kiosk, owner: UUID) -> None:
    _commit(kiosk, lambda connection: put_seal(connection, kiosk.ground.fields, owner, number="S2"))


def _correct_tax(kiosk: Kiosk, owner: UUID) -> None:
    _commit(kiosk, lambda connection: put_tax(connection, owner, replace(TAX, income_yen=1)))


def _drop_tax(kiosk: Kiosk, owner: UUID) -> None:
    _commit(kiosk, lambda connection: put_tax(connection, owner, replace(TAX, fiscal_year=2025)))


def _move(kiosk: Kiosk, owner: UUID) -> None:
    entries = (*member(owner).entries, DomicileEntry("京都府京都市中京区1番", date(2026, 11, 24)))
    _family(kiosk, member(owner, entries=entries))


def _transfer_domicile(kiosk: Kiosk, owner: UUID) -> None:
    _family(kiosk, member(None))


CHANGES: list[tuple[str, Change, str]] = [
    ("seal_registration", _cancel_seal, "seal_cancelled"),
    ("seal_registration", _remove_seal, "no_seal"),
    ("seal_registration", _other_seal, "record_changed"),
    ("income_tax", _correct_tax, "record_changed"),
    ("income_tax", _drop_tax, "no_tax_data"),
    ("domicile_record", _move, "record_changed"),
    ("domicile_record", _transfer_domicile, "domicile_elsewhere"),
]


@pytest.mark.parametrize(("kind", "change", "code"), CHANGES)
def test_data_changed_between_rendering_and_release_is_never_printed(
    kiosk: Kiosk, visit: Visit, kind: str, change: Change, code: str
) -> None:
    issuance = _ready(kiosk, visit, kind)
    change(kiosk, visit.resident_id)
    assert _refused(kiosk, issuance, visit) == code
    assert kiosk.stored() == []
    again = code == "record_changed"
    assert kiosk.state(issuance) is (State.REQUESTED if again else State.FAILED)
    if again:
        kiosk.render(issuance)
        assert isinstance(kiosk.release(issuance, visit), Released)


@pytest.mark.parametrize(("kind", "change", "code"), CHANGES)
def test_data_of_one_kind_stops_no_other(kiosk: Kiosk, visit: Visit, kind: str, change: Change, code: str) -> None:
    others = [_ready(kiosk, visit, other) for other in KINDS if other != kind]
    change(kiosk, visit.resident_id)
    for issuance in others:
        assert isinstance(kiosk.release(issuance, visit), Released)


def test_a_seal_is_certified_up_to_its_cancellation_and_at_no_moment_after(kiosk: Kiosk, visit: Visit) -> None:
    waiting = kiosk.ask(visit, kind="seal_registration")
    assert isinstance(waiting, Requested)
    ready = _ready(kiosk, visit, "seal_registration")
    released = _ready(kiosk, visit, "seal_registration")
    assert isinstance(kiosk.release(released, visit), Released)
    _cancel_seal(kiosk, visit.resident_id)
    # At the door.
    refusal = kiosk.ask(visit, kind="seal_registration")
    assert isinstance(refusal, Refused)
    assert refusal.code.value == "seal_cancelled"
    # Asked for before, rendered after: the paper exists, but does not leave.
    kiosk.render(waiting.issuance)
    assert _refused(kiosk, waiting.issuance, visit) == "seal_cancelled"
    assert _refused(kiosk, ready, visit) == "seal_cancelled"
    # Registered anew, under another number: certified again.
    _commit(kiosk, lambda connection: put_seal(connection, kiosk.ground.fields, visit.resident_id, number="NEW"))
    assert isinstance(kiosk.release(_ready(kiosk, visit, "seal_registration"), visit), Released)


def test_a_tax_year_that_opens_between_rendering_and_release_is_not_answered_with_the_old_one(
    kiosk: Kiosk, visit: Visit
) -> None:
    _commit(kiosk, lambda connection: put_tax(connection, visit.resident_id, TAX, replace(TAX, fiscal_year=2025)))
    kiosk.ground.clock.set(datetime(2026, 6, 9, 13, 55, tzinfo=UTC))  # type: ignore[attr-defined]
    issuance = _ready(kiosk, visit, "income_tax")
    kiosk.ground.clock.set(datetime(2026, 6, 9, 15, 1, tzinfo=UTC))  # type: ignore[attr-defined]
    assert _refused(kiosk, issuance, visit) == "record_changed"


def test_a_protection_that_begins_before_the_release_keeps_the_family_from_finding_the_victim(
    kiosk: Kiosk, visit: Visit
) -> None:
    victim = kiosk.household({"name": "渡辺　遠子"})[0]
    _family(kiosk, member(visit.resident_id), member(victim, name="渡辺　遠子"))
    issuance = _ready(kiosk, visit, "domicile_record", [visit.resident_id, victim])
    _commit(
        kiosk,
        lambda connection: register.protect(
            connection, victim, starts_on=NOW.date(), ends_on=date(2027, 11, 24), actor=TESTER, now=NOW
        ),
    )
    assert _refused(kiosk, issuance, visit) == "in_progress"
    # Their own addresses alone are still theirs to have.
    assert isinstance(kiosk.release(_ready(kiosk, visit, "domicile_record"), visit), Released)


def test_a_protection_told_by_another_municipality_does_the_same(kiosk: Kiosk, visit: Visit) -> None:
    _family(kiosk, member(visit.resident_id), member(None, name="渡辺　遠子"))
    with database.transaction(kiosk.ground.engine) as connection:
        offers = certificates.offers(connection, kiosk.ground, visit.resident_id, now=kiosk.ground.clock.now())
    offered = next(offer for offer in offers if offer.kind == "domicile_record").persons
    everybody = [UUID(person.ref) for person in offered]
    issuance = _ready(kiosk, visit, "domicile_record", everybody)
    _family(kiosk, member(visit.resident_id), member(None, name="渡辺　遠子", protected=True))
    assert _refused(kiosk, issuance, visit) == "in_progress"


@pytest.mark.parametrize("kind", ["seal_registration", "income_tax"])
def test_nobody_else_of_the_household_stands_on_a_paper_of_the_applicant_alone(kiosk: Kiosk, kind: str) -> None:
    own, spouse = kiosk.household({}, {"name": "渡辺　太郎"})
    with database.transaction(kiosk.ground.engine) as connection:
        for person in (own, spouse):
            put_seal(connection, kiosk.ground.fields, person)
            put_tax(connection, person)
    for persons in ([spouse], [own, spouse]):
        with pytest.raises(UnfitRequest):
            kiosk.ask(Visit(uuid4(), own), persons, kind=kind)


def test_the_household_does_not_make_the_family_nor_the_family_the_household(kiosk: Kiosk) -> None:
    own, partner = kiosk.household({}, {"name": "山田　太郎"})
    child = kiosk.household({"name": "渡辺　海"})[0]
    _family(kiosk, member(own), member(child, name="渡辺　海"))
    asking = Visit(uuid4(), own)
    with pytest.raises(UnfitRequest):
        kiosk.ask(asking, [own, partner], kind="domicile_record")
    with pytest.raises(UnfitRequest):
        kiosk.ask(asking, [own, child])
    assert isinstance(kiosk.ask(asking, [own, child], kind="domicile_record"), Requested)


def test_every_reading_of_a_kinds_data_is_in_the_audit_with_its_reason(kiosk: Kiosk, visit: Visit) -> None:
    kiosk.release(_ready(kiosk, visit, "seal_registration"), visit)
    with database.transaction(kiosk.ground.engine) as connection:
        details = connection.execute(sa.select(audit_events.c.detail)).scalars().all()
    reasons = [why for why in ("request", "render", "release") for detail in details
               if '"of":"seals"' in detail and f'"why":"certificate.{why}"' in detail]  # fmt: skip
    assert reasons == ["request", "render", "release"]


def _soon(kiosk: Kiosk, work: Callable[[sa.Connection], object]) -> None:
    """Do this in a transaction of its own that waits for no lock."""
    with database.transaction(kiosk.ground.engine) as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
        work(connection)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_paper_changes_while_it_is_being_released(kiosk: Kiosk, visit: Visit, kind: str) -> None:
    son = kiosk.household({"name": "渡辺　海"})[0]
    _family(kiosk, member(visit.resident_id), member(son, name="渡辺　海"))
    issuance = _ready(kiosk, visit, kind)
    owner = visit.resident_id
    changes: dict[str, Callable[[sa.Connection], object]] = {
        "seal_registration": lambda other: seals.cancel(other, owner, on=NOW.date(), actor=TESTER, now=NOW),
        "income_tax": lambda other: put_tax(other, owner, replace(TAX, income_yen=1)),
        # Another member's move: no row of the applicant is touched.
        "domicile_record": lambda other: put_family(other, "F1", [member(owner), member(son, name="渡辺　陸")]),
    }
    kiosk.pay(issuance, visit)
    with database.transaction(kiosk.ground.engine) as releasing:
        now = kiosk.ground.clock.now()
        answer = certificates.release(releasing, kiosk.ground, issuance, TERMINAL, visit, now)
        assert isinstance(answer, Released)
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            _soon(kiosk, changes[kind])
    _soon(kiosk, changes[kind])
