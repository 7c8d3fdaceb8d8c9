"""`python -m portal audit …`: seal the book of who looked, and see whether it is as it was sealed."""

import argparse
import logging
import signal
import sys
import threading
import time
from pathlib import Path

import psycopg
import sqlalchemy as sa

from portal import database
from portal.audit import sealing
from portal.ground import Ground
from portal.keys import Purpose
from portal.keys.opening import opened

SEAL_EVERY_SECONDS = 1.0
ANCHOR_EVERY_SECONDS = 60.0
OLDEST_SECONDS = 10.0
# What is lost in the middle of a COPY comes from the driver itself.
AWAY = (sa.exc.OperationalError, psycopg.OperationalError)
_LOG = logging.getLogger(__name__)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `audit`."""
    actions = subparsers.add_parser("audit", help="the book of who looked").add_subparsers(required=True)
    keep = actions.add_parser("keep", help="seal new events each second, anchor the head each minute, until stopped")
    keep.set_defaults(run=_keep)
    verify = actions.add_parser("verify", help="find and locate whatever was changed; 1 when something was")
    verify.set_defaults(run=_verify)
    for action in (keep, verify):
        action.add_argument("--anchors", type=Path, required=True, help="file of signed heads, outside the database")


def _keep(arguments: argparse.Namespace, ground: Ground) -> int:
    """Runs as a role of its own (docs/operations.md): the application writes no seal, and this writes no event."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    print("ready", flush=True)
    anchored_at = -ANCHOR_EVERY_SECONDS
    while not stop.is_set():
        anchor_due = time.monotonic() - anchored_at >= ANCHOR_EVERY_SECONDS
        if _round(ground, arguments.anchors if anchor_due else None) and anchor_due:
            anchored_at = time.monotonic()
        stop.wait(SEAL_EVERY_SECONDS)
    return 0 if _round(ground, arguments.anchors) else 1


def _round(ground: Ground, anchors: Path | None) -> bool:
    """Seal everything that is new and, with a file, anchor the head; whether the database was there for it."""
    try:
        while _sealed(ground):
            pass
        if anchors is not None:
            _anchor(ground, anchors)
    except AWAY as lost:
        _LOG.warning("sealing waits for the database (%s)", type(lost).__name__)
        return False
    return True


def _sealed(ground: Ground) -> bool:
    """Whether so much was sealed that more may be waiting."""
    with database.transaction(ground.engine) as connection:
        now = ground.clock.now()
        oldest = sealing.oldest_unsealed(connection)
        if oldest is not None and (now - oldest).total_seconds() > OLDEST_SECONDS:
            _LOG.warning("events have waited for their seal since %s", oldest.isoformat())
        made = sealing.seal(connection, now)
    return made is not None and made.events >= sealing.MOST_EVENTS


def _anchor(ground: Ground, file: Path) -> None:
    sealing.anchor(
        ground.engine, file, lambda kind, payload: ground.keys.jws(Purpose.AUDIT_ANCHOR, kind, payload),
        ground.clock.now(),
    )  # fmt: skip


def _verify(arguments: argparse.Namespace, ground: Ground) -> int:
    keys = ground.keys.public_keys(Purpose.AUDIT_ANCHOR)
    try:
        anchors = sealing.read_anchors(arguments.anchors, lambda kind, token: opened(keys, kind, token))
    except (OSError, sealing.AnchorFileBroken) as broken:
        print(f"the anchors cannot be read: {broken}", file=sys.stderr)
        return 2
    begun = time.monotonic()
    with database.transaction(ground.engine) as connection:
        found = sealing.verify(connection, anchors, ground.clock.now())
    for fault in found.faults:
        print(f"{fault.kind.value}: seal {fault.seal or '-'}, event {fault.event or '-'}", end="")
        print("" if fault.anchor is None else f", anchor {fault.anchor}")
    rate = found.events / max(time.monotonic() - begun, 1e-9)
    print(
        f"{found.events} events under {found.seals} seals, {found.unsealed} not sealed yet, {found.anchors} anchors, "
        f"{len(found.faults)} faults ({rate:.0f} events/s)"
    )
    with database.transaction(ground.engine) as connection:
        sealing.remember(connection, found, ground.clock.now())
    return 1 if found.faults else 0
