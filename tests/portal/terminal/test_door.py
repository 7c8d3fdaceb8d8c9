"""The door of the terminal face: unsigned, stale, replayed and unknown requests end there."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portal import certificates, database, identity, register, terminals
from portal.audit import Action, audit_events
from portal.certificates import RefusalCode
from portal.ground import Ground
from portal.terminal import create_app
from portal.terminal.access import ACCESS
from portal.terminal.errors import ERRORS
from portal.terminals import TerminalError
from tests.conftest import CHECKOUT
from tests.portal.identity.refusals import AT_THE_DESK, ON_THE_WEB, every
from tests.portal.register.people import TESTER
from tests.portal.terminal.conftest import HEARTBEAT, Kiosk, error

CONTRACT = (CHECKOUT / "docs" / "terminal-api.yaml").read_text(encoding="utf-8")
ANY_ID = str(uuid4())
CALLS = [
    ("POST", "/v1/heartbeat"),
    ("POST", "/v1/challenges"),
    ("POST", "/v1/sessions"),
    ("DELETE", "/v1/session"),
    ("POST", "/v1/issuances"),
    ("GET", f"/v1/issuances/{ANY_ID}"),
    ("GET", f"/v1/issuances/{ANY_ID}/pages/1"),
    ("POST", f"/v1/issuances/{ANY_ID}/release"),
    ("POST", f"/v1/issuances/{ANY_ID}/outcome"),
    ("POST", f"/v1/issuances/{ANY_ID}/abandon"),
    ("POST", f"/v1/issuances/{ANY_ID}/payment"),
    ("POST", f"/v1/issuances/{ANY_ID}/payment/end"),
]


@pytest.fixture(autouse=True)
def nothing_is_read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any look at a person, a card or a paper fails the tests named `…_before_anything_is_read`."""
    if not request.node.name.endswith("before_anything_is_read"):
        return

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("read too early")

    for package, names in (
        (register, ("resident", "household_of")),
        (certificates, ("offers", "request", "status", "to_show", "release", "report_outcome")),
        (certificates, ("abandon", "authorise", "confirm", "begin_anew")),
        (identity, ("authenticate", "begin_challenge", "kiosk_session", "close_kiosk_session")),
        (terminals, ("heard",)),
    ):
        for name in names:
            monkeypatch.setattr(package, name, forbidden)


def test_an_unsigned_request_is_refused_before_anything_is_read(kiosk: Kiosk) -> None:
    for method, path in CALLS:
        assert error(kiosk.client.open(path, method=method, json={})) == (401, "signature_invalid")


def test_a_stale_request_is_refused_before_anything_is_read(kiosk: Kiosk) -> None:
    old = kiosk.ground.clock.now() - timedelta(seconds=61)

    for method, path in CALLS:
        assert error(kiosk.call(method, path, {}, at=old)) == (401, "request_stale")


def test_an_unknown_device_is_refused_before_anything_is_read(kiosk: Kiosk) -> None:
    for method, path in CALLS:
        assert error(kiosk.call(method, path, {}, device="kiosk-99")) == (401, "terminal_unknown")


def test_a_revoked_device_is_refused_before_anything_is_read(ground: Ground, kiosk: Kiosk) -> None:
    with database.transaction(ground.engine) as connection:
        terminals.revoke(connection, terminal_id="kiosk-01", actor=TESTER, now=ground.clock.now())

    for method, path in CALLS:
        assert error(kiosk.call(method, path, {})) == (401, "terminal_revoked")


def test_a_replayed_request_is_refused_even_if_the_first_one_failed(kiosk: Kiosk) -> None:
    nonce = "A" * 22
    assert error(kiosk.call("POST", "/v1/sessions", {}, nonce=nonce)) == (400, "bad_request")

    assert error(kiosk.call("POST", "/v1/sessions", {}, nonce=nonce)) == (401, "request_replayed")


def test_another_devices_key_does_not_sign_for_this_one(kiosk: Kiosk) -> None:
    assert error(kiosk.call("POST", "/v1/heartbeat", HEARTBEAT, key_of="kiosk-02")) == (401, "signature_invalid")


def test_a_refused_device_leaves_no_trace_in_the_record(ground: Ground, kiosk: Kiosk) -> None:
    kiosk.call("POST", "/v1/sessions", {}, device="kiosk-99")

    with database.transaction(ground.engine) as connection:
        actions = set(connection.execute(sa.select(audit_events.c.action)).scalars())
    assert Action.RECORD_READ not in actions
    assert Action.LOGIN_REFUSED not in actions


def test_a_request_for_another_host_is_refused(kiosk: Kiosk) -> None:
    answer = kiosk.client.post("/v1/heartbeat", json=HEARTBEAT, headers={"Host": "portal.evil.example"})

    assert answer.status_code in {400, 404}


def test_an_address_that_does_not_exist_is_told_without_a_signature(kiosk: Kiosk) -> None:
    assert error(kiosk.client.get("/v1/residents")) == (404, "not_found")
    assert error(kiosk.client.get("/v1/issuances/not-an-id")) == (404, "not_found")
    assert error(kiosk.client.put("/v1/heartbeat")) == (405, "method_not_allowed")


def test_the_portals_health_is_no_secret(kiosk: Kiosk) -> None:
    assert kiosk.client.get("/healthz").get_json() == {"face": "terminal", "healthy": True}


def test_without_its_database_the_face_says_so(ground: Ground, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception("gone"))

    with monkeypatch.context() as cut:
        cut.setattr(sa.Engine, "begin", away)
        answer = kiosk.beat()

    assert error(answer) == (503, "service_unavailable")


def test_every_endpoint_is_in_the_table_of_access(ground: Ground) -> None:
    rules = {rule.endpoint for rule in create_app(ground).url_map.iter_rules()}

    assert rules - {"healthz"} == set(ACCESS)


def of_terminals() -> set[type[TerminalError]]:
    """Every refusal of a device that a request can meet; enrolling is a command."""
    kinds = {kind for kind in vars(terminals).values() if isinstance(kind, type) and issubclass(kind, TerminalError)}
    return kinds - {TerminalError, terminals.EnrolmentRefused}


def test_every_cause_a_terminal_can_meet_has_its_row_and_its_own_code() -> None:
    expected = {*every(), *of_terminals()} - AT_THE_DESK - ON_THE_WEB

    assert expected <= set(ERRORS)
    for kind in expected:
        assert ERRORS[kind].code == getattr(kind, "code", None)
        assert 400 <= ERRORS[kind].status < 600
        assert (kind.__doc__ or "").startswith("Raised when")


def test_every_code_is_in_the_written_contract() -> None:
    for words in ERRORS.values():
        assert re.search(rf"\b{words.code}\b", CONTRACT), words.code


def test_every_endpoint_is_in_the_written_contract_and_no_other(ground: Ground) -> None:
    written = {re.sub(r"\{[^}]*\}", "<>", path) for path in re.findall(r"^  (/\S+):$", CONTRACT, re.MULTILINE)}
    served = {re.sub(r"<[^>]*>", "<>", rule.rule) for rule in create_app(ground).url_map.iter_rules()}

    assert written == served


def test_the_contract_lists_every_refusal_of_a_paper() -> None:
    listed = CONTRACT.partition("    RefusalCode:")[2].partition("    State:")[0]
    assert re.findall(r"^        - (\w+)$", listed, re.MULTILINE) == [code.value for code in RefusalCode]
