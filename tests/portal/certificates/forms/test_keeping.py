"""Compiled forms that are kept are the ones that were made, until anything they come from changes."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from portal.certificates.characters import approved_font
from portal.certificates.forms import keeping
from portal.certificates.forms.compiling import CompiledKind
from portal.certificates.forms.keeping import Keeping
from portal.certificates.kinds import all_kinds, kind_of
from portal.certificates.paper import Kind, Seal
from portal.certificates.press import Press
from tests.portal.certificates.sheets import ISSUE

KIND = kind_of("seal_registration")


def _never() -> CompiledKind:
    raise AssertionError("compiled again")


def _counting(made: CompiledKind) -> tuple[Callable[[], CompiledKind], list[int]]:
    calls: list[int] = []

    def make() -> CompiledKind:
        calls.append(1)
        return made

    return make, calls


@pytest.mark.parametrize("kind", all_kinds().values(), ids=lambda kind: kind.id)
def test_forms_come_back_as_they_were_made(press: Press, kind: Kind, tmp_path: Path) -> None:
    made = press._forms(kind, ISSUE.seal)
    assert Keeping(tmp_path, approved_font()).forms(kind, ISSUE.seal, lambda: made) is made
    back = Keeping(tmp_path, approved_font()).forms(kind, ISSUE.seal, _never)
    assert (back.forms, back.font, back.ground) == (made.forms, made.font, made.ground)
    assert back.library.objects() == made.library.objects()


def test_whatever_the_forms_come_from_makes_others(
    press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kind"
    shutil.copytree(KIND.folder, folder)
    kind = replace(KIND, folder=folder)
    make, calls = _counting(press._forms(KIND, ISSUE.seal))
    kept = Keeping(tmp_path / "forms", approved_font())
    kept.forms(kind, ISSUE.seal, make)
    kept.forms(kind, ISSUE.seal, _never)
    kept.forms(kind, Seal(ISSUE.seal.picture + b" "), make)
    kept.forms(replace(kind, forms={**kind.forms, "other": next(iter(kind.forms.values()))}), ISSUE.seal, make)
    (folder / "page.css").write_text("p { color: red }")
    kept.forms(kind, ISSUE.seal, make)
    monkeypatch.setattr(keeping, "engines", lambda: "WeasyPrint 71")
    Keeping(tmp_path / "forms", approved_font()).forms(kind, ISSUE.seal, make)
    other_font = tmp_path / "font.ttf"
    other_font.write_bytes(b"another font")
    Keeping(tmp_path / "forms", other_font).forms(kind, ISSUE.seal, make)
    assert len(calls) == 6


def test_a_file_is_there_whole_or_not_at_all(press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = press._forms(KIND, ISSUE.seal)
    kept = Keeping(tmp_path, approved_font())

    def out_of_power(_: int) -> None:
        raise OSError

    monkeypatch.setattr("os.fsync", out_of_power)
    with pytest.raises(OSError):  # noqa: PT011
        kept.forms(KIND, ISSUE.seal, lambda: made)
    assert list(tmp_path.glob("*.json")) == []
    monkeypatch.undo()
    kept.forms(KIND, ISSUE.seal, lambda: made)
    assert len(list(tmp_path.glob("*.json"))) == 1
