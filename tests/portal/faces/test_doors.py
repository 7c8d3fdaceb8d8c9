"""Every endpoint of every face of the portal, and who may call it: written by hand, compared with what is there.

An endpoint that is missing here fails the build, and so does a row without an endpoint. Roles of staff are decided,
row by row, in tests/portal/staff/test_access.py.
"""

import re

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import resident, staff, terminal, verify
from portal.ground import Ground
from portal.jobs import QUEUE_OF, Queue, Task

SOME_ID = "9d3f7e1e-8f4b-4a53-9a0e-6a1f6d2f0001"
PUBLIC, RESIDENT, STAFF, TERMINAL = "everybody", "a resident who has logged in", "staff", "an enrolled terminal"
VISITOR = "the holder of a genuine card that nobody has linked"
BRIDGE = "a bridge on another machine, never a page"

DOORS: dict[tuple[str, str, str], str] = {
    ("resident", "GET", "/static/<path:filename>"): PUBLIC,
    ("resident", "GET", "/healthz"): PUBLIC,
    ("resident", "GET", "/"): PUBLIC,
    ("resident", "GET", "/login"): PUBLIC,
    ("resident", "POST", "/login"): PUBLIC,
    ("resident", "POST", "/login/challenge"): PUBLIC,
    ("resident", "GET", "/login/device"): PUBLIC,
    ("resident", "POST", "/login/device"): PUBLIC,
    ("resident", "GET", "/login/device/standing"): PUBLIC,
    ("resident", "POST", "/login/device/enter"): PUBLIC,
    ("resident", "GET", "/device"): PUBLIC,
    ("resident", "POST", "/device/challenge"): BRIDGE,
    ("resident", "POST", "/device/answer"): BRIDGE,
    ("resident", "POST", "/logout"): RESIDENT,
    ("resident", "GET", "/visitor"): VISITOR,
    ("resident", "POST", "/visitor/challenge"): VISITOR,
    ("resident", "POST", "/visitor/identify"): VISITOR,
    ("resident", "GET", "/visitor/check"): VISITOR,
    ("resident", "POST", "/visitor/check"): VISITOR,
    ("resident", "GET", "/visitor/request"): VISITOR,
    ("resident", "POST", "/visitor/leave"): VISITOR,
    ("resident", "GET", "/me"): RESIDENT,
    ("resident", "GET", "/moving-out/"): RESIDENT,
    ("resident", "GET", "/moving-out/who"): RESIDENT,
    ("resident", "POST", "/moving-out/who"): RESIDENT,
    ("resident", "GET", "/moving-out/when"): RESIDENT,
    ("resident", "POST", "/moving-out/when"): RESIDENT,
    ("resident", "GET", "/moving-out/where"): RESIDENT,
    ("resident", "POST", "/moving-out/where"): RESIDENT,
    ("resident", "GET", "/moving-out/check"): RESIDENT,
    ("resident", "POST", "/moving-out/check"): RESIDENT,
    ("resident", "GET", "/filings/<uuid:filing_id>/"): RESIDENT,
    ("resident", "GET", "/filings/<uuid:filing_id>/progress"): RESIDENT,
    ("resident", "GET", "/filings/<uuid:filing_id>/receipt"): RESIDENT,
    ("resident", "GET", "/filings/<uuid:filing_id>/withdraw"): RESIDENT,
    ("resident", "POST", "/filings/<uuid:filing_id>/withdraw"): RESIDENT,
    ("staff", "GET", "/static/<path:filename>"): PUBLIC,
    ("staff", "GET", "/healthz"): PUBLIC,
    ("staff", "GET", "/login"): PUBLIC,
    ("staff", "POST", "/login"): PUBLIC,
    ("staff", "POST", "/logout"): STAFF,
    ("staff", "GET", "/"): STAFF,
    ("staff", "GET", "/tabs"): STAFF,
    ("staff", "GET", "/queue"): STAFF,
    ("staff", "POST", "/queue/search"): STAFF,
    ("staff", "GET", "/filings/<uuid:filing_id>"): STAFF,
    ("staff", "POST", "/filings/<uuid:filing_id>/accept"): STAFF,
    ("staff", "POST", "/filings/<uuid:filing_id>/release"): STAFF,
    ("staff", "GET", "/cards"): STAFF,
    ("staff", "POST", "/cards"): STAFF,
    ("staff", "GET", "/cards/<uuid:resident_id>"): STAFF,
    ("staff", "POST", "/cards/<uuid:resident_id>/challenge"): STAFF,
    ("staff", "POST", "/cards/<uuid:resident_id>/link"): STAFF,
    ("staff", "GET", "/cards/<uuid:resident_id>/<uuid:link_id>"): STAFF,
    ("staff", "POST", "/cards/<uuid:resident_id>/<uuid:link_id>/stop"): STAFF,
    ("staff", "POST", "/cards/<uuid:resident_id>/<uuid:link_id>/lift"): STAFF,
    ("staff", "POST", "/cards/<uuid:resident_id>/<uuid:link_id>/end"): STAFF,
    ("staff", "GET", "/link-requests"): STAFF,
    ("staff", "GET", "/link-requests/<uuid:request_id>"): STAFF,
    ("staff", "POST", "/link-requests/<uuid:request_id>"): STAFF,
    ("staff", "POST", "/link-requests/<uuid:request_id>/link"): STAFF,
    ("staff", "POST", "/link-requests/<uuid:request_id>/refuse"): STAFF,
    ("staff", "GET", "/devices/<terminal_id>"): STAFF,
    ("staff", "GET", "/devices/<terminal_id>/revoke"): STAFF,
    ("staff", "POST", "/devices/<terminal_id>/revoke"): STAFF,
    ("staff", "GET", "/devices"): STAFF,
    ("staff", "GET", "/devices/board"): STAFF,
    ("staff", "GET", "/cases"): STAFF,
    ("staff", "GET", "/cases/<uuid:issuance>"): STAFF,
    ("staff", "POST", "/cases/<uuid:issuance>"): STAFF,
    ("staff", "GET", "/papers"): STAFF,
    ("staff", "POST", "/papers"): STAFF,
    ("staff", "GET", "/papers/<uuid:issuance>"): STAFF,
    ("staff", "POST", "/papers/<uuid:issuance>"): STAFF,
    ("staff", "GET", "/switches"): STAFF,
    ("staff", "POST", "/switches/issuance"): STAFF,
    ("staff", "POST", "/switches/certificates/<kind>"): STAFF,
    ("staff", "POST", "/switches/terminals/<terminal_id>"): STAFF,
    ("staff", "GET", "/audit"): STAFF,
    ("staff", "POST", "/audit"): STAFF,
    ("staff", "GET", "/register"): STAFF,
    ("staff", "POST", "/register"): STAFF,
    ("staff", "POST", "/register/number"): STAFF,
    ("staff", "GET", "/register/<uuid:resident_id>"): STAFF,
    ("verify", "GET", "/static/<path:filename>"): PUBLIC,
    ("verify", "GET", "/healthz"): PUBLIC,
    ("verify", "GET", "/"): PUBLIC,
    ("verify", "GET", "/keys.json"): PUBLIC,
    ("verify", "GET", "/reader.js"): PUBLIC,
    ("verify", "GET", "/offline.html"): PUBLIC,
    ("verify", "POST", "/check"): PUBLIC,
    ("terminal", "GET", "/healthz"): PUBLIC,
    ("terminal", "POST", "/v1/heartbeat"): TERMINAL,
    ("terminal", "POST", "/v1/challenges"): TERMINAL,
    ("terminal", "POST", "/v1/sessions"): TERMINAL,
    ("terminal", "DELETE", "/v1/session"): TERMINAL,
    ("terminal", "POST", "/v1/issuances"): TERMINAL,
    ("terminal", "GET", "/v1/issuances/<uuid:issuance>"): TERMINAL,
    ("terminal", "GET", "/v1/issuances/<uuid:issuance>/pages/<int:page>"): TERMINAL,
    ("terminal", "POST", "/v1/issuances/<uuid:issuance>/release"): TERMINAL,
    ("terminal", "POST", "/v1/issuances/<uuid:issuance>/outcome"): TERMINAL,
    ("terminal", "POST", "/v1/issuances/<uuid:issuance>/abandon"): TERMINAL,
    ("terminal", "POST", "/v1/issuances/<uuid:issuance>/payment"): TERMINAL,
    ("terminal", "POST", "/v1/issuances/<uuid:issuance>/payment/end"): TERMINAL,
}
CLOSED = [door for door, who in DOORS.items() if who != PUBLIC]
FORMS = [
    door
    for door, who in DOORS.items()
    if door[1] == "POST" and door[0] not in {"terminal", "verify"} and who != BRIDGE
]
BRIDGES = [door for door, who in DOORS.items() if who == BRIDGE]
# What a browser adds to every POST of a page, and what a bridge never has.
PAGE_MARKS = [
    {"Origin": "https://resident.test"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Mode": "cors"},
    {"Cookie": "__Host-resident=x"},
]


def _named(door: tuple[str, str, str]) -> str:
    return " ".join(door)


@pytest.fixture
def faces(ground: Ground) -> dict[str, flask.Flask]:
    """Every face of the portal."""
    return {
        "resident": resident.create_app(ground),
        "staff": staff.create_app(ground),
        "terminal": terminal.create_app(ground),
        "verify": verify.create_app(ground),
    }


def _knock(faces: dict[str, flask.Flask], door: tuple[str, str, str], ground: Ground) -> TestResponse:
    face, method, rule = door
    origin = getattr(ground.settings.origins, face)
    client: FlaskClient = faces[face].test_client()
    path = re.sub(r"<(uuid:)?[a-z_]+>", SOME_ID, rule.replace("<int:page>", "1"))
    return client.open(path, method=method, base_url=origin, headers={"Referer": f"{origin}/"})


def test_every_endpoint_of_every_face_is_in_the_table(faces: dict[str, flask.Flask]) -> None:
    there = {
        (name, method, route.rule)
        for name, face in faces.items()
        for route in face.url_map.iter_rules()
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there == set(DOORS)


@pytest.mark.parametrize("door", CLOSED, ids=_named)
def test_a_stranger_is_refused_before_anything_else(
    faces: dict[str, flask.Flask], ground: Ground, door: tuple[str, str, str]
) -> None:
    answer = _knock(faces, door, ground)
    assert answer.status_code in {303, 400, 401, 403}, answer.status
    if answer.status_code == 303:
        assert "/login" in answer.headers["Location"]


@pytest.mark.parametrize("door", FORMS, ids=_named)
def test_a_post_without_its_token_changes_nothing(
    faces: dict[str, flask.Flask], ground: Ground, door: tuple[str, str, str]
) -> None:
    assert _knock(faces, door, ground).status_code in {303, 400, 401}
    with ground.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM filings").scalar_one() == 0


@pytest.mark.parametrize("door", BRIDGES, ids=_named)
@pytest.mark.parametrize("mark", PAGE_MARKS, ids=str)
def test_no_page_can_play_the_bridge(
    faces: dict[str, flask.Flask], ground: Ground, door: tuple[str, str, str], mark: dict[str, str]
) -> None:
    client = faces["resident"].test_client(use_cookies=False)
    answer = client.post(door[2], base_url=ground.settings.origins.resident, json={}, headers=mark)
    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("door", BRIDGES, ids=_named)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_bridge_speaks_json_and_nothing_a_form_could_send(
    faces: dict[str, flask.Flask], ground: Ground, door: tuple[str, str, str], kind: str
) -> None:
    client = faces["resident"].test_client()
    origin = ground.settings.origins.resident
    assert client.post(door[2], base_url=origin, data="{}", content_type=kind).status_code == 403


@pytest.mark.parametrize("door", BRIDGES, ids=_named)
def test_a_bridge_is_known_by_its_code_and_by_nothing_else(
    faces: dict[str, flask.Flask], ground: Ground, door: tuple[str, str, str]
) -> None:
    client = faces["resident"].test_client()
    names = {"challenge": ["token"], "answer": ["token", "challenge", "certificate", "signature", "origin"]}
    body = dict.fromkeys(names[door[2].rpartition("/")[2]], "AAAA") | {"token": "A" * 43}
    if "challenge" in body:
        body["challenge"] = SOME_ID
    answer = client.post(door[2], base_url=ground.settings.origins.resident, json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (422, "device_login_unknown")


@pytest.mark.parametrize("face", ["resident", "staff", "terminal", "verify"])
def test_another_host_name_is_refused(faces: dict[str, flask.Flask], face: str) -> None:
    assert faces[face].test_client().get("/", base_url="https://evil.test").status_code == 400


def test_every_task_has_a_queue_and_every_queue_a_task() -> None:
    assert set(QUEUE_OF) == set(Task)
    assert set(QUEUE_OF.values()) == set(Queue)
