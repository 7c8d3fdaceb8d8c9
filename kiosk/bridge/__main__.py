"""`python -m kiosk.bridge --settings FILE`: serve the bridge, with a reader process of its own as a child.

`python -m kiosk.bridge login URL --settings FILE`: log in a browser on another machine, once.
"""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

import waitress

from kiosk.bridge import login, settings
from kiosk.bridge.app import create_app
from kiosk.bridge.reader_process import ReaderProcess
from kiosk.card.hardening import seal_process


def main() -> int:
    """Run until told to stop."""
    signal.signal(signal.SIGTERM, _stop)
    if sys.argv[1:2] == ["login"]:
        return login.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m kiosk.bridge")
    parser.add_argument("--settings", type=Path, required=True)
    try:
        loaded = settings.load(parser.parse_args().settings)
    except settings.SettingsError as error:
        print(f"bridge: {error}", file=sys.stderr)
        return 2
    # For a moment this process holds the whole PIN: no core dump, no tracing.
    seal_process()
    with ReaderProcess.running() as readers:
        app = create_app(loaded, readers)
        waitress.serve(app, host="127.0.0.1", port=loaded.port, threads=4, ident=None, _quiet=True)
    return 0


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of a signal handler
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
