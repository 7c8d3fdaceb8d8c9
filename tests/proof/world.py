"""Where a campaign takes place: a PostgreSQL of its own that dates every commit, a key token, a town with people."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from portal import database, jobs, municipality, settings, terminals
from portal.certificates.sealing import publishing
from portal.clock import SystemClock
from portal.commands.database import migrate
from portal.embedded import EmbeddedPostgres
from portal.ground import Ground
from portal.identity import Authenticated
from portal.identity.tables import serial_links
from portal.keys import FieldCipher, Purpose, SigningKeys
from print_agent.ticket import Keys, load_keys
from tests.portal.certificates.sealing.papers import requested
from tests.portal.register.people import TESTER, put_household
from tests.proof.names import name
from tests.proof.plan import Plan
from tests.world import hsm, ports, tls
from tests.world.city import settings_text
from tests.world.demo_city.municipality import MUNICIPALITY_TOML
from tests.world.office_authority import OfficeAuthority
from tests.world.runtime import runtime_folder

# Written to no disk that anybody needs after a power cut; each commit is dated, so that the order of two is known.
_SERVER_OPTIONS = (
    "-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off", "-c track_commit_timestamp=on",
)  # fmt: skip
_SIZES = (1, 1, 2, 2, 3, 4, 6)


@dataclass(frozen=True)
class Person:
    """A resident of the proof: the number in their name, and who lives with them."""

    id: UUID
    serial: int
    household: int
    link: UUID

    @property
    def authenticated(self) -> Authenticated:
        """As whom the portal knows them once their card has answered."""
        return Authenticated(self.id, self.link, "proof")


@dataclass(frozen=True)
class Terminal:
    """An enrolled kiosk and the file of its key."""

    id: str
    key: Path


@dataclass(frozen=True)
class Town:
    """One campaign's database and everybody in it."""

    ground: Ground
    settings: Path
    folder: Path
    authority: Path
    ticket_keys: Keys
    people: tuple[Person, ...]
    terminals: tuple[Terminal, ...]

    def household(self, number: int) -> list[Person]:
        """Everybody who lived there at the beginning, the head first."""
        return [person for person in self.people if person.household == number]


class World:
    """The server, the token and the secrets; each campaign gets a database and a settings file of its own."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "secrets").mkdir(parents=True)
        self.folder = folder
        self._runtime = runtime_folder()
        self._postgres = EmbeddedPostgres(folder / "postgres", self._runtime)
        self._towns = count(1)
        self._keys: SigningKeys | None = None

    def start(self) -> None:
        """Begin; `stop` ends everything."""
        self._postgres.ensure_running(*_SERVER_OPTIONS)
        hsm.create_token(self.folder / "hsm", "misaki")
        tls.create(self.folder / "tls")
        for store in ("authentication", "signature"):
            (self.folder / "trust" / store).mkdir(parents=True)
        for file, content in {
            "session.key": secrets.token_bytes(32),
            "field.key": secrets.token_bytes(32),
            "token.pin": hsm.PIN.encode(),
        }.items():
            (self.folder / "secrets" / file).write_bytes(content)
        ground = self._ground("portal", self.folder / "portal.toml", {})
        migrate(ground)
        for purpose in Purpose:
            ground.keys.create(purpose, datetime.now(UTC))
        exported = ground.keys.public_keys(Purpose.PRINT_TICKET)
        (self.folder / "ticket-keys.json").write_text(json.dumps(exported))
        self._seal_with(ground)
        ground.engine.dispose()

    def _seal_with(self, ground: Ground) -> None:
        """Put the token's seal keys into use, as docs/operations.md says."""
        _, request = requested(ground.keys)
        certificate = OfficeAuthority(self.folder / "office").issue(request)
        with database.transaction(ground.engine) as connection:
            now = datetime.now(UTC)
            publishing.publish_stamp_key(connection, ground.keys, actor=TESTER, now=now)
            publishing.publish_document_key(connection, ground.keys, certificate, actor=TESTER, now=now)

    def stop(self) -> None:
        """End the server and remove its sockets."""
        self._postgres.stop("immediate")
        shutil.rmtree(self._runtime, ignore_errors=True)

    @contextmanager
    def town(self, plan: Plan, port: int) -> Iterator[Town]:
        """A new database with the people of this plan; `port` is where kiosks believe the portal to be."""
        number = next(self._towns)
        self._administer(f"CREATE DATABASE town_{number} TEMPLATE portal")
        file = self.folder / f"town-{number}.toml"
        ground = self._ground(f"town_{number}", file, {"terminal": port})
        try:
            people = self._populate(ground, plan)
            yield Town(
                ground=ground,
                settings=file,
                folder=self.folder,
                authority=self.folder / "tls" / "ca.pem",
                ticket_keys=load_keys(self.folder / "ticket-keys.json"),
                people=people,
                terminals=self._enrol(ground, plan, number),
            )
        finally:
            ground.engine.dispose()

    def _ground(self, name_of_database: str, file: Path, known: dict[str, int]) -> Ground:
        url = self._postgres.url.replace("/portal?", f"/{name_of_database}?")
        at = {**ports.free(), **known}
        text = settings_text(self.folder, self._runtime, at, "http://127.0.0.1:9/")
        file.write_text(text.replace("[token]", f'database_url = "{url}"\n\n[token]', 1), encoding="utf-8")
        loaded = settings.load(file)
        self._keys = self._keys or SigningKeys(loaded.token)
        return Ground(
            settings=loaded,
            engine=database.create_engine(url, pool_size=20),
            keys=self._keys,
            fields=FieldCipher(loaded.field_key),
            clock=SystemClock(),
            jobs=jobs.create_app(url),
        )

    def _administer(self, statement: str) -> None:
        engine = sa.create_engine(self._postgres.url.replace("/portal?", "/postgres?"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def _populate(self, ground: Ground, plan: Plan) -> tuple[Person, ...]:
        dice, serials, people = plan.dice("people"), count(1), []
        with database.transaction(ground.engine) as connection:
            municipality.load(connection, open_around_the_clock(MUNICIPALITY_TOML), ground.clock.now())
            for household in range(plan.households):
                members = [next(serials) for _ in range(dice.choice(_SIZES))]
                ids = put_household(connection, *({"name": name(serial, 1)} for serial in members))
                people += [
                    Person(resident, serial, household, uuid4())
                    for resident, serial in zip(ids, members, strict=True)
                ]
            connection.execute(serial_links.insert(), [_link(person, ground.clock.now()) for person in people])
        return tuple(people)

    def _enrol(self, ground: Ground, plan: Plan, number: int) -> tuple[Terminal, ...]:
        enrolled = []
        for place in range(plan.kiosks):
            key = Ed25519PrivateKey.generate()
            terminal = Terminal(
                f"kiosk-{place + 1:02}", self.folder / "secrets" / f"kiosk-{number}-{place + 1:02}.key"
            )
            terminal.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            with database.transaction(ground.engine) as connection:
                terminals.enrol(
                    connection, terminal_id=terminal.id, name="窓口端末", place="本庁舎1階", public_key=public,
                    actor=TESTER, now=ground.clock.now(),
                )  # fmt: skip
            enrolled.append(terminal)
        return tuple(enrolled)


def open_around_the_clock(municipality_file: str) -> str:
    """The municipality's file with kiosks that never close: the proof runs at any hour of any day."""
    lines = municipality_file.splitlines()
    start = lines.index("[kiosk]")
    end = next(place for place in range(start + 1, len(lines)) if lines[place].startswith("["))
    lines[start:end] = ["[kiosk]", "opens = 00:00:00", "closes = 23:59:59", "closed = []", "maintenance = []", ""]
    return "\n".join(lines) + "\n"


def _link(person: Person, now: datetime) -> dict[str, object]:
    """A serial link as a log-in would have found it; the card itself is the business of other tests."""
    return {
        "id": person.link,
        "issuer_sha256": bytes(32),
        "issuer": b"proof",
        "serial": str(person.serial),
        "resident_id": person.id,
        "algorithm": "rsa",
        "valid_from": now,
    }
