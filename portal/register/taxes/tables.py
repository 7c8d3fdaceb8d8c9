"""Table of the assessments of 市・県民税: one row a resident and fiscal year."""

import sqlalchemy as sa

from portal.database import metadata

tax_records = sa.Table(
    "tax_records",
    metadata,
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("fiscal_year", sa.SmallInteger, primary_key=True),
    sa.Column("filed_on", sa.Date, nullable=False),
    sa.Column("salary_revenue_yen", sa.BigInteger, nullable=False),
    sa.Column("salary_income_yen", sa.BigInteger, nullable=False),
    sa.Column("pension_income_yen", sa.BigInteger, nullable=False),
    sa.Column("business_income_yen", sa.BigInteger, nullable=False),
    sa.Column("other_income_yen", sa.BigInteger, nullable=False),
    sa.Column("income_yen", sa.BigInteger, nullable=False),
    sa.Column("social_insurance_yen", sa.BigInteger, nullable=False),
    sa.Column("family_deductions_yen", sa.BigInteger, nullable=False),
    sa.Column("basic_deduction_yen", sa.BigInteger, nullable=False),
    sa.Column("other_deductions_yen", sa.BigInteger, nullable=False),
    sa.Column("deductions_yen", sa.BigInteger, nullable=False),
    sa.Column("taxable_yen", sa.BigInteger, nullable=False),
    sa.Column("municipal_levy_yen", sa.BigInteger, nullable=False),
    sa.Column("municipal_flat_yen", sa.BigInteger, nullable=False),
    sa.Column("prefectural_levy_yen", sa.BigInteger, nullable=False),
    sa.Column("prefectural_flat_yen", sa.BigInteger, nullable=False),
    sa.Column("forest_tax_yen", sa.BigInteger, nullable=False),
    sa.Column("unpaid_yen", sa.BigInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
