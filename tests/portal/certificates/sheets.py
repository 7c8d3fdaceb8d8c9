"""Sheets typeset straight from records, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

from portal.certificates.kinds import kind_of
from portal.certificates.paper import Extent, Issue, Subject
from portal.certificates.press import Press, Printed
from portal.certificates.seal import seal_of
from portal.register import ResidentRecord
from tests.portal.register.people import PLAIN

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ISSUE = Issue(
    number="982016-7K3MA-2Q9XT", day=date(2026, 11, 24), office="みさき市長", officer="岬　進", seal=seal_of("982016")
)
EVERYTHING = frozenset({"relationship", "domicile", "nationality"})
_MOVED_INSIDE = replace(PLAIN, address_since=date(2019, 5, 1), notified_on=date(2019, 5, 3), family_head="渡辺　太郎")


def person(**fields: object) -> ResidentRecord:
    """A plain resident with these fields instead."""
    return replace(_MOVED_INSIDE, **{"id": uuid4(), **fields})  # type: ignore[arg-type]


def printed(
    press: Press,
    *persons: ResidentRecord,
    extent: Extent = Extent.WHOLE,
    items: frozenset[str] = EVERYTHING,
) -> Printed:
    """These persons on paper."""
    kind = kind_of("resident_record")
    subject = Subject(persons=persons, head=persons[0], extent=extent, items=items)
    return press.print(kind, kind.compose(subject), ISSUE, NOON)
