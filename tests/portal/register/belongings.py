"""Seals, assessments and family registers for tests of any room."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import sqlalchemy as sa

from portal.keys import FieldCipher
from portal.register import Sex, domiciles, seals, taxes
from portal.register.domiciles import DomicileEntry, MemberEntry
from portal.register.seals import SealRegistration
from portal.register.taxes import TaxAssessment
from tests.portal.register.people import TESTER
from tests.world.demo_city.seal_pictures import seal_picture

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SEAL = SealRegistration(
    number="S000001", registered_on=date(2019, 5, 1), cancelled_on=None, picture=seal_picture("渡辺")
)
TAX = TaxAssessment(
    fiscal_year=2026,
    filed_on=date(2026, 3, 10),
    salary_revenue_yen=4_500_000,
    salary_income_yen=3_160_000,
    pension_income_yen=0,
    business_income_yen=0,
    other_income_yen=0,
    income_yen=3_160_000,
    social_insurance_yen=640_000,
    family_deductions_yen=0,
    basic_deduction_yen=430_000,
    other_deductions_yen=0,
    deductions_yen=1_070_000,
    taxable_yen=2_090_000,
    municipal_levy_yen=123_900,
    municipal_flat_yen=3_000,
    prefectural_levy_yen=82_600,
    prefectural_flat_yen=1_000,
    forest_tax_yen=1_000,
    unpaid_yen=0,
)
UNTAXED = replace(
    TAX, taxable_yen=0, municipal_levy_yen=0, municipal_flat_yen=0, prefectural_levy_yen=0, prefectural_flat_yen=0,
    forest_tax_yen=0,
)  # fmt: skip
DOMICILE = "いずみ県みさき市港町一丁目2番"


def put_seal(connection: sa.Connection, fields: FieldCipher, resident_id: UUID, **values: object) -> None:
    """A registered seal; its number is made from the owner's id."""
    own = {"number": f"S{resident_id.hex[:12]}", **values}
    seals.store(connection, fields, resident_id, replace(SEAL, **own), actor=TESTER, now=NOW)  # type: ignore[arg-type]


def put_tax(connection: sa.Connection, resident_id: UUID, *assessments: TaxAssessment) -> None:
    """These assessments, or that of the current year."""
    taxes.store(connection, resident_id, assessments or (TAX,), actor=TESTER, now=NOW)


def member(resident_id: UUID | None = None, **values: object) -> MemberEntry:
    """A person of a family register who has lived at two addresses."""
    plain = MemberEntry(
        resident_id=resident_id,
        name="渡辺　花子",
        birth_date="1985-07-20",
        sex=Sex.FEMALE,
        protected=False,
        usage=None,
        entries=(
            DomicileEntry("東京都新宿区西新宿二丁目8番1号", None),
            DomicileEntry("いずみ県みさき市港町一丁目2番3号", date(2015, 4, 1)),
        ),
    )
    return replace(plain, **values)  # type: ignore[arg-type]


def put_family(connection: sa.Connection, number: str, members: Sequence[MemberEntry]) -> None:
    """A family register of the city; its head is the first member."""
    domiciles.store(
        connection,
        number,
        domicile=DOMICILE,
        family_head=members[0].name,
        members=members,
        actor=TESTER,
        now=NOW,
    )
