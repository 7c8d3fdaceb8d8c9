"""Tables of the municipality: its file as loaded, and the switches officers have set since."""

import sqlalchemy as sa

from portal.database import Instant, metadata

municipality = sa.Table(
    "municipality",
    metadata,
    # One portal and one database = one municipality.
    sa.Column("id", sa.SmallInteger, sa.CheckConstraint("id = 1", name="only_one"), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("loaded_at", Instant, nullable=False),
)

municipality_switches = sa.Table(
    "municipality_switches",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("set_at", Instant, nullable=False),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
)
