"""Loading the municipality's file, reading the present state, setting a switch."""

import json
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit
from portal.audit import Action, Actor, ActorKind
from portal.municipality.model import HoldScope, Municipality, Switch, SwitchValue
from portal.municipality.reading import parse
from portal.municipality.tables import municipality, municipality_switches

_LOAD = insert(municipality).on_conflict_do_update(
    index_elements=["id"],
    set_={
        "document": insert(municipality).excluded.document,
        "loaded_at": insert(municipality).excluded.loaded_at,
    },
)
_DOCUMENT = sa.select(municipality.c.document).where(municipality.c.id == 1)
_SWITCHES = sa.select(municipality_switches.c.name, municipality_switches.c.value)
_SET = insert(municipality_switches)
_SET = _SET.on_conflict_do_update(
    index_elements=["name"],
    set_={name: _SET.excluded[name] for name in ("value", "set_at", "actor_kind", "actor_id")},
)


class MunicipalityMissing(Exception):
    """Raised when the portal is used before the municipality's file was loaded."""


class SwitchRefused(Exception):
    """Raised when there is no such switch, or the value is not one it can have."""


def load(connection: sa.Connection, toml_text: str, now: datetime) -> Municipality:
    """Check and store the municipality's file; returns the present state. Raises MunicipalityFileError.

    Switches that officers have set stay set: the file holds only their first values.
    """
    parse(toml_text)
    connection.execute(_LOAD, {"id": 1, "document": toml_text, "loaded_at": now})
    audit.record(
        connection, at=now, actor=Actor(ActorKind.SYSTEM, "municipality.load"), action=Action.MUNICIPALITY_CHANGED
    )
    return current(connection)


def current(connection: sa.Connection) -> Municipality:
    """The municipality as of now: its file and the switches set since. Raises MunicipalityMissing."""
    document = connection.execute(_DOCUMENT).scalar_one_or_none()
    if document is None:
        raise MunicipalityMissing("no municipality has been loaded")
    state = parse(document)
    for name, value in connection.execute(_SWITCHES):
        state = _switched(state, Switch(name), _from_json(Switch(name), value))
    return state


def set_switch(connection: sa.Connection, name: str, value: SwitchValue, actor: Actor, now: datetime) -> Municipality:
    """Set one switch from now on; returns the present state. Raises SwitchRefused."""
    try:
        switch = Switch(name)
    except ValueError as error:
        raise SwitchRefused("there is no such switch") from error
    _switched(current(connection), switch, value)
    stored = sorted(value) if isinstance(value, frozenset) else value
    connection.execute(
        _SET,
        {
            "name": switch.value,
            "value": json.dumps(stored),
            "set_at": now,
            "actor_kind": actor.kind.value,
            "actor_id": actor.id,
        },
    )
    audit.record(
        connection, at=now, actor=actor, action=Action.MUNICIPALITY_CHANGED,
        detail={"switch": switch.value, "value": json.dumps(stored)},
    )  # fmt: skip
    return current(connection)


def _from_json(switch: Switch, text: str) -> SwitchValue:
    value = json.loads(text)
    match switch:
        case Switch.HOLD_SCOPE:
            return HoldScope(value)
        case Switch.STOPPED_CERTIFICATES:
            return frozenset(value)
        case Switch.PROCESSING_BUSINESS_DAYS:
            return int(value)
        case _:
            return bool(value)


def _switched(state: Municipality, switch: Switch, value: SwitchValue) -> Municipality:
    """`state` with the switch set; SwitchRefused when the value is of the wrong kind."""
    match switch, value:
        case Switch.HOLD_SCOPE, HoldScope():
            return replace(state, hold_scope=value)
        case Switch.STOPPED_CERTIFICATES, frozenset() if value <= state.fees.keys():
            return replace(state, stopped_certificates=value)
        case Switch.UNDER_15_AT_KIOSK, bool():
            return replace(state, under_15_at_kiosk=value)
        case Switch.KIOSK_STOPPED, bool():
            return replace(state, kiosk_stopped=value)
        case Switch.FILING_WITHOUT_SIGNATURE, bool():
            return replace(state, filing_without_signature=value)
        case Switch.PROCESSING_BUSINESS_DAYS, int() if not isinstance(value, bool) and value >= 0:
            return replace(state, processing_business_days=value)
    raise SwitchRefused(f"{switch.value} cannot have this value")
