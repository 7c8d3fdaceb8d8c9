"""A sealed book of many events, with its file of anchors outside."""

import base64
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from portal import audit, database
from portal.audit import Action, Actor, ActorKind, sealing
from portal.audit.sealing import Anchor
from portal.audit.sealing.tables import audit_leaves
from portal.keys.opening import opened
from tests.portal.conftest import MORNING

EVENTS_A_SEAL = (1, 12)
SEALS_AN_ANCHOR = 5


@dataclass(frozen=True)
class Pen:
    """A key in software that signs anchors like the portal's own, only faster."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def sign(self, kind: str, said: Mapping[str, object]) -> str:
        header = {"alg": "ES256", "typ": kind, "kid": "pen"}
        head, body = (_encoded(json.dumps(part).encode()) for part in (header, dict(said)))
        pair = utils.decode_dss_signature(self.key.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
        return f"{head}.{body}.{_encoded(b''.join(half.to_bytes(32) for half in pair))}"

    def opened(self, kind: str, token: str) -> Mapping[str, object]:
        return opened({"pen": self._public}, kind, token)

    @cached_property
    def _public(self) -> str:
        form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(*form).decode("ascii")


@dataclass(frozen=True)
class Book:
    """Numbers of the seals and, by seal, of their events; the file of anchors outside and who signs it."""

    seals: tuple[int, ...]
    events: dict[int, tuple[int, ...]]
    file: Path
    lines: tuple[str, ...]
    anchored: tuple[int, ...]
    """the seal of each line of the file"""
    pen: Pen

    @property
    def now(self) -> datetime:
        """A moment in which everything written is older than any grace."""
        return MORNING + timedelta(days=1)

    def anchors(self) -> list[Anchor]:
        """What the file says now. Raises AnchorFileBroken."""
        return sealing.read_anchors(self.file, self.pen.opened)

    def restore(self) -> None:
        """Make the file what it was."""
        self.file.write_text("".join(f"{line}\n" for line in self.lines), "ascii")


def write(engine: sa.Engine, file: Path, dice: random.Random, seals: int) -> Book:
    """A book of `seals` seals, each over some events, and an anchor after some of them."""
    pen = Pen()
    for number in range(1, seals + 1):
        at = MORNING + timedelta(seconds=number)
        with database.transaction(engine) as connection:
            for _ in range(dice.randint(*EVENTS_A_SEAL)):
                record(connection, dice, at)
        with database.transaction(engine) as connection:
            made = sealing.seal(connection, at)
            assert made is not None
            assert made.number == number
        if number % SEALS_AN_ANCHOR == 0 or number == seals:
            sealing.anchor(engine, file, pen.sign, at)
    with database.transaction(engine) as connection:
        rows = connection.execute(
            sa.select(audit_leaves.c.seal, audit_leaves.c.event_id).order_by(audit_leaves.c.event_id)
        ).all()
    events: dict[int, tuple[int, ...]] = {}
    for seal, event in rows:
        events[seal] = (*events.get(seal, ()), event)
    anchored = tuple(known.number for known in sealing.read_anchors(file, pen.opened))
    return Book(tuple(events), events, file, tuple(file.read_text("ascii").splitlines()), anchored, pen)


def record(connection: sa.Connection, dice: random.Random, at: datetime) -> None:
    """One event as any room writes it."""
    audit.record(
        connection, at=at, actor=Actor(dice.choice(list(ActorKind)), f"a{dice.randrange(9)}"),
        action=dice.choice(list(Action)), subject=UUID(int=dice.getrandbits(128)) if dice.random() < 0.8 else None,
        detail={"n": dice.randrange(10**6), "what": dice.choice(["", "タブ\tと\n改行", "\\N", "\\"])},
    )  # fmt: skip


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii")
