"""Commands about money. They wait in the database, are signed when their device fetches them, and never lapse."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal import audit
from portal.keys import Purpose, SigningKeys
from portal.terminals.tables import CommandKind, device_commands

COMMAND_KIND = "device-command"
# A signed command does not stay good for ever; one that is still open is signed anew.
_GOOD_FOR = timedelta(days=1)
_MONEY = (CommandKind.CAPTURE.value, CommandKind.VOID.value)
_ACTOR = audit.Actor(audit.ActorKind.SYSTEM, "money")

_ADD = device_commands.insert()
_DONE = (
    sa.update(device_commands)
    .where(
        device_commands.c.order_id == sa.bindparam("of_order"),
        device_commands.c.command.in_(_MONEY),
        device_commands.c.done_at.is_(None),
    )
    .values(done_at=sa.bindparam("at"))
)
_OVERDUE = (
    sa.select(device_commands)
    .where(
        device_commands.c.terminal_id == sa.bindparam("which"),
        device_commands.c.command.in_(_MONEY),
        device_commands.c.done_at.is_(None),
        sa.or_(device_commands.c.jws.is_(None), device_commands.c.expires_at <= sa.bindparam("at")),
    )
    .order_by(device_commands.c.issued_at)
    .limit(20)
    .with_for_update(skip_locked=True)
)
_SIGN = (
    sa.update(device_commands)
    .where(device_commands.c.id == sa.bindparam("of_command"))
    .values(jws=sa.bindparam("signed"), expires_at=sa.bindparam("until"))
)


def command_money(
    connection: sa.Connection, terminal_id: str, order: UUID, command: CommandKind, *, now: datetime
) -> UUID:
    """Let the device of `terminal_id` keep (capture) or give back (void) the fee of `order`. Returns its id."""
    command_id = uuid4()
    connection.execute(
        _ADD,
        {
            "id": command_id,
            "terminal_id": terminal_id,
            "order_id": order,
            "command": command,
            "answer": None,
            "jws": None,
            "issued_at": now,
            "expires_at": now + _GOOD_FOR,
            "done_at": None,
        },
    )
    audit.record(
        connection, at=now, actor=_ACTOR, action=audit.Action.TERMINAL_COMMANDED,
        detail={"terminal": terminal_id, "command": str(command_id), "order": str(order), "money": command.value},
    )  # fmt: skip
    return command_id


def money_done(connection: sa.Connection, order: UUID, *, now: datetime) -> None:
    """The device has carried out what it was told to do with the fee of `order`."""
    connection.execute(_DONE, {"of_order": order, "at": now})


def sign_overdue(connection: sa.Connection, keys: SigningKeys, terminal_id: str, *, now: datetime) -> None:
    """Sign the commands about money that wait for the device and have no good signature (20 at a time)."""
    for row in connection.execute(_OVERDUE, {"which": terminal_id, "at": now}).all():
        until = now + _GOOD_FOR
        payload = {
            "v": 1,
            "id": str(row.id),
            "terminal": terminal_id,
            "command": row.command.value if isinstance(row.command, CommandKind) else row.command,
            "order": str(row.order_id),
            "issued": int(now.timestamp()),
            "expires": int(until.timestamp()),
        }
        signed = keys.jws(Purpose.DEVICE_COMMAND, COMMAND_KIND, payload)
        connection.execute(_SIGN, {"of_command": row.id, "signed": signed, "until": until})
