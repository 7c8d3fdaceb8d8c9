"""`python -m kiosk.bridge login URL --settings FILE`: log in a browser on another machine with the card here."""

import argparse
import logging
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import waitress

from kiosk.bridge import settings as bridge_settings
from kiosk.bridge.app import create_login_app
from kiosk.bridge.compare import ComparePages, Ending
from kiosk.bridge.operation import LIFETIME_S, Desk, Operation, State
from kiosk.bridge.pin import Readers
from kiosk.bridge.reader_process import ReaderProcess
from kiosk.bridge.settings import Settings, SettingsError
from kiosk.bridge.site import (
    PURPOSE,
    Address,
    AddressUnfit,
    Question,
    RelayedAddress,
    Site,
    SiteRefused,
    SiteUnreachable,
    read_address,
)
from kiosk.card.hardening import seal_process

logger = logging.getLogger("kiosk.bridge")
LOGGED_IN, REFUSED, UNFIT = 0, 1, 2
_LINGER_S = 2.0
_SEEN_WITHIN_S = 15.0


def main(arguments: Sequence[str]) -> int:
    """Run once. Ends with 0 when the other browser may go in, 1 when not, 2 for unfit settings or address."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.bridge login")
    parser.add_argument("url", help="the address that the waiting page shows")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--no-browser", action="store_true", help="only print the address of the page to open")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="bridge: %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        loaded = bridge_settings.load(asked.settings)
        address = read_address(asked.url, loaded.sites)
    except RelayedAddress as relayed:
        logger.warning("refused: %s is not a site of this bridge; somebody may be relaying a log-in", relayed.origin)
        return UNFIT
    except (SettingsError, AddressUnfit) as error:
        logger.warning("%s", error)
        return UNFIT
    # For a moment this process holds the whole PIN: no core dump, no tracing.
    seal_process()
    try:
        with Site(address, loaded.ca) as site:
            return _serve(site, site.ask(), address, loaded, opens_browser=not asked.no_browser)
    except SiteRefused as refused:
        logger.warning("%s refused the code: %s", address.origin, refused.code)
    except SiteUnreachable as away:
        logger.warning("%s gave no usable answer: %s", address.origin, away)
    return REFUSED


def _serve(site: Site, question: Question, address: Address, loaded: Settings, *, opens_browser: bool) -> int:
    desk = Desk(time.monotonic)
    operation = desk.begin(origin=address.origin, nonce=question.nonce, purpose=PURPOSE)
    with ReaderProcess.running() as readers, _pages(desk, operation, question, loaded, readers) as (pages, port):
        page = f"http://127.0.0.1:{port}/compare/{operation.id}"
        print(f"open this page to compare the code and type the PIN: {page}", flush=True)
        if opens_browser:
            webbrowser.open(page)
        pages.decided.wait(LIFETIME_S)
        ending, refusal = _send(site, question, operation)
        pages.finish(ending, refusal)
        if operation.state is not State.WAITING and pages.told.wait(_SEEN_WITHIN_S):
            time.sleep(_LINGER_S)  # the browser may still be fetching what the last page is made of
    logger.info("%s: %s", address.origin, refusal or ending.value)
    return LOGGED_IN if ending is Ending.ACCEPTED else REFUSED


def _send(site: Site, question: Question, operation: Operation) -> tuple[Ending, str]:
    if operation.state is not State.SIGNED:
        return Ending.REFUSED, operation.error or "expired"
    try:
        site.answer(question, operation.certificate, operation.signature)
    except SiteRefused as refused:
        return Ending.REFUSED, refused.code
    except SiteUnreachable:
        return Ending.UNREACHABLE, ""
    return Ending.ACCEPTED, ""


@contextmanager
def _pages(
    desk: Desk, operation: Operation, question: Question, loaded: Settings, readers: Readers
) -> Iterator[tuple[ComparePages, int]]:
    """The bridge's own pages on a free port: the resident's everyday bridge may be running beside."""
    pages = ComparePages(loaded, desk, operation, question.code)
    listening = socket.create_server(("127.0.0.1", 0))
    port = int(listening.getsockname()[1])
    app = create_login_app(replace(loaded, port=port), desk, pages, readers)
    server = waitress.create_server(app, sockets=[listening], threads=4, ident=None)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield pages, port
    finally:
        server.close()
