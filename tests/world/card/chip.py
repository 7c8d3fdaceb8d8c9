"""The chip of an Individual Number Card (個人番号カード) as far as its JPKI application answers.

Commands and status words as published for the real card (ISO/IEC 7816-4; a locked PIN answers 63C0 at the
try that locks it and 6984 from then on). ``Faults`` makes it misbehave on purpose.
"""

import json
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

JPKI_APPLICATION = bytes.fromhex("D392F000260100000001")
# A type B contactless answer-to-reset as a reader synthesises it; real ones vary from card to card.
ATR = bytes.fromhex("3B88800100000000338181003A")

AUTH_CERTIFICATE, AUTH_CA, AUTH_KEY, AUTH_PIN = 0x000A, 0x000B, 0x0017, 0x0018
SIGN_CERTIFICATE, SIGN_CA, SIGN_KEY, SIGN_PIN = 0x0001, 0x0002, 0x001A, 0x001B
TOKEN_INFO, PRESENT_CERTIFICATES = 0x0006, 0x0008

OK = 0x9000
WRONG_LENGTH = 0x6700
SECURITY_NOT_SATISFIED = 0x6982
NOT_ALLOWED = 0x6986
WRONG_REFERENCE = 0x6A86
NOT_FOUND = 0x6A82
OUTSIDE_FILE = 0x6B00
UNKNOWN_INSTRUCTION = 0x6D00


class Pulled(Exception):
    """Raised inside the chip when a fault says that the card leaves the reader at this command."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong. Commands are counted from 1, from the insertion or from the setting of the faults."""

    remove_at: int | None = None
    """The card is gone when command n arrives; that command is not carried out."""
    remove_after: int | None = None
    """Command n is carried out, its answer never arrives."""
    garbage_at: int | None = None
    """From command n on every answer is noise."""
    garbage_files: bool = False
    """Every file holds noise of its own length behind a header that fits, as a worn chip's may."""
    counter_word: int | None = None
    """Status word of every counter query, whatever the counter says."""
    apdu_delay: float = 0.0
    """Seconds before each answer."""
    sign_delay: float = 0.0
    """Seconds a signature takes."""
    blocked_query: int = 0x63C0
    """Status word of the counter query when the PIN is blocked."""
    blocked_verify: int = 0x6984
    """Status word of a PIN check when the PIN is blocked."""
    not_jpki: bool = False
    """A card without the JPKI application."""


@dataclass
class Secret:
    """A PIN or password with its retry counter."""

    value: bytes
    left: int
    most: int


@dataclass(frozen=True)
class Command:
    """A parsed C-APDU. ``expected`` is Le in bytes, None without Le."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    expected: int | None


@dataclass
class Chip:
    """One card. Its PIN counters live as long as the object, as they do in a real chip."""

    files: dict[int, bytes]
    keys: dict[int, tuple[int, rsa.RSAPrivateKey]]
    secrets: dict[int, Secret]
    label: str
    faults: Faults = field(default_factory=Faults)
    commands: int = 0
    checks: int = 0
    """PIN and password checks with something in them, the blocked ones included."""

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._selected: int | None = None
        self._application = False
        self._verified: set[int] = set()

    @property
    def pin_verified(self) -> bool:
        """Whether the chip would sign for 利用者証明 now."""
        return AUTH_PIN in self._verified

    @property
    def password_verified(self) -> bool:
        """Whether the chip would sign with the 署名用 key, and show its certificate, now."""
        return SIGN_PIN in self._verified

    def set_faults(self, faults: Faults) -> None:
        """Replace the faults and count commands anew."""
        with self._lock:
            self.faults = faults
            self.commands = self.checks = 0

    def put_down(self) -> None:
        """Count anew: the card has just been inserted."""
        with self._lock:
            self.commands = self.checks = 0

    def power_cycle(self) -> None:
        """Forget the application and every verified PIN (power on, power off, reset)."""
        with self._lock:
            self._application = False
            self._selected = None
            self._verified.clear()

    def answer(self, apdu: bytes) -> bytes:
        """The response APDU. Raises :class:`Pulled` when the faults take the card away."""
        with self._lock:
            self.commands += 1
            number, faults = self.commands, self.faults
            if faults.remove_at is not None and number >= faults.remove_at:
                raise Pulled
            if faults.apdu_delay:
                time.sleep(faults.apdu_delay)
            response = self._carry_out(apdu)
            if faults.remove_after is not None and number >= faults.remove_after:
                raise Pulled
            if faults.garbage_at is not None and number >= faults.garbage_at:
                return bytes((number * 37 + position * 91) & 0xFF for position in range(len(response) + 3))
            return response

    def _carry_out(self, apdu: bytes) -> bytes:
        command = parse(apdu)
        if command is None:
            return _word(WRONG_LENGTH)
        if self.faults.not_jpki:
            return _word(NOT_FOUND)
        if (command.cla, command.ins, command.p1) == (0x00, 0xA4, 0x04):
            return self._select_application(command)
        if not self._application:
            return _word(UNKNOWN_INSTRUCTION)
        handlers: dict[tuple[int, int], Callable[[Command], bytes]] = {
            (0x00, 0xA4): self._select_file,
            (0x00, 0xB0): self._read,
            (0x00, 0x20): self._verify,
            (0x80, 0x2A): self._sign,
        }
        handler = handlers.get((command.cla, command.ins))
        return handler(command) if handler else _word(UNKNOWN_INSTRUCTION)

    def _select_application(self, command: Command) -> bytes:
        if command.data != JPKI_APPLICATION:
            return _word(NOT_FOUND)
        self._application = True
        self._selected = None
        self._verified.clear()
        return _word(OK)

    def _select_file(self, command: Command) -> bytes:
        if command.p1 != 0x02:
            return _word(WRONG_REFERENCE)
        wanted = int.from_bytes(command.data, "big")
        if wanted not in self.files and wanted not in self.keys and wanted not in self.secrets:
            return _word(NOT_FOUND)
        self._selected = wanted
        return _word(OK)

    def _read(self, command: Command) -> bytes:
        content = self.files.get(self._selected or 0)
        if content is None:
            return _word(NOT_ALLOWED)
        if self._selected == SIGN_CERTIFICATE and SIGN_PIN not in self._verified:
            return _word(SECURITY_NOT_SATISFIED)
        offset = command.p1 << 8 | command.p2
        if offset >= len(content):
            return _word(OUTSIDE_FILE)
        if self.faults.garbage_files:
            content = content[:4] + bytes((position * 167 + 13) & 0xFF for position in range(4, len(content)))
        return content[offset : offset + (command.expected or 0)] + _word(OK)

    def _verify(self, command: Command) -> bytes:
        secret = self.secrets.get(self._selected or 0)
        if secret is None or self._selected is None or (command.p1, command.p2) != (0x00, 0x80):
            return _word(NOT_ALLOWED)
        if not command.data:  # a real card tells the counter even right after a correct PIN
            if self.faults.counter_word is not None:
                return _word(self.faults.counter_word)
            return _word(0x63C0 | secret.left if secret.left else self.faults.blocked_query)
        self.checks += 1
        if secret.left == 0:
            return _word(self.faults.blocked_verify)
        if command.data == secret.value:
            secret.left = secret.most
            self._verified.add(self._selected)
            return _word(OK)
        secret.left -= 1
        self._verified.discard(self._selected)
        return _word(0x63C0 | secret.left)

    def _sign(self, command: Command) -> bytes:
        if self._selected not in self.keys or (command.p1, command.p2) != (0x00, 0x80):
            return _word(NOT_ALLOWED)
        needed, key = self.keys[self._selected]
        if needed not in self._verified:
            return _word(SECURITY_NOT_SATISFIED)
        if not 0 < len(command.data) <= 245:
            return _word(WRONG_LENGTH)
        if self.faults.sign_delay:
            time.sleep(self.faults.sign_delay)
        return key.sign(command.data, padding.PKCS1v15(), NoDigestInfo()) + _word(OK)


def parse(apdu: bytes) -> Command | None:
    """A short C-APDU (cases 1 to 4), or None when its lengths contradict each other."""
    if len(apdu) < 4:
        return None
    (cla, ins, p1, p2), body = apdu[:4], apdu[4:]
    if len(body) <= 1:
        expected = (body[0] or 256) if body else None
        return Command(cla, ins, p1, p2, b"", expected)
    length = body[0]
    data, rest = body[1 : 1 + length], body[1 + length :]
    if length == 0 or len(data) != length or len(rest) > 1:
        return None
    return Command(cla, ins, p1, p2, data, (rest[0] or 256) if rest else None)


def load_chip(folder: Path) -> Chip:
    """The chip of a card folder made by :meth:`tests.world.jpki.Authority.issue_card`."""
    content = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return Chip(
        files={
            AUTH_CERTIFICATE: (folder / "auth.der").read_bytes(),
            AUTH_CA: (folder / "auth_ca.der").read_bytes(),
            SIGN_CERTIFICATE: (folder / "sign.der").read_bytes(),
            SIGN_CA: (folder / "sign_ca.der").read_bytes(),
            TOKEN_INFO: b"JPKIAPICCTOKEN2".ljust(0x20, b"\0").ljust(160, b"\xff"),
            PRESENT_CERTIFICATES: bytes.fromhex("8F8F00"),
        },
        keys={
            AUTH_KEY: (AUTH_PIN, _load_key(folder / "auth.key")),
            SIGN_KEY: (SIGN_PIN, _load_key(folder / "sign.key")),
        },
        secrets={
            AUTH_PIN: Secret(content["pin"].encode(), content["tries"], 3),
            SIGN_PIN: Secret(content["sign_password"].encode(), content["sign_tries"], 5),
        },
        label=content["label"],
    )


def _load_key(path: Path) -> rsa.RSAPrivateKey:
    # Our own keys: checking them anew would take longer than everything else the tray does.
    key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"not an RSA key: {path.name}")
    return key


def _word(status: int) -> bytes:
    return struct.pack(">H", status)
