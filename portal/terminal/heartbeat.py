"""POST /v1/heartbeat: the device says how it is, and learns whether it serves and what waits for it."""

from datetime import datetime
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from portal import certificates, database, municipality, terminals
from portal.certificates import Kind, RefusalCode
from portal.clock import local_date
from portal.ground import Ground
from portal.municipality import Closed, Municipality, service_state
from portal.terminal import device
from portal.terminal.reading import Fields
from portal.terminals import Heard, Terminal
from portal.web import ground_of

endpoints = flask.Blueprint("heartbeat", __name__)
_LOCKED = "terminal_locked"
_STOPPED = "stopped"
_MOST_ELSEWHERE = 2
_PAPER = ("sheets_left", "tray_capacity", "sheets_since_refill")
"""What the print agent knows about its paper; absent where the printer does not tell."""


@endpoints.post("/v1/heartbeat")
def tell() -> ResponseReturnValue:
    """Keep what the device says; answer with opening, certificates and commands."""
    ground, terminal = ground_of(), device.present()
    said = Fields.of_request()
    status, started = _status(said), not said.missing("started") and said.flag("started")
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        locked = terminals.heard(connection, terminal.id, status, now=now)
        if started:
            certificates.begin_anew(connection, terminal.id, now=now)
        able = status.printer["able"] is True and locked is None
        others = () if able else terminals.elsewhere(connection, terminal.id, now=now, most=_MOST_ELSEWHERE)
        return _answer(connection, ground, terminal, locked, now) | {
            "elsewhere": [{"name": other.name, "place": other.place} for other in others]
        }


def _answer(
    connection: sa.Connection, ground: Ground, terminal: Terminal, locked: UUID | None, now: datetime
) -> dict[str, object]:
    here = municipality.current(connection)
    reason = _LOCKED if locked is not None else _STOPPED if terminal.stopped else _closed_reason(here, now)
    return {
        "now": now.isoformat(),
        "municipality": {"code": here.code, "name": here.name},
        "open": reason is None,
        "reason": reason,
        "hours": here.kiosk_hours.text,
        "certificates": _certificates(here, now),
        "commands": terminals.open_commands(connection, ground.keys, terminal.id, now=now),
    }


def _closed_reason(here: Municipality, now: datetime) -> str | None:
    state = service_state(here, now)
    return state.reason.value if isinstance(state, Closed) else None


def _certificates(here: Municipality, now: datetime) -> list[dict[str, object]]:
    return [
        _certificate(kind, fee, certificates.closed(here, kind, now))
        for kind in certificates.kinds_at_kiosk(here)
        if (fee := here.fee(kind.fee, local_date(now))) is not None
    ]


def _certificate(kind: Kind, fee: int, closed: RefusalCode | None) -> dict[str, object]:
    return {
        "kind": kind.id,
        "name": kind.name,
        "fee": fee,
        "available": closed is None,
        "reason": None if closed is None else closed.value,
    }


def _status(said: Fields) -> Heard:
    """Only the fields of the contract are kept: what else a device may say is not ours to store."""
    printer = said.fields("printer")
    kept: dict[str, object] = {
        "able": printer.flag("able"),
        "state": printer.text("state", 32),
        "reasons": [_reason(Fields(reason)) for reason in printer.entries("reasons", 32)],
        "version": None if printer.missing("version") else printer.text("version", 32),
        "order": None if printer.missing("order") else str(printer.identifier("order")),
        **{name: printer.number(name, 100_000) for name in _PAPER if not printer.missing(name)},
    }
    return Heard(said.fields("reader").text("state", 32), kept, said.text("version", 32))


def _reason(reason: Fields) -> dict[str, object]:
    kept: dict[str, object] = {"keyword": reason.text("keyword", 64), "blocking": reason.flag("blocking")}
    return kept if reason.missing("kind") else {**kept, "kind": reason.text("kind", 16)}
