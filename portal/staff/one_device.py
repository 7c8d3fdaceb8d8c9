"""One kiosk: how it is, what it put out, how its paper lasts. No resident appears here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from portal import certificates, database, terminals
from portal.clock import JAPAN, local_date
from portal.staff import words
from portal.staff.devices import device_of
from portal.web import ground_of

pages = flask.Blueprint("one_device", __name__, url_prefix="/devices/<terminal_id>")

SHOWN = 30
MONTH = timedelta(days=30)
SOON, FEW = timedelta(days=3), 10


@dataclass(frozen=True)
class Paper:
    """What is known about a printer's paper; None = unknown. `out_on`: the day on which it is used up at the
    pace of the last 30 days."""

    left: int | None
    capacity: int | None
    since_refill: int | None
    out_on: date | None
    soon: bool

    @property
    def few(self) -> bool:
        """Whether so little is left that one resident may need it all."""
        return self.left is not None and self.left < FEW

    @property
    def estimated(self) -> bool:
        """Whether the rest is reckoned from the last refill, because the printer does not count."""
        return self.left is not None and self.since_refill is not None


@pages.get("")
def show(terminal_id: str) -> ResponseReturnValue:
    """The device's page."""
    ground = ground_of()
    now = ground.clock.now()
    midnight = datetime.combine(local_date(now), time(), JAPAN)
    with database.transaction(ground.engine) as connection:
        status = next((row for row in terminals.board(connection) if row.id == terminal_id), None)
        if status is None:
            raise NotFound
        today = certificates.output_of(connection, terminal_id, midnight)
        month = certificates.output_of(connection, terminal_id, now - MONTH)
        deliveries = certificates.deliveries_of(connection, terminal_id, SHOWN)
    return flask.render_template(
        "one_device.html",
        tab="devices",
        device=device_of(status, now),
        today=today,
        month=month,
        paper=paper_of(status.printer or {}, month.sheets, now),
        deliveries=[(delivery, words.PRINTED[delivery.state]) for delivery in deliveries],
        answers=words.ANSWERS,
    )


def paper_of(printer: Mapping[str, object], sheets_in_month: int, now: datetime) -> Paper:
    """How long the paper lasts: from the level the printer tells, else from room and sheets since the last refill."""
    told, capacity = _number(printer.get("sheets_left")), _number(printer.get("tray_capacity"))
    since = _number(printer.get("sheets_since_refill"))
    left = told
    if left is None and capacity is not None and since is not None:
        left = max(capacity - since, 0)
    if left is None or sheets_in_month == 0:
        return Paper(left, capacity, None if told is not None else since, None, soon=False)
    lasts = MONTH * (left / sheets_in_month)
    # A tray that lasts for years is as good as one that lasts for one.
    out_on = local_date(now + min(lasts, timedelta(days=365)))
    return Paper(left, capacity, None if told is not None else since, out_on, soon=lasts <= SOON)


def _number(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) else None
