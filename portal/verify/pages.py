"""The page, the key list, the reader's worker, and the offline page."""

from pathlib import Path

import flask
from flask.typing import ResponseReturnValue

from portal import database, municipality
from portal.certificates.sealing.key_list import key_list
from portal.clock import local_date
from portal.municipality import Municipality
from portal.verify import offline as one_file
from portal.web import ground_of

pages = flask.Blueprint("pages", __name__)


@pages.get("/")
def check() -> ResponseReturnValue:
    """The page on which sheets are read, judged and compared."""
    return flask.render_template(
        "page.html", city=_city(), made=None, sprite="/static/icons.svg", scripts=one_file.MODULES
    )


@pages.get("/keys.json")
def keys() -> ResponseReturnValue:
    """The key list, for anybody and any program."""
    return flask.Response(_keys(), mimetype="application/json")


@pages.get("/reader.js")
def reader() -> ResponseReturnValue:
    """The reader's worker. It alone may compile WebAssembly, and it cannot touch the page."""
    flask.g.may_compile_wasm = True
    return flask.send_from_directory(_static() / "js" / "verify", "reader-worker.js", mimetype="text/javascript")


@pages.get("/offline.html")
def offline() -> ResponseReturnValue:
    """The offline page, to be saved: it is never shown under our own address."""
    static = _static()
    text = flask.render_template(
        "offline.html",
        city=_city(),
        made=local_date(ground_of().clock.now()).isoformat(),
        sprite="",
        policy=one_file.policy(static),
        style=one_file.style(static),
        icons=one_file.icons(static),
        inline_scripts=one_file.scripts(static),
        wasm=one_file.wasm(static),
        # Inside a script element only "</" could end it.
        key_list=_keys().replace("</", "<\\/"),
    )
    return flask.Response(
        text,
        mimetype="application/octet-stream",
        headers={"Content-Disposition": "attachment; filename=certificate-check.html"},
    )


def _keys() -> str:
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        return key_list(connection, ground.settings.origins.verify).to_json()


def _city() -> Municipality:
    with database.transaction(ground_of().engine) as connection:
        return municipality.current(connection)


def _static() -> Path:
    return ground_of().settings.static_dir
