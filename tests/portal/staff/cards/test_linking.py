"""A card is registered only while it is present, for the resident of the page, by this member in this browser."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography import x509

from portal import database
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import LinkEnd, Role
from portal.register.tables import residents
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link, log_in
from tests.portal.staff.cards.conftest import Reader, cards, stop
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import words
from tests.world.jpki import SIGN_PROFILE, Authority, Mode, store
from tests.world.jpki.server import set_mode


def leaf(card: Card) -> x509.Certificate:
    return x509.load_der_x509_certificate(card.certificate)


def test_a_card_that_answers_is_registered_and_opens_the_kiosk_at_once(
    reader: Reader, ground: Ground, card: Card, family: list[UUID]
) -> None:
    led = reader.link(card, family[0])
    assert (led.status_code, led.location) == (303, f"/cards/{family[0]}?done=linked")
    assert "カードを登録しました" in words(reader.desk.get(led.location))
    assert log_in(ground, card).resident_id == family[0]


def test_the_link_is_in_the_audit_under_the_officer(
    reader: Reader, ground: Ground, card: Card, family: list[UUID]
) -> None:
    reader.link(card, family[0])
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events).where(audit_events.c.action == Action.LINK_MADE.value)
        (row,) = connection.execute(query).all()
    assert (row.subject, row.actor_id) == (family[0], reader.desk.actor.id)
    assert f"{leaf(card).serial_number:x}" not in row.detail


def test_an_answer_for_one_resident_is_none_for_another(
    reader: Reader, ground: Ground, card: Card, family: list[UUID]
) -> None:
    refused = reader.send(reader.answer(card, family[0]), family[1])
    assert refused.status_code == 422
    assert "ほかの人の画面か、ほかの職員の画面で始めた読み取りです" in words(refused)
    assert cards(ground, family[0]) == cards(ground, family[1]) == ()


def test_an_answer_of_another_officer_is_refused_by_name(
    reader: Reader, sit_down: SitDown, ground: Ground, card: Card, family: list[UUID]
) -> None:
    colleague = Reader(sit_down("mori", Role.DESK, name="森 次郎"))
    refused = colleague.send(reader.answer(card, family[0]), family[0])
    assert "ほかの職員の画面で始めた読み取りです" in words(refused)
    assert cards(ground, family[0]) == ()


def test_an_answer_is_good_once(reader: Reader, ground: Ground, card: Card, family: list[UUID]) -> None:
    answer = reader.answer(card, family[0])
    assert reader.send(answer, family[0]).status_code == 303
    again = reader.send(answer, family[0])
    assert again.status_code == 422
    assert "この読み取りは、もう使われました" in words(again)
    assert len(cards(ground, family[0])) == 1


def test_a_refused_answer_is_burnt_too(reader: Reader, ground: Ground, card: Card, family: list[UUID]) -> None:
    answer = reader.answer(card, family[0])
    assert reader.send(answer, family[1]).status_code == 422
    assert "もう使われました" in words(reader.send(answer, family[0]))
    assert cards(ground, family[0]) == ()


def test_an_answer_that_came_too_late_is_refused(
    reader: Reader, ground: Ground, card: Card, family: list[UUID], clock: MovableClock
) -> None:
    answer = reader.answer(card, family[0])
    clock.advance(minutes=2)
    assert "2分より長くかかりました" in words(reader.send(answer, family[0]))
    assert cards(ground, family[0]) == ()


@pytest.mark.parametrize("purpose", ["login", "identify", "kiosk:kiosk-01", ""])
def test_a_signature_for_anything_but_linking_links_nothing(
    reader: Reader, ground: Ground, card: Card, family: list[UUID], purpose: str
) -> None:
    """A card must not become somebody's because its holder meant to log in."""
    refused = reader.send(reader.answer(card, family[0], purpose=purpose or "LINK"), family[0])
    assert refused.status_code == 422
    assert "カードの答えを確認できませんでした" in words(refused)
    assert cards(ground, family[0]) == ()


@pytest.mark.parametrize(
    "origin", ["https://resident.test", "https://staff.test.evil.example", "https://staff.test/"]
)
def test_a_signature_made_on_another_site_links_nothing(
    reader: Reader, ground: Ground, card: Card, family: list[UUID], origin: str
) -> None:
    refused = reader.send(reader.answer(card, family[0], origin=origin), family[0])
    assert refused.status_code == 422
    assert cards(ground, family[0]) == ()


def test_a_certificate_without_its_card_links_nothing(
    reader: Reader, ground: Ground, card: Card, family: list[UUID]
) -> None:
    """The certificate can be read without a PIN, by whoever holds the card for a moment."""
    copied = Card(card.certificate, store.new_key())
    assert reader.send(reader.answer(copied, family[0]), family[0]).status_code == 422
    assert cards(ground, family[0]) == ()


def test_a_card_of_somebody_else_is_not_taken_over_and_its_holder_not_named(
    reader: Reader, ground: Ground, card: Card, linked: UUID, family: list[UUID]
) -> None:
    refused = reader.link(card, family[0])
    assert refused.status_code == 409
    assert "ほかの人のカードとして登録されています" in words(refused)
    assert "渡辺" not in refused.text
    assert log_in(ground, card).resident_id == linked


def test_each_unusable_card_is_told_by_its_own_cause_and_links_nothing(
    reader: Reader, ground: Ground, authority: Authority, make_card: MakeCard, family: list[UUID]
) -> None:
    revoked, held, unknown, stopped = (make_card() for _ in range(4))
    authority.revoke(leaf(revoked))
    authority.revoke(leaf(held), x509.ReasonFlags.certificate_hold)
    authority.forget(leaf(unknown))
    stop(ground, cards(ground, link(ground, stopped, family[2]))[0].id)
    told = {
        "失効しています": revoked,
        "一時停止されています": held,
        "証明書として確認できません": unknown,
        "この市で利用を止めています": stopped,
        "有効期限が切れています": make_card(not_after=ground.clock.now() - timedelta(days=1)),
        "マイナンバーカードの証明書として": make_card(profile=SIGN_PROFILE),
    }
    for said, card in told.items():
        refused = reader.link(card, family[0])
        assert refused.status_code == 422, said
        assert said in words(refused)
        assert "<title>エラー：" in refused.text
    assert cards(ground, family[0]) == ()


def test_without_an_answer_about_revocation_nothing_is_registered(
    reader: Reader, ground: Ground, authority: Authority, card: Card, family: list[UUID]
) -> None:
    set_mode(authority.directory, Mode.TRY_LATER)
    refused = reader.link(card, family[0])
    assert refused.status_code == 503
    assert "いま、カードの有効性を確認できません" in words(refused)
    assert cards(ground, family[0]) == ()


@pytest.mark.parametrize("gone", ["removed", "deceased"])
def test_a_card_is_not_registered_for_somebody_who_has_gone_meanwhile(
    reader: Reader, ground: Ground, card: Card, family: list[UUID], gone: str
) -> None:
    answer = reader.answer(card, family[0])
    with database.transaction(ground.engine) as connection:
        connection.execute(
            sa.update(residents)
            .where(residents.c.id == family[0])
            .values(status=gone, ended_on=ground.clock.now().date())
        )
    token = reader.desk.token(f"/cards/{family[1]}")
    refused = reader.desk.post_without_token(f"/cards/{family[0]}/link", {**answer, "csrf_token": token})
    assert refused.status_code == 409
    assert "いまこの市に住んでいる人ではありません" in words(refused)
    assert cards(ground, family[0]) == ()


def test_garbage_from_the_bridge_is_answered_in_words(
    reader: Reader, ground: Ground, card: Card, family: list[UUID]
) -> None:
    for name, value in (
        ("challenge", "x"), ("challenge", ""), ("certificate", "?"), ("certificate", "AAAA"), ("signature", ""),
        ("signature", "ア"), ("supersedes", "x"), ("challenge", str(uuid4())),
    ):  # fmt: skip
        refused = reader.send({**reader.answer(card, family[0]), name: value}, family[0])
        assert refused.status_code == 422, (name, value)
        assert "何も登録していません" in words(refused), (name, value)
    assert cards(ground, family[0]) == ()


def test_a_renewal_ends_the_card_before_it_in_the_same_moment(
    reader: Reader, ground: Ground, make_card: MakeCard, family: list[UUID], clock: MovableClock
) -> None:
    reader.link(make_card(), family[0])
    (old,) = cards(ground, family[0])
    clock.advance(minutes=1)
    assert reader.link(make_card(), family[0], supersedes=str(old.id)).status_code == 303
    new, before = cards(ground, family[0])
    assert (new.ended_at, before.ended_reason) == (None, LinkEnd.SUPERSEDED)


def test_only_an_own_card_can_be_superseded(
    reader: Reader, ground: Ground, make_card: MakeCard, family: list[UUID]
) -> None:
    reader.link(make_card(), family[1])
    (others,) = cards(ground, family[1])
    refused = reader.link(make_card(), family[0], supersedes=str(others.id))
    assert refused.status_code == 409
    assert cards(ground, family[0]) == ()
    assert cards(ground, family[1])[0].ended_at is None


def test_nobody_but_an_officer_of_the_counter_can_register_a_card(
    reader: Reader, sit_down: SitDown, ground: Ground, card: Card, family: list[UUID]
) -> None:
    answer = reader.answer(card, family[0])
    for role in (Role.REVIEWER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR):
        other = sit_down(f"the.{role}", role)
        for path in (f"/cards/{family[0]}/link", f"/cards/{family[0]}/challenge", "/cards"):
            assert other.post_without_token(path, answer).status_code == 403, (role, path)
    assert cards(ground, family[0]) == ()


def test_the_challenge_tells_the_bridge_what_is_signed(reader: Reader, family: list[UUID]) -> None:
    asked = reader.desk.post(f"/cards/{family[0]}/challenge", page=f"/cards/{family[0]}")
    assert asked.get_json().keys() == {"challenge", "nonce", "purpose"}
    assert asked.get_json()["purpose"] == "link"
    assert asked.headers["Cache-Control"] == "no-store"


def test_a_card_that_answers_too_often_is_stopped(
    reader: Reader, card: Card, family: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.identity import attempts  # noqa: PLC0415
    from portal.identity.tables import Scope  # noqa: PLC0415

    monkeypatch.setitem(attempts.LIMITS, Scope.ASKER, replace(attempts.LIMITS[Scope.ASKER], most=1))
    reader.link(card, family[0])
    assert reader.link(card, family[0]).status_code == 429
