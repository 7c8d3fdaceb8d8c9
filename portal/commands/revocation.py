"""`python -m portal revocation refresh|status`: the authority's lists of revoked certificates on this machine."""

import argparse
import logging
import os
import sys
from datetime import datetime

from portal import identity
from portal.clock import JAPAN
from portal.ground import Ground
from portal.identity.card.profile import CertificateKind
from portal.identity.revocation import compact
from portal.identity.revocation.refresh import RefreshAtWork, Taken, folder_of, refresh
from portal.settings import RevocationSource

_LOG = logging.getLogger(__name__)
# The faces of this machine serve people meanwhile.
_NICENESS = 10


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `revocation`."""
    actions = subparsers.add_parser("revocation", help="lists of revoked certificates").add_subparsers(required=True)
    fetch = actions.add_parser("refresh", help="fetch, prove and store every list of the settings now")
    fetch.add_argument("--when-due", action="store_true", help="only if the last refresh is not fresh enough")
    fetch.set_defaults(run=_refresh)
    status = actions.add_parser(
        "status",
        help="whether every pinned root has a fresh list here",
        description="One line for each pinned root. The exit code is 0 when all of them have a list of this time.",
    )
    status.set_defaults(run=_status)


def _refresh(arguments: argparse.Namespace, ground: Ground) -> int:
    os.nice(_NICENESS)
    try:
        results = refresh(ground.settings, now=ground.clock.now(), when_due=arguments.when_due)
    except RefreshAtWork:
        print("another refresh is at work on this machine")
        return 0
    except (identity.TrustStoreUnusable, OSError) as error:
        _LOG.error("no list was fetched (%s)", type(error).__name__)
        return 1
    for place, result in enumerate(results, start=1):
        if isinstance(result, Taken):
            print(
                f"list {place}: number {result.number}, {result.entries} entries, until {_local(result.next_update)}"
            )
        else:
            _LOG.error("list %d of %d was not taken: %s", place, len(results), result)
    return 0 if all(isinstance(result, Taken) for result in results) else 1


def _status(arguments: argparse.Namespace, ground: Ground) -> int:  # noqa: ARG001
    settings = ground.settings
    if settings.trust.revocation is not RevocationSource.CRL:
        print("the source is ocsp: no lists are kept")
        return 0
    try:
        lines = [
            _line(ground, kind, compact.fingerprint(root))
            for kind in CertificateKind
            for root in identity.trust_store(settings.trust, settings.environment, kind).roots
        ]
    except identity.TrustStoreUnusable as error:
        print(f"the trust stores cannot be used: {error}", file=sys.stderr)
        return 1
    for line, _ in lines:
        print(line)
    return 0 if all(fresh for _, fresh in lines) else 1


def _line(ground: Ground, kind: CertificateKind, root: bytes) -> tuple[str, bool]:
    name = f"{kind.value} {root.hex()[:16]}"
    try:
        kept = compact.load(compact.path_of(folder_of(ground.settings.state_dir), root))
    except FileNotFoundError:
        return f"{name}: no list", False
    except compact.CompactListDamaged as error:
        return f"{name}: list damaged ({error})", False
    fresh = kept.covers(ground.clock.now())
    word = "fresh" if fresh else "NOT FRESH"
    dates = f"from {_local(kept.this_update)} until {_local(kept.next_update)}"
    return f"{name}: {word}, number {kept.number}, {len(kept)} entries, {dates}", fresh


def _local(instant: datetime) -> str:
    return instant.astimezone(JAPAN).isoformat(timespec="minutes")
