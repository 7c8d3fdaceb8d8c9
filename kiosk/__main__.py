"""`python -m kiosk`: the screens of this terminal on loopback, with heartbeat and conductor beside them."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

import waitress

from kiosk.agent_client import AgentClient
from kiosk.app import create_app, kiosk_of
from kiosk.card.client import Reader
from kiosk.payment.commands import KeysUnreadable, load_keys
from kiosk.payment.device import PaymentDevice
from kiosk.payment.till import Till
from kiosk.portal_client import VERSION, PortalClient
from kiosk.settings import Settings, SettingsError, load, path_from_environment

logger = logging.getLogger("kiosk")

HOST = "127.0.0.1"
THREADS = 8
EXIT_CONFIGURATION = 78
EXIT_BROKEN = 70


def main() -> int:
    """Run until terminated. A supervisor starts it again if a part of it dies."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Addresses of the portal's resources are of no use in the log of a terminal in a public place.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # A poll that waits a moment for its turn is no news: screens are redrawn a few times a second anyway.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        settings = load(path_from_environment())
        portal = PortalClient(settings)
        till = _till(settings)
    except (SettingsError, KeysUnreadable) as error:
        logger.critical("not started: %s", error)
        return EXIT_CONFIGURATION
    agent = AgentClient(settings.agent_socket)
    app = create_app(settings, reader=Reader(settings.reader_socket), portal=portal, agent=agent, till=till)
    kiosk = kiosk_of(app)
    _beside("heartbeat", kiosk.heartbeat.run)
    _beside("conductor", kiosk.conductor.run)
    server = waitress.create_server(app, host=HOST, port=settings.listen_port, threads=THREADS, ident=None)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    logger.info("terminal %s serves its screens on port %d", settings.terminal_id, settings.listen_port)
    try:
        server.run()
    finally:
        kiosk.conductor.stop()
        kiosk.heartbeat.stop()
    return 0


def _till(settings: Settings) -> Till | None:
    if settings.payment_device is None or settings.command_keys is None:
        return None
    device = PaymentDevice(settings.payment_device, settings.terminal_id, VERSION)
    return Till(device, load_keys(settings.command_keys), settings.terminal_id)


def _beside(name: str, work: Callable[[], None]) -> None:
    """A thread whose death ends the whole process: a kiosk half alive would keep people waiting for nothing."""

    def run() -> None:
        try:
            work()
        except BaseException:
            logger.critical("%s died", name, exc_info=True)
            os._exit(EXIT_BROKEN)

    threading.Thread(target=run, name=name, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
