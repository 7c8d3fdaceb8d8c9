"""Tables of the 戸籍の附票: family registers kept here, their persons, and the addresses of each."""

import sqlalchemy as sa

from portal.database import enumeration, metadata
from portal.register.model import Sex

family_registers = sa.Table(
    "family_registers",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.String(20), nullable=False, unique=True),
    sa.Column("domicile", sa.Text, nullable=False),
    sa.Column("family_head", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

family_members = sa.Table(
    "family_members",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("register_id", sa.Uuid, sa.ForeignKey("family_registers.id"), nullable=False),
    # Place in the 戸籍, from 1 for the 筆頭者.
    sa.Column("place", sa.SmallInteger, nullable=False),
    # Whoever is, or was, a resident here; everybody else lives elsewhere and has no record.
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=True, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("birth_date", sa.String(10), nullable=False),
    sa.Column("sex", enumeration(Sex, "sex"), nullable=True),
    # 支援措置 as another municipality has told it: these persons have no record here that could carry it.
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.UniqueConstraint("register_id", "place", name="uq_family_members_place"),
)

domicile_entries = sa.Table(
    "domicile_entries",
    metadata,
    sa.Column("member_id", sa.Uuid, sa.ForeignKey("family_members.id"), primary_key=True),
    sa.Column("sequence", sa.SmallInteger, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=True),
)

usage_registrations = sa.Table(
    "usage_registrations",
    metadata,
    sa.Column("member_id", sa.Uuid, sa.ForeignKey("family_members.id"), primary_key=True),
    sa.Column("asked_on", sa.Date, nullable=False),
    sa.Column("completed_on", sa.Date, nullable=True),
)
