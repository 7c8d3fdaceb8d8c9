"""Anchors: signed heads outside the database, so that whoever rewrites all of it contradicts them.

A file of one JWS (typ `audit-anchor`) a line, only ever appended to and synced. It belongs on another machine's disk
or on a medium that is written once; copies of it may be given to anybody, for it holds no personal data.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from portal.audit.sealing.chain import last_head

KIND = "audit-anchor"
Sign = Callable[[str, Mapping[str, object]], str]
"""(typ, payload) to a JWS."""
Open = Callable[[str, str], Mapping[str, object]]
"""(typ, JWS) to its payload; raises ValueError when it is not genuine."""


class AnchorFileBroken(Exception):
    """Raised when a line of the anchor file is no anchor that the portal signed; the message names the line."""


@dataclass(frozen=True)
class Anchor:
    """The head of the chain after seal `number`, as it was at `at`."""

    number: int
    head: bytes
    at: datetime


def anchor(connection: sa.Connection, file: Path, sign: Sign, now: datetime) -> Anchor | None:
    """Append the present head, signed; None while there is none. Back only when it is on the disk."""
    number, head = last_head(connection)
    if number == 0:
        return None
    made = Anchor(number, head, now)
    line = sign(KIND, {"v": 1, "number": made.number, "head": made.head.hex(), "at": made.at.isoformat()})
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(descriptor, line.encode("ascii") + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return made


def read_anchors(file: Path, opened: Open) -> list[Anchor]:
    """Every anchor of the file, oldest first. Raises AnchorFileBroken."""
    found = []
    for number, line in enumerate(file.read_text("ascii").splitlines(), 1):
        try:
            found.append(_anchor(opened(KIND, line)))
        except (ValueError, KeyError, TypeError) as error:
            raise AnchorFileBroken(f"line {number}: {type(error).__name__}") from error
    return found


def _anchor(said: Mapping[str, object]) -> Anchor:
    number, head, at = said["number"], said["head"], said["at"]
    if said.get("v") != 1 or not isinstance(number, int) or not isinstance(head, str) or not isinstance(at, str):
        raise ValueError(json.dumps(sorted(said)))
    return Anchor(number, bytes.fromhex(head), datetime.fromisoformat(at).astimezone(UTC))
