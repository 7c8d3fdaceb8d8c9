"""Table of 印鑑登録. A resident has one seal at most; a cancelled one stays as cancelled."""

import sqlalchemy as sa

from portal.database import metadata

seals = sa.Table(
    "seals",
    metadata,
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("seal_number", sa.String(20), nullable=False, unique=True),
    sa.Column("registered_on", sa.Date, nullable=False),
    sa.Column("cancelled_on", sa.Date, nullable=True),
    # 印影 as PNG, encrypted: with it and a name anybody can have the seal carved.
    sa.Column("picture", sa.LargeBinary, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
