"""A household that can file: みさき市 loaded, four people, the content of a 転出届, two officers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import database, filings, municipality
from portal.filings import Destination, Filing, Mover, MovingOut, Officer
from portal.ground import Ground
from tests.portal.register.people import put_household
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

NEW_HOME = Destination(
    prefecture="神奈川県",
    municipality="横浜市西区",
    address="みなとみらい一丁目1番1号 港ハイツ201",
    postal_code="2200012",
)
SATO = Officer(UUID(int=1), "佐藤 花子")
SUZUKI = Officer(UUID(int=2), "鈴木 一郎")


@dataclass(frozen=True)
class Family:
    """The ids of a household of four, the head first."""

    head: UUID
    spouse: UUID
    child: UUID
    baby: UUID

    @property
    def everybody(self) -> tuple[UUID, ...]:
        return self.head, self.spouse, self.child, self.baby


@pytest.fixture
def city(ground: Ground) -> municipality.Municipality:
    """みさき市, loaded."""
    with database.transaction(ground.engine) as connection:
        return municipality.load(connection, MUNICIPALITY_TOML, ground.clock.now())


@pytest.fixture
def family(ground: Ground, city: municipality.Municipality) -> Family:
    """Four people of one household; nobody is stopped."""
    with database.transaction(ground.engine) as connection:
        return Family(
            *put_household(
                connection,
                {"name": "本間　一郎", "reading": "ホンマ　イチロウ", "birth_date": "1980-01-02"},
                {
                    "name": "本間　さくら",
                    "reading": "ホンマ　サクラ",
                    "relationship": "妻",
                    "birth_date": "1982-04-08",
                },
                {"name": "本間　蓮", "reading": "ホンマ　レン", "birth_date": "2010-05-05"},
                {"name": "本間　陽菜", "reading": "ホンマ　ヒナ", "birth_date": "2024-06-06"},
            )
        )


def moving(*movers: UUID, on: date = date(2026, 12, 1), to: Destination = NEW_HOME) -> MovingOut:
    """A 転出届 of these people."""
    return MovingOut(tuple(Mover(mover, "本間　某") for mover in movers), on, to)


Submit = Callable[..., Filing]


@pytest.fixture
def submit(ground: Ground) -> Submit:
    """Submits in a transaction of its own: `submit(applicant, content, key=None)`."""

    def submitted(applicant: UUID, content: MovingOut, key: UUID | None = None) -> Filing:
        with database.transaction(ground.engine) as connection:
            return filings.submit(
                connection,
                resident_id=applicant,
                content=content,
                submission_key=key or uuid4(),
                now=ground.clock.now(),
            )

    return submitted


def count(engine: sa.Engine, table: sa.Table) -> int:
    """How many rows the table holds."""
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
