"""The one question a checker's browser may ask, and what whoever does not hold the paper learns: nothing."""

import secrets
from base64 import b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import database
from portal.audit import Actor, ActorKind
from portal.certificates.papers import contents
from portal.certificates.papers.standing import withdraw
from portal.certificates.papers.tables import WithdrawalReason
from portal.certificates.tables import Answer, State
from portal.ground import Ground
from portal.identity.attempts import LIMITS
from portal.identity.tables import Scope
from tests.portal.certificates.papers.making import Paper, paper
from tests.portal.conftest import MovableClock
from tests.portal.verify.conftest import Issue, checks_of

ORIGIN = "https://verify.test"
NOTHING = {"status": "not_on_record", "reason": None, "at": None, "content": ""}


def named(access: bytes) -> str:
    return urlsafe_b64encode(access).rstrip(b"=").decode("ascii")


def ask(client: FlaskClient, number: str, access: str, found: str = "nothing") -> TestResponse:
    return client.post("/check", base_url=ORIGIN, json={"number": number, "access": access, "found": found})


def asked(client: FlaskClient, one: Paper, found: str = "nothing") -> dict[str, str | None]:
    answer = ask(client, one.number, named(one.access), found)
    assert answer.status_code == 200
    told: dict[str, str | None] = answer.get_json()
    return told


def test_the_holder_of_the_paper_gets_its_standing_and_its_content(client: FlaskClient, issue: Issue) -> None:
    one = paper()
    issue(one)
    told = asked(client, one)
    assert (told["status"], told["reason"], told["at"]) == ("current", None, None)
    opened = contents.disclose(b64decode(told["content"] or ""), one.secret, one.number)
    assert opened.pages == one.words.pages


def test_wrong_keys_and_unknown_numbers_get_the_same_answer(client: FlaskClient, issue: Issue) -> None:
    one, other = paper(), paper(number="982016-AAAAA-BBBBB")
    issue(one)
    issue(other)
    answers = [
        ask(client, one.number, named(secrets.token_bytes(16))),
        ask(client, one.number, named(other.access)),
        ask(client, "982016-22222-22222", named(one.access)),
        ask(client, "982024-7KQ2M-X84TB", named(one.access)),
    ]
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {(200, answers[0].get_data())}
    assert answers[0].get_json() == NOTHING
    headers = [{name: value for name, value in answer.headers if name != "Date"} for answer in answers]
    assert all(one == headers[0] for one in headers)


def test_a_wrong_key_leaves_no_check(client: FlaskClient, issue: Issue, city: Ground) -> None:
    one = paper()
    issuance = issue(one)
    ask(client, one.number, named(secrets.token_bytes(16)), "differs")
    assert checks_of(city, issuance) == []


@pytest.mark.parametrize("reason", list(WithdrawalReason))
def test_a_withdrawal_is_told_with_reason_and_moment(
    client: FlaskClient, issue: Issue, city: Ground, reason: WithdrawalReason
) -> None:
    one = paper()
    issuance = issue(one)
    with database.transaction(city.engine) as connection:
        withdraw(connection, issuance, reason, Actor(ActorKind.STAFF, str(UUID(int=1))), city.clock.now())
    told = asked(client, one)
    assert (told["status"], told["reason"]) == ("withdrawn", reason.value)
    assert told["at"] == city.clock.now().isoformat()
    assert checks_of(city, issuance) == ["withdrawn"]


@pytest.mark.parametrize(
    ("state", "answer", "status"),
    [
        (State.RELEASED, None, "current"),
        (State.PRINTED, None, "current"),
        (State.UNKNOWN, None, "current"),
        (State.NOT_PRINTED, None, "withdrawn"),
        (State.SETTLED, Answer.PRINTED, "current"),
        (State.SETTLED, Answer.NOT_PRINTED, "withdrawn"),
        (State.SETTLED, Answer.PARTLY_PRINTED, "withdrawn"),
        (State.READY, None, "not_on_record"),
        (State.FAILED, None, "not_on_record"),
    ],
)
def test_what_became_of_the_paper_at_the_machine_decides_how_it_stands(
    client: FlaskClient, issue: Issue, state: State, answer: Answer | None, status: str
) -> None:
    one = paper()
    issue(one, state=state, answer=answer)
    told = asked(client, one)
    assert told["status"] == status
    assert told["reason"] == ("misprint" if status == "withdrawn" else None)


def test_erased_content_looks_as_if_it_had_never_been_there(
    client: FlaskClient, issue: Issue, city: Ground, clock: MovableClock
) -> None:
    one = paper()
    issue(one)
    clock.advance(days=366)
    with database.transaction(city.engine) as connection:
        assert contents.erase_expired(connection, clock.now()) == 1
    assert asked(client, one) == NOTHING


@pytest.mark.parametrize(
    ("found", "kept"), [("nothing", "current"), ("differs", "altered"), ("mixed", "different_sets")]
)
def test_every_check_is_kept_with_what_it_found(
    client: FlaskClient, issue: Issue, city: Ground, found: str, kept: str
) -> None:
    one = paper()
    issuance = issue(one)
    asked(client, one, found)
    assert checks_of(city, issuance) == [kept]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"number": "982016-7KQ2M-X84TB", "access": "A" * 22},
        {"number": "982016-7KQ2M-X84TB", "access": "A" * 22, "found": "anything"},
        {"number": "982016-7KQ2M-X84TB", "access": "A" * 21, "found": "nothing"},
        {"number": "982016-7KQ2M-X84TB", "access": "A" * 21 + "!", "found": "nothing"},
        {"number": "982016-7KQ2M-X84TB ", "access": "A" * 22, "found": "nothing"},
        {"number": 982016, "access": "A" * 22, "found": "nothing"},
        {"number": "982016-7KQ2M-X84TB", "access": "A" * 22, "found": None},
        {"number": "982016-7KQ2M-X84TB", "access": "A" * 22, "found": "nothing", "more": 1},
    ],
)
def test_any_other_question_is_refused(client: FlaskClient, city: Ground, body: object) -> None:
    answer = client.post("/check", base_url=ORIGIN, json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "bad_request")


def test_what_a_form_of_another_site_could_send_is_refused(client: FlaskClient, city: Ground) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert client.post("/check", base_url=ORIGIN, data="{}", content_type=kind).status_code in {400, 415}
    assert client.post("/check", base_url=ORIGIN, json={"number": "9" * 2000}).status_code == 413


def test_questions_are_counted_by_address_whether_they_fit_or_not(
    client: FlaskClient, issue: Issue, clock: MovableClock
) -> None:
    one = paper()
    issue(one)
    limit = LIMITS[Scope.ADDRESS]
    for _ in range(limit.most):
        assert ask(client, one.number, named(bytes(16))).status_code == 200
    refused = ask(client, one.number, named(one.access))
    assert (refused.status_code, refused.get_json()["error"]) == (429, "too_many_attempts")
    assert client.get("/", base_url=ORIGIN).status_code == 200
    clock.advance(minutes=limit.window / timedelta(minutes=1))
    assert asked(client, one)["status"] == "current"


def test_no_answer_sets_a_cookie(client: FlaskClient, issue: Issue) -> None:
    one = paper()
    issue(one)
    answers = [client.get(path, base_url=ORIGIN) for path in ("/", "/?lang=en", "/keys.json", "/nowhere")]
    answers.append(ask(client, one.number, named(one.access)))
    assert all("Set-Cookie" not in answer.headers for answer in answers)


def test_the_key_list_names_the_official_address_and_the_keys(client: FlaskClient, city: Ground) -> None:
    listed = client.get("/keys.json", base_url=ORIGIN).get_json()
    assert (listed["v"], listed["municipality"], listed["origin"]) == (1, "982016", ORIGIN)
    assert [key["purpose"] for key in listed["keys"]] == ["page-stamp"]


def test_neither_number_nor_key_nor_name_reaches_the_log(
    client: FlaskClient, issue: Issue, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    one = paper()
    issue(one)
    asked(client, one)
    ask(client, one.number, "!" * 22)
    client.get("/nowhere", base_url=ORIGIN)
    said = caplog.text + "".join(str(record.args) for record in caplog.records)
    assert one.number not in said
    assert named(one.access) not in said
    assert "佐藤" not in said
