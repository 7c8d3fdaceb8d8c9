"""Hands for people who have no card, reader or printer."""

import json
import subprocess
from pathlib import Path

import flask
import werkzeug
from flask.typing import ResponseReturnValue

from tests.world.card.control import TrayClient, TrayError
from tests.world.city import CHECKOUT, City
from tests.world.payment.control import PaymentHands
from tests.world.printer.machine import Printer

FAULTS = {"media-jam": "紙づまり", "cover-open": "カバーが開いている", "toner-empty": "トナー切れ"}
COINS = (10, 50, 100, 500, 1000)
STATES = {
    "valid": "有効",
    "expired": "有効期限切れ",
    "revoked": "失効",
    "on_hold": "一時停止中",
    "unlinked": "未登録",
    "blocked": "暗証番号ロック",
}


def create_app(folder: Path, runtime: Path) -> flask.Flask:
    """The page over a running house: `folder` holds its files, `runtime` its sockets."""
    app = flask.Flask(__name__, static_folder=str(CHECKOUT / "static"), static_url_path="/static")
    readers = {"kiosk": TrayClient(runtime / "k" / "tray.sock"), "home": TrayClient(runtime / "h" / "tray.sock")}
    house = json.loads((folder / "house.json").read_text(encoding="utf-8"))
    printer = Printer(folder / "printer", port=house["ports"]["printer"], runtime=runtime / "p")
    cards = City(Path(house["city"])).cards()

    @app.before_request
    def only_from_this_page() -> None:
        origin = flask.request.headers.get("Origin")
        if flask.request.method == "POST" and origin not in {None, flask.request.host_url.rstrip("/")}:
            flask.abort(403)

    @app.get("/")
    def world() -> str:
        return flask.render_template(
            "world.html",
            cards=cards,
            states=STATES,
            faults=FAULTS,
            coins=COINS,
            house=house,
            on={name: _card_on(reader) for name, reader in readers.items()},
            sheets=sorted(printer.sheets.glob("*.pdf"), key=lambda file: file.stat().st_mtime, reverse=True)[:12],
        )

    _add_hands(app, readers, printer)
    _add_money(app, PaymentHands(runtime / "till.sock"))
    _add_sheets(app, printer)
    return app


def _add_hands(app: flask.Flask, readers: dict[str, TrayClient], printer: Printer) -> None:
    @app.post("/reader/<name>")
    def reader(name: str) -> ResponseReturnValue:
        tray = readers.get(name) or flask.abort(404)
        card = flask.request.form.get("card", "")
        if _card_on(tray):
            tray.remove()
        if card:
            tray.insert(card)
        return flask.redirect("/", 303)

    @app.post("/paper")
    def paper() -> ResponseReturnValue:
        printer.load_paper(flask.request.form.get("sheets", 250, type=int))
        return flask.redirect("/", 303)

    @app.post("/fault")
    def fault() -> ResponseReturnValue:
        keyword = flask.request.form.get("keyword", "")
        printer.fault(keyword if keyword in FAULTS else None)
        return flask.redirect("/", 303)


def _add_money(app: flask.Flask, till: PaymentHands) -> None:
    @app.post("/money")
    def money() -> ResponseReturnValue:
        yen = flask.request.form.get("yen", 0, type=int)
        if yen in COINS:
            till.insert(yen)
        else:
            till.tap()
        return flask.redirect("/", 303)


def _add_sheets(app: flask.Flask, printer: Printer) -> None:
    @app.get("/look/<path:name>")
    def look(name: str) -> ResponseReturnValue:
        return flask.send_from_directory(Path(__file__).parent / "look", name)

    @app.get("/sheets/<name>.pdf")
    def sheet(name: str) -> ResponseReturnValue:
        return flask.send_from_directory(printer.sheets, f"{name}.pdf")

    @app.get("/sheets/<name>.png")
    def picture(name: str) -> ResponseReturnValue:
        file = werkzeug.security.safe_join(str(printer.sheets), f"{name}.pdf")
        if file is None or not Path(file).exists():
            flask.abort(404)
        made = subprocess.run(["pdftoppm", "-r", "40", "-png", "-singlefile", file], check=True, capture_output=True)
        return flask.Response(made.stdout, mimetype="image/png")


def _card_on(tray: TrayClient) -> str | None:
    """The card that lies on the reader, or None."""
    try:
        lying = [str(card["card"]) for card in tray.cards() if card.get("inserted")]
    except (TrayError, OSError):
        return None
    return lying[0] if lying else None
