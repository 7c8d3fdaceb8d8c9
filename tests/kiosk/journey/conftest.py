"""The words of the screens, compiled as every installation does before it starts."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.kiosk.journey.stage import Stage

TRANSLATIONS = Path(__file__).parents[3] / "kiosk/translations"


@pytest.fixture(scope="session", autouse=True)
def compiled_words() -> None:
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        compiled = BytesIO()
        with source.open("rb") as file:
            write_mo(compiled, read_po(file))
        if not target.is_file() or target.read_bytes() != compiled.getvalue():
            target.write_bytes(compiled.getvalue())


@pytest.fixture
def stage() -> Stage:
    return Stage()
