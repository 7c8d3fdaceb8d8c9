"""One registered card: stopped, freed, ended; each with its reason, none through another resident's page."""

import json
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal import database
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import CertificateStopped, LinkEnd, LinkEnded, StopReason
from tests.portal.identity.cards import Card, link, log_in
from tests.portal.staff.cards.conftest import cards
from tests.portal.staff.desk import Desk, words


@pytest.fixture
def path(ground: Ground, card: Card, family: list[UUID]) -> str:
    """The page of さくら's only card."""
    link(ground, card, family[0])
    (found,) = cards(ground, family[0])
    return f"/cards/{family[0]}/{found.id}"


def act(desk: Desk, path: str, action: str, **typed: str) -> TestResponse:
    return desk.post(f"{path}/{action}", {f"{action}-{name}": value for name, value in typed.items()}, page=path)


def test_a_card_is_stopped_at_once_and_freed_again(desk: Desk, ground: Ground, card: Card, path: str) -> None:
    led = act(desk, path, "stop", reason="stolen")
    assert led.status_code == 303
    assert "カードの利用を止めました" in words(desk.get(led.location))
    with pytest.raises(CertificateStopped):
        log_in(ground, card)
    assert "利用停止中" in words(desk.get(path))
    assert "カードを盗まれた" in words(desk.get(path))

    led = act(desk, path, "lift", confirmed="y")
    assert "利用停止を解きました" in words(desk.get(led.location))
    assert log_in(ground, card)


def test_a_stop_and_its_lifting_are_in_the_audit_under_the_officer(desk: Desk, ground: Ground, path: str) -> None:
    act(desk, path, "stop", reason="misuse")
    act(desk, path, "lift", confirmed="y")
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events).where(audit_events.c.action.like("certificate.%")).order_by(audit_events.c.id)
        rows = connection.execute(query).all()
    assert [row.action for row in rows] == [Action.CERTIFICATE_STOPPED, Action.STOP_LIFTED]
    assert {row.actor_id for row in rows} == {desk.actor.id}
    assert json.loads(rows[0].detail)["reason"] == StopReason.MISUSE


def test_a_registration_is_ended_with_its_reason(
    desk: Desk, ground: Ground, card: Card, family: list[UUID], path: str
) -> None:
    led = act(desk, path, "end", reason="withdrawn")
    page = words(desk.get(led.location))
    assert "カードの登録を終えました" in page
    assert "登録を終えました 本人の申し出" in page
    assert cards(ground, family[0])[0].ended_reason is LinkEnd.WITHDRAWN
    with pytest.raises(LinkEnded):
        log_in(ground, card)


def test_a_registration_ends_once(desk: Desk, ground: Ground, family: list[UUID], path: str) -> None:
    act(desk, path, "end", reason="withdrawn")
    again = act(desk, path, "end", reason="officer")
    assert again.status_code == 409
    assert "この登録は、もう終わっています" in words(again)
    assert cards(ground, family[0])[0].ended_reason is LinkEnd.WITHDRAWN


def test_a_card_whose_registration_has_ended_can_still_be_stopped(desk: Desk, ground: Ground, path: str) -> None:
    act(desk, path, "end", reason="withdrawn")
    page = words(desk.get(path))
    assert "登録を終える" not in page
    assert "すぐに止める" in page
    assert act(desk, path, "stop", reason="lost").status_code == 303


def test_nothing_happens_without_a_reason_of_the_list(
    desk: Desk, ground: Ground, card: Card, family: list[UUID], path: str
) -> None:
    for action, typed, told in (
        ("stop", {}, "止める理由を選んでください。"),
        ("stop", {"reason": "bored"}, "止める理由を選んでください。"),
        ("end", {}, "終える理由を選んでください。"),
        ("end", {"reason": "moved_out"}, "終える理由を選んでください。"),
    ):
        refused = act(desk, path, action, **typed)
        assert refused.status_code == 422, (action, typed)
        assert words(refused).count(told) == 2, "in the summary and at the field"
    assert log_in(ground, card).resident_id == family[0]


def test_a_stop_is_not_lifted_without_looking(desk: Desk, ground: Ground, card: Card, path: str) -> None:
    act(desk, path, "stop", reason="lost")
    refused = act(desk, path, "lift")
    assert refused.status_code == 422
    assert words(refused).count("確認のチェックを入れてください。") == 2
    with pytest.raises(CertificateStopped):
        log_in(ground, card)


def test_a_card_is_not_touched_through_another_residents_page(
    desk: Desk, ground: Ground, card: Card, family: list[UUID], path: str
) -> None:
    elsewhere = path.replace(str(family[0]), str(family[1]))
    assert desk.get(elsewhere).status_code == 404
    for action, form in (("stop", {"stop-reason": "lost"}), ("end", {"end-reason": "officer"}), ("lift", {})):
        answer = desk.post(f"{elsewhere}/{action}", {**form, "lift-confirmed": "y"}, page=path)
        assert answer.status_code == 404, action
    assert log_in(ground, card).resident_id == family[0]
