"""What the desk says when something breaks, and what it does not say."""

import dataclasses

import flask
import pytest

from portal import database, filings
from portal.ground import Ground
from portal.identity import Role
from portal.staff import create_app
from tests.portal.staff.conftest import Browse, SitDown
from tests.portal.staff.desk import Desk, words


def test_without_its_database_the_desk_says_so_at_once(ground: Ground, browse: Browse, sit_down: SitDown) -> None:
    seated = sit_down("hanako", Role.REVIEWER)
    away = dataclasses.replace(
        ground, engine=database.create_engine("postgresql+psycopg://nobody@/none?host=/nowhere")
    )

    def create(_: Ground) -> flask.Flask:
        return create_app(away)

    desk = Desk(browse(create, ground.settings.origins.staff))
    cookie = seated.client.get_cookie("__Host-staff", domain="staff.test")
    assert cookie is not None
    desk.client.set_cookie("__Host-staff", cookie.value, domain="staff.test", secure=True)
    for path in ("/queue", "/login"):
        answer = desk.get(path)
        assert answer.status_code == 503, path
        assert "いま、システムにつながりません" in words(answer), path


def test_an_unexpected_failure_tells_a_reference_and_nothing_else(
    sit_down: SitDown, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = sit_down("hanako", Role.REVIEWER)
    typed = "本間"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(typed)

    monkeypatch.setattr(filings, "queue", fail)
    answer = desk.get("/queue")
    assert answer.status_code == 500
    page = words(answer)
    assert "処理できませんでした" in page
    number = page.split("問い合わせ番号 ")[1].split()[0]
    assert number in caplog.text
    assert typed not in page + caplog.text


def test_a_page_that_asks_by_itself_keeps_what_it_shows_when_something_breaks(
    sit_down: SitDown, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sit_down("hanako", Role.REVIEWER)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(filings, "queue_counts", fail)
    answer = desk.get("/tabs?tab=mine", **{"HX-Request": "true"})
    assert answer.status_code == 500
    assert answer.data == b""
    assert answer.headers["HX-Reswap"] == "none"
