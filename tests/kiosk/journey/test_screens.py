"""What the browser is given: one heading, nothing inline, strict headers, both languages, no step lost."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from flask_babel import force_locale

from kiosk.journey.failures import FAILURES
from kiosk.journey.screens import SLOW_SECONDS
from kiosk.journey.states import State
from tests.kiosk.journey.conftest import TRANSLATIONS
from tests.kiosk.journey.doubles import NAME
from tests.kiosk.journey.screenplay import SCENES, failed, states_shown
from tests.kiosk.journey.stage import Stage

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
FOREIGN_ON_PURPOSE = re.compile(
    r"みさき市|日本語|[^（]+号機|市民課 1番窓口|印鑑登録証明書|髙橋[^<]*|[（(][^）)]*[）)]|[“”]"
)


class Page(HTMLParser):
    """Counts what must not be there, and what must be there once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.inline: list[str] = []
        self.forms_without_token = 0
        self.words: list[str] = []
        self._in_form = False
        self._token = False
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        known = dict(attrs)
        if known.get("id"):
            self.ids[str(known["id"])] += 1
        self.inline += [name for name in known if name == "style" or name.startswith(("on", "hx-"))]
        if tag == "style" or (tag == "script" and "src" not in known):
            self.inline.append(tag)
        if tag == "form" and known.get("method") == "post":
            self._in_form, self._token = True, False
        if tag == "input" and known.get("name") == "csrf_token":
            self._token = True
        self.words += [known[name] or "" for name in ("aria-label", "title", "placeholder") if name in known]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._in_form:
            self.forms_without_token += not self._token
            self._in_form = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_scenes_show_every_state() -> None:
    assert states_shown() == set(State)


@pytest.mark.parametrize("scene", SCENES)
def test_every_screen_is_a_sound_page(scene: str) -> None:
    stage = SCENES[scene]()
    page = Page(stage.page())
    assert page.tags["h1"] == 1
    assert page.tags["main"] == 1
    assert page.tags["title"] == 1
    assert page.inline == []
    assert page.forms_without_token == 0
    assert [name for name, count in page.ids.items() if count > 1] == []


@pytest.mark.parametrize("scene", SCENES)
def test_every_screen_is_wholly_english_when_asked_for_in_english(scene: str) -> None:
    stage = SCENES[scene]()
    before = stage.state
    assert stage.post("/language", language="en").status_code == 303
    assert stage.state is before, "the switch must not lose the step"
    text = stage.page()
    assert '<html lang="en"' in text
    words = [FOREIGN_ON_PURPOSE.sub("", word) for word in Page(text).words]
    assert [word for word in words if JAPANESE.search(word)] == []


@pytest.mark.parametrize("code", FAILURES)
def test_every_failure_has_its_own_words_in_both_languages(code: str) -> None:
    stage = failed(code)
    page = stage.page()
    assert "7K3M9PQ2" in page
    assert "市民課 1番窓口" in page
    assert Page(page).tags["h1"] == 1
    with stage.app.test_request_context():
        words = FAILURES[code]
        japanese = [str(words.title), str(words.cause), str(words.action)]
        with force_locale("en"):
            english = [str(words.title), str(words.cause), str(words.action)]
    assert all(text in page for text in japanese)
    assert not any(JAPANESE.search(text) for text in english)


def test_no_two_causes_are_told_in_the_same_words() -> None:
    stage = Stage()
    with stage.app.test_request_context():
        told = Counter((str(words.title), str(words.cause)) for code, words in FAILURES.items())
    # One refusal has two spellings on the wire.
    assert [count for count in told.values() if count > 1] == [2]


def test_the_english_catalogue_is_complete_and_not_fuzzy() -> None:
    with (TRANSLATIONS / "en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    messages = [message for message in catalogue if message.id]
    assert len(messages) > 200
    assert [message.id for message in messages if not str(message.string).strip() or message.fuzzy] == []
    assert [message.id for message in messages if list(message.check())] == []


@pytest.mark.parametrize("path", ["/", "/screen", "/time", "/help", "/help/pin", "/unit.css", "/start", "/nowhere"])
def test_every_answer_carries_the_strict_headers(path: str) -> None:
    headers = Stage().open().browser.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_cookie_is_for_this_browser_and_this_site_only() -> None:
    cookie = Stage().open().browser.get("/").headers["Set-Cookie"]
    assert cookie.startswith("kiosk_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize("path", ["/press/begin", "/certificate", "/pin", "/content", "/language", "/contrast"])
def test_a_post_without_the_token_of_the_page_is_refused(path: str) -> None:
    stage = Stage().open()
    stage.page()
    answer = stage.browser.post(path, data={"kind": "resident_record"})
    assert answer.status_code == 400
    assert "<h1>" in answer.text
    assert stage.at(State.ATTRACT)


def test_after_a_wipe_the_browser_is_told_to_forget_everything() -> None:
    stage = Stage().to_content()
    stage.press("quit")
    stage.reader.take()
    stage.step()
    answer = stage.browser.get("/")
    assert (answer.status_code, answer.location) == (303, "/start")
    answer = stage.browser.get("/start")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert stage.browser.get_cookie("kiosk_session") is None
    assert "/press/begin" in stage.page()


def test_a_script_of_an_ended_visit_is_sent_to_the_start() -> None:
    stage = Stage().to_content()
    stage.press("quit")
    stage.reader.take()
    stage.step()
    answer = stage.browser.get("/screen", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/start")


@pytest.mark.parametrize("moment", ["to_pin", "to_content", "to_confirm"])
def test_a_stranger_browser_never_sees_a_visit_in_progress(moment: str) -> None:
    stage = Stage()
    getattr(stage, moment)()
    stranger = stage.app.test_client()
    page = stranger.get("/", follow_redirects=True).text
    assert NAME not in page
    assert stage.at(State.RETURN_CARD)


def test_a_screen_that_has_not_changed_is_not_sent_again() -> None:
    stage = Stage().to_content()
    seen = re.search(r"/screen\?seen=(\w+)", stage.page())
    assert seen is not None
    assert stage.browser.get(f"/screen?seen={seen[1]}").status_code == 204
    stage.time.now += 3
    assert stage.browser.get(f"/screen?seen={seen[1]}").status_code == 204
    stage.reader.take()
    stage.step()
    assert stage.browser.get(f"/screen?seen={seen[1]}").status_code == 200


@pytest.mark.parametrize("scene", ["checking_card", "preparing", "take_card", "printing", "return_card"])
def test_every_screen_that_waits_says_so_before_ten_seconds(scene: str) -> None:
    stage = SCENES[scene]()
    soon = stage.page()
    seen = re.search(r"/screen\?seen=(\w+)", soon)
    assert seen is not None
    stage.time.now += SLOW_SECONDS
    assert stage.browser.get(f"/screen?seen={seen[1]}").status_code == 200, "the browser must hear of it"
    assert SLOW_SECONDS < 10
    later = stage.page()
    said = [word for word in Page(later).words if word.strip() and word not in Page(soon).words]
    assert said, "the words must change"
    if scene in {"checking_card", "preparing", "take_card"}:
        assert "/press/quit" in later


def test_the_fragment_for_scripts_is_the_screen_with_its_title() -> None:
    text = Stage().open().browser.get("/", headers={"HX-Request": "true"}).text
    assert text.startswith("<title>")
    assert "<html" not in text
    assert 'id="screen"' in text


def test_choosing_nothing_is_answered_with_422_and_an_error_summary() -> None:
    stage = Stage().to_content()
    answer = stage.post("/content")
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert "<title>エラー：" in answer.text
    assert stage.at(State.CHOOSE_CONTENT)


def test_what_the_portal_did_not_offer_cannot_be_chosen() -> None:
    stage = Stage().to_content()
    assert stage.post("/content", scope="neighbours").status_code == 422
    assert stage.post("/content", scope="self", items=["individual_number"]).status_code == 422
    assert stage.at(State.CHOOSE_CONTENT)


def test_a_kind_that_is_not_available_now_cannot_be_chosen() -> None:
    stage = Stage().open()
    stage.press("begin")
    stage.post("/certificate", kind="seal")
    assert stage.at(State.CHOOSE_CERTIFICATE)


@pytest.mark.parametrize("name", ["confirm", "pin", "continue", "paper-taken", "unheard-of"])
def test_a_press_that_does_not_belong_to_the_screen_changes_nothing(name: str) -> None:
    stage = Stage().to_content()
    stage.press(name)
    assert stage.at(State.CHOOSE_CONTENT)


def test_lengths_follow_the_density_of_the_display() -> None:
    assert "font-size: 10.0000px" in Stage().browser.get("/unit.css").text
