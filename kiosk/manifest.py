"""The manifest of a document against the kiosk's own session: the last look before the paper is ordered.

The ticket for the print agent is the portal's signed manifest (JWS; its contract is the print agent's `ticket.py`).
Whether the signature is genuine the agent decides. The kiosk asks what nobody else can: is this the order, are these
the persons, are these the bytes that the resident in front of it has chosen (incidents of Kawasaki and Takamatsu).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection

from kiosk.portal_answers import Released


class ManifestContradicts(Exception):
    """Raised when a document is not what this session asked for; the message names the field, never its content."""


def demand(released: Released, *, order: str, persons: Collection[str]) -> None:
    """Raises ManifestContradicts unless order, persons and bytes are those of this session."""
    said = _payload(released.ticket)
    if said.get("order") != order:
        raise ManifestContradicts("order")
    subjects = said.get("subjects")
    if not isinstance(subjects, list) or len(subjects) != len(persons) or set(subjects) != set(persons):
        raise ManifestContradicts("subjects")
    if said.get("sha256") != hashlib.sha256(released.document).hexdigest():
        raise ManifestContradicts("sha256")


def _payload(ticket: str) -> dict[str, object]:
    parts = ticket.split(".")
    try:
        segment = parts[1]
        said = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (IndexError, ValueError, binascii.Error, RecursionError) as error:
        raise ManifestContradicts("not a ticket") from error
    if not isinstance(said, dict):
        raise ManifestContradicts("not a ticket")
    return said
