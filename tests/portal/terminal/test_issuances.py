"""One paper from wish to outcome, through the face."""

import base64
import hashlib
import json
from uuid import UUID, uuid4

import pytest

from portal import certificates, database, municipality, terminals
from portal.certificates.press import Press
from portal.certificates.rendering import render
from portal.ground import Ground
from tests.portal.certificates.sheets import software_sealing
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card
from tests.portal.register.people import TESTER
from tests.portal.terminal.conftest import Kiosk, MakeKiosk, error


def wish(linked: UUID, **changed: object) -> dict[str, object]:
    return {
        "request": str(uuid4()), "kind": "resident_record", "scope": "self", "persons": [str(linked)],
        "items": {"relationship": False, "domicile": False}, "copies": 1, **changed,
    }  # fmt: skip


def ask(kiosk: Kiosk, linked: UUID) -> str:
    answer = kiosk.call("POST", "/v1/issuances", wish(linked))
    assert answer.status_code == 201, answer.json
    issuance: str = answer.get_json()["issuance"]
    return issuance


@pytest.fixture
def ready(ground: Ground, visited: Kiosk, linked: UUID, press: Press) -> str:
    """An issuance whose document is rendered."""
    issuance = ask(visited, linked)
    render(ground, press, software_sealing(), UUID(issuance))
    return issuance


PAYMENT: dict[str, object] = {"means": "cash", "reference": "R1", "amount": 300}


def pay(kiosk: Kiosk, issuance: str) -> None:
    """The device at the kiosk holds the fee."""
    answer = kiosk.call("POST", f"/v1/issuances/{issuance}/payment", PAYMENT)
    assert answer.get_json() == {"state": "authorised"}


@pytest.fixture
def paid(visited: Kiosk, ready: str) -> str:
    """An issuance whose document is rendered and paid for."""
    pay(visited, ready)
    return ready


def segment(text: str) -> dict[str, object]:
    said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert isinstance(said, dict)
    return said


def test_a_paper_goes_from_wish_to_outcome(visited: Kiosk, ready: str) -> None:
    looked = visited.call("GET", f"/v1/issuances/{ready}").get_json()
    assert looked == {"issuance": ready, "state": "ready", "pages": 1, "refusal": None, "fee": 300}

    assert error(visited.call("POST", f"/v1/issuances/{ready}/release", {})) == (409, "not_paid")
    pay(visited, ready)
    released = visited.call("POST", f"/v1/issuances/{ready}/release", {}).get_json()
    document = base64.b64decode(released["document"])
    ticket = segment(released["ticket"].split(".")[1])
    assert document.startswith(b"%PDF-")
    assert (ticket["order"], ticket["terminal"]) == (ready, "kiosk-01")
    assert ticket["sha256"] == hashlib.sha256(document).hexdigest()

    said = {"outcome": "printed", "sheets": 1, "of": 1, "detail": "done"}
    for _ in range(2):
        assert visited.call("POST", f"/v1/issuances/{ready}/outcome", said).get_json() == {"state": "printed"}


def test_asking_twice_with_one_request_begins_one_paper(visited: Kiosk, linked: UUID) -> None:
    body = wish(linked)
    first, second = (visited.call("POST", "/v1/issuances", body) for _ in range(2))

    assert first.status_code == second.status_code == 201
    assert first.get_json()["issuance"] == second.get_json()["issuance"]


def test_a_request_reused_for_something_else_is_refused(visited: Kiosk, linked: UUID) -> None:
    body = wish(linked)
    visited.call("POST", "/v1/issuances", body)

    assert error(visited.call("POST", "/v1/issuances", {**body, "copies": 2})) == (409, "request_reused")


SENSELESS: list[tuple[dict[str, object], str]] = [
    ({"kind": "tax_certificate_of_2099"}, "unfit_request"),
    ({"scope": "village"}, "unfit_request"),
    ({"persons": []}, "unfit_request"),
    ({"persons": ["渡辺 花子"]}, "unfit_request"),
    ({"persons": [str(uuid4())]}, "unfit_request"),
    ({"items": {"blood_type": True}}, "unfit_request"),
    ({"copies": 0}, "unfit_request"),
    ({"copies": 99}, "unfit_request"),
    ({"copies": 101}, "bad_request"),
    ({"copies": True}, "bad_request"),
    ({"copies": "1"}, "bad_request"),
    ({"items": {"domicile": "yes"}}, "bad_request"),
    ({"items": []}, "bad_request"),
    ({"persons": "self"}, "bad_request"),
    ({"persons": [5]}, "bad_request"),
    ({"persons": ["x"] * 51}, "bad_request"),
    ({"request": "1"}, "bad_request"),
    ({"kind": None}, "bad_request"),
]


def test_a_wish_that_makes_no_sense_is_refused(visited: Kiosk, linked: UUID) -> None:
    for changed, code in SENSELESS:
        assert error(visited.call("POST", "/v1/issuances", wish(linked, **changed))) == (400, code), changed


def test_without_a_session_there_is_no_paper(kiosk: Kiosk) -> None:
    for token in (None, "invented"):
        answer = kiosk.call("POST", "/v1/issuances", wish(uuid4()), session=token)
        assert error(answer) == (409, "session_ended")


def test_a_session_that_ended_gets_no_paper_any_more(visited: Kiosk, ready: str, clock: MovableClock) -> None:
    clock.advance(minutes=3)

    assert error(visited.call("POST", f"/v1/issuances/{ready}/release", {})) == (409, "session_ended")


def test_the_next_person_at_the_same_kiosk_cannot_fetch_the_paper_of_the_one_before(
    visited: Kiosk, ready: str, card: Card
) -> None:
    assert visited.present(card).status_code == 201

    assert error(visited.call("POST", f"/v1/issuances/{ready}/release", {})) == (404, "issuance_unknown")


def test_another_kiosk_sees_and_reports_nothing_of_it(
    make_kiosk: MakeKiosk, visited: Kiosk, ready: str, card: Card
) -> None:
    other = make_kiosk("kiosk-02")
    other.present(card)
    said = {"outcome": "printed", "sheets": 1, "of": 1, "detail": "done"}

    for answer in (
        other.call("GET", f"/v1/issuances/{ready}"),
        other.call("POST", f"/v1/issuances/{ready}/release", {}),
        other.call("POST", f"/v1/issuances/{ready}/outcome", said),
    ):
        assert error(answer) == (404, "issuance_unknown")


def test_a_paper_that_is_not_ready_cannot_be_fetched_or_reported(visited: Kiosk, linked: UUID) -> None:
    issuance = ask(visited, linked)
    said = {"outcome": "printed", "sheets": 1, "of": 1, "detail": "done"}

    assert error(visited.call("POST", f"/v1/issuances/{issuance}/release", {})) == (409, "not_ready")
    assert error(visited.call("POST", f"/v1/issuances/{issuance}/outcome", said)) == (409, "not_released")


def test_a_refusal_names_its_code_and_keeps_the_reading_in_the_audit(
    ground: Ground, visited: Kiosk, linked: UUID
) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(connection, "kiosk_stopped", True, TESTER, ground.clock.now())

    assert error(visited.call("POST", "/v1/issuances", wish(linked))) == (409, "stopped")


def test_a_paper_refused_at_the_last_moment_does_not_leave(ground: Ground, visited: Kiosk, paid: str) -> None:
    ready = paid
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(connection, "kiosk_stopped", True, TESTER, ground.clock.now())

    assert error(visited.call("POST", f"/v1/issuances/{ready}/release", {})) == (409, "stopped")
    assert visited.call("GET", f"/v1/issuances/{ready}").get_json()["state"] == "failed"


def test_when_nobody_knows_the_outcome_the_kiosk_is_closed_until_staff_have_looked(
    ground: Ground, visited: Kiosk, paid: str, linked: UUID
) -> None:
    ready = paid
    visited.call("POST", f"/v1/issuances/{ready}/release", {})
    visited.session = None  # the person is gone
    said = {"outcome": "unknown", "sheets": 0, "of": 1, "detail": "connection-lost"}
    assert visited.call("POST", f"/v1/issuances/{ready}/outcome", said).get_json() == {"state": "unknown"}

    assert visited.beat().get_json()["reason"] == "terminal_locked"
    assert error(visited.call("POST", "/v1/issuances", wish(linked))) == (409, "terminal_locked")

    with database.transaction(ground.engine) as connection:
        certificates.settle(
            connection, ground, UUID(ready), answer="not_printed", statement="排紙トレイを確認。紙なし。",
            actor=TESTER, now=ground.clock.now(),
        )  # fmt: skip
    assert visited.beat().get_json()["open"]


def test_repeating_an_unknown_outcome_after_staff_settled_it_locks_nothing(
    ground: Ground, visited: Kiosk, paid: str
) -> None:
    ready = paid
    visited.call("POST", f"/v1/issuances/{ready}/release", {})
    said = {"outcome": "unknown", "sheets": 0, "of": 1, "detail": "connection-lost"}
    visited.call("POST", f"/v1/issuances/{ready}/outcome", said)
    with database.transaction(ground.engine) as connection:
        certificates.settle(
            connection, ground, UUID(ready), answer="printed", statement="紙を確認。", actor=TESTER,
            now=ground.clock.now(),
        )  # fmt: skip
    visited.beat()

    assert visited.call("POST", f"/v1/issuances/{ready}/outcome", said).get_json() == {"state": "settled"}
    with database.transaction(ground.engine) as connection:
        assert terminals.terminal(connection, "kiosk-01").locked_order is None


UNFIT_OUTCOMES: list[dict[str, object]] = [
    {"outcome": "perhaps"},
    {"outcome": None},
    {"sheets": -1},
    {"sheets": 1.5},
    {"of": None},
    {"detail": "x" * 121},
]


def test_an_outcome_that_is_not_of_the_contract_is_refused(kiosk: Kiosk) -> None:
    for changed in UNFIT_OUTCOMES:
        said = {"outcome": "printed", "sheets": 1, "of": 1, "detail": "", **changed}
        assert error(kiosk.call("POST", f"/v1/issuances/{uuid4()}/outcome", said)) == (400, "bad_request")
