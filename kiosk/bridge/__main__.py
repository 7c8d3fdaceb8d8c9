"""`python -m kiosk.bridge --settings FILE`: serve the bridge, with a reader process of its own as a child."""

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

import waitress

from kiosk.bridge import settings
from kiosk.bridge.app import create_app
from kiosk.card.client import Reader
from kiosk.card.hardening import seal_process

_PAUSE_S = 1.0


class ReaderProcess:
    """The reader process of this bridge: started again when it dies, ended with the bridge however that ends."""

    def __init__(self, file: Path) -> None:
        self._command = [sys.executable, "-m", "kiosk.card", "--settings", str(file), "--until-stdin-closes"]
        self._over = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """End the child and do not start another."""
        self._over.set()
        if self._child is not None:
            self._child.terminate()
        self._watch.join()

    def _keep_alive(self) -> None:
        while not self._over.is_set():
            # The pipe is its lifeline: it closes even when the bridge is killed.
            self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE)
            self._child.wait()
            self._over.wait(_PAUSE_S)


def main() -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.bridge")
    parser.add_argument("--settings", type=Path, required=True)
    try:
        loaded = settings.load(parser.parse_args().settings)
    except settings.SettingsError as error:
        print(f"bridge: {error}", file=sys.stderr)
        return 2
    # For a moment this process holds the whole PIN: no core dump, no tracing.
    seal_process()
    signal.signal(signal.SIGTERM, _stop)
    # A folder that only this user can enter: whoever reaches the socket can use the reader.
    with tempfile.TemporaryDirectory(prefix="bridge-") as folder:
        socket = Path(folder) / "reader.sock"
        file = Path(folder) / "reader.toml"
        file.write_text(f'socket = "{socket}"\n', encoding="utf-8")
        child = ReaderProcess(file)
        try:
            app = create_app(loaded, Reader(socket))
            waitress.serve(app, host="127.0.0.1", port=loaded.port, threads=4, ident=None, _quiet=True)
        finally:
            child.stop()
    return 0


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of a signal handler
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
