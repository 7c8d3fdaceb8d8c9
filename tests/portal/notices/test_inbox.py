"""A resident's notices."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portal import notices
from portal.notices import NoticeKind
from tests.portal.conftest import MORNING
from tests.portal.register.people import put_resident


def test_a_resident_reads_their_own_notices_newest_first(connection: sa.Connection) -> None:
    resident_id, neighbour, filing_id = put_resident(connection), put_resident(connection), uuid4()
    for minutes, kind in enumerate((NoticeKind.FILING_RECEIVED, NoticeKind.FILING_ACCEPTED)):
        told = MORNING + timedelta(minutes=minutes)
        notices.tell(connection, resident_id, kind=kind, filing_id=filing_id, now=told)
    notices.tell(connection, neighbour, kind=NoticeKind.FILING_WITHDRAWN, filing_id=uuid4(), now=MORNING)
    read = notices.inbox(connection, resident_id)
    assert [notice.kind for notice in read] == [NoticeKind.FILING_ACCEPTED, NoticeKind.FILING_RECEIVED]
    assert {(notice.resident_id, notice.filing_id) for notice in read} == {(resident_id, filing_id)}
    assert read[1].told_at == MORNING


def test_nobody_is_told_who_does_not_exist(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
        notices.tell(connection, uuid4(), kind=NoticeKind.FILING_RECEIVED, filing_id=None, now=MORNING)


def test_an_inbox_of_nobody_is_empty(connection: sa.Connection) -> None:
    assert notices.inbox(connection, uuid4()) == ()
