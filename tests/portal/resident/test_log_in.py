"""Log-in with a card: the answer of the card arrives as a plain form, and every refusal has its words."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import flask
import pytest
from cryptography import x509
from flask.testing import FlaskClient

from portal import database
from portal.ground import Ground
from portal.identity import LinkEnd, StopReason, cards_of, end_links, lift_stop, stop_certificate
from portal.resident import create_app
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link
from tests.portal.register.people import TESTER, put_resident
from tests.portal.resident.browser import Browser, hidden_fields, title, words
from tests.portal.resident.reading import Reader
from tests.world.jpki import Authority, Mode
from tests.world.jpki.server import set_mode


def test_a_good_card_opens_a_new_session(reader: Reader, card: Card, linked: UUID) -> None:
    answer = reader.answer(card)
    before = reader.cookie()
    led = reader.browser.post("/login", answer)
    assert led.location == "/me"
    assert reader.cookie() != before
    assert "渡辺 ○○" in words(reader.browser.follow(led))
    assert reader.browser.get("/login").location == "/me"


@pytest.mark.parametrize(
    ("to", "led_to"),
    [
        ("/moving-out/who", "/moving-out/who"),
        ("https://example.invalid/me", "/me"),
        ("//example.invalid/me", "/me"),
        ("/logout", "/me"),
        ("/static/base.css", "/me"),
        ("javascript:alert(1)", "/me"),
        ("//[", "/me"),
    ],
)
def test_the_log_in_leads_to_pages_of_this_face_only(
    reader: Reader, card: Card, linked: UUID, to: str, led_to: str
) -> None:
    assert reader.browser.post("/login", reader.answer(card, to=to)).location == led_to


def test_an_answer_is_good_once_and_for_its_browser_only(
    reader: Reader,
    card: Card,
    linked: UUID,
    ground: Ground,
    browse: Callable[[Callable[[Ground], flask.Flask], str], FlaskClient],
) -> None:
    other = Reader(Browser(browse(create_app, ground.settings.origins.resident)))
    stolen = {**reader.answer(card), "csrf_token": hidden_fields(other.browser.get("/login"))["csrf_token"]}
    refused = other.browser.post("/login", stolen)
    assert refused.status_code == 422
    assert other.browser.get("/me").location.startswith("/login")
    answer = reader.answer(card)
    assert reader.browser.post("/login", {**answer, "signature": answer["certificate"]}).status_code == 422
    again = reader.browser.post("/login", answer)
    assert again.status_code == 422
    assert "時間が切れました" in words(again)


def test_a_signature_made_for_another_site_opens_nothing(reader: Reader, card: Card, linked: UUID) -> None:
    refused = reader.browser.post("/login", reader.answer(card, origin="https://evil.invalid"))
    assert refused.status_code == 422
    assert title(refused).startswith("エラー：")
    assert reader.browser.get("/me").location.startswith("/login")


def test_garbage_in_the_form_is_answered_in_words(reader: Reader, card: Card) -> None:
    answer = reader.answer(card)
    for name, value in (("challenge", "x"), ("certificate", "?"), ("signature", ""), ("certificate", "AAAA")):
        refused = reader.browser.post("/login", {**answer, name: value})
        assert refused.status_code == 422, name
    assert reader.browser.get("/me").location.startswith("/login")


def test_each_unusable_card_is_told_its_own_reason(
    reader: Reader, authority: Authority, make_card: MakeCard, ground: Ground, clock: MovableClock
) -> None:
    revoked = make_card()
    link(ground, revoked)
    authority.revoke(x509.load_der_x509_certificate(revoked.certificate), x509.ReasonFlags.key_compromise)
    expired = make_card(not_after=clock.now() - timedelta(days=1))
    for unusable, heading in (
        (revoked, "カードの証明書が失効しています"),
        (expired, "カードの証明書の有効期限が切れています"),
    ):
        refused = reader.browser.post("/login", reader.answer(unusable))
        assert refused.status_code == 422
        assert heading in words(refused)


def test_without_an_answer_about_revocation_nobody_is_let_in(
    reader: Reader, authority: Authority, card: Card, linked: UUID
) -> None:
    set_mode(authority.directory, Mode.TRY_LATER)
    refused = reader.browser.post("/login", reader.answer(card))
    assert refused.status_code == 503
    assert "いまカードの確認ができません" in words(refused)


def test_a_log_in_that_took_longer_than_two_minutes_begins_again(
    reader: Reader, card: Card, linked: UUID, clock: MovableClock
) -> None:
    answer = reader.answer(card)
    clock.advance(minutes=2)
    assert "ログインは2分以内に" in words(reader.browser.post("/login", answer))


def test_the_second_card_of_a_household_opens_the_own_page_only(
    reader: Reader, make_card: MakeCard, ground: Ground, linked: UUID
) -> None:
    with database.transaction(ground.engine) as connection:
        other = put_resident(connection, name="佐々木　弘")
    card = make_card()
    link(ground, card, other)
    led = reader.browser.post("/login", reader.answer(card))
    assert "佐々木 ○" in words(reader.browser.follow(led))


def test_a_card_stopped_at_the_counter_is_told_so_and_its_session_is_over_for_good(
    reader: Reader, card: Card, linked: UUID, ground: Ground
) -> None:
    reader.browser.post("/login", reader.answer(card))
    assert reader.browser.get("/me").status_code == 200
    with database.transaction(ground.engine) as connection:
        (found,) = cards_of(connection, ground, linked)
        stop_certificate(connection, found.id, StopReason.LOST, actor=TESTER, now=ground.clock.now())
    assert reader.browser.get("/me").location.startswith("/login")
    refused = reader.browser.post("/login", reader.answer(card))
    assert refused.status_code == 422
    assert "市の窓口で利用を止めています" in words(refused)
    with database.transaction(ground.engine) as connection:
        lift_stop(connection, found.id, actor=TESTER, now=ground.clock.now())
    assert reader.browser.get("/me").location.startswith("/login"), "lifting brings no session back"


def test_a_link_that_ends_ends_the_session_in_the_browser(
    reader: Reader, card: Card, linked: UUID, ground: Ground
) -> None:
    reader.browser.post("/login", reader.answer(card))
    with database.transaction(ground.engine) as connection:
        end_links(connection, linked, LinkEnd.MOVED_OUT, actor=TESTER, now=ground.clock.now())
    assert reader.browser.get("/me").location.startswith("/login")
