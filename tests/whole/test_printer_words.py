"""What a printer says reaches residents and staff in their own words: each keyword, each suffix, both languages."""

from collections.abc import Iterator

import flask
import flask_babel
import pytest
from babel.messages.pofile import read_po

from kiosk.agent_client import Reason
from kiosk.journey.failures import FAILURES
from kiosk.journey.situation import PRINTER_PAGES, blocking_code
from portal.staff import words
from print_agent.reasons import MEANINGS, SUFFIXES, Kind, reasons_of
from tests.conftest import CHECKOUT

TRANSLATED = CHECKOUT / "kiosk" / "translations" / "en" / "LC_MESSAGES" / "messages.po"


@pytest.fixture
def in_a_request() -> Iterator[None]:
    """Lazy strings want an application; this one has no catalogue and says everything as it is written."""
    app = flask.Flask(__name__)
    flask_babel.Babel(app)
    with app.test_request_context():
        yield


def test_every_kind_has_a_page_for_residents_and_words_for_staff() -> None:
    kinds = {kind.value for kind in Kind}
    assert set(PRINTER_PAGES) == kinds
    assert set(words.PRINTER_KINDS) == kinds
    assert set(PRINTER_PAGES.values()) <= set(FAILURES)


@pytest.mark.usefixtures("in_a_request")
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_explained_in_english_too(kind: Kind) -> None:
    with TRANSLATED.open("rb") as file:
        english = {message.id: message.string for message in read_po(file)}
    page = FAILURES[PRINTER_PAGES[kind.value]]
    for said in (page.title, page.cause, page.action):
        assert english[str(said)]


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
@pytest.mark.parametrize("keyword", sorted(MEANINGS))
def test_every_word_of_a_printer_has_its_page_and_its_words_for_staff(keyword: str, suffix: str) -> None:
    (told,) = reasons_of((keyword + suffix,), stopped=False)
    heard = Reason(told.keyword, blocking=told.blocking, kind=told.kind.value)
    assert blocking_code((heard,)) == (PRINTER_PAGES[told.kind.value] if told.blocking else None)
    said = words.printer_reason(told.keyword, told.kind.value, blocking=told.blocking)
    assert any(ord(character) > 0x3000 for character in said)
