"""The print ticket: the signed manifest (JWS, typ `print-ticket`) that binds a document to its issuance and terminal.

Payload: v, order (issuance id), terminal, sha256 of the PDF, pages, copies, media, sides, issued and expires (Unix
seconds), subjects (opaque ids of the persons on the paper), record_versions (opaque id → version; that of a household
is its size), page_hashes (SHA-256 of each page's content stream as it is before compression, in page order).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from portal.keys import Purpose, SigningKeys

TICKET_LIFE = timedelta(seconds=120)
_KIND = "print-ticket"


def ticket(
    keys: SigningKeys,
    *,
    order: UUID,
    terminal_id: str,
    sha256: str,
    pages: int,
    copies: int,
    subjects: list[UUID],
    record_versions: str,
    page_hashes: str,
    now: datetime,
) -> str:
    """Sign the ticket of a document that is about to be released; raises KeyUnavailable."""
    issued = int(now.timestamp())
    payload: Mapping[str, object] = {
        "v": 1,
        "order": str(order),
        "terminal": terminal_id,
        "sha256": sha256,
        "pages": pages,
        "copies": copies,
        "media": "iso_a4_210x297mm",
        "sides": "one-sided",
        "issued": issued,
        "expires": issued + int(TICKET_LIFE.total_seconds()),
        "subjects": [str(subject) for subject in subjects],
        "record_versions": json.loads(record_versions),
        "page_hashes": json.loads(page_hashes),
    }
    return keys.jws(Purpose.PRINT_TICKET, _KIND, payload)


def canonical(value: Mapping[str, int] | tuple[str, ...]) -> str:
    """Canonical JSON text: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
