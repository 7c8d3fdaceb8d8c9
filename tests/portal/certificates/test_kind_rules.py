"""Who gets which kind: places, hours and the kinds' own rules, as values."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates.entitlement import Circle, Entitled, Standing, closed, decide
from portal.certificates.kinds import all_kinds, kind_of
from portal.certificates.paper import Data, Kind, Place, nothing
from portal.certificates.tables import RefusalCode
from portal.municipality import current_tax_year
from portal.municipality.reading import parse
from portal.register import IssueBlock, ResidentRecord
from portal.register.domiciles import FamilyMember, FamilyRegister, UsageRegistration
from tests.portal.register.belongings import SEAL, TAX, member
from tests.portal.register.people import PLAIN
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

# A Tuesday after a holiday, ten in the morning.
MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CITY = parse(MUNICIPALITY_TOML)
SELF = replace(PLAIN, id=uuid4())
KIND_IDS = ["seal_registration", "income_tax", "domicile_record"]


def family(*, lives_here: bool = True, usage: UsageRegistration | None = None) -> FamilyRegister:
    own = member(SELF.id, usage=usage)
    values = {name: getattr(own, name) for name in own.__dataclass_fields__}
    one = FamilyMember(**values, ref=SELF.id, lives_here=lives_here, stopped=False)
    return FamilyRegister("F1", "いずみ県みさき市港町一丁目2番", "渡辺　花子", 1, (one,))


def code(
    kind: Kind | str,
    record: object = None,
    *,
    own: ResidentRecord = SELF,
    now: datetime = MORNING,
    block: IssueBlock | None = None,
    at_release: bool = False,
    headed: bool = True,
    under_15: bool = False,
) -> str | None:
    standing = Standing(block, own.birth_date)
    circle = Circle(standing, (standing,), (standing,), headed=headed, own=own, data=Data(record))
    here = replace(CITY, under_15_at_kiosk=under_15)
    found = kind if isinstance(kind, Kind) else kind_of(kind)
    decision = decide(circle, here, found, now, at_release=at_release)
    return None if isinstance(decision, Entitled) else decision.code.value


GOOD: dict[str, object] = {"seal_registration": SEAL, "income_tax": TAX, "domicile_record": family()}


@pytest.mark.parametrize("kind", KIND_IDS)
@pytest.mark.parametrize("at_release", [False, True])
def test_whoever_has_what_the_paper_is_made_of_is_entitled(kind: str, at_release: bool) -> None:
    assert code(kind, GOOD[kind], at_release=at_release) is None


@pytest.mark.parametrize("at_release", [False, True])
def test_without_a_seal_or_with_a_cancelled_one_nothing_is_certified(at_release: bool) -> None:
    assert code("seal_registration", None, at_release=at_release) == "no_seal"
    for day in (date(2020, 1, 1), MORNING.date(), date(2030, 1, 1)):
        cancelled = replace(SEAL, cancelled_on=day)
        assert code("seal_registration", cancelled, at_release=at_release) == "seal_cancelled"


@given(st.dates(date(1900, 1, 1), date(2026, 11, 24)), st.booleans())
def test_no_switch_gives_a_seal_certificate_to_anybody_under_fifteen(born: date, allowed: bool) -> None:
    child = replace(SELF, birth_date=born.isoformat())
    young = (born.year, born.month, born.day) > (2026 - 15, 11, 24)
    assert (code("seal_registration", SEAL, own=child, under_15=allowed) == "under_age") == young
    assert (code("income_tax", TAX, own=child, under_15=allowed) == "under_age") == (young and not allowed)


def test_without_an_assessment_of_the_current_year_there_is_no_tax_certificate() -> None:
    assert code("income_tax", None) == "no_tax_data"


@given(st.dates(date(2023, 1, 1), date(2033, 12, 31)))
def test_the_current_tax_year_is_the_latest_that_has_opened_and_never_an_older_one(day: date) -> None:
    year = current_tax_year(CITY, day)
    opened = {first.year: first for first in CITY.tax_years_open}
    if year is None:
        assert day < min(opened.values()) or day >= date(max(opened) + 1, 7, 1)
    else:
        assert opened[year] <= day
        assert year in {day.year, day.year - 1}
        assert year + 1 not in opened or day < opened[year + 1]


def test_a_domicile_elsewhere_is_refused_with_the_word_that_says_where_to_go() -> None:
    assert code("domicile_record", None) == "domicile_elsewhere"


def test_a_register_that_the_record_says_is_here_but_is_not_is_one_on_its_way() -> None:
    moved_in = replace(SELF, domicile="いずみ県みさき市港町一丁目2番")
    assert code("domicile_record", None, own=moved_in) == "in_progress"


def test_foreign_residents_stand_in_no_family_register() -> None:
    assert code("domicile_record", None, own=replace(SELF, foreign=True, domicile=None)) == "no_family_register"


@pytest.mark.parametrize(
    ("usage", "refusal"),
    [
        (None, "registration_pending"),
        (UsageRegistration(date(2026, 11, 20), None), "registration_pending"),
        (UsageRegistration(date(2026, 11, 20), date(2026, 11, 25)), "registration_pending"),
        (UsageRegistration(date(2026, 11, 20), date(2026, 11, 24)), None),
    ],
)
def test_who_lives_elsewhere_needs_a_completed_registration_to_use_a_kiosk(
    usage: UsageRegistration | None, refusal: str | None
) -> None:
    assert code("domicile_record", family(lives_here=False, usage=usage)) == refusal
    assert code("domicile_record", family(lives_here=True, usage=usage)) is None


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        (MORNING, None),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), None),
        (datetime(2026, 11, 23, 23, 29, 59, tzinfo=UTC), "office_hours"),
        (datetime(2026, 11, 24, 8, 14, 59, tzinfo=UTC), None),
        (datetime(2026, 11, 24, 8, 15, tzinfo=UTC), "office_hours"),
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), "office_hours"),
        (datetime(2026, 11, 28, 1, 0, tzinfo=UTC), "office_hours"),
        (datetime(2029, 11, 27, 1, 0, tzinfo=UTC), "office_hours"),
    ],
)
def test_the_address_record_is_issued_while_the_office_is_open(now: datetime, refusal: str | None) -> None:
    assert code("domicile_record", family(), now=now) == refusal
    assert code("seal_registration", SEAL, now=now) is None
    assert closed(CITY, kind_of("domicile_record"), now) == (RefusalCode.OFFICE_HOURS if refusal else None)


@given(st.integers(0, 60 * 24 * 400))
def test_who_was_let_in_before_the_office_closed_is_served(minutes: int) -> None:
    now = datetime(2026, 11, 24, 1, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    assert code("domicile_record", family(), now=now, at_release=True) in {None, "maintenance", "hours"}


def test_a_kind_of_the_counter_is_known_at_no_kiosk() -> None:
    for kind in all_kinds().values():
        counter_only = replace(kind, places=frozenset({Place.COUNTER}))
        assert code(counter_only) == "not_here"
        assert closed(CITY, counter_only, MORNING) is RefusalCode.NOT_HERE
        assert closed(CITY, counter_only, MORNING, place=Place.COUNTER) is None


def test_a_household_without_a_head_stops_papers_of_the_household_alone() -> None:
    assert code("resident_record", headed=False) == "in_progress"
    for kind in KIND_IDS:
        assert code(kind, GOOD[kind], headed=False) is None


@pytest.mark.parametrize("kind", KIND_IDS)
@pytest.mark.parametrize("block", IssueBlock)
def test_what_stops_a_person_stops_every_kind_before_its_own_rule_is_asked(kind: str, block: IssueBlock) -> None:
    for record in (GOOD[kind], None):
        assert code(kind, record, block=block) == block.public_code


@pytest.mark.parametrize("kind", KIND_IDS)
def test_whoever_has_no_record_gets_nothing_by_a_rule_that_could_not_be_asked(kind: str) -> None:
    standing = Standing(None, "1985-07-20")
    circle = Circle(standing, (standing,), (standing,), own=None, data=Data(GOOD[kind]))
    assert not isinstance(decide(circle, CITY, kind_of(kind), MORNING), Entitled)


def test_every_kind_that_reads_data_has_a_rule_and_a_version_for_it() -> None:
    for kind in all_kinds().values():
        # 個人票 reads the history of the applicant's own record, whose version is that of the record.
        assert kind.data is nothing or kind.id in {*KIND_IDS, "resident_individual"}
    assert {kind.id for kind in all_kinds().values() if kind.fee in CITY.fees} >= {"resident_record", *KIND_IDS}


def test_persons_under_protection_stand_on_no_paper_of_their_family() -> None:
    own, victim = Standing(None, "1985-07-20"), Standing(IssueBlock.IN_PROGRESS, "1990-01-01")
    circle = Circle(own, (own, victim), (own,), own=SELF, data=Data(family()))
    decision = decide(circle, CITY, kind_of("domicile_record"), MORNING)
    assert not isinstance(decision, Entitled)
    assert decision.code is RefusalCode.IN_PROGRESS
