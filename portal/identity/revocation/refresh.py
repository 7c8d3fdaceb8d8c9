"""Fetching the authority's lists: done by a process of its own, never by one that serves requests.

One refresh at a time on a machine, however many faces it carries: the lock belongs to the folder of the lists. When
the next one is due is written down there by the last one.
"""

import fcntl
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509

from portal.identity.card import chain
from portal.identity.card.profile import CertificateKind
from portal.identity.revocation import compact, crl
from portal.identity.revocation.compact import CompactList, CompactListDamaged
from portal.identity.revocation.crl import ListRefused, RevocationList
from portal.identity.revocation.wire import NotReceived, receive
from portal.settings import Settings

REFRESH_EVERY = timedelta(hours=1)
RETRY_AFTER = timedelta(minutes=1)
# A list of a million has 37 MB.
LARGEST_LIST = 256 * 1024 * 1024
PATIENCE_SECONDS = 300.0
_WAIT_SECONDS = 20.0
_DUE = "due"
# Content codings would make the length on the wire say nothing about the length of the list.
_HEADERS = {"Accept": "application/pkix-crl", "Accept-Encoding": "identity"}
_LOG = logging.getLogger(__name__)


class RefreshAtWork(Exception):
    """Raised when another process of this machine is fetching the lists at this moment."""


@dataclass(frozen=True)
class Taken:
    """A list that was fetched and proven: the root's fingerprint, its number and dates, how many it names."""

    root: bytes
    number: int
    this_update: datetime
    next_update: datetime
    entries: int


def folder_of(state_dir: Path) -> Path:
    """Where the lists of this machine are kept."""
    return state_dir / "revocation"


def start() -> subprocess.Popen[bytes]:
    """Start a refresh in a process of its own, with the settings file of this one. Raises OSError."""
    command = [sys.executable, "-m", "portal", "revocation", "refresh", "--when-due"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def due(folder: Path, *, now: datetime) -> bool:
    """Whether the lists should be fetched now: never done yet, or the time that the last refresh has set is over."""
    try:
        at = datetime.fromisoformat((folder / _DUE).read_text(encoding="ascii"))
        # One that lies farther off than any refresh sets it was written by a clock that went wrong.
        return not now < at <= now + REFRESH_EVERY
    except (FileNotFoundError, ValueError, TypeError):
        return True


def hurry(folder: Path) -> None:
    """Let the next refresh be due now. Raises OSError."""
    (folder / _DUE).unlink(missing_ok=True)


def refresh(settings: Settings, *, now: datetime, when_due: bool = False) -> list[Taken | str]:
    """Fetch every list in the settings; for each what was taken, or in words why nothing was.

    With `when_due` nothing is done while the last refresh is fresh enough. A list that is refused leaves the one
    that is already there. Raises RefreshAtWork, TrustStoreUnusable, OSError.
    """
    folder = folder_of(settings.state_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        if when_due and not due(folder, now=now):
            return []
        roots = [
            root
            for kind in CertificateKind
            for root in chain.trust_store(settings.trust, settings.environment, kind).roots
        ]
        results = [_take(url, roots, folder, now) for url in settings.trust.crl_urls]
        _write_due(folder, now + _pause(results, now))
    return results


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefreshAtWork from error
        yield


def _take(url: str, roots: list[x509.Certificate], folder: Path, now: datetime) -> Taken | str:
    try:
        made = crl.read(_fetch(url), roots, now=now)
        kept = _kept(folder, made.root)
        if kept is None or _is_newer(made, kept):
            compact.write(folder, made)
    except (NotReceived, ListRefused) as error:
        return str(error)
    root = compact.fingerprint(made.root)
    return Taken(root, made.number, made.this_update, made.next_update, len(made.entries))


def _fetch(url: str) -> bytes:
    with httpx.Client(timeout=_WAIT_SECONDS, follow_redirects=False, trust_env=False) as client:
        request = httpx.Request("GET", url, headers=_HEADERS)
        return receive(client, request, largest=LARGEST_LIST, patience=PATIENCE_SECONDS)


def _kept(folder: Path, root: x509.Certificate) -> CompactList | None:
    try:
        return compact.load(compact.path_of(folder, compact.fingerprint(root)))
    except FileNotFoundError:
        return None
    except CompactListDamaged as error:
        _LOG.warning("the list that was kept is damaged (%s) and is made anew", error)
        return None


def _is_newer(made: RevocationList, kept: CompactList) -> bool:
    """False for the very list that is kept. Raises ListRefused for an older one, and for another of one number."""
    if made.number < kept.number:
        raise ListRefused("it is older than the one that is kept")
    if made.number == kept.number and made.digest != kept.digest:
        raise ListRefused("it is another one under the number of the one that is kept")
    return made.number > kept.number


def _pause(results: list[Taken | str], now: datetime) -> timedelta:
    """An hour, or less when a list ends sooner: half of what is left of it, but never under a minute."""
    ends = [result.next_update for result in results if isinstance(result, Taken)]
    if len(ends) < len(results):
        return RETRY_AFTER
    return max(RETRY_AFTER, min([REFRESH_EVERY, *((end - now) / 2 for end in ends)]))


def _write_due(folder: Path, at: datetime) -> None:
    draft = folder / ".due"
    draft.write_text(at.isoformat(), encoding="ascii")
    draft.replace(folder / _DUE)
