"""Who may call which page of the residents' face. An endpoint that is not in this table is refused to everybody."""

from enum import StrEnum


class Access(StrEnum):
    """Everybody, a visitor (whose card is genuine and nobody's yet), a resident who has logged in with a card, or a
    bridge (a program, never a page)."""

    PUBLIC = "public"
    VISITOR = "visitor"
    RESIDENT = "resident"
    BRIDGE = "bridge"


ACCESS: dict[str, Access] = {
    "entrance.start": Access.PUBLIC,
    "entrance.log_in": Access.PUBLIC,
    "entrance.challenge": Access.PUBLIC,
    "entrance.log_out": Access.RESIDENT,
    "visitor.show": Access.VISITOR,
    "visitor.challenge": Access.VISITOR,
    "visitor.identify": Access.VISITOR,
    "visitor.check": Access.VISITOR,
    "visitor.progress": Access.VISITOR,
    "visitor.leave": Access.VISITOR,
    "device.again": Access.PUBLIC,
    "device.begin": Access.PUBLIC,
    "device.standing": Access.PUBLIC,
    "device.enter": Access.PUBLIC,
    "device.explain": Access.PUBLIC,
    "device_wire.challenge": Access.BRIDGE,
    "device_wire.answer": Access.BRIDGE,
    "mine.show": Access.RESIDENT,
    "moving_out.begin": Access.RESIDENT,
    "moving_out.who": Access.RESIDENT,
    "moving_out.when": Access.RESIDENT,
    "moving_out.where": Access.RESIDENT,
    "moving_out.check": Access.RESIDENT,
    "filing.show": Access.RESIDENT,
    "filing.progress": Access.RESIDENT,
    "filing.receipt": Access.RESIDENT,
    "filing.withdraw": Access.RESIDENT,
}
