"""Table of the programs that run."""

from enum import StrEnum

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata


class Name(StrEnum):
    """A program of the portal: one of its web faces, or the worker."""

    RESIDENT = "resident"
    STAFF = "staff"
    TERMINAL = "terminal"
    VERIFY = "verify"
    WORKER = "worker"


programs = sa.Table(
    "programs",
    metadata,
    # Of the process, drawn at its start.
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", enumeration(Name, "name"), nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)
