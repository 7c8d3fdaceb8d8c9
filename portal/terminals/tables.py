"""Tables of the terminals (窓口端末)."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from portal.database import Instant, enumeration, metadata


class UnlockAnswer(StrEnum):
    """What staff found in the output tray of a locked device."""

    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    PARTLY_PRINTED = "partly_printed"


class CommandKind(StrEnum):
    """What a device is commanded to do: forget a lock, keep the fee it holds, give that fee back."""

    UNLOCK = "unlock"
    CAPTURE = "capture"
    VOID = "void"


terminals = sa.Table(
    "terminals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("enrolled_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant, nullable=True),
    # Stopped by an operator until further notice; nothing new is begun or handed out there.
    sa.Column("stopped_at", Instant, nullable=True),
    sa.Column("last_seen_at", Instant, nullable=True),
    sa.Column("reader_state", sa.Text, nullable=True),
    sa.Column("printer", JSONB, nullable=True),
    sa.Column("version", sa.Text, nullable=True),
    # The order whose outcome nobody knows; the device serves no one until staff have looked.
    sa.Column("locked_order", sa.Uuid, nullable=True),
)

request_nonces = sa.Table(
    "request_nonces",
    metadata,
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminals.id"), primary_key=True),
    sa.Column("nonce", sa.Text, primary_key=True),
    sa.Column("seen_at", Instant, nullable=False, index=True),
)

device_commands = sa.Table(
    "device_commands",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminals.id"), nullable=False, index=True),
    # "order" is a word of SQL.
    sa.Column("order_id", sa.Uuid, nullable=False),
    sa.Column("command", enumeration(CommandKind, "command"), nullable=False),
    # Only an unlocking says what was found.
    sa.Column("answer", enumeration(UnlockAnswer, "answer"), nullable=True),
    # A command about money is signed when a device fetches it, and anew before it is too old.
    sa.Column("jws", sa.Text, nullable=True),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("done_at", Instant, nullable=True),
)
