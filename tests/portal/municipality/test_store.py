"""The municipality in the database."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from portal import municipality
from portal.audit import Action, Actor, ActorKind, audit_events
from portal.municipality import (
    HoldScope,
    MunicipalityFileError,
    MunicipalityMissing,
    Switch,
    SwitchRefused,
    SwitchValue,
)
from tests.portal.conftest import MORNING
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

OFFICER = Actor(ActorKind.STAFF, "officer-1")
NOW: datetime = MORNING


def test_nothing_is_served_before_the_file_is_loaded(connection: sa.Connection) -> None:
    with pytest.raises(MunicipalityMissing):
        municipality.current(connection)


def test_what_was_loaded_is_current(connection: sa.Connection) -> None:
    loaded = municipality.load(connection, MUNICIPALITY_TOML, NOW)
    assert municipality.current(connection) == loaded
    assert loaded.name == "みさき市"


def test_a_file_that_is_refused_leaves_the_old_one(connection: sa.Connection) -> None:
    before = municipality.load(connection, MUNICIPALITY_TOML, NOW)
    with pytest.raises(MunicipalityFileError):
        municipality.load(connection, MUNICIPALITY_TOML.replace("982016", "000000"), NOW)
    assert municipality.current(connection) == before


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        (Switch.HOLD_SCOPE, HoldScope.HOUSEHOLD),
        (Switch.UNDER_15_AT_KIOSK, True),
        (Switch.KIOSK_STOPPED, True),
        (Switch.STOPPED_CERTIFICATES, frozenset({"resident_record"})),
        (Switch.FILING_WITHOUT_SIGNATURE, False),
        (Switch.PROCESSING_BUSINESS_DAYS, 5),
    ],
)
def test_every_switch_can_be_set_and_survives_a_new_file(
    connection: sa.Connection, switch: Switch, value: SwitchValue
) -> None:
    municipality.load(connection, MUNICIPALITY_TOML, NOW)
    assert getattr(municipality.set_switch(connection, switch, value, OFFICER, NOW), switch.value) == value
    assert getattr(municipality.load(connection, MUNICIPALITY_TOML, NOW), switch.value) == value


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("no_such_switch", True),
        (Switch.KIOSK_STOPPED, 1),
        (Switch.PROCESSING_BUSINESS_DAYS, True),
        (Switch.PROCESSING_BUSINESS_DAYS, -1),
        (Switch.STOPPED_CERTIFICATES, frozenset({"no_such_certificate"})),
    ],
)
def test_a_value_the_switch_cannot_have_is_refused(
    connection: sa.Connection, switch: str, value: SwitchValue
) -> None:
    before = municipality.load(connection, MUNICIPALITY_TOML, NOW)
    with pytest.raises(SwitchRefused):
        municipality.set_switch(connection, switch, value, OFFICER, NOW)
    assert municipality.current(connection) == before


def test_whoever_sets_a_switch_is_in_the_audit(connection: sa.Connection) -> None:
    municipality.load(connection, MUNICIPALITY_TOML, NOW)
    municipality.set_switch(connection, Switch.KIOSK_STOPPED, True, OFFICER, NOW)
    event = connection.execute(sa.select(audit_events).order_by(audit_events.c.id.desc()).limit(1)).one()
    assert (event.actor_id, event.action) == ("officer-1", Action.MUNICIPALITY_CHANGED)
    assert event.detail == '{"switch":"kiosk_stopped","value":"true"}'
