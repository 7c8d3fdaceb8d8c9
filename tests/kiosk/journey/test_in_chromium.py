"""The whole journey in a real browser at the size of the real screen, with fingers only."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import waitress
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from kiosk.agent_client import AgentUnreachable
from kiosk.journey.states import State
from tests.kiosk.journey.doubles import NAME, PIN, FakePortal
from tests.kiosk.journey.screenplay import SCENES, failed, longest_failure
from tests.kiosk.journey.stage import Stage

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SCREEN: ViewportSize = {"width": 1080, "height": 1920}
MEASURE = Path(__file__).with_name("measures.js").read_text(encoding="utf-8")
BOUNDS = {"target": 81, "gap": 16, "text": 28, "reach": 680}
"""In px of the reference display: 20 mm both ways, 4 mm between, 7 mm of letter, the reach from a wheelchair."""


class House:
    """One address for the whole module; behind it the kiosk of the test that is running."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.server = waitress.create_server(self.answer, host="127.0.0.1", port=0, threads=8)
        self.address = f"http://127.0.0.1:{self.server.effective_port}"
        threading.Thread(target=self.server.run, daemon=True).start()

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.stage.app(environ, start_response)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    house = House()
    yield house
    house.server.task_dispatcher.shutdown()
    house.server.close()


@contextmanager
def running(stage: Stage) -> Iterator[None]:
    """Conductor and heartbeat beside the screens, as in `python -m kiosk`, with real time."""
    threads = [
        threading.Thread(target=stage.kiosk.conductor.run, daemon=True),
        threading.Thread(target=stage.kiosk.heartbeat.run, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stage.kiosk.conductor.stop()
        stage.kiosk.heartbeat.stop()
        for thread in threads:
            thread.join(10)


class RealTime:
    now = 0.0

    def __call__(self) -> float:
        return time.monotonic()


def real_stage() -> Stage:
    return Stage(time=RealTime())  # type: ignore[arg-type]  # only called, never moved, in these tests


@contextmanager
def browsing(browser: Browser, *, scripts: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """One page, and everything the browser complained about."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    context = browser.new_context(
        viewport=SCREEN, has_touch=True, reduced_motion="reduce", java_script_enabled=scripts
    )
    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page, complaints
    finally:
        context.close()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).tap()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words, timeout=10_000)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_resident_gets_paper_with_fingers_only(house: House, browser: Browser, scripts: bool) -> None:
    stage = real_stage()
    house.stage = stage
    with running(stage), browsing(browser, scripts=scripts) as (page, complaints):
        until(lambda: stage.at(State.ATTRACT))
        page.goto(house.address)
        heading(page, "証明書を受け取れます")
        tap(page, "はじめる")
        heading(page, "どの証明書が必要ですか")
        page.get_by_role("button", name="住民票の写し").tap()
        heading(page, "マイナンバーカードを置いてください")
        stage.reader.put("reading", None)
        expect(page.get_by_text("カードを読み取っています")).to_be_visible(timeout=10_000)
        stage.reader.state, stage.reader.tries_left = "ready", 3
        heading(page, "を入れてください")
        expect(page.get_by_text("あと3回")).to_be_visible()
        for count, digit in enumerate(PIN, start=1):
            tap(page, digit)
            expect(page.locator("[data-on]")).to_have_count(count)
        assert PIN not in page.content()
        tap(page, "次へ進む")
        heading(page, "だれの、何を印刷しますか")
        page.get_by_label("世帯の全員").tap()
        page.get_by_label("本籍と筆頭者").tap()
        tap(page, "次へ進む")
        heading(page, "この内容で印刷します")
        expect(page.get_by_text(NAME)).to_be_visible()
        tap(page, "印刷へ進む")
        heading(page, "カードをおとりください")
        assert stage.agent.puts == 0
        stage.reader.take()
        heading(page, "印刷しています")
        stage.agent.print_sheet()
        expect(page.get_by_text("2枚のうち、1枚が出ました")).to_be_visible(timeout=10_000)
        stage.agent.print_sheet()
        heading(page, "証明書をおとりください")
        tap(page, "受け取りました")
        heading(page, "終わりました")
        expect(page.get_by_text(stage.portal.order[:8].upper())).to_be_visible()
        tap(page, "おわる")
        heading(page, "証明書を受け取れます")
        until(lambda: [outcome.state for _, outcome in stage.portal.outcomes] == ["printed"])
        assert complaints == []


def test_digits_typed_fast_all_arrive(house: House, browser: Browser) -> None:
    stage = real_stage()
    house.stage = stage
    with running(stage), browsing(browser) as (page, complaints):
        until(lambda: stage.at(State.ATTRACT))
        page.goto(house.address)
        tap(page, "はじめる")
        page.get_by_role("button", name="住民票の写し").tap()
        heading(page, "マイナンバーカードを置いてください")
        stage.reader.put()
        heading(page, "を入れてください")
        keys = {digit: page.get_by_role("button", name=digit, exact=True).element_handle() for digit in PIN}
        for digit in PIN:
            keys[digit].dispatch_event("click")
        expect(page.locator("[data-on]")).to_have_count(4)
        assert stage.reader.held == PIN
        assert complaints == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_screen_holds_the_measures_of_the_kiosk(house: House, browser: Browser, language: str) -> None:
    faults: dict[str, list[str]] = {}
    scenes: dict[str, Callable[[], Stage]] = {**SCENES, "failed-longest": lambda: failed(longest_failure())}
    with browsing(browser) as (page, complaints):
        for name, scene in scenes.items():
            stage = scene()
            stage.kiosk.journey.prefer(language=language)
            house.stage = stage
            show(page, house)
            if found := page.evaluate(MEASURE, BOUNDS):
                faults[name] = found
            page.goto("about:blank")
        assert faults == {}
        assert [text for text in complaints if "ERR_" not in text] == []


def show(page: Page, house: House) -> None:
    """Let the browser take the place of the test's own client in this visit."""
    house.stage.page()
    cookie = house.stage.browser.get_cookie("kiosk_session")
    assert cookie is not None
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": house.address}])
    page.goto(house.address)


def test_language_and_contrast_change_on_any_screen_without_losing_the_step(house: House, browser: Browser) -> None:
    stage = Stage().to_pin()
    stage.type_pin("12")
    house.stage = stage
    with browsing(browser) as (page, _):
        show(page, house)
        tap(page, "English")
        heading(page, "Please enter your PIN")
        expect(page.locator("[data-on]")).to_have_count(2)
        tap(page, "Dark screen")
        expect(page.locator("html[data-contrast=high]")).to_have_count(1)
        expect(page.locator("[data-on]")).to_have_count(2)
        expect(page.locator("body")).to_have_css("background-color", "rgb(0, 0, 0)")


def test_a_page_under_a_finger_is_not_redrawn_while_nothing_changes(house: House, browser: Browser) -> None:
    stage = Stage().to_content()
    house.stage = stage
    with browsing(browser) as (page, _):
        show(page, house)
        page.get_by_label("本人だけ").tap()
        with page.expect_response(lambda answer: "/screen" in answer.url and answer.status == 204):
            pass
        expect(page.get_by_label("本人だけ")).to_be_checked()


def test_help_comes_back_to_the_same_step_and_follows_the_journey(house: House, browser: Browser) -> None:
    stage = Stage().to_pin()
    house.stage = stage
    with browsing(browser) as (page, _):
        show(page, house)
        page.get_by_role("link", name="番号がわからないとき").tap()
        heading(page, "番号がわからないとき")
        page.get_by_role("link", name="前の画面にもどる").tap()
        heading(page, "を入れてください")
        page.get_by_role("link", name="係員をよぶ").tap()
        heading(page, "係員をよぶ")
        stage.reader.take()
        stage.step()
        heading(page, "カードが取られたため")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_paper_is_looked_at_sheet_by_sheet_before_it_is_paid_for(
    house: House, browser: Browser, language: str
) -> None:
    stage = Stage(portal=FakePortal(pages=2)).to_means()
    stage.kiosk.journey.prefer(language=language)
    house.stage = stage
    with browsing(browser) as (page, complaints):
        show(page, house)
        page.locator("a.k-sample").tap()
        for number in (1, 2):
            expect(page.locator("img.k-sheet")).to_have_attribute("src", f"/sheet/{number}.png")
            expect(page.locator("img.k-sheet")).to_have_js_property("naturalWidth", 910)
            assert page.evaluate(MEASURE, BOUNDS) == []
            page.locator("main .btn").last.tap()
        expect(page.locator("img.k-sheet")).to_have_attribute("src", "/sheet/1.png")
        page.locator("main .btn").first.tap()
        expect(page.locator("a.k-sample")).to_be_visible()
        assert complaints == []


def test_an_ended_visit_leaves_no_cookie_of_it_in_the_browser(house: House, browser: Browser) -> None:
    stage = Stage().to_content()
    house.stage = stage
    with browsing(browser) as (page, _):
        show(page, house)
        before = page.context.cookies()
        tap(page, "やめる")
        heading(page, "カードをおとりください")
        stage.reader.take()
        stage.step()
        heading(page, "証明書を受け取れます")
        assert page.context.cookies()[0]["value"] != before[0]["value"]
        page.go_back()
        expect(page.get_by_text(NAME)).to_have_count(0)
        heading(page, "証明書を受け取れます")


def test_a_screen_whose_machine_stops_answering_says_so(house: House, browser: Browser) -> None:
    stage = Stage().to_content()
    house.stage = stage
    with browsing(browser) as (page, _):
        show(page, house)
        page.route(re.compile(r"/(screen|time)\b"), lambda route: route.abort())
        expect(page.locator("#lost")).to_be_visible(timeout=10_000)
        page.unroute_all()
        expect(page.locator("#lost")).to_be_hidden(timeout=10_000)


def test_a_printer_that_dies_while_printing_is_told_in_ten_seconds(house: House, browser: Browser) -> None:
    stage = Stage().to_printing()
    house.stage = stage
    with browsing(browser) as (page, _):
        show(page, house)
        stage.agent.alive = False
        with pytest.raises(AgentUnreachable):
            stage.agent.status()
        stage.step(1, 9)
        expect(page.get_by_text("印刷に時間がかかっています")).to_be_visible()
        stage.wait(40)
        heading(page, "係員をお待ちください")
