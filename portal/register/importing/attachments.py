"""What hangs on a resident besides the record: seals (印鑑登録), tax data, 附票, protection (支援措置)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.importing.columns import DOMICILE, PROTECTIONS, SEALS, TAX
from portal.register.importing.parsing import Row
from portal.register.importing.report import RefusalCode, WriteRefused
from portal.register.restrictions import protect
from portal.register.tables import domicile_entries, seals, tax_records


@dataclass(frozen=True)
class _Attachment:
    """A table whose rows of one resident are exactly the file's rows of that resident."""

    name: str
    columns: tuple[str, ...]
    select: sa.Select[tuple[object, ...]]
    delete: sa.Delete
    insert: sa.Insert


def _attachment(table: sa.Table) -> _Attachment:
    columns = [column for column in table.c if column.name != "resident_id"]
    of_resident = table.c.resident_id == sa.bindparam("resident")
    return _Attachment(
        table.name,
        tuple(column.name for column in columns),
        sa.select(*columns).where(of_resident),
        sa.delete(table).where(of_resident),
        sa.insert(table),
    )


_ATTACHMENTS = {
    SEALS.name: _attachment(seals),
    TAX.name: _attachment(tax_records),
    DOMICILE.name: _attachment(domicile_entries),
}
_SEAL_TAKEN = sa.select(seals.c.resident_id).where(
    seals.c.seal_number == sa.bindparam("wanted"), seals.c.resident_id != sa.bindparam("resident")
)


def write_attachments(
    connection: sa.Connection,
    resident_id: UUID,
    attached: Mapping[str, Sequence[Row]],
    *,
    actor: Actor,
    now: datetime,
) -> list[str]:
    """Make the tables say what the files that were given say; returns the names of the tables that changed.

    What is no longer in its file is gone: cancelled seals that stayed on record made three cities issue wrong
    certificates. Only a protection is never ended by a file. Raises WriteRefused.
    """
    for row in attached.get(SEALS.name, ()):
        taken = connection.execute(_SEAL_TAKEN, {"wanted": row.text("seal_number"), "resident": resident_id})
        if taken.first() is not None:
            raise WriteRefused(row.refusal("seal_number", RefusalCode.NUMBER_TAKEN))
    changed = [
        attachment.name
        for file, attachment in _ATTACHMENTS.items()
        if file in attached and _replace(connection, resident_id, attachment, attached[file])
    ]
    for name in changed:
        audit.record(
            connection, at=now, actor=actor, action=Action.RECORD_CHANGED, subject=resident_id,
            detail={"reason": "import", "fields": name},
        )  # fmt: skip
    for row in attached.get(PROTECTIONS.name, ()):
        starts_on, ends_on = row.required_day("starts_on"), row.required_day("ends_on")
        if protect(connection, resident_id, starts_on=starts_on, ends_on=ends_on, actor=actor, now=now):
            changed.append("protections")
    return changed


def _replace(connection: sa.Connection, resident_id: UUID, attachment: _Attachment, rows: Sequence[Row]) -> bool:
    wanted = {tuple(row.values[column] for column in attachment.columns) for row in rows}
    present = {tuple(row) for row in connection.execute(attachment.select, {"resident": resident_id})}
    if wanted == present:
        return False
    connection.execute(attachment.delete, {"resident": resident_id})
    if wanted:
        connection.execute(
            attachment.insert,
            [{"resident_id": resident_id, **dict(zip(attachment.columns, row, strict=True))} for row in wanted],
        )
    return True
