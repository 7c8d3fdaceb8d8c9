"""What is served to every screen: files made elsewhere are unchanged, stylesheets keep to the words of base.css."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

STATIC = Path(__file__).parents[2] / "static"
ROW = re.compile(
    r"^\| (?P<file>[^|]+) \| [^|]+ \| (?P<version>\d[^|]*) \| [^|]+ \| `(?P<hash>sha384-[^`]+)` \|$", re.MULTILINE
)
OWN_SHEETS = ["controls.css", "kiosk.css", "portal.css", "staff.css"]


def recorded() -> dict[str, str]:
    readme = (STATIC / "vendor/README.md").read_text(encoding="utf-8")
    return {match["file"].strip(): match["hash"] for match in ROW.finditer(readme)}


def test_every_vendored_file_has_the_hash_written_in_the_table() -> None:
    table = recorded()
    assert len(table) >= 4
    for name, expected in table.items():
        digest = hashlib.sha384((STATIC / "vendor" / name).read_bytes()).digest()
        assert f"sha384-{base64.b64encode(digest).decode()}" == expected, name


def test_no_vendored_file_is_missing_from_the_table() -> None:
    vendor = STATIC / "vendor"
    present = {str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file()}
    assert present - {"README.md"} == set(recorded())


@pytest.mark.parametrize("sheet", OWN_SHEETS)
def test_component_styles_speak_only_the_semantic_words(sheet: str) -> None:
    css = (STATIC / sheet).read_text(encoding="utf-8")
    assert "--color-" not in css, "design tokens are named in base.css only"
    assert not re.search(r"#[0-9a-fA-F]{3,8}\s*[;},]", css), "a literal colour would not follow the contrast setting"
    assert "@import" not in css
    assert "url(http" not in css


@pytest.mark.parametrize("sheet", OWN_SHEETS)
def test_every_word_a_stylesheet_uses_is_defined(sheet: str) -> None:
    css = (STATIC / sheet).read_text(encoding="utf-8")
    ground = (STATIC / "base.css").read_text(encoding="utf-8")
    defined = set(re.findall(r"(--[\w-]+)\s*:", ground + css))
    assert set(re.findall(r"var\((--[\w-]+)", css)) <= defined


def test_the_high_contrast_theme_redefines_only_words_that_exist() -> None:
    css = (STATIC / "base.css").read_text(encoding="utf-8")
    ground, _, contrast = css.partition('[data-contrast="high"] {')
    theme = contrast.partition("}")[0]
    assert set(re.findall(r"(--[\w-]+)\s*:", theme)) <= set(re.findall(r"(--[\w-]+)\s*:", ground))


def test_every_icon_has_a_unique_name_and_a_view_box() -> None:
    # The file is our own, so the plain parser is safe here.
    sprite = ET.parse(STATIC / "icons.svg").getroot()  # noqa: S314
    names = [symbol.get("id") for symbol in sprite]
    assert len(names) == len(set(names)) > 30
    assert all(symbol.get("viewBox") for symbol in sprite)
