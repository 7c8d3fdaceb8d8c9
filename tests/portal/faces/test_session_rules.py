"""Sessions of both faces with a browser, through the whole frame: cookie, limits, leaving, requests in flight."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import database, municipality, resident, staff
from portal.ground import Ground
from portal.identity import Role, add_account
from portal.identity.login import sessions
from portal.identity.login.sessions import LIMITS, web_sessions
from portal.web import sign_in, sign_out
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER, put_resident
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

FACES = ["resident", "staff"]
OWN_PAGE = {"resident": "/me", "staff": "/devices"}


@dataclass
class Visit:
    """A person who has logged in at one face."""

    face: str
    app: flask.Flask
    client: FlaskClient
    origin: str

    def own_page(self) -> int:
        return self.client.get(OWN_PAGE[self.face], base_url=self.origin).status_code


@pytest.fixture(params=FACES)
def visit(request: pytest.FixtureRequest, ground: Ground) -> Visit:
    """Somebody logged in at the face."""
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, now)
        if request.param == "resident":
            data = {"resident": str(put_resident(connection))}
        else:
            made = add_account(
                connection, ground, login="sosa", display_name="操作 三郎", roles=[Role.OPERATOR],
                password="correct horse battery staple", actor=TESTER, now=now,
            )  # fmt: skip
            data = {"account": str(made.account_id)}
        token = sessions.create(connection, face=request.param, data=data, now=now)
    faces: dict[str, Callable[[Ground], flask.Flask]] = {"resident": resident.create_app, "staff": staff.create_app}
    app = faces[request.param](ground)
    origin = getattr(ground.settings.origins, request.param)
    client = app.test_client()
    client.set_cookie(f"__Host-{request.param}", token, domain=origin.removeprefix("https://"), secure=True)
    found = Visit(request.param, app, client, origin)
    assert found.own_page() == 200
    return found


def rows(ground: Ground) -> int:
    with database.transaction(ground.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(web_sessions)).scalar_one()


@pytest.mark.parametrize("face", FACES)
def test_the_cookie_is_bound_to_the_host_and_never_sent_by_another_site(ground: Ground, face: str) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, ground.clock.now())
    app = resident.create_app(ground) if face == "resident" else staff.create_app(ground)
    answer = app.test_client().get("/login", base_url=getattr(ground.settings.origins, face))
    (cookie,) = answer.headers.getlist("Set-Cookie")
    parts = {part.strip() for part in cookie.split(";")}
    assert cookie.startswith(f"__Host-{face}=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= parts
    assert not any(part.lower().startswith("domain") for part in parts)


def test_an_idle_session_is_over_on_the_server_though_its_cookie_is_still_sent(
    visit: Visit, clock: MovableClock
) -> None:
    clock.advance(seconds=LIMITS[visit.face].idle.total_seconds())
    assert visit.own_page() == 303


def test_a_session_in_use_is_over_at_its_absolute_end(visit: Visit, clock: MovableClock) -> None:
    limits = LIMITS[visit.face]
    end = clock.now() + limits.absolute
    step = limits.idle / 2
    while clock.now() + step < end:
        clock.advance(seconds=step.total_seconds())
        assert visit.own_page() == 200
    clock.set(end)
    assert visit.own_page() == 303


def test_leaving_by_a_link_is_impossible(visit: Visit) -> None:
    assert visit.client.get("/logout", base_url=visit.origin).status_code == 405
    assert visit.own_page() == 200


def test_an_invented_cookie_opens_nothing_and_is_never_taken_over(visit: Visit, ground: Ground) -> None:
    name, host = f"__Host-{visit.face}", visit.origin.removeprefix("https://")
    stranger = visit.app.test_client()
    stranger.set_cookie(name, "chosen-by-a-stranger", domain=host, secure=True)
    assert stranger.get(OWN_PAGE[visit.face], base_url=visit.origin).status_code == 303
    stranger.get("/login", base_url=visit.origin)
    given = stranger.get_cookie(name, domain=host)
    assert given is not None
    assert given.value != "chosen-by-a-stranger"


def test_a_request_in_flight_does_not_bring_back_a_session_that_was_destroyed_meanwhile(
    visit: Visit, ground: Ground
) -> None:
    """The slow request has read the session, and writes into it after the other one has ended it."""
    name, host = f"__Host-{visit.face}", visit.origin.removeprefix("https://")
    token = visit.client.get_cookie(name, domain=host)
    assert token is not None
    with visit.app.test_request_context("/", base_url=visit.origin, headers={"Cookie": f"{name}={token.value}"}):
        flask.session["late"] = "x"
        with database.transaction(ground.engine) as connection:
            sessions.destroy(connection, token=token.value)
        answer = visit.app.process_response(flask.Response("late"))
    assert answer.headers.getlist("Set-Cookie") == []
    assert rows(ground) == 0
    assert visit.own_page() == 303


def test_a_log_in_gives_a_new_id_and_the_old_one_is_gone_and_leaving_leaves_nothing(
    visit: Visit, ground: Ground
) -> None:
    name, host = f"__Host-{visit.face}", visit.origin.removeprefix("https://")
    token = visit.client.get_cookie(name, domain=host)
    assert token is not None
    headers = {"Cookie": f"{name}={token.value}"}
    with visit.app.test_request_context("/", base_url=visit.origin, headers=headers):
        sign_in(who=str(UUID(int=1)))
        answer = visit.app.process_response(flask.Response(""))
    (cookie,) = answer.headers.getlist("Set-Cookie")
    fresh = cookie.split(";")[0].partition("=")[2]
    assert fresh != token.value
    assert rows(ground) == 1
    assert visit.own_page() == 303, "the id of before opens nothing"
    with visit.app.test_request_context("/", base_url=visit.origin, headers={"Cookie": f"{name}={fresh}"}):
        sign_out()
        visit.app.process_response(flask.Response(""))
    assert rows(ground) == 0
