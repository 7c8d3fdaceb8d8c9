"""`python -m tests.print_agent.doomed POINT`: the print agent, killed by SIGKILL at one point of its work.

The product holds no hooks for this. The steps between which it can die are functions of it; one of them is replaced,
in this process only, by itself and a death before or behind it. What the kernel does for the dead is the same as for
a process that is killed from outside.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from typing import Any

from print_agent.__main__ import main
from print_agent.attempt import Press
from print_agent.ipp import IppClient
from print_agent.journal import Journal

Step = tuple[type, str]

BEHIND: dict[str, Step] = {
    "accepted": (Journal, "accept"),
    "creating": (Journal, "creating"),
    "create-answered": (IppClient, "create_job"),
    "created": (Journal, "created"),
    "sending": (Journal, "sending"),
    "send-answered": (IppClient, "send_document"),
    "sent": (Journal, "sent"),
    "ended": (Journal, "end"),
}
BEFORE: dict[str, Step] = {
    "accepting": (Journal, "accept"),
    "delivering": (IppClient, "validate_job"),
    "following": (Press, "follow"),
    "ended-unjournalled": (Journal, "end"),
}
INSIDE_THE_BODY, BODY_SENT = "mid-body", "body-sent"
POINTS = (*BEFORE, *BEHIND, INSIDE_THE_BODY, BODY_SENT)
"""Where it can die while it carries out an order."""

CLEANING_UP: dict[str, Step] = {"cancelling": (IppClient, "cancel_job"), "cancelled": (IppClient, "cancel_job")}
RECOVERY_POINTS = (*CLEANING_UP, "following", "ended-unjournalled", "ended")
"""Where it can die a second time, while it cleans up after the first."""


def die() -> None:
    """What a crash is to everybody else."""
    os.kill(os.getpid(), signal.SIGKILL)


def _doom(point: str) -> None:
    if point in {INSIDE_THE_BODY, BODY_SENT}:
        for kind in (socket.socket, ssl.SSLSocket):
            _doom_body(kind, half=point == INSIDE_THE_BODY)
    elif point in BEFORE or point == "cancelling":
        _replace(*(BEFORE | CLEANING_UP)[point], before=True)
    else:
        _replace(*(BEHIND | CLEANING_UP)[point], before=False)


def _replace(owner: type, name: str, *, before: bool) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(original)
    def doomed(*values: object, **named: object) -> Any:
        if before:
            die()
        result = original(*values, **named)
        die()
        return result

    setattr(owner, name, doomed)


def _doom_body(kind: type[socket.socket], *, half: bool) -> None:
    """Only a document is sent from where it lies; everything else that leaves the agent is ``bytes``."""
    original = kind.sendall

    def sendall(self: socket.socket, data: object, *flags: int) -> None:
        if not isinstance(data, memoryview):
            original(self, data, *flags)  # type: ignore[arg-type]
            return
        original(self, data[: len(data) // 2] if half else data, *flags)
        die()

    kind.sendall = sendall  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    _doom(sys.argv[1])
    sys.exit(main())
