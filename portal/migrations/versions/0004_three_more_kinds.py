"""What seals, assessments and family registers must hold for their certificates, and the refusals these bring.

Seals, tax records and 附票 come from the import alone, and what the new columns hold cannot be made up: the rows are
dropped and the next import brings them. Until then every certificate made from them is refused by name.

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op

import portal.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFUSALS = (
    "hours",
    "office_hours",
    "maintenance",
    "stopped",
    "not_here",
    "moved_out",
    "moving",
    "in_progress",
    "deceased",
    "under_age",
    "no_seal",
    "seal_cancelled",
    "no_tax_data",
    "registration_pending",
    "domicile_elsewhere",
    "no_family_register",
    "too_long",
    "too_long_character",
    "record_changed",
)
_AMOUNTS = (
    "salary_revenue_yen",
    "salary_income_yen",
    "pension_income_yen",
    "business_income_yen",
    "other_income_yen",
    "income_yen",
    "social_insurance_yen",
    "family_deductions_yen",
    "basic_deduction_yen",
    "other_deductions_yen",
    "deductions_yen",
    "taxable_yen",
    "municipal_levy_yen",
    "municipal_flat_yen",
    "prefectural_levy_yen",
    "prefectural_flat_yen",
    "forest_tax_yen",
    "unpaid_yen",
)


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("register_data_versions")))
    for table in ("seals", "tax_records", "domicile_entries"):
        op.drop_table(table)
    op.create_table(
        "seals",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("seal_number", sa.String(length=20), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_seals_resident_id")),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_seals")),
        sa.UniqueConstraint("seal_number", name=op.f("uq_seals_seal_number")),
    )
    op.create_table(
        "tax_records",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _AMOUNTS),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_tax_records_resident_id")),
        sa.PrimaryKeyConstraint("resident_id", "fiscal_year", name=op.f("pk_tax_records")),
    )
    op.create_table(
        "family_registers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("domicile", sa.Text(), nullable=False),
        sa.Column("family_head", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_registers")),
        sa.UniqueConstraint("number", name=op.f("uq_family_registers_number")),
    )
    op.create_table(
        "family_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.String(length=10), nullable=False),
        sa.Column(
            "sex",
            sa.Enum("male", "female", name="sex", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["register_id"], ["family_registers.id"], name=op.f("fk_family_members_register_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_family_members_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_members")),
        sa.UniqueConstraint("register_id", "place", name="uq_family_members_place"),
        sa.UniqueConstraint("resident_id", name=op.f("uq_family_members_resident_id")),
    )
    op.create_table(
        "domicile_entries",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["family_members.id"], name=op.f("fk_domicile_entries_member_id")),
        sa.PrimaryKeyConstraint("member_id", "sequence", name=op.f("pk_domicile_entries")),
    )
    op.create_table(
        "usage_registrations",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["family_members.id"], name=op.f("fk_usage_registrations_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_usage_registrations")),
    )
    op.drop_constraint(op.f("ck_issuances_refusal"), "issuances", type_="check")
    op.create_check_constraint(op.f("ck_issuances_refusal"), "issuances", sa.column("refusal").in_(_REFUSALS))


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")
