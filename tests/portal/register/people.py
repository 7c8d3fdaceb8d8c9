"""Putting people into the register without an import, for tests of any room."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis import strategies as st

from portal.audit import Actor, ActorKind
from portal.register import (
    ChangeReason,
    CharacterRefused,
    ResidentRecord,
    ResidentStatus,
    Sex,
    as_registered,
)
from portal.register.changes import enter
from portal.register.tables import households

TESTER = Actor(ActorKind.SYSTEM, "tests")
ENTERED = datetime(2026, 11, 1, tzinfo=UTC)

PLAIN = ResidentRecord(
    id=UUID(int=0),
    household_id=UUID(int=0),
    number="",
    version=1,
    status=ResidentStatus.RESIDENT,
    name="渡辺　花子",
    reading="ワタナベ　ハナコ",
    reading_registered=True,
    former_surname=None,
    common_name=None,
    birth_date="1985-07-20",
    sex=Sex.FEMALE,
    relationship="世帯主",
    is_head=True,
    address="いずみ県みさき市港町一丁目2番3号",
    became_resident_on=date(2015, 4, 1),
    address_since=date(2015, 4, 1),
    notified_on=date(2015, 4, 3),
    previous_address="東京都新宿区西新宿二丁目8番1号",
    domicile="東京都新宿区西新宿二丁目8番",
    family_head="渡辺　花子",
    foreign=False,
    nationality=None,
    residence_status=None,
    period_of_stay=None,
    stay_expires_on=None,
    residence_card_number=None,
    planned_departure_on=None,
    destination=None,
    ended_on=None,
)
_numbers = count(1)


def registrable(max_size: int) -> st.SearchStrategy[str]:
    """Any text a register may hold: all planes, marks, compatibility ideographs, selectors that belong there."""
    # What the entry rules refuse as a whole is left out here already, so that hardly anything has to be filtered.
    letters = st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co", "Zl", "Zp"))
    return st.text(letters, min_size=1, max_size=max_size).filter(_kept_on_entry)


def _kept_on_entry(text: str) -> bool:
    try:
        return as_registered(text) == text
    except CharacterRefused:
        return False


def put_household(connection: sa.Connection, *members: Mapping[str, object]) -> list[UUID]:
    """A new household; each member is a plain resident with these fields instead. The first is its head.

    Returns the residents' ids in the order given; with no member named, one plain resident.
    """
    household_id = uuid4()
    connection.execute(
        households.insert(),
        {"id": household_id, "number": f"T{next(_numbers):09}", "postal_code": "1600023", "address": PLAIN.address},
    )
    ids = []
    for place, fields in enumerate(members or ({},)):
        resident_id = uuid4()
        own = {"is_head": place == 0, "relationship": "世帯主" if place == 0 else "子", **fields}
        values = {name: getattr(PLAIN, name) for name in PLAIN.__dataclass_fields__} | {
            "id": resident_id,
            "household_id": household_id,
            "number": f"T{next(_numbers):09}",
            **own,
        }
        enter(
            connection,
            ResidentRecord(**values),
            valid_from=date(2015, 4, 1),
            actor=TESTER,
            reason=ChangeReason.IMPORT,
            now=ENTERED,
        )
        ids.append(resident_id)
    return ids


def put_resident(connection: sa.Connection, **fields: object) -> UUID:
    """A new household of one; the resident is a plain one with these fields instead."""
    return put_household(connection, fields)[0]
