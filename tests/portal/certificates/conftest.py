"""A counter with a municipality, a press, and residents at its kiosk."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal import certificates, database, municipality, register, terminals
from portal.certificates import IssuanceUnknown, Means, NotAuthorisable, Refused, Released, Requested, State
from portal.certificates.paper import Issue, Kind, Layout
from portal.certificates.press import Press, Printed
from portal.certificates.rendering import render
from portal.certificates.seal import all_seals
from portal.certificates.sealing.sealer import Sealing
from portal.certificates.tables import issuance_documents, issuances
from portal.ground import Ground
from portal.register import ChangeReason
from portal.settings import Settings
from tests.conftest import CHECKOUT
from tests.portal.certificates.sheets import software_sealing
from tests.portal.register.people import TESTER, put_household
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

TERMINAL = "kiosk-01"
OTHER_TERMINAL = "kiosk-02"


@dataclass(frozen=True)
class Visit:
    """A session at a kiosk."""

    id: UUID
    resident_id: UUID


@pytest.fixture(scope="session")
def press(base_settings: Settings) -> Press:
    """One press for all tests, as in a worker process; what it compiles is kept for other runs and for workers."""
    folder, kept = base_settings.state_dir / "press", CHECKOUT / ".state" / "press-forms"
    kept.mkdir(parents=True, exist_ok=True)
    # Rooms beside this one use this fixture, too: each opens a press of its own over the same forms.
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "forms").symlink_to(kept)
    press = Press(folder)
    press.warm_up(all_seals())
    return press


class Kiosk:
    """What the terminal face and the worker do, in one hand."""

    def __init__(self, ground: Ground, press: Press) -> None:
        self.ground = ground
        self.press = press

    def household(self, *members: Mapping[str, object]) -> list[UUID]:
        with database.transaction(self.ground.engine) as connection:
            return put_household(connection, *members)

    def ask(
        self,
        visit: Visit,
        persons: list[UUID] | None = None,
        *,
        key: UUID | None = None,
        terminal: str = TERMINAL,
        copies: int = 1,
        items: Mapping[str, bool] | None = None,
        kind: str = "resident_record",
    ) -> Requested | Refused:
        wanted = persons or [visit.resident_id]
        several = "family" if kind == "domicile_record" else "household"
        scope = "self" if persons is None else several
        with database.transaction(self.ground.engine) as connection:
            return certificates.request(
                connection,
                self.ground,
                key=key or uuid4(),
                terminal_id=terminal,
                session=visit,
                kind=kind,
                scope=scope,
                persons=[str(person) for person in wanted],
                items=items or {},
                copies=copies,
                now=self.ground.clock.now(),
            )

    def asked(self, visit: Visit, persons: list[UUID] | None = None, **items: bool) -> UUID:
        answer = self.ask(visit, persons, items=items)
        assert isinstance(answer, Requested)
        return answer.issuance

    def render(self, issuance: UUID) -> None:
        render(self.ground, self.press, software_sealing(), issuance)

    def pay(
        self,
        issuance: UUID,
        visit: Visit,
        *,
        terminal: str = TERMINAL,
        reference: str = "R1",
        amount: int | None = None,
    ) -> State:
        with database.transaction(self.ground.engine) as connection:
            of_it = sa.select(issuances.c.fee).where(issuances.c.id == issuance)
            fee = connection.execute(of_it).scalar_one_or_none()
            return certificates.authorise(
                connection, issuance, terminal, visit, means=Means.CASH, reference=reference,
                amount=(fee or 0) if amount is None else amount, now=self.ground.clock.now(),
            )  # fmt: skip

    def release(self, issuance: UUID, visit: Visit, terminal: str = TERMINAL) -> Released | Refused:
        """The fee is paid first, if this person can pay it and has not."""
        with suppress(IssuanceUnknown, NotAuthorisable):
            self.pay(issuance, visit, terminal=terminal)
        return self.fetch(issuance, visit, terminal)

    def fetch(self, issuance: UUID, visit: Visit, terminal: str = TERMINAL) -> Released | Refused:
        """Ask for the document, paid or not."""
        with database.transaction(self.ground.engine) as connection:
            return certificates.release(connection, self.ground, issuance, terminal, visit, self.ground.clock.now())

    def released(self, visit: Visit, persons: list[UUID] | None = None, **items: bool) -> tuple[UUID, Released]:
        issuance = self.asked(visit, persons, **items)
        self.render(issuance)
        answer = self.release(issuance, visit)
        assert isinstance(answer, Released), (answer, self.row(issuance).detail)
        return issuance, answer

    def report(self, issuance: UUID, outcome: str, *, terminal: str = TERMINAL, sheets: int = 1) -> State:
        with database.transaction(self.ground.engine) as connection:
            return certificates.report_outcome(
                connection, issuance, terminal,
                outcome=outcome, sheets=sheets, of=1, detail="test", now=self.ground.clock.now(),
            )  # fmt: skip

    def row(self, issuance: UUID) -> "sa.Row[tuple[object, ...]]":
        with database.transaction(self.ground.engine) as connection:
            return connection.execute(sa.select(issuances).where(issuances.c.id == issuance)).one()

    def state(self, issuance: UUID) -> State:
        return State(self.row(issuance).state)

    def correct(self, resident: UUID, **changes: str) -> None:
        with database.transaction(self.ground.engine) as connection:
            register.change(
                connection, resident, changes, valid_from=date(2026, 11, 24), actor=TESTER,
                reason=ChangeReason.CORRECTION, filing_id=None, now=self.ground.clock.now(),
            )  # fmt: skip

    def documents_of(self, issuance: UUID) -> list[bytes]:
        with database.transaction(self.ground.engine) as connection:
            return list(
                connection.execute(
                    sa.select(issuance_documents.c.ciphertext).where(issuance_documents.c.issuance_id == issuance)
                ).scalars()
            )

    def stored(self) -> list[bytes]:
        with database.transaction(self.ground.engine) as connection:
            return list(connection.execute(sa.text("SELECT ciphertext FROM issuance_documents")).scalars())


class SwiftPress:
    """Stands in for the press where a test is about the transaction and not about what is on the paper."""

    def __init__(self) -> None:
        self._made = 0

    def print(self, kind: Kind, layout: Layout, issue: Issue, at: datetime, sealing: Sealing) -> Printed:
        """A small document, another one each time."""
        self._made += 1
        document = f"%PDF-1.7 {issue.number} {self._made}".encode()
        digest = hashlib.sha256(document).hexdigest()
        content = sealing.begin(issue, kind, layout, issue.municipality_code).content
        hashes = (digest,) * len(layout.sheets)
        return Printed(document=document, sha256=digest, page_hashes=hashes, content=content)


@pytest.fixture
def counter(ground: Ground) -> Ground:
    """みさき市 with its two kiosks."""
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, ground.clock.now())
        for terminal in (TERMINAL, OTHER_TERMINAL):
            terminals.enrol(
                connection, terminal_id=terminal, name="本庁舎1階", place="本庁舎", public_key=_public_key(),
                actor=TESTER, now=ground.clock.now(),
            )  # fmt: skip
    return ground


@pytest.fixture
def kiosk(counter: Ground) -> Kiosk:
    """A kiosk of みさき市 whose documents are small and quick."""
    return Kiosk(counter, cast("Press", SwiftPress()))


@pytest.fixture
def real_kiosk(counter: Ground, press: Press) -> Kiosk:
    """A kiosk of みさき市 whose documents are real certificates."""
    return Kiosk(counter, press)


def _public_key() -> str:
    encoded = (
        Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return encoded.decode("ascii")


@pytest.fixture
def visit(kiosk: Kiosk) -> Visit:
    """One resident in front of the kiosk."""
    return Visit(uuid4(), kiosk.household()[0])


@pytest.fixture
def visitor(kiosk: Kiosk) -> Callable[..., Visit]:
    """Makes further residents at the kiosk, each with these fields."""

    def come(**fields: object) -> Visit:
        return Visit(uuid4(), kiosk.household(fields)[0])

    return come
