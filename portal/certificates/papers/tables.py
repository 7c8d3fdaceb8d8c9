"""What is kept about issued sheets. `paper_checks` is insert-only."""

from enum import StrEnum

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata


class WithdrawalReason(StrEnum):
    """Why an issued certificate does not count any more."""

    REPLACED = "replaced"
    MISPRINT = "misprint"
    ISSUED_IN_ERROR = "issued_in_error"
    OFFICER = "officer"


class CheckResult(StrEnum):
    """What an online check of a sheet found."""

    CURRENT = "current"
    WITHDRAWN = "withdrawn"
    ALTERED = "altered"
    DIFFERENT_SETS = "different_sets"


issuance_contents = sa.Table(
    "issuance_contents",
    metadata,
    sa.Column("issuance_id", sa.Uuid, sa.ForeignKey("issuances.id"), primary_key=True),
    # SHA-256 of the access key that follows from the secret on the paper: who cannot name it is shown nothing.
    sa.Column("access_sha256", sa.LargeBinary(32), nullable=False),
    # AES-256-GCM under a key that follows from the secret on the paper; nobody here can open it.
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Column("stored_at", Instant, nullable=False),
    # The day after which it is erased and the sheet can no longer be compared.
    sa.Column("erase_at", Instant, nullable=False, index=True),
)

paper_withdrawals = sa.Table(
    "paper_withdrawals",
    metadata,
    sa.Column("issuance_id", sa.Uuid, sa.ForeignKey("issuances.id"), primary_key=True),
    sa.Column("reason", enumeration(WithdrawalReason, "reason"), nullable=False),
    sa.Column("withdrawn_at", Instant, nullable=False),
    sa.Column("withdrawn_by", sa.String(64), nullable=False),
)

paper_checks = sa.Table(
    "paper_checks",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("issuance_id", sa.Uuid, sa.ForeignKey("issuances.id"), nullable=False, index=True),
    sa.Column("checked_at", Instant, nullable=False),
    sa.Column("result", enumeration(CheckResult, "result"), nullable=False),
)
