"""Messages waiting for other systems."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import database, exchange
from portal.exchange import MessageKind, outbox
from tests.portal.conftest import MORNING


def post(connection: sa.Connection, filing_id: UUID, *, minutes: int = 0) -> UUID:
    return exchange.post(
        connection, counterpart="131041", kind=MessageKind.MOVING_OUT_CERTIFICATE, body=b"sealed",
        filing_id=filing_id, now=MORNING + timedelta(minutes=minutes),
    )  # fmt: skip


def test_messages_wait_in_the_order_they_were_posted(connection: sa.Connection) -> None:
    filing_id = uuid4()
    late, early = post(connection, uuid4(), minutes=1), post(connection, filing_id)
    first, second = exchange.waiting(connection)
    assert (first.id, second.id) == (early, late)
    assert (first.counterpart, first.body, first.filing_id, first.posted_at) == (
        "131041",
        b"sealed",
        filing_id,
        MORNING,
    )


def test_a_delivered_message_waits_no_longer(connection: sa.Connection) -> None:
    message_id = post(connection, uuid4())
    connection.execute(outbox.update().where(outbox.c.id == message_id).values(delivered_at=MORNING))
    assert exchange.waiting(connection) == ()


def test_no_filing_sends_the_same_message_twice(connection: sa.Connection) -> None:
    filing_id = uuid4()
    post(connection, filing_id)
    with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
        post(connection, filing_id)
    assert len(exchange.waiting(connection)) == 1


def test_a_decision_that_is_rolled_back_leaves_no_message(engine: sa.Engine) -> None:
    class Abandoned(Exception):
        pass

    def decide() -> None:
        with database.transaction(engine) as connection:
            post(connection, uuid4())
            raise Abandoned

    with pytest.raises(Abandoned):
        decide()
    with engine.connect() as connection:
        assert exchange.waiting(connection) == ()
