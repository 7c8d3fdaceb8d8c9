"""The sheets on the kiosk's screen before they are paid for."""

import base64
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from portal import certificates, database, register
from portal.certificates import PageUnknown
from portal.certificates.press import Press
from portal.certificates.preview import DPI
from portal.certificates.rendering import render
from portal.ground import Ground
from portal.register import HoldReason
from tests.portal.certificates.sheets import software_sealing
from tests.portal.identity.cards import Card
from tests.portal.register.people import TESTER
from tests.portal.terminal.conftest import Kiosk, MakeKiosk, error

MORE_THAN_NOTHING = 0.002
BLACK, LEAST_GREY, MOST_GREY = 40, 20, 70
MOST_OF_IT = 0.2
CODE = np.s_[1100:1250, 50:200]
PAID: dict[str, object] = {"means": "cash", "reference": "R1", "amount": 300}


def drawn(document: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.int_]]":
    """The first sheet as it will be printed, at the resolution of the screen."""
    answer = subprocess.run(
        ["pdftoppm", "-r", str(DPI), "-gray", "-singlefile", "-"], input=document, capture_output=True, check=True
    )
    return np.asarray(Image.open(io.BytesIO(answer.stdout))).astype(int)


@pytest.fixture
def ready(ground: Ground, visited: Kiosk, linked: UUID, press: Press) -> str:
    """An issuance whose document is rendered and not paid for."""
    wish = {
        "request": str(uuid4()), "kind": "resident_record", "scope": "self", "persons": [str(linked)],
        "items": {"relationship": False, "domicile": False}, "copies": 1,
    }  # fmt: skip
    issuance: str = visited.call("POST", "/v1/issuances", wish).get_json()["issuance"]
    render(ground, press, software_sealing(), UUID(issuance))
    return issuance


def path(issuance: str, page: int = 1) -> str:
    return f"/v1/issuances/{issuance}/pages/{page}"


def picture(kiosk: Kiosk, issuance: str) -> Image.Image:
    told = kiosk.call("GET", path(issuance)).get_json()
    assert list(told) == ["picture"]
    return Image.open(io.BytesIO(base64.b64decode(told["picture"])))


def test_the_sheet_is_shown_as_it_will_be_printed_with_the_words_of_a_sample_across_it(
    visited: Kiosk, ready: str
) -> None:
    shown = picture(visited, ready)
    assert (shown.format, shown.size) == ("PNG", (910, 1287))
    visited.call("POST", f"/v1/issuances/{ready}/payment", PAID)
    released = visited.call("POST", f"/v1/issuances/{ready}/release", {}).get_json()
    plain = drawn(base64.b64decode(released["document"]))
    marked = np.asarray(shown).astype(int)
    letters = plain < BLACK
    letters[CODE] = False
    assert letters.mean() > MORE_THAN_NOTHING
    assert (marked[letters] < BLACK + MOST_GREY).all()
    changed = np.abs(plain - marked) > LEAST_GREY
    changed[CODE] = False
    # Three times down the sheet, and most of it is what will be printed.
    assert all(part.mean() > MORE_THAN_NOTHING for part in np.array_split(changed, 3))
    assert changed.mean() < MOST_OF_IT


def test_the_code_of_the_paper_cannot_be_read_from_the_screen(visited: Kiosk, ready: str) -> None:
    shown = picture(visited, ready)
    for enlarged in (shown, shown.resize((1820, 2574))):
        assert zxingcpp.read_barcodes(enlarged) == []


def test_a_page_that_is_not_there_is_said(visited: Kiosk, ready: str) -> None:
    for page in (2, 99):
        assert error(visited.call("GET", path(ready, page))) == (404, "page_unknown")


def test_nothing_of_the_document_touches_a_disk(
    visited: Kiosk, ready: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    tmp_path.chmod(0o500)
    picture(visited, ready)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_document_has_no_picture() -> None:
    with pytest.raises(PageUnknown):
        certificates.picture(b"%PDF-1.7\n", 1)


def test_only_the_session_that_asked_sees_it_and_only_until_it_leaves(
    make_kiosk: MakeKiosk, visited: Kiosk, ready: str, card: Card
) -> None:
    other = make_kiosk("kiosk-02")
    other.present(card)
    assert error(other.call("GET", path(ready))) == (404, "issuance_unknown")
    visited.call("POST", f"/v1/issuances/{ready}/payment", PAID)
    assert picture(visited, ready)
    visited.call("POST", f"/v1/issuances/{ready}/release", {})
    assert error(visited.call("GET", path(ready))) == (409, "not_ready")
    visited.present(card)
    assert error(visited.call("GET", path(ready))) == (404, "issuance_unknown")


def test_a_restriction_that_came_after_the_rendering_stops_the_picture_as_it_stops_the_paper(
    ground: Ground, visited: Kiosk, ready: str, linked: UUID
) -> None:
    with database.transaction(ground.engine) as connection:
        register.place_hold(
            connection, [linked], reason=HoldReason.FILING, source="t", actor=TESTER, now=ground.clock.now()
        )
    assert error(visited.call("GET", path(ready))) == (409, "in_progress")
    assert visited.call("GET", f"/v1/issuances/{ready}").get_json()["state"] == "ready"


@pytest.fixture(autouse=True)
def leaves_the_folder_removable(tmp_path: Path) -> Iterator[None]:
    """A read-only folder could not be cleared away."""
    yield
    tmp_path.chmod(0o700)
