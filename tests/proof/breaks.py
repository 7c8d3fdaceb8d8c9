"""The three deliberate breaks, put into a process of the proof when it starts. The product knows nothing of them."""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal.certificates import issuance, rendering
from portal.certificates.paper import Issue, Kind, Layout
from portal.certificates.press import Printed, Seals
from portal.certificates.states import move
from portal.certificates.tables import Event, State, issuance_documents, issuances
from tests.proof.paper import SmallPress, page_hashes
from tests.proof.plan import Break

_LINGERS_S = 0.004


def break_worker(broken: Break | None, folder: Path) -> None:
    """Spoil this worker process."""
    if broken is Break.SHARED_SLOT:
        replace(SmallPress, "print", _through_a_slot(SmallPress.print, folder / "current.pdf"))
    elif broken is Break.FREED_LOCK:
        replace(rendering, "move", _move_without_fence)
        replace(rendering, "_STORE", _OVERWRITE)


def break_face(broken: Break | None) -> None:
    """Spoil this face process."""
    if broken is Break.SHARED_SLOT:
        replace(issuance, "_opened", _through_one_variable(issuance._opened))
    elif broken is Break.NO_RECHECK:
        replace(issuance, "_refusal_at_release", lambda *_: None)


def replace(of: object, name: str, by: object) -> None:
    """Put something else in the place of a part of the product, in this process; it must be there."""
    if not hasattr(of, name):
        raise AttributeError(f"there is no {name} to be replaced")
    setattr(of, name, by)


_INSERT = insert(issuance_documents)
_OVERWRITE = _INSERT.on_conflict_do_update(
    index_elements=["issuance_id"],
    set_={name: _INSERT.excluded[name] for name in ("ciphertext", "page_hashes", "stored_at")},
)
_PUBLISH_ANYWAY = (
    sa.update(issuances)
    .where(issuances.c.id == sa.bindparam("of_issuance"))
    .values(state=State.READY)
    .returning(*issuances.c)
)


def _move_without_fence(
    connection: sa.Connection, issuance_id: UUID, event: Event, *, fence: int | None = None, **values: object
) -> "sa.Row[tuple[object, ...]]":
    """The lock is gone, the job lives on: whoever comes with a document publishes it, whatever happened meanwhile."""
    if event is Event.PUBLISH:
        return connection.execute(_PUBLISH_ANYWAY, {"of_issuance": issuance_id, **values}).one()
    return move(connection, issuance_id, event, fence=fence, **values)


Print = Callable[[SmallPress, Kind, Layout, Issue, datetime, Seals], Printed]


def _through_a_slot(honest: Print, slot: Path) -> Print:
    """The document goes through one file that every worker uses."""

    def print_into_slot(  # noqa: PLR0917  # the press is called so
        self: SmallPress, kind: Kind, layout: Layout, issue: Issue, at: datetime, sealing: Seals
    ) -> Printed:
        made = honest(self, kind, layout, issue, at, sealing)
        slot.write_bytes(made.document)
        time.sleep(_LINGERS_S)
        document = slot.read_bytes()
        return Printed(document, hashlib.sha256(document).hexdigest(), tuple(page_hashes(document)), made.content)

    return print_into_slot


def _through_one_variable(honest: Callable[..., bytes]) -> Callable[..., bytes]:
    """The document goes through one variable that every request of the process uses."""
    slot: list[bytes] = []

    def opened(*given: object) -> bytes:
        slot[:] = [honest(*given)]
        time.sleep(_LINGERS_S)
        return slot[0]

    return opened
