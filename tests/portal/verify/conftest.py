"""A municipality that has issued papers, and its page for checking them, over real TLS in a real browser."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import playwright.sync_api as playwright
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from playwright.sync_api import expect
from werkzeug.serving import make_server

from portal import database, municipality
from portal.certificates.papers import contents
from portal.certificates.sealing.tables import seal_keys
from portal.certificates.tables import Answer, State, issuances
from portal.ground import Ground
from portal.keys import Purpose
from portal.verify import create_app
from tests.portal.certificates.papers.making import Paper, Sealer
from tests.portal.register.people import put_household
from tests.portal.resident.catalogues import compile_catalogues
from tests.world import ports, tls
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

Issue = Callable[..., UUID]


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> None:
    """Every language as it will be shipped."""
    compile_catalogues()


@pytest.fixture(scope="session")
def sealer() -> Sealer:
    """The key that stamps みさき市's pages."""
    return Sealer()


@pytest.fixture
def city(ground: Ground, sealer: Sealer) -> Ground:
    """みさき市 with its published key."""
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, ground.clock.now())
        connection.execute(
            seal_keys.insert(),
            {
                "key_id": sealer.id,
                "purpose": Purpose.PAGE_STAMP.value,
                "public_key": sealer.spki,
                "valid_from": ground.clock.now().replace(month=1, day=1),
            },
        )
    return ground


@pytest.fixture
def issue(city: Ground) -> Issue:
    """Hands a paper out: `issuance = issue(paper)`; with `state` and `answer`, what became of it at the machine."""

    def issued(paper: Paper, *, state: State = State.PRINTED, answer: Answer | None = None) -> UUID:
        now = city.clock.now()
        with database.transaction(city.engine) as connection:
            (resident,) = put_household(connection, {})
            row = {
                "id": uuid4(), "terminal_id": "kiosk-01", "request_key": uuid4(), "session": "s",
                "resident_id": resident, "kind": "resident_record", "scope": "self", "persons": [resident],
                "items": [], "copies": 1, "fee": 200, "state": state, "fence": 1, "attempts": 1, "repeated": False,
                "issue_number": paper.number, "pages": len(paper.stamps), "answer": answer,
                "requested_at": now, "due_at": now, "ended_at": now,
                "released_at": None if state in {State.READY, State.FAILED} else now,
                "settled_at": now if answer else None,
            }  # fmt: skip
            connection.execute(issuances.insert(), row)
            contents.store(connection, UUID(str(row["id"])), paper.content, now)
        return UUID(str(row["id"]))

    return issued


@pytest.fixture
def client(city: Ground, browse: Callable[..., FlaskClient]) -> FlaskClient:
    """A browser without a script."""
    return browse(create_app, city.settings.origins.verify)


@pytest.fixture
def address(city: Ground, scratch: Path) -> Iterator[str]:
    """The page at an official address of its own, over TLS."""
    folder = scratch / "wire"
    if not folder.exists():
        tls.create(folder)
    port = ports.one()
    origin = f"https://localhost:{port}"
    origins = replace(city.settings.origins, verify=origin)
    app = create_app(replace(city, settings=replace(city.settings, origins=origins)))
    certificate = (str(folder / "server.pem"), str(folder / "server.key"))
    server = make_server("localhost", port, app, threaded=True, ssl_context=certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield origin
    server.shutdown()
    thread.join(timeout=10)


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A tab whose every policy violation and script error fails the test."""
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield opened
    # A worker that is still loading when its tab closes would complain of that.
    opened.wait_for_load_state("networkidle")
    context.close()
    assert complaints == []


@pytest.fixture
def keep(recorded_pages: Path) -> Callable[[playwright.Page, str], None]:
    """Keeps what a page shows now for the judges at the end: HTML checker and axe."""

    def kept(page: playwright.Page, state: str) -> None:
        (recorded_pages / f"verify-{state}.html").write_text(page.content(), encoding="utf-8")

    return kept


def show(page: playwright.Page, *pictures: bytes) -> None:
    """Choose these pictures, as from a phone's album."""
    files: list[playwright.FilePayload] = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": data} for number, data in enumerate(pictures)
    ]
    page.locator("#pictures").set_input_files(files)


def verdict(page: playwright.Page, wanted: str, reason: str) -> playwright.Locator:
    """The panel of this verdict, as soon as it is there."""
    found = page.locator(f"#verdict [data-verdict={wanted}][data-reason={reason}]")
    expect(found).to_be_visible(timeout=20_000)
    return found


def checks_of(ground: Ground, issuance: UUID) -> list[str]:
    """The results of every kept check of an issuance, oldest first."""
    with database.transaction(ground.engine) as connection:
        rows = connection.execute(
            sa.text("SELECT result FROM paper_checks WHERE issuance_id = :id ORDER BY checked_at, result"),
            {"id": issuance},
        )
        return list(rows.scalars())
