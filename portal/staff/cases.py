"""Issuances whose paper nobody knows about, and the statement that ends each of them.

A case is closed by what paper left the machine and by nothing else: that a later attempt worked proves nothing about
the sheets of this one (incident of Adachi, 2023).
"""

from dataclasses import dataclass
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from portal import certificates, database, identity, terminals
from portal.certificates import Case, FeeUndecided, NotSettleable, PaymentState, State, StatementMissing
from portal.staff import words
from portal.staff.forms import SettleForm
from portal.staff.member import actor
from portal.terminals import TerminalStatus
from portal.web import ground_of

pages = flask.Blueprint("cases", __name__, url_prefix="/cases")

_OPEN = frozenset({State.UNKNOWN, State.FAILED})


@dataclass(frozen=True)
class Seen:
    """A case in words. `handed_over` False: the document never reached the terminal, so no paper can have left it."""

    case: Case
    kind: str
    place: str
    locked: bool
    handed_over: bool
    report: str
    settled_by: str
    money: str
    fee_held: bool
    """a statement also ends the money"""

    @property
    def open(self) -> bool:
        """Whether it still waits for a statement."""
        return self.case.state in _OPEN


@pages.get("")
def show() -> ResponseReturnValue:
    """Every open case, the oldest first, and what could not be printed lately."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        devices = _devices(connection)
        found = [_seen(connection, case, devices) for case in certificates.open_cases(connection)]
        unprintable = [
            _seen(connection, case, devices) for case in certificates.unprintable(connection, ground.clock.now())
        ]
        gaps = certificates.open_gaps(connection)
    return flask.render_template(
        "cases.html", tab="cases", cases=found, unprintable=unprintable, gaps=gaps, gap_words=words.GAPS
    )


@pages.get("/<uuid:issuance>")
def one(issuance: UUID) -> ResponseReturnValue:
    """What is known about one case, and the form that settles it."""
    return _page(issuance, SettleForm(formdata=None))


@pages.post("/<uuid:issuance>")
def settle(issuance: UUID) -> ResponseReturnValue:
    """Settle: answer and statement are kept, the terminal gets its signed command to unlock."""
    form = SettleForm()
    if not form.validate_on_submit():
        return _page(issuance, form), 422
    ground = ground_of()
    try:
        with database.transaction(ground.engine) as connection:
            certificates.settle(
                connection, ground, issuance,
                answer=form.answer.data, statement=form.statement.data,
                keep_fee={"yes": True, "no": False}.get(form.keep_fee.data), actor=actor(), now=ground.clock.now(),
            )  # fmt: skip
    except NotSettleable:
        # A colleague was quicker, or the button was pressed twice: the page says what has been established.
        return _page(issuance, form, late=True), 409
    except StatementMissing:
        form.statement.errors = ["確認したことを、もう一度書いてください。"]
        return _page(issuance, form), 422
    except FeeUndecided:
        form.keep_fee.errors = ["お預かりしている手数料を、受け取るか返すか選んでください。"]
        return _page(issuance, form), 422
    return flask.redirect(flask.url_for("cases.one", issuance=issuance), 303)


def _page(issuance: UUID, form: SettleForm, *, late: bool = False) -> str:
    with database.transaction(ground_of().engine) as connection:
        seen = _seen(connection, certificates.case(connection, issuance), _devices(connection))
    if not seen.open and seen.case.state is not State.SETTLED:
        raise NotFound
    return flask.render_template("case.html", tab="cases", seen=seen, case=seen.case, form=form, late=late)


def _devices(connection: sa.Connection) -> dict[str, TerminalStatus]:
    return {device.id: device for device in terminals.board(connection)}


def _seen(connection: sa.Connection, case: Case, devices: dict[str, TerminalStatus]) -> Seen:
    device = devices.get(case.terminal_id)
    return Seen(
        case=case,
        kind=certificates.all_kinds()[case.kind].name,
        place=case.terminal_id if device is None else f"{device.name}（{device.place}）",
        locked=device is not None and device.locked_order == case.issuance,
        handed_over=case.released_at is not None,
        report=_report(case),
        settled_by=_name(connection, case.settled_by),
        money=_money(case),
        fee_held=case.money is not None and case.money.state is PaymentState.HELD,
    )


def _money(case: Case) -> str:
    if case.money is None:
        return "手数料はありません。"
    means = "" if case.money.means is None else f"（{words.MEANS[case.money.means]}）"
    return f"{case.money.amount}円{means} {words.MONEY[case.money.state]}"


def _report(case: Case) -> str:
    if case.released_at is None:
        return "証明書を作れませんでした。端末には何も渡していません。"
    if case.sheets is None or case.sheets_expected is None:
        return "端末から知らせがありません。"
    return f"{case.sheets_expected}枚のうち{case.sheets}枚まで印刷しました。その先はわかりません。"


def _name(connection: sa.Connection, account: str | None) -> str:
    found = None if account is None else identity.staff_member(connection, UUID(account))
    return "いまは使われていないアカウント" if found is None else found.display_name
