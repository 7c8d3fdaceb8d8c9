"""Anchors: signed heads outside the database, so that whoever rewrites all of it contradicts them.

A file of one JWS (typ `audit-anchor`) a line, only ever appended to and synced. It belongs on another machine's disk
or on a medium that is written once; copies of it may be given to anybody, for it holds no personal data. The database
remembers each line before it is written, so that neither can lose one, or change their order, unnoticed.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from portal import database
from portal.audit.sealing.chain import last_head
from portal.audit.sealing.tables import audit_anchors

KIND = "audit-anchor"
Sign = Callable[[str, Mapping[str, object]], str]
"""(typ, payload) to a JWS."""
Open = Callable[[str, str], Mapping[str, object]]
"""(typ, JWS) to its payload; raises ValueError when it is not genuine."""
_LAST = sa.select(audit_anchors.c.serial, audit_anchors.c.line).order_by(audit_anchors.c.serial.desc()).limit(1)
_REMEMBER = audit_anchors.insert()
_LONGEST_LINE = 4096


class AnchorFileBroken(Exception):
    """Raised when a line of the anchor file is no anchor that the portal signed; the message names the line."""


@dataclass(frozen=True)
class Anchor:
    """The head of the chain after seal `number`, as it was at `at`."""

    number: int
    head: bytes
    at: datetime
    digest: bytes
    """SHA-256 of its line"""


def anchor(engine: sa.Engine, file: Path, sign: Sign, now: datetime) -> Anchor | None:
    """Remember the present head, signed, and append it; None while there is no head. Back when it is on the disk.

    A line that a crash kept from the file is appended by the next call.
    """
    with database.transaction(engine) as connection:
        known = connection.execute(_LAST).one_or_none()
        number, head = last_head(connection)
    if known is not None:
        _append(file, known.line.encode("ascii"))
    if number == 0:
        return None
    line = sign(KIND, {"v": 1, "number": number, "head": head.hex(), "at": now.isoformat()})
    serial = 1 if known is None else known.serial + 1
    with database.transaction(engine) as connection:
        connection.execute(_REMEMBER, {"serial": serial, "seal": number, "at": now, "line": line})
    _append(file, line.encode("ascii"))
    return Anchor(number, head, now, digest(line))


def read_anchors(file: Path, opened: Open) -> list[Anchor]:
    """Every anchor of the file, oldest first. Raises AnchorFileBroken."""
    found = []
    for number, line in enumerate(file.read_text("ascii").splitlines(), 1):
        try:
            found.append(_anchor(opened(KIND, line), line))
        except (ValueError, KeyError, TypeError) as error:
            raise AnchorFileBroken(f"line {number}: {type(error).__name__}") from error
    return found


def digest(line: str) -> bytes:
    """SHA-256 of a line of the file, without its newline."""
    return hashlib.sha256(line.encode("ascii")).digest()


def _append(file: Path, line: bytes) -> None:
    """Make `line` the last one of the file, unless it is; what a crash has written of it is completed."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _LONGEST_LINE, max(0, size - _LONGEST_LINE))
        if tail.endswith(line + b"\n"):
            return
        begun = tail.rpartition(b"\n")[2]
        missing = line[len(begun) :] if line.startswith(begun) else b"\n" + line
        os.write(descriptor, missing + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _anchor(said: Mapping[str, object], line: str) -> Anchor:
    number, head, at = said["number"], said["head"], said["at"]
    if said.get("v") != 1 or not isinstance(number, int) or not isinstance(head, str) or not isinstance(at, str):
        raise ValueError(json.dumps(sorted(said)))
    return Anchor(number, bytes.fromhex(head), datetime.fromisoformat(at).astimezone(UTC), digest(line))
