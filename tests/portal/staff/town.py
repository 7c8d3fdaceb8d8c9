"""What happens outside the desk: residents file, take back, and move; devices speak."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal import certificates, database, filings, register, terminals
from portal.certificates import State
from portal.certificates.tables import issuances
from portal.filings import Destination, Filing, Mover, MovingOut
from portal.ground import Ground
from portal.terminals import Heard
from tests.portal.register.people import TESTER, put_household

YOKOHAMA = Destination("神奈川県", "横浜市西区", "みなとみらい一丁目1番1号", "2200012")
FAMILY = (
    {"name": "本間　さくら", "reading": "ホンマ　サクラ", "birth_date": "1991-04-08"},
    {"name": "本間　蓮", "reading": "ホンマ　レン", "birth_date": "2018-06-01"},
    {"name": "本間　陽菜", "reading": "ホンマ　ヒナ", "birth_date": "2021-02-11"},
)


def settle_family(ground: Ground, *members: Mapping[str, object]) -> list[UUID]:
    """A household that lives here; each with an 個人番号."""
    with database.transaction(ground.engine) as connection:
        return put_household(connection, *(members or FAMILY))


def file_moving_out(
    ground: Ground,
    household: list[UUID],
    *,
    movers: int | None = None,
    planned: date = date(2026, 12, 1),
    now: datetime | None = None,
) -> Filing:
    """The first of the household files for the first `movers` of it (None: for all)."""
    with database.transaction(ground.engine) as connection:
        records = [
            register.resident(connection, one, reader=TESTER, why="tests", now=ground.clock.now())
            for one in household[:movers]
        ]
        content = MovingOut(tuple(Mover(record.id, record.name) for record in records), planned, YOKOHAMA)
        return filings.submit(
            connection, resident_id=household[0], content=content, submission_key=uuid4(),
            now=now or ground.clock.now(),
        )  # fmt: skip


def withdraw(ground: Ground, filing: Filing) -> None:
    """The resident takes the filing back."""
    with database.transaction(ground.engine) as connection:
        filings.withdraw(connection, filing.id, resident_id=filing.resident_id, now=ground.clock.now())


def enrol_kiosk(ground: Ground, terminal_id: str = "kiosk-01", name: str = "市役所1階 1号機") -> None:
    """A kiosk in the hall of the city office."""
    key = Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with database.transaction(ground.engine) as connection:
        terminals.enrol(
            connection, terminal_id=terminal_id, name=name, place="正面玄関の右", public_key=pem,
            actor=TESTER, now=ground.clock.now(),
        )  # fmt: skip


def say(
    ground: Ground, *, terminal_id: str = "kiosk-01", reader: str = "no_card", state: str = "ready", **printer: object
) -> None:
    """One heartbeat."""
    status: dict[str, object] = {"able": state == "ready", "state": state, "reasons": [], **printer}
    with database.transaction(ground.engine) as connection:
        terminals.heard(connection, terminal_id, Heard(reader, status, "0.1.0"), now=ground.clock.now())


def lose_paper(ground: Ground, applicant: UUID, *, terminal_id: str = "kiosk-01", sheets: int = 1) -> UUID:
    """A document of two sheets was handed out and the printer fell silent after `sheets`; returns the issuance."""
    now = ground.clock.now()
    issuance = uuid4()
    with database.transaction(ground.engine) as connection:
        connection.execute(
            issuances.insert(),
            {
                "id": issuance, "terminal_id": terminal_id, "request_key": uuid4(), "session": str(uuid4()),
                "resident_id": applicant, "kind": "resident_record", "scope": "household", "persons": [applicant],
                "items": [], "copies": 1, "fee": 300, "state": State.RELEASED, "fence": 1, "attempts": 1,
                "repeated": False, "issue_number": f"982016-{str(issuance)[:8].upper()}", "pages": 2,
                "requested_at": now, "released_at": now, "due_at": now,
            },
        )  # fmt: skip
        certificates.report_outcome(
            connection, issuance, terminal_id, outcome="unknown", sheets=sheets, of=2, detail="printer_silent",
            now=now,
        )  # fmt: skip
        terminals.lock(connection, terminal_id, issuance)
    return issuance
