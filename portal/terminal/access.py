"""Who may call what. An endpoint that is not in this table is refused to everybody."""

from enum import StrEnum


class Access(StrEnum):
    """Only an enrolled device with a signed request; there is nothing here for anybody else."""

    TERMINAL = "terminal"


ACCESS: dict[str, Access] = {
    "heartbeat.tell": Access.TERMINAL,
    "visit.challenge": Access.TERMINAL,
    "visit.log_in": Access.TERMINAL,
    "visit.log_out": Access.TERMINAL,
    "issuances.ask": Access.TERMINAL,
    "issuances.look": Access.TERMINAL,
    "issuances.show": Access.TERMINAL,
    "issuances.release": Access.TERMINAL,
    "issuances.report": Access.TERMINAL,
    "issuances.abandon": Access.TERMINAL,
    "payments.authorise": Access.TERMINAL,
    "payments.end": Access.TERMINAL,
}
