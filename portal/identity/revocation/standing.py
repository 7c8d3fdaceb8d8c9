"""What the authority can say about a certificate, whichever way it was asked."""

from datetime import timedelta
from enum import StrEnum

# How far the authority's clock may be from ours.
CLOCK_SKEW = timedelta(seconds=60)


class Standing(StrEnum):
    """What the authority says about a certificate. A certificate past its dates is never asked about."""

    GOOD = "good"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    UNKNOWN = "unknown"
