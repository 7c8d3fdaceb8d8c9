"""Who may call what: the face's table against one written here by hand, for every endpoint and every role."""

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule as Route

from portal.ground import Ground
from portal.identity import Role
from portal.staff import create_app
from portal.staff.access import ACCESS
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words

R, D, O, A, S = Role.REVIEWER, Role.DESK, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR  # noqa: E741
EVERY = {R, D, O, A, S}
SOME_ID = "9d3f7e1e-8f4b-4a53-9a0e-6a1f6d2f0001"

# method and path -> the roles that come past the gate (None: everybody, logged in or not)
MATRIX: dict[tuple[str, str], set[Role] | None] = {
    ("GET", "/login"): None,
    ("POST", "/login"): None,
    ("POST", "/logout"): EVERY,
    ("GET", "/"): EVERY,
    ("GET", "/tabs"): {R, D, O, A},
    ("GET", "/audit"): {A},
    ("POST", "/audit"): {A},
    ("GET", "/queue"): {R},
    ("POST", "/queue/search"): {R},
    ("GET", f"/filings/{SOME_ID}"): {R},
    ("POST", f"/filings/{SOME_ID}/accept"): {R},
    ("POST", f"/filings/{SOME_ID}/release"): {R},
    ("GET", "/cards"): {D},
    ("POST", "/cards"): {D},
    ("GET", f"/cards/{SOME_ID}"): {D},
    ("POST", f"/cards/{SOME_ID}/challenge"): {D},
    ("POST", f"/cards/{SOME_ID}/link"): {D},
    ("GET", f"/cards/{SOME_ID}/{SOME_ID}"): {D},
    ("POST", f"/cards/{SOME_ID}/{SOME_ID}/stop"): {D},
    ("POST", f"/cards/{SOME_ID}/{SOME_ID}/lift"): {D},
    ("POST", f"/cards/{SOME_ID}/{SOME_ID}/end"): {D},
    ("GET", "/link-requests"): {D},
    ("GET", f"/link-requests/{SOME_ID}"): {D},
    ("POST", f"/link-requests/{SOME_ID}"): {D},
    ("POST", f"/link-requests/{SOME_ID}/link"): {D},
    ("POST", f"/link-requests/{SOME_ID}/refuse"): {D},
    ("GET", "/devices"): {O},
    ("GET", "/devices/board"): {O},
    ("GET", f"/devices/{SOME_ID}"): {O},
    ("GET", f"/devices/{SOME_ID}/revoke"): {O},
    ("POST", f"/devices/{SOME_ID}/revoke"): {O},
    ("GET", "/cases"): {O},
    ("GET", f"/cases/{SOME_ID}"): {O},
    ("POST", f"/cases/{SOME_ID}"): {O},
    ("GET", "/papers"): {O},
    ("POST", "/papers"): {O},
    ("GET", f"/papers/{SOME_ID}"): {O},
    ("POST", f"/papers/{SOME_ID}"): {O},
    ("GET", "/switches"): {O},
    ("POST", "/switches/issuance"): {O},
    ("POST", f"/switches/certificates/{SOME_ID}"): {O},
    ("POST", f"/switches/terminals/{SOME_ID}"): {O},
    ("GET", "/register"): {D},
    ("POST", "/register"): {D},
    ("POST", "/register/number"): {D},
    ("GET", f"/register/{SOME_ID}"): {D},
}


@pytest.fixture
def face(ground: Ground) -> Flask:
    return create_app(ground)


def routes(face: Flask) -> list[Route]:
    return [route for route in face.url_map.iter_rules() if route.endpoint not in {"static", "healthz"}]


def test_every_endpoint_is_in_the_table_and_nothing_else(face: Flask) -> None:
    assert {route.endpoint for route in routes(face)} == set(ACCESS)


def test_the_matrix_holds_every_route(face: Flask) -> None:
    there = {
        (method, re.sub(r"<(uuid:)?[a-z_]+>", SOME_ID, route.rule))
        for route in routes(face)
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there == set(MATRIX)


def test_each_role_comes_past_the_gate_exactly_where_the_matrix_says(sit_down: SitDown) -> None:
    for role in Role:
        desk = sit_down(f"the.{role}", role)
        for (method, path), roles in MATRIX.items():
            answer = call(desk, method, path)
            refused = answer == 403
            assert refused is (roles is not None and role not in roles), f"{role} {method} {path}: {answer}"


def test_nobody_comes_past_the_gate_without_logging_in(visitor: Desk) -> None:
    for (method, path), roles in MATRIX.items():
        if roles is None:
            continue
        answer = visitor.get(path) if method == "GET" else visitor.post_without_token(path)
        assert answer.status_code == 303, f"{method} {path}"
        assert answer.location.startswith("/login"), f"{method} {path}"


def test_a_page_that_asks_by_itself_is_told_without_words(visitor: Desk) -> None:
    for path in ("/tabs", "/devices/board"):
        answer = visitor.get(path, **{"HX-Request": "true"})
        assert answer.status_code == 401
        assert answer.data == b""
        assert answer.headers["HX-Redirect"].startswith("/login")


def test_a_form_without_its_token_changes_nothing(sit_down: SitDown) -> None:
    desk = sit_down("member", *Role)
    for method, path in MATRIX:
        if method == "POST":
            answer = desk.post_without_token(path)
            assert answer.status_code == 400, path
            assert "画面が古くなっています" in words(answer), path


def test_a_refused_role_reads_why(sit_down: SitDown) -> None:
    answer = sit_down("member", Role.OPERATOR).get("/queue")
    assert answer.status_code == 403
    assert "あなたの役割では使えない画面です" in words(answer)
    assert "問い合わせ番号" in words(answer)


def call(desk: Desk, method: str, path: str) -> int:
    """The status of a call; a POST comes without a token, which is looked at only after the gate."""
    return desk.get(path).status_code if method == "GET" else desk.post_without_token(path).status_code
