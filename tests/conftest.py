"""What every test stands on: a scratch folder inside the checkout and short socket folders."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from tests.whole.recording import RecordingClient
from tests.world.browser import launch
from tests.world.runtime import runtime_folder

CHECKOUT = Path(__file__).resolve().parent.parent

# Machines are shared: how long an example took says nothing. What must be quick is measured where it is claimed.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def scratch(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder of this test run, inside the checkout's state folder; what failed leaves its logs there."""
    base = CHECKOUT / ".state" / "tests"
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=base))
    yield folder
    if not request.session.testsfailed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def runtime() -> Iterator[Path]:
    """A folder with a short path, for Unix sockets (their paths end at 107 bytes)."""
    folder = runtime_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option of our own."""
    parser.addoption("--pages", type=Path, help="folder of the rendered pages, shared by the runs of one suite")


@pytest.fixture(scope="session")
def recorded_pages(request: pytest.FixtureRequest, scratch: Path) -> Path:
    """Where every page that a test client sees is kept for the judges at the end."""
    folder: Path = request.config.getoption("--pages") or scratch / "pages"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def judge_every_page(recorded_pages: Path) -> Iterator[None]:
    """Give every Flask app under test the client that judges."""
    RecordingClient.folder = recorded_pages
    flask.Flask.test_client_class = RecordingClient
    yield
    flask.Flask.test_client_class = None
    RecordingClient.folder = None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run (Playwright allows one of its loops in a process)."""
    with sync_playwright() as playwright, launch(playwright) as launched:
        yield launched


@pytest.fixture(scope="session", autouse=True)
def city_in_the_making(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a whole house is coming, build its city beside the first tests: it takes the better part of a minute."""
    if not any("house" in getattr(item, "fixturenames", ()) for item in request.session.items):
        yield
        return
    builder = subprocess.Popen([sys.executable, "-m", "tests.world.city"], cwd=CHECKOUT, stdin=subprocess.DEVNULL)
    yield
    builder.wait()


@pytest.fixture(scope="session")
def whole_suite(request: pytest.FixtureRequest) -> bool:
    """Whether this run holds or ends the whole suite, so that pages must have been rendered."""
    if request.config.getoption("--pages"):
        return True
    return not request.config.getoption("keyword") and request.config.args == request.config.getini("testpaths")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What judges everything that the others have left comes last."""
    items.sort(key=lambda item: item.path.stem.endswith("_last"))
