"""Kiosks as the portal knows them: enrolment, signed requests, state, locks and commands (窓口端末)."""

from portal.terminals.commands import command_money, money_done
from portal.terminals.enrolment import Terminal, enrol, revoke, stop, terminal
from portal.terminals.errors import (
    EnrolmentRefused,
    RequestReplayed,
    RequestStale,
    SignatureInvalid,
    TerminalError,
    TerminalLocked,
    TerminalRevoked,
    TerminalUnknown,
)
from portal.terminals.requests import SESSION_HEADER, SignedRequest, verify_request
from portal.terminals.state import (
    Heard,
    Place,
    TerminalStatus,
    board,
    command_unlock,
    elsewhere,
    heard,
    lock,
    open_commands,
)
from portal.terminals.tables import CommandKind, UnlockAnswer

__all__ = [
    "SESSION_HEADER",
    "CommandKind",
    "EnrolmentRefused",
    "Heard",
    "Place",
    "RequestReplayed",
    "RequestStale",
    "SignatureInvalid",
    "SignedRequest",
    "Terminal",
    "TerminalError",
    "TerminalLocked",
    "TerminalRevoked",
    "TerminalStatus",
    "TerminalUnknown",
    "UnlockAnswer",
    "board",
    "command_money",
    "command_unlock",
    "elsewhere",
    "enrol",
    "heard",
    "lock",
    "money_done",
    "open_commands",
    "revoke",
    "stop",
    "terminal",
    "verify_request",
]
