"""`python -m portal verify`: the same check without a browser, its exit code for other programs."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from portal import database
from portal.audit import Actor, ActorKind
from portal.certificates.papers.standing import withdraw
from portal.certificates.papers.tables import WithdrawalReason
from portal.commands.line import parser
from portal.ground import Ground
from tests.portal.certificates.papers.making import MISAKI, Paper, Sealer, key_list, paper, photo
from tests.portal.verify.conftest import Issue, checks_of

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def run(city: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Checks these files: `code, lines = run(photo_bytes, …, "--online")`."""

    def ran(*given: bytes | str) -> tuple[int, list[str]]:
        paths = []
        for number, content in enumerate(part for part in given if isinstance(part, bytes)):
            path = tmp_path / f"sheet-{number}"
            path.write_bytes(content)
            paths.append(str(path))
        parsed = parser().parse_args(["verify", *paths, *(part for part in given if isinstance(part, str))])
        capsys.readouterr()
        code: int = parsed.run(parsed, city)
        return code, capsys.readouterr().out.splitlines()

    return ran


def verdict(lines: Sequence[str]) -> tuple[str, str]:
    said = json.loads(lines[-1])
    return said["verdict"], said["reason"]


def as_pdf(*pictures: bytes) -> bytes:
    """Scans in one PDF, as an office copier sends them."""
    first, *others = (Image.open(io.BytesIO(picture)) for picture in pictures)
    file = io.BytesIO()
    first.save(file, "PDF", save_all=True, append_images=others, resolution=96)
    return file.getvalue()


@pytest.fixture
def two(issue: Issue) -> Paper:
    made = paper(2, number=f"{MISAKI}-AAAAA-BBBBB")
    issue(made)
    return made


def test_photos_without_the_record_are_genuine_as_far_as_one_can_see(run: Run, two: Paper, sealer: Sealer) -> None:
    code, lines = run(*(photo(one) for one in two.codes(sealer)))
    assert (code, verdict(lines)) == (10, ("genuine_offline", "standing_not_asked"))
    assert lines[0] == f"sheet-0: sheet 1: stamp {two.number} 1/2 2026-11-24"


def test_with_the_record_a_picture_is_current_and_still_to_be_compared_by_eye(
    run: Run, issue: Issue, city: Ground, sealer: Sealer
) -> None:
    one = paper()
    issuance = issue(one)
    code, lines = run(photo(*one.codes(sealer)), "--online")
    assert (code, verdict(lines)) == (17, ("genuine_current", "text_not_compared"))
    assert checks_of(city, issuance) == ["current"]
    assert not any("佐藤" in line for line in lines)


def test_a_scan_in_a_pdf_is_read_page_by_page(run: Run, two: Paper, sealer: Sealer) -> None:
    code, lines = run(as_pdf(*(photo(one) for one in two.codes(sealer))))
    assert lines[0] == "sheet-0: signature of the document: none"
    assert (code, verdict(lines)) == (10, ("genuine_offline", "standing_not_asked"))


def test_each_verdict_has_an_exit_code_of_its_own(run: Run, two: Paper, issue: Issue, sealer: Sealer) -> None:
    other = paper(2, number=f"{MISAKI}-CCCCC-DDDDD")
    first, second = two.codes(sealer)
    assert run(photo(first))[0] == 14
    assert run(photo(first), photo(other.codes(sealer)[1]))[0] == 13
    assert run(photo(*two.codes(Sealer())))[0] == 15
    assert run(photo())[0] == 16
    assert run(photo(second), photo(first), "--online")[0] == 17
    assert run(photo(*paper().codes(sealer)), "--online")[0] == 10


def test_a_withdrawn_paper_is_told_and_the_check_kept(run: Run, issue: Issue, city: Ground, sealer: Sealer) -> None:
    one = paper()
    issuance = issue(one)
    with database.transaction(city.engine) as connection:
        withdraw(connection, issuance, WithdrawalReason.REPLACED, Actor(ActorKind.STAFF, "officer"), city.clock.now())
    code, lines = run(photo(*one.codes(sealer)), "--online")
    assert (code, verdict(lines)) == (11, ("withdrawn", "replaced"))
    assert checks_of(city, issuance) == ["withdrawn"]


def test_a_saved_key_list_judges_without_the_portals_own(run: Run, sealer: Sealer, tmp_path: Path) -> None:
    saved = tmp_path / "keys.json"
    stranger = Sealer()
    saved.write_text(key_list(stranger).to_json(), encoding="utf-8")
    assert run(photo(*paper().codes(stranger)), "--keys", str(saved))[0] == 10
    assert run(photo(*paper().codes(sealer)), "--keys", str(saved))[0] == 15


def test_what_is_no_document_at_all_is_unreadable(run: Run) -> None:
    assert run(b"neither one nor the other")[0] == 16
    assert run(b"%PDF-1.7 and nothing behind it")[0] == 16
