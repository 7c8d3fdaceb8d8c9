"""The table of states: every pair of state and event moves the row as written or raises the event's own exception."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import database
from portal.certificates.money.tables import payments
from portal.certificates.states import EXCEPTIONS, SOURCES, TARGETS, IllegalTransition, NotPublishable, move
from portal.certificates.tables import Event, State, issuances
from portal.ground import Ground
from tests.portal.certificates.conftest import Kiosk, Visit


def _put(ground: Ground, issuance: UUID, state: State) -> None:
    with database.transaction(ground.engine) as connection:
        # Of an issuance that costs nothing: what the money does at each move is told in test_money.py.
        connection.execute(sa.delete(payments).where(payments.c.issuance_id == issuance))
        connection.execute(sa.update(issuances).where(issuances.c.id == issuance).values(state=state))


def test_every_pair_of_state_and_event_does_what_the_table_says(kiosk: Kiosk, visit: Visit) -> None:
    issuance = kiosk.asked(visit)
    for state in State:
        for event in Event:
            _put(kiosk.ground, issuance, state)
            with database.transaction(kiosk.ground.engine) as connection:
                if state in SOURCES[event]:
                    assert move(connection, issuance, event).state == TARGETS[event]
                else:
                    with pytest.raises(EXCEPTIONS[event]):
                        move(connection, issuance, event)
            assert kiosk.state(issuance) is (TARGETS[event] if state in SOURCES[event] else state)


def test_no_event_leaves_a_state_in_which_paper_has_come_to_an_end() -> None:
    ends = {State.PRINTED, State.NOT_PRINTED, State.SETTLED, State.EXPIRED}
    assert not any(sources & ends for sources in SOURCES.values())


def test_only_a_report_or_silence_leads_out_of_released() -> None:
    leaving = {event for event, sources in SOURCES.items() if State.RELEASED in sources}
    assert leaving == {Event.REPORT_PRINTED, Event.REPORT_NOT_PRINTED, Event.REPORT_UNKNOWN}


def test_every_event_has_an_exception_of_its_own_name() -> None:
    assert set(EXCEPTIONS) == set(SOURCES) == set(TARGETS) == set(Event)
    assert IllegalTransition not in EXCEPTIONS.values()


def test_a_worker_with_an_older_fencing_token_cannot_publish(kiosk: Kiosk, visit: Visit) -> None:
    issuance = kiosk.asked(visit)
    with database.transaction(kiosk.ground.engine) as connection:
        first = move(connection, issuance, Event.CLAIM)
        second = move(connection, issuance, Event.CLAIM)
        with pytest.raises(NotPublishable):
            move(connection, issuance, Event.PUBLISH, fence=first.fence)
        assert move(connection, issuance, Event.PUBLISH, fence=second.fence).state == State.READY
