"""Who may call which page of the residents' face. An endpoint that is not in this table is refused to everybody."""

from enum import StrEnum


class Access(StrEnum):
    """Everybody, a visitor (whose card is genuine and nobody's yet), or a resident who has logged in with a card."""

    PUBLIC = "public"
    VISITOR = "visitor"
    RESIDENT = "resident"


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
