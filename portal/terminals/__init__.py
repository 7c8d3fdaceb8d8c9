"""Kiosks as the portal knows them: enrolment, signed requests, state, locks and commands (窓口端末)."""

from portal.terminals.enrolment import Terminal, enrol, revoke, terminal
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
    TerminalStatus,
    board,
    command_unlock,
    heard,
    lock,
    open_commands,
)
from portal.terminals.tables import UnlockAnswer

__all__ = [
    "SESSION_HEADER",
    "EnrolmentRefused",
    "Heard",
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
    "command_unlock",
    "enrol",
    "heard",
    "lock",
    "open_commands",
    "revoke",
    "terminal",
    "verify_request",
]
