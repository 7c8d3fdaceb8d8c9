"""Coming in with two factors, and going out."""

from datetime import timedelta

import pyotp
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal import database
from portal.audit import audit_events
from portal.ground import Ground
from portal.identity import Role
from portal.identity.login.sessions import LIMITS, web_sessions
from portal.identity.tables import staff_accounts, staff_roles
from tests.portal.conftest import MovableClock
from tests.portal.staff.conftest import PASSWORD, SECRET, Employ, SitDown
from tests.portal.staff.desk import Desk, words

REFUSAL = "職員ID・パスワード・確認コードのどれかがちがいます"


def log_in(
    desk: Desk, clock: MovableClock, login: str = "hanako", password: str = PASSWORD, code: str | None = None
) -> TestResponse:
    right = pyotp.TOTP(SECRET).at(clock.now())
    return desk.post(
        "/login", {"login": login, "password": password, "code": right if code is None else code}, page="/login"
    )


def test_login_password_and_code_together_open_the_desk(visitor: Desk, employ: Employ, clock: MovableClock) -> None:
    employ("hanako", Role.REVIEWER)
    answer = log_in(visitor, clock)
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/").location == "/queue"
    page = visitor.get("/queue")
    assert page.status_code == 200
    assert "佐藤 花子" in words(page)


def test_every_failure_reads_the_same(visitor: Desk, employ: Employ, clock: MovableClock) -> None:
    employ("hanako", Role.REVIEWER)
    wrongs = (
        {"login": "nobody"},
        {"password": "wrong password"},
        {"code": "000000"},
        {"login": "nobody", "code": "000000"},
    )
    for wrong in wrongs:
        answer = log_in(visitor, clock, **wrong)
        assert answer.status_code == 422, wrong
        assert REFUSAL in words(answer), wrong
        assert PASSWORD not in answer.text, wrong
        assert visitor.get("/queue").status_code == 303, wrong


def test_a_code_opens_the_desk_once(visitor: Desk, employ: Employ, clock: MovableClock) -> None:
    employ("hanako", Role.REVIEWER)
    assert log_in(visitor, clock).status_code == 303
    visitor.post("/logout", page="/queue")
    assert REFUSAL in words(log_in(visitor, clock))


def test_an_account_that_was_switched_off_is_outside_from_the_next_request_on(
    sit_down: SitDown, ground: Ground
) -> None:
    desk = sit_down("hanako", Role.REVIEWER)
    assert desk.get("/queue").status_code == 200
    with database.transaction(ground.engine) as connection:
        connection.execute(sa.update(staff_accounts).values(active=False))
    assert desk.get("/queue").status_code == 303


def test_a_role_taken_away_closes_its_pages_at_once(sit_down: SitDown, ground: Ground) -> None:
    desk = sit_down("hanako", Role.REVIEWER, Role.OPERATOR)
    assert desk.get("/devices").status_code == 200
    with database.transaction(ground.engine) as connection:
        connection.execute(sa.delete(staff_roles).where(staff_roles.c.role == Role.OPERATOR))
    assert desk.get("/devices").status_code == 403


def test_a_missing_answer_is_named_beside_its_field(visitor: Desk) -> None:
    answer = visitor.post("/login", {"login": "", "password": "", "code": "12"}, page="/login")
    assert answer.status_code == 422
    for field in ("職員IDを", "パスワードを", "確認コードは数字6けたで"):
        message = f"{field}入力してください。"
        assert words(answer).count(message) == 2, "in the summary and at the field"
    assert "<title>エラー：" in answer.text


def test_too_many_guesses_are_told_to_wait(visitor: Desk, employ: Employ, clock: MovableClock) -> None:
    employ("hanako", Role.REVIEWER)
    for _ in range(10):
        assert log_in(visitor, clock, password="wrong password").status_code == 422
    answer = log_in(visitor, clock)
    assert answer.status_code == 429
    assert "しばらくログインできません" in words(answer)


def test_the_session_id_is_new_at_log_in(visitor: Desk, employ: Employ, clock: MovableClock) -> None:
    employ("hanako", Role.REVIEWER)
    visitor.get("/login")
    before = visitor.client.get_cookie("__Host-staff", domain="staff.test")
    log_in(visitor, clock)
    after = visitor.client.get_cookie("__Host-staff", domain="staff.test")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_logging_out_ends_the_session_on_the_server(sit_down: SitDown, ground: Ground) -> None:
    desk = sit_down("hanako", Role.REVIEWER)
    answer = desk.post("/logout", page="/queue")
    assert answer.status_code == 303
    assert answer.location.startswith("/login")
    with database.transaction(ground.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(web_sessions)).scalar_one() == 0
        actions = connection.execute(sa.select(audit_events.c.action)).scalars().all()
    assert "login.ended" in actions
    assert "ログアウトしました" in words(desk.get(answer.location))


def test_logging_out_by_a_link_is_impossible(sit_down: SitDown) -> None:
    desk = sit_down("hanako", Role.REVIEWER)
    assert desk.get("/logout").status_code == 405
    assert desk.get("/queue").status_code == 200


def test_an_idle_desk_is_closed(sit_down: SitDown, clock: MovableClock) -> None:
    desk = sit_down("hanako", Role.REVIEWER)
    clock.advance(seconds=LIMITS["staff"].idle.total_seconds())
    assert desk.get("/queue").status_code == 303


def test_polling_does_not_keep_a_desk_open(sit_down: SitDown, clock: MovableClock) -> None:
    desk = sit_down("hanako", Role.REVIEWER)
    step = LIMITS["staff"].idle / 3
    for _ in range(3):
        clock.advance(seconds=step.total_seconds() + 1)
        answer = desk.get("/tabs?tab=mine", **{"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login")
    assert answer.data == b""


def test_a_busy_desk_is_closed_at_the_end_of_the_day(sit_down: SitDown, clock: MovableClock) -> None:
    desk = sit_down("hanako", Role.REVIEWER)
    end = clock.now() + LIMITS["staff"].absolute
    while clock.now() + timedelta(minutes=20) < end:
        clock.advance(minutes=20)
        assert desk.get("/queue").status_code == 200
    clock.advance(minutes=20)
    assert desk.get("/queue").status_code == 303


def test_the_page_asked_for_before_the_log_in_comes_after_it(
    visitor: Desk, employ: Employ, clock: MovableClock
) -> None:
    employ("hanako", Role.OPERATOR)
    asked = visitor.get("/cases")
    assert asked.location == "/login?to=/cases"
    answer = visitor.post(
        "/login",
        {"login": "hanako", "password": PASSWORD, "code": pyotp.TOTP(SECRET).at(clock.now()), "to": "/cases"},
        page=asked.location,
    )
    assert answer.location == "/cases"


def test_a_log_in_never_leads_elsewhere(visitor: Desk, employ: Employ, clock: MovableClock) -> None:
    employ("hanako", Role.REVIEWER)
    for elsewhere in ("https://evil.example/", "//evil.example/queue", "/no", "queue", "/login", "/\\evil.example"):
        # A code is good for one log-in.
        clock.advance(seconds=30)
        code = pyotp.TOTP(SECRET).at(clock.now())
        form = {"login": "hanako", "password": PASSWORD, "code": code, "to": elsewhere}
        assert visitor.post("/login", form, page="/login").location == "/", elsewhere
        visitor.post("/logout", page="/queue")


def test_a_role_without_pages_is_told_so(sit_down: SitDown) -> None:
    answer = sit_down("kansa", Role.ADMINISTRATOR, name="管理 太郎").get("/")
    assert answer.status_code == 200
    assert "開ける画面は、まだありません" in words(answer)
