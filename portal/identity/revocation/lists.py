"""The lists that a process holds: mapped files, looked after by a thread so that no request ever waits for them."""

import logging
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography import x509

from portal.clock import SystemClock
from portal.identity.errors import RevocationUnavailable
from portal.identity.revocation import compact, refresh
from portal.identity.revocation.compact import CompactList, CompactListDamaged
from portal.identity.revocation.crl import LONGEST_SERIAL
from portal.identity.revocation.standing import Standing

LOOK_EVERY_SECONDS = 1.0
_SERIAL_END = 1 << (8 * LONGEST_SERIAL)
_LOG = logging.getLogger(__name__)


class Lists:
    """The lists under one folder. `start` begins a refresh in another process.

    A request reads what is held at that moment. Once a second the thread looks whether a file was replaced, and
    whether it is time to fetch.
    """

    def __init__(self, folder: Path, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._folder = folder
        self._start = start
        self._held: dict[bytes, CompactList] = {}
        self._fingerprints: dict[bytes, bytes] = {}
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._not_before = time.monotonic()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._over = threading.Event()

    def __len__(self) -> int:
        """How many roots have a list here."""
        return len(self._held)

    def standing(self, root: x509.Certificate, serial: int, *, now: datetime) -> Standing:
        """What the root's list says of a serial number: GOOD, REVOKED or ON_HOLD; it cannot say UNKNOWN.

        Raises RevocationUnavailable when there is no list of this root, or it is of the future, or its next update
        has passed.
        """
        held = self._held.get(self._filed_under(root))
        if held is None:
            raise RevocationUnavailable("there is no list of this root")
        if not held.covers(now):
            raise RevocationUnavailable("the list is not of this time")
        if not 0 <= serial < _SERIAL_END:
            raise RevocationUnavailable("no list could name this serial number")
        return held.standing(serial)

    def look(self) -> None:
        """Map what was replaced, let go of what is gone, begin a refresh when it is time. Raises OSError."""
        files = {path: _identity(path) for path in self._folder.glob(f"*{compact.SUFFIX}")}
        if files != self._seen:
            self._held = {held.root: held for path in files if (held := self._load(path)) is not None}
            self._seen = files
        self._fetch_when_due()

    def keep(self) -> None:
        """Have the thread running: also in a process that was forked after it had been started."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            self._thread = threading.Thread(target=self._watch, name="revocation-lists", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread and let go of the lists. A refresh that was begun ends by itself."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._child is not None:
            self._child.wait()
        self._held = {}

    def _filed_under(self, root: x509.Certificate) -> bytes:
        """The root's fingerprint. Its signature tells it apart as well, and is at hand without any hashing."""
        signature = root.signature
        known = self._fingerprints.get(signature)
        if known is None:
            known = self._fingerprints[signature] = compact.fingerprint(root)
        return known

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_SECONDS):
            try:
                self.look()
            except OSError as error:
                _LOG.warning("the lists of revoked certificates cannot be looked at (%s)", type(error).__name__)

    def _load(self, path: Path) -> CompactList | None:
        try:
            held = compact.load(path)
        except CompactListDamaged as error:
            _LOG.error("a list of revoked certificates is damaged (%s) and is fetched again", error)
            refresh.hurry(self._folder)
            return None
        _LOG.info("a list of %d revoked certificates is in use, number %d", len(held), held.number)
        return held

    def _fetch_when_due(self) -> None:
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return
            if code != 0:
                _LOG.error("the refresh of the lists of revoked certificates ended with %d", code)
            self._child = None
        # A refresh that dies before it can say when the next one is due must not be begun anew each second.
        if time.monotonic() < self._not_before or not refresh.due(self._folder, now=SystemClock().now()):
            return
        self._not_before = time.monotonic() + refresh.RETRY_AFTER.total_seconds()
        try:
            self._child = self._start()
        except OSError as error:
            _LOG.error("the refresh of the lists of revoked certificates cannot begin (%s)", type(error).__name__)


_LOCK = threading.Lock()
_OF_FOLDER: dict[Path, Lists] = {}


def held(state_dir: Path) -> Lists:
    """The lists of this machine, as this process holds them; loaded at the first call and kept fresh since."""
    known = _OF_FOLDER.get(state_dir)
    if known is None:
        with _LOCK:
            known = _OF_FOLDER.get(state_dir)
            if known is None:
                known = Lists(refresh.folder_of(state_dir), refresh.start)
                known.look()
                _OF_FOLDER[state_dir] = known
    known.keep()
    return known


def _identity(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
