"""``python -m print_agent``: the daemon. Settings: the file named by PRINT_AGENT_SETTINGS.

``python -m print_agent accept PRINTER-URI``: whether a model of printer is fit (``accept``).
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from print_agent import accept, settings
from print_agent.attempt import Pace
from print_agent.device import Device
from print_agent.front import LARGEST_DOCUMENT, FrontDoor, House
from print_agent.inspection import InspectionUnavailable, Inspector
from print_agent.journal import Journal, JournalInUse
from print_agent.ticket import KeysUnreadable, load_keys
from print_agent.vault import HeldDocument, MemoryNotLocked, harden_process

ENDING = {signal.SIGTERM, signal.SIGINT}
logger = logging.getLogger("print_agent")


def main() -> int:
    """Runs until SIGTERM or SIGINT. Exit status 2: it could not start; 1: a part of it broke."""
    if sys.argv[1:2] == ["accept"]:
        return accept.main(sys.argv[2:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    harden_process()
    path = os.environ.get(settings.VARIABLE)
    if not path:
        logger.critical("%s names no file", settings.VARIABLE)
        return 2
    try:
        return _run(settings.load(Path(path)))
    except (settings.SettingsError, KeysUnreadable, JournalInUse, InspectionUnavailable, MemoryNotLocked) as error:
        logger.critical("%s: %s", type(error).__name__, error)
        return 2


def _run(chosen: settings.Settings) -> int:
    keys = load_keys(chosen.ticket_keys)
    # Threads inherit the mask: a signal waits until this one asks for it, and interrupts none of them.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    broken = _end_on_a_broken_thread()
    journal = Journal(chosen.journal)
    device = Device(
        journal,
        chosen.printer_uri,
        chosen.printer_certificate,
        Pace(poll=chosen.poll_seconds, jam_clock=chosen.jam_clock_seconds),
    )
    inspector = Inspector()
    inspector.require_ready()
    HeldDocument(LARGEST_DOCUMENT).wipe()
    front = FrontDoor(chosen.socket, House(device, inspector, keys, chosen.terminal, chosen.allowed_uids))
    device.start()
    listening = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.1}, name="front")
    listening.start()
    logger.info("terminal %s listens", chosen.terminal)
    signal.sigwait(ENDING)
    front.shutdown()
    listening.join()
    front.server_close()
    chosen.socket.unlink(missing_ok=True)
    device.stop()
    inspector.close()
    journal.close()
    return 1 if broken.is_set() else 0


def _end_on_a_broken_thread() -> threading.Event:
    """An agent that lost one of its threads must not look alive: it ends, and is started again by its supervisor."""
    loud, broken = threading.excepthook, threading.Event()

    def hook(args: threading.ExceptHookArgs) -> None:
        loud(args)
        broken.set()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.excepthook = hook
    return broken


if __name__ == "__main__":
    sys.exit(main())
