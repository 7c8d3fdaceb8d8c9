"""Assessments: one a year, each state under a version of its own."""

from dataclasses import fields, replace
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import Action
from portal.register.taxes import TaxAssessment, store, tax_of
from tests.portal.register.belongings import NOW, TAX, UNTAXED
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_resident

TAXES = ("municipal_levy_yen", "municipal_flat_yen", "prefectural_levy_yen", "prefectural_flat_yen", "forest_tax_yen")
AMOUNTS = [field.name for field in fields(TaxAssessment) if field.name.endswith("_yen")]


@pytest.fixture
def owner(connection: sa.Connection) -> UUID:
    return put_resident(connection)


def _tax(connection: sa.Connection, owner: UUID, year: int | None = 2026) -> TaxAssessment | None:
    return tax_of(connection, owner, year, reader=TESTER, why="test", now=NOW)


def test_every_amount_is_read_as_it_was_stored(connection: sa.Connection, owner: UUID) -> None:
    told_apart = replace(TAX, **{name: 1000 + place for place, name in enumerate(AMOUNTS)})  # type: ignore[arg-type]
    store(connection, owner, [told_apart], actor=TESTER, now=NOW)
    assert _tax(connection, owner) == told_apart


def test_another_year_and_no_year_find_nothing_and_stand_in_the_audit_all_the_same(
    connection: sa.Connection, owner: UUID
) -> None:
    store(connection, owner, [TAX], actor=TESTER, now=NOW)
    assert _tax(connection, owner, 2025) is None
    assert _tax(connection, owner, None) is None
    assert subjects(connection, Action.RECORD_READ) == [owner, owner]


def test_a_correction_changes_the_version_of_its_year_alone(connection: sa.Connection, owner: UUID) -> None:
    last = replace(TAX, fiscal_year=2025)
    store(connection, owner, [last, TAX], actor=TESTER, now=NOW)
    before = _versions(connection, owner)
    assert store(connection, owner, [last, replace(TAX, unpaid_yen=1)], actor=TESTER, now=NOW)
    after = _versions(connection, owner)
    assert (before[2025] == after[2025], before[2026] == after[2026]) == (True, False)


def _versions(connection: sa.Connection, owner: UUID) -> dict[int, int]:
    found = [_tax(connection, owner, year) for year in (2025, 2026)]
    return {each.fiscal_year: each.version for each in found if each is not None}


def test_storing_the_same_again_is_no_change(connection: sa.Connection, owner: UUID) -> None:
    assert store(connection, owner, [TAX], actor=TESTER, now=NOW)
    assert not store(connection, owner, [TAX], actor=TESTER, now=NOW)


def test_what_is_no_longer_assessed_is_gone(connection: sa.Connection, owner: UUID) -> None:
    store(connection, owner, [TAX], actor=TESTER, now=NOW)
    store(connection, owner, [], actor=TESTER, now=NOW)
    assert _tax(connection, owner) is None


@given(st.fixed_dictionaries(dict.fromkeys(TAXES, st.integers(0, 10**12))))
def test_the_total_of_the_year_is_nothing_exactly_when_every_tax_is_nothing(amounts: dict[str, int]) -> None:
    assessed = replace(UNTAXED, **amounts)  # type: ignore[arg-type]
    assert (assessed.total_tax_yen == 0) == (not any(amounts.values()))
    assert assessed.total_tax_yen == sum(amounts.values())
