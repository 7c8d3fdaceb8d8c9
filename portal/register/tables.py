"""Tables of the register (住民基本台帳). `resident_history` is insert-only."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from portal.database import Instant, enumeration, metadata
from portal.register.model import ChangeReason, HoldReason, ResidentStatus, Sex

households = sa.Table(
    "households",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.String(20), nullable=False, unique=True),
    sa.Column("postal_code", sa.String(7), nullable=True),
    sa.Column("address", sa.Text, nullable=False),
)

residents = sa.Table(
    "residents",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("household_id", sa.Uuid, sa.ForeignKey("households.id"), nullable=False, index=True),
    sa.Column("number", sa.String(20), nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", enumeration(ResidentStatus, "status"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("reading", sa.Text, nullable=True),
    sa.Column("reading_registered", sa.Boolean, nullable=False),
    sa.Column("former_surname", sa.Text, nullable=True),
    sa.Column("common_name", sa.Text, nullable=True),
    sa.Column("birth_date", sa.String(10), nullable=False),
    sa.Column("sex", enumeration(Sex, "sex"), nullable=True),
    sa.Column("relationship", sa.Text, nullable=False),
    sa.Column("is_head", sa.Boolean, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("became_resident_on", sa.Date, nullable=True),
    sa.Column("address_since", sa.Date, nullable=True),
    sa.Column("notified_on", sa.Date, nullable=True),
    sa.Column("previous_address", sa.Text, nullable=True),
    sa.Column("domicile", sa.Text, nullable=True),
    sa.Column("family_head", sa.Text, nullable=True),
    sa.Column("foreign", sa.Boolean, nullable=False),
    sa.Column("nationality", sa.Text, nullable=True),
    sa.Column("residence_status", sa.Text, nullable=True),
    sa.Column("period_of_stay", sa.Text, nullable=True),
    sa.Column("stay_expires_on", sa.Date, nullable=True),
    sa.Column("residence_card_number", sa.Text, nullable=True),
    sa.Column("planned_departure_on", sa.Date, nullable=True),
    sa.Column("destination", sa.Text, nullable=True),
    sa.Column("ended_on", sa.Date, nullable=True),
    # Search keys: folded forms in columns of their own, so that the registered text stays as it was received.
    sa.Column("name_key", sa.Text, nullable=False),
    sa.Column("former_surname_key", sa.Text, nullable=True),
    sa.Column("common_name_key", sa.Text, nullable=True),
    sa.Column("reading_key", sa.Text, nullable=True),
    sa.Column("address_key", sa.Text, nullable=False),
    sa.Index("ix_residents_name_key", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}),
    sa.Index(
        "ix_residents_common_name_key", "common_name_key", postgresql_ops={"common_name_key": "text_pattern_ops"}
    ),
    sa.Index("ix_residents_reading_key", "reading_key", postgresql_ops={"reading_key": "text_pattern_ops"}),
    sa.Index(
        "ix_residents_birth_reading", "birth_date", "reading_key", postgresql_ops={"reading_key": "text_pattern_ops"}
    ),
    sa.Index("ix_residents_address_key", "address_key", postgresql_ops={"address_key": "text_pattern_ops"}),
    sa.Index(
        "ix_residents_planned_departure",
        "planned_departure_on",
        postgresql_where=sa.text("status = 'planned_departure'"),
    ),
)
fragments = sa.func.resident_fragments(
    residents.c.name_key,
    residents.c.common_name_key,
    residents.c.former_surname_key,
    residents.c.reading_key,
    residents.c.address_key,
    residents.c.birth_date,
    type_=ARRAY(sa.BigInteger),
)
"""Every fragment under which a resident is found (docs/decisions/0013)."""
sa.Index("ix_residents_fragments", fragments, postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 256})

resident_history = sa.Table(
    "resident_history",
    metadata,
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("known_from", Instant, nullable=False),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("reason", enumeration(ChangeReason, "reason"), nullable=False),
    # No foreign key: filings live on a higher floor.
    sa.Column("filing_id", sa.Uuid, nullable=True, index=True),
    # Canonical JSON texts: what this version changed, and the whole record after it. The changes alone let a later
    # reader replay an entry that is valid from before an older one; the whole record needs no replay.
    sa.Column("changes", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

resident_numbers = sa.Table(
    "resident_numbers",
    metadata,
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("individual_number", sa.LargeBinary, nullable=False),
    sa.Column("individual_number_index", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("resident_code", sa.LargeBinary, nullable=False),
    sa.Column("resident_code_index", sa.LargeBinary, nullable=False, unique=True),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("reason", enumeration(HoldReason, "reason"), nullable=False),
    # What put it, e.g. the id of a filing; the same source lifts it.
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("placed_at", Instant, nullable=False),
    sa.Column("placed_by_kind", sa.String(16), nullable=False),
    sa.Column("placed_by", sa.String(64), nullable=False),
    sa.Column("lifted_at", Instant, nullable=True),
    sa.Column("lifted_by_kind", sa.String(16), nullable=True),
    sa.Column("lifted_by", sa.String(64), nullable=True),
    sa.Index("uq_holds_open", "resident_id", "source", unique=True, postgresql_where=sa.text("lifted_at IS NULL")),
    sa.Index("ix_holds_open_source", "source", postgresql_where=sa.text("lifted_at IS NULL")),
)

protections = sa.Table(
    "protections",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("placed_at", Instant, nullable=False),
    sa.Column("placed_by_kind", sa.String(16), nullable=False),
    sa.Column("placed_by", sa.String(64), nullable=False),
    # Only an officer's decision ends it; the last day in `ends_on` passing does not.
    sa.Column("ended_at", Instant, nullable=True),
    sa.Index("uq_protections_open", "resident_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
)
