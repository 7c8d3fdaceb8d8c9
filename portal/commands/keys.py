"""`python -m portal keys create|export`: signing keys in the PKCS#11 token."""

import argparse
import json

from portal.ground import Ground
from portal.keys import Purpose


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `keys`."""
    actions = subparsers.add_parser("keys", help="signing keys").add_subparsers(required=True)
    create = actions.add_parser("create", help="make a new key, active from now on")
    create.add_argument("purpose", nargs="*", type=Purpose, default=list(Purpose))
    create.set_defaults(run=_create)
    export = actions.add_parser("export", help="print the public keys as JSON {key id: PEM}")
    export.add_argument("purpose", nargs="*", type=Purpose, default=list(Purpose))
    export.set_defaults(run=_export)


def _create(arguments: argparse.Namespace, ground: Ground) -> int:
    for purpose in arguments.purpose:
        print(purpose.value, ground.keys.create(purpose, ground.clock.now()))
    return 0


def _export(arguments: argparse.Namespace, ground: Ground) -> int:
    found: dict[str, str] = {}
    for purpose in arguments.purpose:
        found.update(ground.keys.public_keys(purpose))
    print(json.dumps(found, indent=2, sort_keys=True))
    return 0
