"""The board of kiosks: is each alive, can it read cards, can it print, is it locked; and the end of a stolen one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from portal import database, running, terminals
from portal.staff import words
from portal.staff.forms import RevokeForm
from portal.staff.member import actor
from portal.staff.tabs import by_itself
from portal.terminals import TerminalRevoked, TerminalStatus
from portal.web import ground_of, polling

pages = flask.Blueprint("devices", __name__, url_prefix="/devices")

# A kiosk speaks every second; after this long without a word it is called silent.
SILENT_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Sign:
    """A state in words with its weight: `ok`, `warn`, `err` or `info`."""

    kind: str
    text: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Device:
    """One row of the board."""

    id: str
    name: str
    place: str
    version: str | None
    agent_version: str | None
    heard: Sign
    reader: Sign | None
    printer: Sign | None
    locked_order: UUID | None
    revoked: bool

    @property
    def service(self) -> words.Word:
        """Whether a resident could be served here now."""
        if self.reader is None or self.printer is None:
            return words.Word("mute", "わかりません")
        if "err" in {self.reader.kind, self.printer.kind}:
            return words.Word("warn", "発行できません")
        return words.Word("ok", "発行できます")


@pages.get("")
def show() -> ResponseReturnValue:
    """The board."""
    return flask.render_template("devices.html", tab="devices", **_board())


@pages.get("/board")
@polling
def board() -> ResponseReturnValue:
    """The table alone; asked for again every ten seconds."""
    if not by_itself():
        return flask.redirect(flask.url_for("devices.show"), 303)
    return flask.render_template("device_rows.html", **_board())


@pages.get("/<terminal_id>/revoke")
def confirm(terminal_id: str) -> ResponseReturnValue:
    """What withdrawing the enrolment of this device means."""
    return _revoke_page(terminal_id, RevokeForm(formdata=None))


@pages.post("/<terminal_id>/revoke")
def revoke(terminal_id: str) -> ResponseReturnValue:
    """Withdraw the enrolment: the device's next request is refused, within a second."""
    form = RevokeForm()
    if not form.validate_on_submit():
        return _revoke_page(terminal_id, form), 422
    ground = ground_of()
    try:
        with database.transaction(ground.engine) as connection:
            terminals.revoke(connection, terminal_id=terminal_id, actor=actor(), now=ground.clock.now())
    except TerminalRevoked:
        # A colleague was quicker, or the button was pressed twice: the page says how it stands.
        return _revoke_page(terminal_id, form), 409
    return flask.redirect(flask.url_for("devices.show"), 303)


def _revoke_page(terminal_id: str, form: RevokeForm) -> str:
    found = next((device for device in _devices() if device.id == terminal_id), None)
    if found is None:
        raise NotFound
    return flask.render_template("revoke_device.html", tab="devices", device=found, form=form)


def _board() -> dict[str, object]:
    """What the board shows: devices, programs of the portal, and whether they all run one version."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        programs = running.board(connection, ground.clock.now())
    devices = _devices()
    in_use = [device for device in devices if not device.revoked]
    told = [program.version for program in programs]
    told += [version for device in in_use for version in (device.version, device.agent_version) if version]
    return {
        "devices": devices,
        "programs": [(words.PROGRAMS[program.name], program) for program in programs],
        "expected": running.VERSION,
        "mixed": any(version != running.VERSION for version in told),
    }


def _devices() -> list[Device]:
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        found = terminals.board(connection)
    return [device_of(terminal, ground.clock.now()) for terminal in found]


def device_of(terminal: TerminalStatus, now: datetime) -> Device:
    """A terminal's row, in words."""
    heard = _heard(terminal, now)
    speaks = heard.kind == "ok"
    return Device(
        id=terminal.id,
        name=terminal.name,
        place=terminal.place,
        version=terminal.version,
        agent_version=None if terminal.printer is None else _text(terminal.printer.get("version")),
        heard=heard,
        reader=_reader(terminal.reader_state) if speaks else None,
        printer=_printer(terminal.printer) if speaks else None,
        locked_order=terminal.locked_order,
        revoked=terminal.revoked_at is not None,
    )


def _heard(terminal: TerminalStatus, now: datetime) -> Sign:
    if terminal.revoked_at is not None:
        return Sign("info", "登録を取り消した端末です")
    if terminal.last_seen_at is None:
        return Sign("warn", "まだ一度もつながっていません")
    age = words.ago(terminal.last_seen_at, now)
    if now - terminal.last_seen_at > SILENT_AFTER:
        return Sign("err", "応答がありません", (f"最後の応答は{age}",))
    return Sign("ok", "応答あり", (age,))


def _reader(state: str | None) -> Sign:
    if state is None:
        return Sign("warn", "状態の知らせがありません")
    return Sign("err" if state in words.READER_FAULTS else "ok", words.READER.get(state, state))


def _printer(status: Mapping[str, object] | None) -> Sign:
    if status is None:
        return Sign("warn", "状態の知らせがありません")
    state = str(status.get("state"))
    reasons = _reasons(status.get("reasons"))
    kind = {"ready": "warn" if reasons else "ok", "printing": "warn" if reasons else "ok"}.get(state, "err")
    return Sign(kind, words.PRINTER.get(state, state), reasons)


def _text(said: object) -> str | None:
    return said if isinstance(said, str) else None


def _reasons(reported: object) -> tuple[str, ...]:
    """The printer's reasons in words. What a terminal sends is not trusted to have the agreed shape."""
    if not isinstance(reported, Sequence) or isinstance(reported, str):
        return ()
    told = [reason for reason in reported if isinstance(reason, Mapping) and reason.get("keyword") != "none"]
    return tuple(dict.fromkeys(_reason(reason) for reason in told))


def _reason(reason: Mapping[str, object]) -> str:
    blocking = bool(reason.get("blocking"))
    return words.printer_reason(str(reason.get("keyword")), _text(reason.get("kind")), blocking=blocking)
