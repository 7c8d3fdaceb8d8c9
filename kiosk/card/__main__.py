"""``python -m kiosk.card --settings FILE [--until-stdin-closes]``: the reader process."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from kiosk.card.hardening import seal_process
from kiosk.card.pin import PinBuffer
from kiosk.card.reader import Reader
from kiosk.card.service import Service, listen, stop_with_stdin
from kiosk.card.settings import Settings, load
from kiosk.card.token import Token
from kiosk.card.tokens import RULES


async def serve(settings: Settings, *, until_stdin_closes: bool = False) -> None:
    """Own the card and answer on the socket until SIGTERM, SIGINT, or the end of standard input."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    lifeline = asyncio.create_task(stop_with_stdin(stop)) if until_stdin_closes else None
    rules = RULES[settings.token]
    pin = PinBuffer(rules)
    reader = Reader(lambda: Token(settings.module, rules, settings.pcsc_socket), pin)
    reader.start()
    try:
        await listen(Service(reader, pin), settings.socket, reader.is_alive, stop)
    finally:
        pin.wipe()
        reader.stop()
        if lifeline is not None:
            lifeline.cancel()


def main() -> None:
    """Seal the process, then serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--until-stdin-closes", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = load(options.settings)
    seal_process()
    asyncio.run(serve(settings, until_stdin_closes=options.until_stdin_closes))


if __name__ == "__main__":
    main()
