"""A genuine card that nobody has linked: its holder is a visitor, who can register it or come to the counter."""

import logging
import re

import pytest
import sqlalchemy as sa
from cryptography import x509

from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity.login.sessions import web_sessions
from portal.register import ResidentStatus
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link
from tests.portal.identity.visitors import (
    NOBODY,
    all_of,
    events,
    person,
)
from tests.portal.resident.browser import hidden_fields, words
from tests.portal.resident.guests import Sign, identify
from tests.portal.resident.reading import Reader

NOT_REGISTERED = "このカードは、まだみさき市に登録されていません"


def test_a_card_without_a_link_is_no_dead_end(guest: Reader) -> None:
    page = guest.browser.get("/visitor")

    said = words(page)
    assert NOT_REGISTERED in said
    for way in ("いま、署名用の証明書で登録する", "窓口で登録する", "持ってくるもの", "受付時間"):
        assert way in said
    html = page.get_data(as_text=True)
    assert 'data-purpose="identify" data-form="bridge-form"' in html
    assert 'data-challenge="/visitor/challenge"' in html


def test_a_visitor_is_let_in_under_a_new_session_and_stands_in_the_audit_by_the_card_only(
    reader: Reader, card: Card, ground: Ground
) -> None:
    answer = reader.answer(card)
    before = reader.cookie()
    reader.browser.post("/login", answer)

    assert reader.cookie() != before
    (admitted,) = events(ground, Action.VISITOR_ADMITTED)
    assert len(admitted.actor_id) == 16
    serial = x509.load_der_x509_certificate(card.certificate).serial_number
    assert f"{serial:x}" not in f"{admitted.actor_id}{admitted.detail}"


@pytest.mark.parametrize("path", ["/me", "/moving-out/", "/moving-out/who", "/moving-out/check"])
def test_no_page_of_a_resident_opens_to_a_visitor(guest: Reader, path: str) -> None:
    led = guest.browser.get(path)
    assert (led.status_code, led.location) == (303, "/visitor")


def test_a_visitor_posts_nothing_as_a_resident(guest: Reader, ground: Ground) -> None:
    token = hidden_fields(guest.browser.get("/visitor"))["csrf_token"]
    for path in ("/moving-out/who", "/moving-out/check", "/logout"):
        assert guest.browser.post(path, {"csrf_token": token}).location == "/visitor"
    with ground.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM filings").scalar_one() == 0


def test_a_resident_has_no_business_on_the_visitors_pages(reader: Reader, card: Card, ground: Ground) -> None:
    link(ground, card)
    reader.browser.post("/login", reader.answer(card))
    for path in ("/visitor", "/visitor/check", "/visitor/request"):
        assert reader.browser.get(path).location == "/me"


def test_a_resident_who_logs_in_with_an_unlinked_card_is_a_visitor_and_no_longer_a_resident(
    reader: Reader, card: Card, make_card: MakeCard, ground: Ground
) -> None:
    link(ground, card)
    assert reader.browser.post("/login", reader.answer(card)).location == "/me"

    unlinked = reader.answer(make_card(), page="/moving-out/who", asked_at="/login")

    assert reader.browser.post("/login", unlinked).location == "/visitor"
    assert reader.browser.get("/me").location == "/visitor"


@pytest.mark.parametrize("status", [ResidentStatus.DECEASED, ResidentStatus.REMOVED])
def test_the_card_of_somebody_who_is_gone_opens_no_page_of_theirs(
    reader: Reader, card: Card, ground: Ground, status: ResidentStatus
) -> None:
    link(ground, card, person(ground, status=status))
    assert reader.browser.post("/login", reader.answer(card)).location == "/visitor"
    assert reader.browser.get("/me").location == "/visitor"


def test_a_visitor_can_leave_and_the_session_is_over_on_the_server(guest: Reader, ground: Ground) -> None:
    page = guest.browser.get("/visitor").get_data(as_text=True)
    token = page.split('name="out-csrf_token"')[1].split('value="')[1].split('"')[0]
    kept = guest.cookie()
    assert guest.browser.post("/visitor/leave", {"out-csrf_token": token}).location == "/"
    guest.browser.client.set_cookie("__Host-resident", kept, domain="resident.test", secure=True)
    assert guest.browser.get("/visitor").location.startswith("/login")


def test_a_visitors_session_ends_like_any_other(guest: Reader, clock: MovableClock) -> None:
    clock.advance(minutes=21)
    assert guest.browser.get("/visitor").location.startswith("/login")


def test_the_4_items_reach_no_log_no_address_and_no_audit_and_lie_encrypted_in_the_session(
    guest: Reader, sign: Sign, ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    led = [identify(guest, sign(NOBODY)).location, guest.browser.fill_in("/visitor/check").location]

    kept = [str(value) for table in (audit_events, web_sessions) for row in all_of(ground, table) for value in row]
    for item in (NOBODY.name, NOBODY.address, NOBODY.birth_date, "誰野", "港町"):
        escaped = item.encode("unicode_escape").decode()
        assert not any(item in text or escaped in text for text in (*kept, caplog.text, *map(str, led)))


def test_the_items_of_one_session_cannot_be_read_in_another(
    guest: Reader, sign: Sign, ground: Ground, make_card: MakeCard
) -> None:
    identify(guest, sign(NOBODY))
    moved = sa.func.regexp_replace(web_sessions.c.data, '"asker": "[0-9a-f]+"', '"asker": "0"')
    with ground.engine.begin() as connection:
        connection.execute(sa.update(web_sessions).values(data=moved))
    assert guest.browser.get("/visitor/check").status_code == 500


def test_every_page_of_a_visitor_speaks_english(guest: Reader, sign: Sign) -> None:
    guest.browser.get("/visitor?lang=en")
    identify(guest, sign(NOBODY))
    japanese = re.compile(r"[ぁ-ん]+")
    names = re.compile("みさき|いずみ")

    def left_over(path: str) -> list[str]:
        return japanese.findall(names.sub("", words(guest.browser.get(path))))

    assert left_over("/visitor") == left_over("/visitor/check") == []
    guest.browser.fill_in("/visitor/check")
    assert left_over("/visitor/request") == []
    assert "The city’s staff will check" in words(guest.browser.get("/visitor/request"))


def test_a_visitors_page_may_talk_to_the_bridge_and_the_others_may_not(
    guest: Reader, sign: Sign, ground: Ground
) -> None:
    identify(guest, sign(NOBODY))
    for path, may in (("/visitor", True), ("/visitor/check", False)):
        policy = guest.browser.get(path).headers["Content-Security-Policy"]
        assert (ground.settings.origins.bridge in policy) is may
