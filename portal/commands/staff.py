"""`python -m portal staff add LOGIN`: accounts of the staff."""

import argparse
import secrets
import sys
from pathlib import Path

from portal import database
from portal.audit import Actor, ActorKind
from portal.ground import Ground
from portal.identity import AccountInvalid, Role, add_account

_ACTOR = Actor(ActorKind.SYSTEM, "staff.command")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `staff`."""
    actions = subparsers.add_parser("staff", help="accounts of the staff").add_subparsers(required=True)
    add = actions.add_parser(
        "add",
        help="make an account",
        description="Prints the otpauth URI of the second factor, and the first password unless a file gave it.",
    )
    add.add_argument("login", help="2 to 32 small letters, digits and . _ -")
    add.add_argument("--name", required=True, help="the name colleagues see")
    add.add_argument("--role", required=True, action="append", type=Role, choices=list(Role), dest="roles")
    add.add_argument("--password-file", type=Path, help="first line: the password (default: a random one)")
    add.add_argument("--totp-secret-file", type=Path, help="first line: base32 secret (default: a random one)")
    add.set_defaults(run=_add)


def _add(arguments: argparse.Namespace, ground: Ground) -> int:
    try:
        given = _first_line(arguments.password_file)
        password = secrets.token_urlsafe(18) if given is None else given
        with database.transaction(ground.engine) as connection:
            made = add_account(
                connection,
                ground,
                login=arguments.login,
                display_name=arguments.name,
                roles=arguments.roles,
                password=password,
                totp_secret=_first_line(arguments.totp_secret_file),
                actor=_ACTOR,
                now=ground.clock.now(),
            )
    except (OSError, UnicodeDecodeError) as error:
        print(f"a secret file cannot be read ({type(error).__name__})", file=sys.stderr)
        return 1
    except AccountInvalid as error:
        print(f"no account was made: {error}", file=sys.stderr)
        return 1
    print(made.otpauth_uri)
    if given is None:
        print(f"first password: {password}")
    return 0


def _first_line(file: Path | None) -> str | None:
    """The first line of a secret file; an empty one is refused later, never replaced by a random secret."""
    return None if file is None else file.read_text(encoding="utf-8").partition("\n")[0].strip()
