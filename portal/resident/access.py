"""Who may call which page of the residents' face. An endpoint that is not in this table is refused to everybody."""

from enum import StrEnum


class Access(StrEnum):
    """Everybody, or a resident who has logged in with the card."""

    PUBLIC = "public"
    RESIDENT = "resident"


ACCESS: dict[str, Access] = {
    "entrance.start": Access.PUBLIC,
    "entrance.log_in": Access.PUBLIC,
    "entrance.challenge": Access.PUBLIC,
    "entrance.log_out": Access.RESIDENT,
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
