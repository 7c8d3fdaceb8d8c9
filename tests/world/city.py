"""みさき市 made ready once: people, cards, keys, a loaded database. Each house starts from a copy of it.

Building takes a minute, so the result is kept under the state folder and rebuilt when what it is made from changed.
"""

import csv
import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.clock import SystemClock, local_date
from tests.world import hsm, tls
from tests.world.jpki.authority import Authority, CardOrder, IssuedCard
from tests.world.jpki.profiles import FourItems
from tests.world.office_authority import OfficeAuthority

CHECKOUT = Path(__file__).resolve().parent.parent.parent
TERMINAL = "kiosk-01"
TOKEN_LABEL = "misaki"
STAFF_PASSWORD = "minato-2026-demo"  # of four invented officers
STAFF = {
    "sato": ("佐藤 花子", "reviewer"),
    "ito": ("伊藤 葵", "desk"),
    "suzuki": ("鈴木 健", "operator"),
    "tanaka": ("田中 誠", "administrator"),
}
_SEXES = {"male": "1", "female": "2"}
# A city older than this would show planned departures that lie in the past.
_KEEP_DAYS = 7
_MADE_FROM = (
    "portal",
    "tests/world/demo_city",
    "tests/world/jpki",
    "tests/world/office_authority.py",
    "tests/world/city.py",
)


@dataclass(frozen=True)
class DemoCard:
    """One card of the tray: whose it is, its PIN and what is wrong with it, if anything."""

    card_id: str
    resident_number: str
    label: str
    pin: str
    state: str


@dataclass(frozen=True)
class City:
    """The folder of a city that is ready to be copied."""

    folder: Path

    def cards(self) -> list[DemoCard]:
        """Every card there is, in the order of the file."""
        with (self.folder / "data" / "cards.csv").open(encoding="utf-8", newline="") as file:
            return [DemoCard(**{key: row[key] for key in DemoCard.__annotations__}) for row in csv.DictReader(file)]

    def name_of(self, resident_number: str) -> str:
        """The name as the register's own file has it, code point for code point."""
        with (self.folder / "data" / "residents.csv").open(encoding="utf-8", newline="") as file:
            return next(row["name"] for row in csv.DictReader(file) if row["resident_number"] == resident_number)

    def four_items(self) -> dict[str, FourItems]:
        """What the 署名用 certificate of each resident says, by 宛名番号: the register's own words."""
        with (self.folder / "data" / "residents.csv").open(encoding="utf-8", newline="") as file:
            return {
                row["resident_number"]: FourItems(
                    row["name"], date.fromisoformat(row["birth_date"]), _SEXES.get(row["sex"], "3"), row["address"]
                )
                for row in csv.DictReader(file)
                if len(row["birth_date"]) == len("YYYY-MM-DD")
            }


def ready(state: Path) -> City:
    """The city under `state`, built if it is missing, out of date or a week old. Safe for several processes."""
    state.mkdir(parents=True, exist_ok=True)
    folder = state / "city"
    with (state / "city.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "stamp"
        wanted = _fingerprint()
        if not stamp.exists() or stamp.read_text() != wanted or _too_old(stamp):
            shutil.rmtree(folder, ignore_errors=True)
            _build(folder)
            stamp.write_text(wanted)
        # Quick when nothing has changed: forms are kept by what they are made from.
        _run(folder, "-m", "tests.world.forms", str(folder / "press"))
    return City(folder)


def settings_text(folder: Path, runtime: Path, ports: dict[str, int], ocsp_url: str) -> str:
    """portal.toml for a house in `folder`."""
    origin = {face: f"https://127.0.0.1:{ports[face]}" for face in ("resident", "staff", "terminal", "verify")}
    return f"""\
environment = "development"
state_dir = "{folder}"
runtime_dir = "{runtime}"
static_dir = "{CHECKOUT / "static"}"
secret_key_file = "secrets/session.key"
field_key_file = "secrets/field.key"

[token]
module = "{hsm.MODULE}"
label = "{TOKEN_LABEL}"
pin_file = "secrets/token.pin"

[trust]
authentication_roots = "{folder / "trust" / "authentication"}"
signature_roots = "{folder / "trust" / "signature"}"
ocsp_url = "{ocsp_url}"

[tls]
certificate = "tls/server.pem"
key = "tls/server.key"

[origins]
resident = "{origin["resident"]}"
staff = "{origin["staff"]}"
terminal = "{origin["terminal"]}"
verify = "{origin["verify"]}"
bridge = "http://127.0.0.1:{ports["bridge"]}"
"""


def _build(folder: Path) -> None:
    folder.mkdir(parents=True)
    today = local_date(SystemClock().now())
    _run(folder, "-m", "tests.world.demo_city", str(folder / "data"), "--seed", "7", "--today", today.isoformat())
    _open_around_the_clock(folder / "data" / "municipality.toml")
    tls.create(folder / "tls")
    _make_secrets(folder / "secrets")
    _make_terminal_key(folder / "secrets")
    authority = Authority(folder / "jpki")
    shutil.copytree(authority.auth_trust, folder / "trust" / "authentication")
    shutil.copytree(authority.sign_trust, folder / "trust" / "signature")
    _make_cards(folder, authority)
    hsm.create_token(folder / "hsm", TOKEN_LABEL)
    runtime = folder / "r"
    ports = dict.fromkeys(("resident", "staff", "terminal", "verify", "bridge"), 1)
    (folder / "portal.toml").write_text(
        settings_text(folder, runtime, ports, "http://127.0.0.1:1/"), encoding="utf-8"
    )
    try:
        _load(folder)
    finally:
        _portal(folder, "database", "stop")
        shutil.rmtree(runtime, ignore_errors=True)


def _load(folder: Path) -> None:
    _portal(folder, "database", "migrate")
    _portal(folder, "worker", "--prepare")
    _portal(folder, "keys", "create")
    (folder / "ticket-keys.json").write_bytes(_portal(folder, "keys", "export"))
    _portal(folder, "municipality", "load", str(folder / "data" / "municipality.toml"))
    _certify_document_key(folder)
    _portal(folder, "register", "import", str(folder / "data"))
    _portal(folder, "identity", "link", str(folder / "links.csv"))
    public = folder / "secrets" / "terminal.pub"
    _portal(
        folder, "terminal", "enrol", TERMINAL, "--name", "本庁舎 1号機", "--place", "本庁舎 1階",
        "--public-key", str(public),
    )  # fmt: skip
    for login, (name, role) in STAFF.items():
        _portal(
            folder, "staff", "add", login, "--name", name, "--role", role,
            "--password-file", str(folder / "secrets" / "staff.password"),
            "--totp-secret-file", str(folder / "secrets" / "staff.totp"),
        )  # fmt: skip


def _certify_document_key(folder: Path) -> None:
    """The ceremony of docs/operations.md: request from the token, certificate from the authority, into use."""
    request = _portal(folder, "keys", "request", "document-seal")
    certificate = folder / "document-seal.pem"
    certificate.write_bytes(OfficeAuthority(folder / "office-authority").issue(request))
    _portal(folder, "keys", "certificate", str(certificate))


def _make_secrets(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    values = {
        "session.key": secrets.token_bytes(32),
        "field.key": secrets.token_bytes(32),
        "token.pin": hsm.PIN.encode(),
        "staff.password": STAFF_PASSWORD.encode(),
        "staff.totp": b"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    }
    for name, value in values.items():
        file = folder / name
        file.touch(mode=0o600)
        file.write_bytes(value)


def _make_terminal_key(folder: Path) -> None:
    key = Ed25519PrivateKey.generate()
    private = folder / "terminal.key"
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "terminal.pub").write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _make_cards(folder: Path, authority: Authority) -> None:
    """Every card of cards.csv, and links.csv with the certificates that the register knows."""
    links = [("certificate", "resident_number")]
    named = City(folder).four_items()
    for number, card in enumerate(City(folder).cards()):
        order = _order(card, generation=1 + number % 2, four_items=named.get(card.resident_number))
        issued = authority.issue_card(folder / "cards", order)
        _spoil(authority, issued, card.state)
        if card.state != "unlinked":
            links.append((str(issued.folder / "auth.der"), card.resident_number))
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(links)


def _order(card: DemoCard, generation: int, four_items: FourItems | None) -> CardOrder:
    order = CardOrder(
        card_id=card.card_id,
        pin=card.pin,
        label=card.label,
        tries=0 if card.state == "blocked" else 3,
        generation=generation,
        four_items=four_items,
    )
    if card.state != "expired":
        return order
    now = datetime.now(UTC)
    return CardOrder(
        card_id=card.card_id,
        pin=card.pin,
        label=card.label,
        generation=generation,
        four_items=four_items,
        not_before=now - timedelta(days=5 * 365),
        not_after=now - timedelta(days=2),
    )


def _spoil(authority: Authority, issued: IssuedCard, state: str) -> None:
    reason = {"revoked": x509.ReasonFlags.cessation_of_operation, "on_hold": x509.ReasonFlags.certificate_hold}
    if state in reason:
        authority.revoke(issued.auth, reason[state])


def _open_around_the_clock(file: Path) -> None:
    """The demo is shown at any hour of any day; hours and closures are the municipality's own data."""
    lines = file.read_text(encoding="utf-8").splitlines()
    start = lines.index("[kiosk]")
    end = next(n for n in range(start + 1, len(lines)) if lines[n].startswith("["))
    lines[start:end] = ["[kiosk]", "opens = 00:00:00", "closes = 23:59:59", "closed = []", "maintenance = []", ""]
    office = lines.index("[office]")
    lines[office : office + 3] = ["[office]", "opens = 00:00:00", "closes = 23:59:59"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _portal(folder: Path, *arguments: str) -> bytes:
    return _run(folder, "-m", "portal", "--settings", str(folder / "portal.toml"), *arguments)


def _run(folder: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "SOFTHSM2_CONF": str(folder / "hsm" / "softhsm2.conf")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=CHECKOUT, env=environment, capture_output=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace")[-3000:]
        raise RuntimeError(f"building the city failed at: {' '.join(arguments[:5])}\n{said}")
    return done.stdout


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for place in _MADE_FROM:
        root = CHECKOUT / place
        for file in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            if place != "portal" or "migrations" in file.parts or file.name == "tables.py":
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _too_old(stamp: Path) -> bool:
    return datetime.now(UTC) - datetime.fromtimestamp(stamp.stat().st_mtime, UTC) > timedelta(days=_KEEP_DAYS)


if __name__ == "__main__":
    ready(CHECKOUT / ".state")
