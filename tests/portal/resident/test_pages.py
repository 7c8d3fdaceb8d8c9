"""What holds for every page: who is let in, for how long, in which language, and what an error says."""

import re
from collections.abc import Callable
from dataclasses import replace

import flask
import pytest
from flask.testing import FlaskClient

from portal import database, notices
from portal.ground import Ground
from portal.municipality import Municipality
from portal.resident import create_app
from portal.resident.access import ACCESS
from portal.resident.words import masked
from tests.portal.conftest import MovableClock
from tests.portal.filings.conftest import Family
from tests.portal.resident.browser import Browser, title, words
from tests.portal.resident.test_journey import WHERE, file


def test_nobody_gets_past_the_start_page_without_a_log_in(visitor: Browser) -> None:
    assert visitor.get("/").status_code == 200
    for path in ("/me", "/moving-out/", "/moving-out/check", "/filings/00000000-0000-0000-0000-000000000000/"):
        led = visitor.get(path)
        assert (led.status_code, led.location.partition("?")[0]) == (303, "/login"), path
    assert visitor.post("/moving-out/where", WHERE).location.startswith("/login")


def test_a_session_ends_after_20_minutes_however_often_its_page_asks_by_itself(
    home: Browser, family: Family, clock: MovableClock
) -> None:
    status = file(home, family)
    for _ in range(3):
        clock.advance(minutes=6)
        polled = home.get(f"{status}progress", **{"HX-Request": "true"})
        assert polled.status_code == 200
        assert "Set-Cookie" not in polled.headers
    clock.advance(minutes=3)
    over = home.get(f"{status}progress", **{"HX-Request": "true"})
    assert (over.status_code, over.headers["HX-Redirect"].partition("?")[0]) == (204, "/login")
    assert "ログインの時間が切れました" in words(home.follow(home.get(status)))


def test_logging_out_ends_the_session_on_the_server(home: Browser) -> None:
    token = re.search(r'name="out-csrf_token"[^>]*value="([^"]+)"', home.get("/me").get_data(as_text=True))
    assert token is not None
    cookie = home.client.get_cookie("__Host-resident", domain="resident.test")
    assert cookie is not None
    assert home.post("/logout", {"out-csrf_token": token[1]}).location == "/"
    home.client.set_cookie("__Host-resident", cookie.value, domain="resident.test", secure=True)
    assert home.get("/me").location.startswith("/login")


def test_only_the_log_in_page_may_talk_to_the_bridge(home: Browser, visitor: Browser, ground: Ground) -> None:
    def connect(page: str, browser: Browser) -> str:
        policy = browser.get(page).headers["Content-Security-Policy"]
        return next(part.strip() for part in policy.split(";") if part.strip().startswith("connect-src"))

    assert connect("/login", visitor) == f"connect-src 'self' {ground.settings.origins.bridge}"
    assert connect("/", visitor) == "connect-src 'self'"
    assert connect("/me", home) == "connect-src 'self'"


def test_every_page_has_its_entry_in_the_access_table(ground: Ground) -> None:
    endpoints = {rule.endpoint for rule in create_app(ground).url_map.iter_rules()}
    assert endpoints - {"static", "healthz"} == ACCESS.keys()


def test_what_does_not_exist_or_is_not_meant_is_answered_in_words(home: Browser, visitor: Browser) -> None:
    for browser in (home, visitor):
        missing = browser.get("/nothing-here")
        assert (missing.status_code, title(missing)) == (404, "ページが見つかりません – みさき市 住民手続")
        wrong = browser.post("/me")
        assert wrong.status_code == 405
        assert "この操作はできません" in words(wrong)
    assert home.get("/filings/not-a-number/").status_code == 404


def test_an_unexpected_error_gives_a_number_to_call_about_and_no_detail(
    home: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("本間 一郎 in a message")

    monkeypatch.setattr(notices, "inbox", broken)
    page = home.get("/me")
    assert page.status_code == 500
    assert re.search(r"この番号を伝えてください。 [0-9a-f]{8}", words(page))
    assert "in a message" not in page.get_data(as_text=True)


def test_with_the_database_away_every_page_says_so_within_seconds(
    ground: Ground, browse: Callable[[Callable[[Ground], flask.Flask], str], FlaskClient], city: Municipality
) -> None:
    nowhere = database.create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    away = replace(ground, engine=nowhere)
    client = browse(lambda _: create_app(away), ground.settings.origins.resident)
    browser = Browser(client)
    client.set_cookie("__Host-resident", "x" * 43, domain="resident.test", secure=True)
    for path in ("/", "/login", "/me"):
        page = browser.get(path)
        assert page.status_code == 503
        assert "いま使えません" in words(page)


def test_the_page_speaks_english_when_asked_and_remembers_it(home: Browser, family: Family, visitor: Browser) -> None:
    assert '<html lang="en">' in visitor.get("/", **{"Accept-Language": "en-GB,en;q=0.9"}).get_data(as_text=True)
    assert '<html lang="ja">' in visitor.get("/", **{"Accept-Language": "fr"}).get_data(as_text=True)
    home.get("/me?lang=en")
    status = file(home, family)
    left_over = re.compile(r"[ぁ-ん]+")
    names = re.compile(r"みさき市|いずみ県|本間 さくら|みなとみらい一丁目1番1号( 港ハイツ201)?")
    pages = ("/", "/me", "/moving-out/who", "/moving-out/when", "/moving-out/where", status, f"{status}receipt")
    for path in (*pages, f"{status}withdraw", "/nowhere"):
        page = home.get(path)
        assert '<html lang="en">' in page.get_data(as_text=True)
        assert left_over.findall(names.sub("", words(page))) == [], path
    assert "1 December 2026 (Tue)" in words(home.get(status))


def test_the_own_page_shows_a_name_that_a_passer_by_cannot_read(home: Browser) -> None:
    assert "本間 ○○ さん" in words(home.get("/me"))
    assert masked("NGUYEN THI HOA") == "NGUYEN\u3000○○○○"
    assert masked("田中") == "田○○"
