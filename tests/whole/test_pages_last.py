"""The last judges: the Nu HTML checker and axe-core over every page that the run has rendered."""

import json
import multiprocessing
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import ViewportSize, sync_playwright

from tests.conftest import CHECKOUT
from tests.kiosk.journey.stage import Stage
from tests.world.browser import launch

TOOLS = CHECKOUT / "tests" / "tools" / "node_modules"
# A kiosk's screens are made for its own display and for no other.
KIOSK: ViewportSize = {"width": 1080, "height": 1920}
DESKTOP: ViewportSize = {"width": 1280, "height": 1600}
JUDGES = 2
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def pages(recorded_pages: Path) -> list[Path]:
    """Every page of a new shape that a test client has seen in this run."""
    return sorted(recorded_pages.glob("*.html"))


@pytest.mark.timeout(300)
def test_every_rendered_page_is_valid_html(pages: list[Path], whole_suite: bool) -> None:
    assert pages or not whole_suite
    if not pages:
        return
    checked = subprocess.run(
        [
            "java",
            "-XX:-UsePerfData",
            "-jar",
            str(TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"),
            "--format",
            "json",
            *map(str, pages),
        ],
        check=False,
        capture_output=True,
    )
    messages = json.loads(checked.stderr)["messages"]
    faults = [f"{Path(m['url']).name}:{m.get('lastLine')} {m['message']}" for m in messages if m["type"] != "info"]
    assert not faults, "\n".join(faults[:20])


class _Pages(SimpleHTTPRequestHandler):
    """Serves the kept pages at / and the real static files at /static."""

    def translate_path(self, path: str) -> str:
        if path.startswith("/static/"):
            return str(CHECKOUT / path.split("?", maxsplit=1)[0].lstrip("/"))
        return super().translate_path(path)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def address(recorded_pages: Path) -> Iterator[str]:
    """Where the kept pages are served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages, directory=str(recorded_pages)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _violations(kept: list[Path], address: str, unit: str) -> list[str]:
    """What axe finds in these pages. Runs in a process of its own, with a browser of its own."""
    axe = (TOOLS / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    faults: list[str] = []
    with sync_playwright() as playwright, launch(playwright) as browser:
        page = browser.new_page()
        # The kept pages are judged as they were; their scripts would go on asking a server that is not there.
        page.route("**/*.js", lambda route: route.abort())
        page.route("**/unit.css", lambda route: route.fulfill(body=unit, content_type="text/css"))
        for file in kept:
            page.set_viewport_size(KIOSK if file.name.startswith("kiosk-") else DESKTOP)
            page.goto(f"{address}/{file.name}", wait_until="load")
            page.evaluate(axe)
            found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
            faults += [f"{file.name} {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]
    return faults


@pytest.mark.timeout(600)
def test_no_rendered_page_has_an_accessibility_violation(pages: list[Path], address: str, whole_suite: bool) -> None:
    assert pages or not whole_suite
    unit = Stage().app.test_client().get("/unit.css").get_data(as_text=True)
    with ProcessPoolExecutor(JUDGES, mp_context=multiprocessing.get_context("spawn")) as judges:
        work = [judges.submit(_violations, pages[part::JUDGES], address, unit) for part in range(JUDGES)]
        faults = [fault for judged in work for fault in judged.result()]
    assert not faults, "\n".join(faults[:20])
