"""`python -m portal municipality load FILE`."""

import argparse
import sys
from pathlib import Path

from portal import database, municipality
from portal.ground import Ground


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `municipality`."""
    topic = subparsers.add_parser("municipality", help="the municipality's own file")
    commands = topic.add_subparsers(required=True)
    load = commands.add_parser("load", help="check and store names, calendar, hours, fees and first switches")
    load.add_argument("file", type=Path, help="TOML file")
    load.set_defaults(run=_load)


def _load(arguments: argparse.Namespace, ground: Ground) -> int:
    file: Path = arguments.file
    try:
        text = file.read_text(encoding="utf-8")
        with database.transaction(ground.engine) as connection:
            state = municipality.load(connection, text, ground.clock.now())
    except (OSError, UnicodeDecodeError) as error:
        print(f"{file}: cannot be read ({type(error).__name__})", file=sys.stderr)
        return 1
    except municipality.MunicipalityFileError as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    print(f"{state.code} {state.name}")
    return 0
