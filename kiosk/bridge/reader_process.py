"""The reader process of a bridge: its child, which alone speaks to the card."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.card.client import Reader

_PAUSE_S = 1.0


class ReaderProcess:
    """The reader process of this bridge: started again when it dies, ended with the bridge however that ends."""

    def __init__(self, file: Path) -> None:
        self._command = [sys.executable, "-m", "kiosk.card", "--settings", str(file), "--until-stdin-closes"]
        self._over = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)
        self._watch.start()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Reader]:
        """A reader process on a socket in a folder of its own, for as long as the block lasts."""
        # A folder that only this user can enter: whoever reaches the socket can use the reader.
        with tempfile.TemporaryDirectory(prefix="bridge-") as folder:
            socket = Path(folder) / "reader.sock"
            file = Path(folder) / "reader.toml"
            file.write_text(f'socket = "{socket}"\n', encoding="utf-8")
            child = cls(file)
            try:
                yield Reader(socket)
            finally:
                child.stop()

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
