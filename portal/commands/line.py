"""The command line: every topic, and what they all share."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from portal import settings
from portal.commands import (
    audit,
    database,
    identity,
    keys,
    municipality,
    reconcile,
    register,
    revocation,
    serve,
    staff,
    terminal,
    verify,
    worker,
)
from portal.ground import open_ground
from portal.keys import KeyUnavailable

TOPICS = (
    database, keys, serve, worker, municipality, register, identity, revocation, staff, terminal, reconcile, verify,
    audit,
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(prog="python -m portal")
    whole.add_argument("--settings", type=Path, help="settings file (default: the one PORTAL_SETTINGS names)")
    topics = whole.add_subparsers(title="topics", required=True)
    for topic in TOPICS:
        topic.add_parser(topics)
    return whole


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code says whether it did what was asked."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # The HTTP client logs every URL it asks; addresses of outside services belong in no log of ours.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)
    parsed = parser().parse_args(arguments)
    try:
        loaded = settings.load(parsed.settings)
        result: int = parsed.run(parsed, open_ground(loaded))
    except (settings.SettingsError, KeyUnavailable) as error:
        print(f"portal: {error}", file=sys.stderr)
        return 2
    return result
