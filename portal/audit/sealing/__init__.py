"""Making the book of who looked provable: events are sealed each second by a chain of hashes, heads are anchored."""

from portal.audit.sealing.anchors import Anchor, AnchorFileBroken, anchor, read_anchors
from portal.audit.sealing.chain import MOST_EVENTS, Seal, oldest_unsealed, seal
from portal.audit.sealing.standing import Standing, Verification, remember, standing
from portal.audit.sealing.verifying import Fault, FaultKind, Verified, verify

__all__ = [
    "MOST_EVENTS",
    "Anchor",
    "AnchorFileBroken",
    "Fault",
    "FaultKind",
    "Seal",
    "Standing",
    "Verification",
    "Verified",
    "anchor",
    "oldest_unsealed",
    "read_anchors",
    "remember",
    "seal",
    "standing",
    "verify",
]
