"""How the book stands: what waits for its seal, and when it was last sealed, anchored and verified."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.audit.sealing.chain import oldest_unsealed
from portal.audit.sealing.tables import audit_anchors, audit_seals, audit_verifications
from portal.audit.sealing.verifying import Verified

_LAST_SEAL = sa.select(audit_seals.c.number, audit_seals.c.sealed_at).order_by(audit_seals.c.number.desc()).limit(1)
_LAST_ANCHOR = sa.select(audit_anchors.c.seal, audit_anchors.c.at).order_by(audit_anchors.c.serial.desc()).limit(1)
_LAST_VERIFICATION = sa.select(audit_verifications).order_by(audit_verifications.c.id.desc()).limit(1)
_REMEMBER = audit_verifications.insert()


@dataclass(frozen=True)
class Verification:
    """When the book was last looked through, over how many events, and how many faults were found."""

    at: datetime
    events: int
    faults: int


@dataclass(frozen=True)
class Standing:
    """`unsealed_since`: the oldest event that waits for a seal. Each is None where there is none."""

    unsealed_since: datetime | None
    sealed_at: datetime | None
    seals: int
    anchored_at: datetime | None
    anchored_seal: int | None
    verified: Verification | None


def remember(connection: sa.Connection, found: Verified, now: datetime) -> None:
    """Keep what a verification found, for whoever asks how the book stands."""
    connection.execute(
        _REMEMBER, {"at": now, "events": found.events, "seals": found.seals, "faults": len(found.faults)}
    )


def standing(connection: sa.Connection) -> Standing:
    """How the book stands now."""
    seal = connection.execute(_LAST_SEAL).one_or_none()
    anchor = connection.execute(_LAST_ANCHOR).one_or_none()
    last = connection.execute(_LAST_VERIFICATION).one_or_none()
    return Standing(
        unsealed_since=oldest_unsealed(connection),
        sealed_at=seal and seal.sealed_at,
        seals=seal.number if seal else 0,
        anchored_at=anchor and anchor.at,
        anchored_seal=anchor and anchor.seal,
        verified=None if last is None else Verification(last.at, last.events, last.faults),
    )
