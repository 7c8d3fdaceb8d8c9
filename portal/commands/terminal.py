"""`python -m portal terminal enrol|revoke`: which kiosks are ours."""

import argparse
import sys
from pathlib import Path

from portal import database, terminals
from portal.audit import Actor, ActorKind
from portal.ground import Ground

_ACTOR = Actor(ActorKind.SYSTEM, "terminal.command")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `terminal`."""
    actions = subparsers.add_parser("terminal", help="kiosks").add_subparsers(required=True)
    enrol = actions.add_parser("enrol", help="let a kiosk speak to the portal")
    enrol.add_argument("id", help="small letters, digits and hyphens, e.g. kiosk-01")
    enrol.add_argument("--name", required=True, help="what staff call it")
    enrol.add_argument("--place", required=True, help="where it stands")
    enrol.add_argument("--public-key", required=True, type=Path, help="Ed25519 public key, PEM file")
    enrol.set_defaults(run=_enrol)
    revoke = actions.add_parser("revoke", help="refuse a kiosk from now on")
    revoke.add_argument("id")
    revoke.set_defaults(run=_revoke)


def _enrol(arguments: argparse.Namespace, ground: Ground) -> int:
    try:
        with database.transaction(ground.engine) as connection:
            terminals.enrol(
                connection,
                terminal_id=arguments.id,
                name=arguments.name,
                place=arguments.place,
                public_key=arguments.public_key.read_text(encoding="ascii"),
                actor=_ACTOR,
                now=ground.clock.now(),
            )
    except (OSError, UnicodeDecodeError) as error:
        print(f"the public key cannot be read ({type(error).__name__})", file=sys.stderr)
        return 1
    except terminals.EnrolmentRefused as error:
        print(f"not enrolled: {error}", file=sys.stderr)
        return 1
    print(f"enrolled {arguments.id}")
    return 0


def _revoke(arguments: argparse.Namespace, ground: Ground) -> int:
    try:
        with database.transaction(ground.engine) as connection:
            terminals.revoke(connection, terminal_id=arguments.id, actor=_ACTOR, now=ground.clock.now())
    except terminals.TerminalError as error:
        print(f"not revoked: {error.code}", file=sys.stderr)
        return 1
    print(f"revoked {arguments.id}")
    return 0
