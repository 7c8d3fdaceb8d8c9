"""`python -m portal database migrate|stop`: the schema, and the embedded development server."""

import argparse
from pathlib import Path

from alembic import command
from alembic.config import Config

from portal.embedded import EmbeddedPostgres
from portal.ground import Ground

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `database`."""
    actions = subparsers.add_parser("database", help="schema and development server").add_subparsers(required=True)
    actions.add_parser("migrate", help="bring the schema to the newest version").set_defaults(run=_migrate)
    actions.add_parser("stop", help="stop the embedded development server").set_defaults(run=_stop)


def migrate(ground: Ground) -> None:
    """Run every migration that the database has not seen, each whole or not at all."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with ground.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _migrate(arguments: argparse.Namespace, ground: Ground) -> int:  # noqa: ARG001
    migrate(ground)
    return 0


def _stop(arguments: argparse.Namespace, ground: Ground) -> int:  # noqa: ARG001
    if ground.settings.database_url is None:
        EmbeddedPostgres(ground.settings.state_dir / "postgres", ground.settings.runtime_dir).stop()
    return 0
