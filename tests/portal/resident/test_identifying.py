"""A visitor shows who they are with the 署名用電子証明書: what is asked, of whom, and what they may learn."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from portal.audit import Action, Actor
from portal.ground import Ground
from portal.identity import FourItems, attempts
from portal.municipality import Municipality
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link
from tests.portal.identity.visitors import (
    HANAKO,
    NOBODY,
    deceased,
    decide,
    departed,
    events,
    nobody,
    open_requests,
    person,
    protected,
    two,
)
from tests.portal.resident.browser import hidden_fields, title, words
from tests.portal.resident.guests import Sign, apply, identify
from tests.portal.resident.reading import Reader
from tests.world.jpki import SIGN_PROFILE, Authority, Mode
from tests.world.jpki.server import set_mode


def test_a_visitor_whom_the_4_items_fit_goes_on_as_a_resident_in_a_new_session(
    guest: Reader, card: Card, sign: Sign, ground: Ground
) -> None:
    hanako = person(ground)
    assert identify(guest, sign()).location == "/visitor/check"
    shown = words(guest.browser.get("/visitor/check"))
    assert all(item in shown for item in ("渡辺 花子", "1985年7月20日", "女", HANAKO.address))
    before = guest.cookie()

    led = guest.browser.fill_in("/visitor/check")

    assert led.location == "/me"
    assert guest.cookie() != before
    assert "渡辺 ○○" in words(guest.browser.follow(led))
    (made,) = events(ground, Action.LINK_MADE)
    assert made.subject == hanako
    assert guest.browser.get("/visitor").location == "/me"


def test_nothing_is_asked_of_the_register_before_the_visitor_has_said_that_it_is_them(
    guest: Reader, sign: Sign, ground: Ground
) -> None:
    person(ground)
    identify(guest, sign())
    guest.browser.get("/visitor/check")

    assert events(ground, Action.RECORD_SEARCHED, Action.LINK_MADE) == []


def test_a_visitor_whom_nobody_fits_reads_that_the_city_will_look_and_by_when(
    guest: Reader, sign: Sign, ground: Ground, city: Municipality
) -> None:
    led = apply(guest, sign(NOBODY))

    assert led.location == "/visitor/request"
    page = guest.browser.follow(led)
    said = words(page)
    assert title(page).startswith("市の職員が確認します")
    # Three working days after Tuesday 24 November 2026.
    assert "2026年（令和8年）11月27日（金）までに終わる予定です。" in said
    assert "誰野 不在 さん" in said
    for way in ("待たずにその場で登録できます", "受付時間", city.counter.phone):
        assert way in said
    assert guest.browser.get("/me").location == "/visitor"
    assert "申込みを受け付けています" in words(guest.browser.get("/visitor"))


@pytest.mark.parametrize("there", [protected, departed, deceased, two])
def test_the_pages_are_the_same_to_the_letter_whether_such_a_person_exists_or_not(
    guest: Reader, another_guest: Reader, sign: Sign, ground: Ground, there: Callable[[Ground], None]
) -> None:
    def told(one: Reader, items: FourItems) -> tuple[int, str | None, str]:
        led = apply(one, sign(items))
        page = one.browser.follow(led)
        return led.status_code, led.location, words(page).replace(items.name.replace("　", " "), "")

    nobody(ground)
    about_nobody = told(guest, NOBODY)
    there(ground)

    assert told(another_guest, HANAKO) == about_nobody


def test_a_visitor_reads_that_an_officer_could_not_confirm_it_and_may_ask_again(
    guest: Reader, sign: Sign, ground: Ground, officer: Actor, clock: MovableClock
) -> None:
    apply(guest, sign(NOBODY))
    decide(ground, open_requests(ground, officer)[0], None, officer)
    for path in ("/visitor/request", "/visitor"):
        assert "前の申込みは、登録になりませんでした" in words(guest.browser.get(path))
    clock.advance(minutes=1)
    assert "市の職員が確認します" in words(guest.browser.follow(apply(guest, sign(NOBODY))))


def test_a_visitor_whose_card_an_officer_linked_logs_in_again(
    guest: Reader, card: Card, sign: Sign, ground: Ground, officer: Actor
) -> None:
    apply(guest, sign(NOBODY))
    decide(ground, open_requests(ground, officer)[0], person(ground), officer)

    assert "もう一度このカードでログイン" in words(guest.browser.get("/visitor/request"))
    assert guest.browser.get("/me").location == "/visitor", "a session never changes whose it is"
    assert guest.browser.post("/login", guest.answer(card)).location == "/me"


def test_without_both_proofs_nothing_happens(guest: Reader, reader: Reader, sign: Sign, ground: Ground) -> None:
    person(ground)
    assert guest.browser.get("/visitor/check").location == "/visitor"
    assert guest.browser.get("/visitor/request").location == "/visitor"
    token = hidden_fields(guest.browser.get("/visitor"))["csrf_token"]
    assert guest.browser.post("/visitor/check", {"csrf_token": token}).location == "/visitor"
    assert events(ground, Action.LINK_MADE, Action.LINK_REQUESTED) == []


def test_both_proofs_belong_to_one_browser_session(guest: Reader, another_guest: Reader, sign: Sign) -> None:
    stolen = guest.answer(sign(), page="/visitor")
    other = another_guest.browser
    token = hidden_fields(other.get("/visitor"))["csrf_token"]

    refused = other.post("/visitor/identify", {**stolen, "csrf_token": token})

    assert refused.status_code == 422
    assert other.get("/visitor/check").location == "/visitor"


def test_logging_in_with_another_card_forgets_whom_the_first_visitor_named(
    guest: Reader, make_card: MakeCard, sign: Sign
) -> None:
    identify(guest, sign())
    assert guest.browser.post("/login", guest.answer(make_card())).location == "/visitor"
    assert guest.browser.get("/visitor/check").location == "/visitor"


def test_a_challenge_of_the_log_in_page_cannot_be_answered_here_and_the_reverse(
    guest: Reader, card: Card, sign: Sign, ground: Ground
) -> None:
    assert identify(guest, sign(), asked_at="/login").status_code == 422
    link(ground, card)
    crossed = guest.answer(card, page="/login", asked_at="/visitor")
    assert guest.browser.post("/login", crossed).status_code == 422


def test_the_log_in_certificate_does_not_identify_and_the_signing_one_does_not_log_in(
    guest: Reader, card: Card, sign: Sign
) -> None:
    refused = identify(guest, card)
    assert refused.status_code == 422
    assert "署名用電子証明書を確認できませんでした" in words(refused)
    assert guest.browser.post("/login", guest.answer(sign())).status_code == 422


def test_each_unusable_signing_certificate_is_told_its_own_reason(
    guest: Reader, sign: Sign, make_card: MakeCard, authority: Authority, clock: MovableClock
) -> None:
    revoked = sign()
    authority.revoke(x509.load_der_x509_certificate(revoked.certificate))
    expired = sign(not_after=clock.now() - timedelta(hours=1))
    nameless = make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0])
    for signing, heading in (
        (revoked, "署名用電子証明書が失効しています"),
        (expired, "署名用電子証明書の有効期限が切れています"),
        (nameless, "署名用電子証明書を確認できませんでした"),
    ):
        refused = identify(guest, signing)
        assert refused.status_code == 422
        assert heading in words(refused)
        assert title(refused).startswith("エラー：")


def test_garbage_is_answered_in_words(guest: Reader, sign: Sign) -> None:
    good = guest.answer(sign(), page="/visitor")
    for name, value in (("challenge", "x"), ("certificate", "?"), ("signature", ""), ("certificate", "AAAA")):
        refused = guest.browser.post("/visitor/identify", {**good, name: value})
        assert refused.status_code == 422, name
    assert guest.browser.get("/visitor/check").location == "/visitor"


def test_an_answer_is_good_once_and_for_two_minutes(guest: Reader, sign: Sign, clock: MovableClock) -> None:
    good = guest.answer(sign(), page="/visitor")
    late = guest.answer(sign(), page="/visitor")
    assert guest.browser.post("/visitor/identify", good).status_code == 303
    assert "時間が切れました" in words(guest.browser.post("/visitor/identify", good))
    clock.advance(minutes=2)
    assert "時間が切れました" in words(guest.browser.post("/visitor/identify", late))


def test_without_an_answer_about_revocation_nobody_is_identified(
    guest: Reader, sign: Sign, authority: Authority
) -> None:
    set_mode(authority.directory, Mode.TRY_LATER)
    assert identify(guest, sign()).status_code == 503
    assert guest.browser.get("/visitor/check").location == "/visitor"


def test_answers_are_counted_here_as_at_the_log_in(
    guest: Reader, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {scope: replace(limit, most=2) for scope, limit in attempts.LIMITS.items()}
    monkeypatch.setattr(attempts, "LIMITS", few)
    signing = sign()
    answers = [guest.answer(signing, page="/visitor") for _ in range(3)]
    told = [guest.browser.post("/visitor/identify", one).status_code for one in answers]
    assert told[-1] == 429


def test_a_card_that_became_somebody_elses_meanwhile_is_sent_to_the_counter(
    guest: Reader, card: Card, sign: Sign, ground: Ground
) -> None:
    person(ground)
    identify(guest, sign())
    link(ground, card, person(ground, name="佐々木　弘"))

    page = guest.browser.fill_in("/visitor/check")

    assert page.status_code == 409
    assert "このカードは、窓口で登録します" in words(page)


def test_an_expired_log_in_certificate_is_not_linked(
    reader: Reader, make_card: MakeCard, sign: Sign, ground: Ground, clock: MovableClock
) -> None:
    person(ground)
    soon = make_card(not_after=clock.now() + timedelta(minutes=5))
    reader.browser.post("/login", reader.answer(soon))
    identify(reader, sign())
    clock.advance(minutes=6)
    assert reader.browser.post("/visitor/check", {}).status_code in {400, 422}
    assert events(ground, Action.LINK_MADE) == []
