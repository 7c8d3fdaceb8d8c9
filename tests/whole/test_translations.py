"""No string may reach a person untranslated: every catalogue is complete, and holds nothing that is unused."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.conftest import CHECKOUT

# folder of the catalogues → folders whose strings they hold
SOURCES = {
    "kiosk/translations": ["kiosk"],
    "kiosk/bridge/translations": ["kiosk/bridge"],
    "portal/translations": ["portal/resident", "portal/verify"],
}
CATALOGUES = sorted(CHECKOUT.glob("*/translations/*/LC_MESSAGES/*.po")) + sorted(
    CHECKOUT.glob("*/*/translations/*/LC_MESSAGES/*.po")
)
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**.html", "jinja2")]


def _used(home: str) -> set[str]:
    found: set[str] = set()
    for folder in SOURCES[home]:
        for file, _, message, *_ in extract_from_dir(
            CHECKOUT / folder,
            method_map=METHODS,
            keywords={"_": None, "gettext": None, "lazy_gettext": None, "_l": None, "ngettext": (1, 2)},
            options_map={"**.html": {"silent": "false"}},
        ):
            if home == "kiosk/translations" and file.startswith("bridge/"):
                continue
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_string_is_translated_and_none_is_fuzzy(path: Path) -> None:
    home = str(path.parent.parent.parent.relative_to(CHECKOUT))
    catalogue = _catalogue(path)
    translated = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id and m.string and not m.fuzzy}
    missing = _used(home) - translated
    assert not missing, f"{len(missing)} strings without translation, first: {sorted(missing)[:3]}"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_placeholder_survives_translation(path: Path) -> None:
    broken = [m.id for m in _catalogue(path) if m.id and m.check()]
    assert not broken


def test_each_source_of_strings_has_its_english_catalogue() -> None:
    for home in SOURCES:
        assert (CHECKOUT / home / "en" / "LC_MESSAGES" / "messages.po").exists(), home
