"""Many residents in turn on one reader: whose certificate and signature came out, and what the process grew by.

``python -m tests.bench.residents [--count N]`` puts its own virtual cards on its own reader, in front of a reader
process as the kiosk starts it. ``make residents`` runs the 1,000 of the project's goal.
"""

import argparse
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kiosk.card.client import PinWrongError, Reader, ReaderError, ReaderStatus
from kiosk.card.payload import authentication_payload
from tests.world.card import ReaderWorld
from tests.world.jpki import Authority, CardOrder
from tests.world.runtime import runtime_folder

CHECKOUT = Path(__file__).resolve().parents[2]
RESIDENTS = 1000
CARDS = 12
ORIGIN = "https://terminal.example.test"
PATIENCE_S = 15.0
# Loading the module, the first cards and the first signatures fill pools that stay as they are afterwards.
WARM_AFTER = 50
_MANNERS = 5


class ResidentNotServedError(Exception):
    """Raised when a resident with a good card and a good PIN is not served: the campaign is over."""


@dataclass
class Tally:
    """What the residents of one campaign met."""

    served: int = 0
    wrong_identities: int = 0
    rss_kib: list[int] = field(default_factory=list)
    """Resident memory of the reader process after each resident."""

    @property
    def growth_kib(self) -> int:
        """From the first resident after warming up to the last."""
        return self.rss_kib[-1] - self.rss_kib[min(WARM_AFTER, len(self.rss_kib) - 1)]


@dataclass(frozen=True)
class Counter:
    """One reader with its process, and the cards of those who stand in line."""

    reader: Reader
    world: ReaderWorld
    cards: Path
    process: int

    def wait(self, reached: Callable[[ReaderStatus], bool]) -> ReaderStatus:
        """The first status that fulfils the condition. Raises :class:`ResidentNotServedError`."""
        deadline = time.monotonic() + PATIENCE_S
        while not reached(status := self.reader.status()):
            if time.monotonic() > deadline:
                raise ResidentNotServedError(f"the reader says {status.state}")
            time.sleep(0.02)
        return status

    def certificate_of(self, card: str) -> bytes:
        """What this card, and no other, must show."""
        return (self.cards / card / "auth.der").read_bytes()


def serve(counter: Counter, names: list[str], residents: int) -> Tally:
    """Serve so many residents, the cards in turn; every few of them behave as people do."""
    tally, before = Tally(), -1
    for number in range(residents):
        if number and number % 100 == 0:
            print(f"{number} residents, reader at {tally.rss_kib[-1]} KiB", file=sys.stderr, flush=True)
        card = names[number % len(names)]
        counter.world.insert(card)
        presence = counter.wait(_ready_and_not(before)).presence
        if number % _MANNERS == 1:
            _mistype(counter, presence)
        elif number % _MANNERS == 2:
            presence = _pull_while_typing(counter, card, presence)
        if not _is_served(counter, card, presence):
            tally.wrong_identities += 1
        tally.served += 1
        counter.world.remove()
        if number % _MANNERS == 3:
            # The next card follows unseen: nobody asked the reader in between.
            before = presence
        else:
            counter.wait(lambda status: status.state == "no_card")
            counter.reader.reset()
        tally.rss_kib.append(_rss_kib(counter.process))
    return tally


def _ready_and_not(presence: int) -> Callable[[ReaderStatus], bool]:
    return lambda status: status.state == "ready" and status.presence != presence


def _type(reader: Reader, pin: str, presence: int) -> None:
    reader.pin_begin(presence)
    for digit in pin:
        reader.pin_key(digit)


def _mistype(counter: Counter, presence: int) -> None:
    _type(counter.reader, "9999", presence)
    try:
        counter.reader.sign(presence, authentication_payload(ORIGIN, secrets.token_bytes(32), "kiosk:k1"))
    except PinWrongError:
        return
    raise ResidentNotServedError("a wrong PIN was not called wrong")


def _pull_while_typing(counter: Counter, card: str, presence: int) -> int:
    _type(counter.reader, "12", presence)
    counter.world.remove()
    counter.world.insert(card)
    return counter.wait(_ready_and_not(presence)).presence


def _is_served(counter: Counter, card: str, presence: int) -> bool:
    """Whether certificate and signature are those of the card that lies there."""
    expected, payload = (
        counter.certificate_of(card),
        authentication_payload(ORIGIN, secrets.token_bytes(32), "kiosk:k1"),
    )
    shown = counter.reader.certificate(presence)
    _type(counter.reader, "1234", presence)
    try:
        signed = counter.reader.sign(presence, payload)
    except ReaderError as error:
        raise ResidentNotServedError(error.code) from error
    return shown == expected == signed.der and _verifies(expected, signed.signature, payload)


def _verifies(der: bytes, signature: bytes, payload: bytes) -> bool:
    key = x509.load_der_x509_certificate(der).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, payload, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _rss_kib(process: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0


def issue(folder: Path, cards: int) -> list[str]:
    """So many new cards with their own keys; their names."""
    authority = Authority(folder / "jpki")
    names = [f"resident-{number:02}" for number in range(cards)]
    for name in names:
        authority.issue_card(folder / "cards", CardOrder(name))
    return names


@contextmanager
def counter_with(folder: Path, runtime: Path) -> Iterator[Counter]:
    """A reader world over the cards in ``folder`` and a reader process of its own."""
    with ReaderWorld(runtime / "card", CHECKOUT / ".state", folder / "cards") as world:
        socket, settings = runtime / "reader.sock", runtime / "reader.toml"
        settings.write_text(f'socket = "{socket}"\npcsc_socket = "{world.pcsc_socket}"\n', encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "kiosk.card", "--settings", str(settings), "--until-stdin-closes"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in count():
                if socket.is_socket():
                    break
                if process.poll() is not None:
                    raise ResidentNotServedError("the reader process did not come up")
                time.sleep(0.05)
            yield Counter(Reader(socket), world, folder / "cards", process.pid)
        finally:
            process.communicate(timeout=10)


def main() -> int:
    """Run the campaign; the exit code is 0 when nobody was taken for somebody else."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=RESIDENTS)
    residents = parser.parse_args().count
    base = CHECKOUT / ".state" / "tmp"
    base.mkdir(parents=True, exist_ok=True)
    folder, runtime = Path(tempfile.mkdtemp(prefix=f"residents-{os.getpid()}-", dir=base)), runtime_folder()
    try:
        names = issue(folder, CARDS)
        with counter_with(folder, runtime) as counter:
            tally = serve(counter, names, residents)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)
    print(f"served {tally.served} residents with {CARDS} cards", file=sys.stderr)
    print(f"bench: residents_wrong_identities {tally.wrong_identities} count")
    print(f"bench: residents_memory_growth_kib {tally.growth_kib} KiB")
    return 0 if tally.wrong_identities == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
