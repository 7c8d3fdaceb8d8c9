"""Residents see when their certificates were checked, and what was found."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from portal import database
from portal.certificates.papers import checks
from portal.certificates.papers.tables import CheckResult
from portal.certificates.tables import State, issuances
from portal.ground import Ground
from tests.portal.filings.conftest import Family
from tests.portal.resident.browser import Browser, words


def hand_out(ground: Ground, resident: UUID, number: str, state: State = State.PRINTED) -> UUID:
    issuance = uuid4()
    now = ground.clock.now()
    row = {
        "id": issuance, "terminal_id": "kiosk-01", "request_key": uuid4(), "session": "s", "resident_id": resident,
        "kind": "resident_record", "scope": "self", "persons": [resident], "items": [], "copies": 1, "fee": 300,
        "state": state, "fence": 1, "attempts": 1, "repeated": False, "issue_number": number, "pages": 1,
        "requested_at": now, "due_at": now, "released_at": now,
    }  # fmt: skip
    with database.transaction(ground.engine) as connection:
        connection.execute(issuances.insert(), row)
    return issuance


def check(ground: Ground, issuance: UUID, result: CheckResult, *, hours: int = 0) -> None:
    with database.transaction(ground.engine) as connection:
        checks.record(connection, issuance, result, ground.clock.now() + timedelta(hours=hours))


def test_without_certificates_the_page_says_so(home: Browser) -> None:
    assert "交付した証明書 まだありません。" in words(home.get("/me"))


def test_a_certificate_nobody_has_checked_says_so(home: Browser, family: Family, ground: Ground) -> None:
    hand_out(ground, family.head, "982016-AAAAA-BBBBB")
    page = words(home.get("/me"))
    assert "住民票の写し 982016-AAAAA-BBBBB 2026年11月24日 10:00 申請 まだ確認されていません。" in page


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (CheckResult.CURRENT, "この証明書は2026年11月24日 12:00に確認されました"),
        (CheckResult.WITHDRAWN, "この証明書は2026年11月24日 12:00に確認され、取り消されていることが伝わりました"),
        (CheckResult.ALTERED, "2026年11月24日 12:00に確認した人が、紙の文字がちがうと答えました"),
        (CheckResult.DIFFERENT_SETS, "2026年11月24日 12:00に、ほかの証明書の紙とまぜて確認されました"),
    ],
)
def test_each_check_is_shown_with_its_moment_and_its_finding(
    home: Browser, family: Family, ground: Ground, result: CheckResult, said: str
) -> None:
    check(ground, hand_out(ground, family.head, "982016-AAAAA-BBBBB"), result, hours=2)
    assert said in words(home.get("/me"))


def test_checks_are_listed_newest_first_under_their_own_certificate(
    home: Browser, family: Family, ground: Ground
) -> None:
    first = hand_out(ground, family.head, "982016-AAAAA-AAAAA")
    check(ground, first, CheckResult.CURRENT, hours=1)
    check(ground, first, CheckResult.CURRENT, hours=3)
    hand_out(ground, family.head, "982016-BBBBB-BBBBB")
    page = words(home.get("/me"))
    about_first = page.partition("982016-AAAAA-AAAAA")[2].partition("982016-BBBBB-BBBBB")[0]
    assert about_first.index("13:00に確認") < about_first.index("11:00に確認")
    assert page.count("に確認されました") == 2


def test_nobody_sees_the_checks_of_another_resident(home: Browser, family: Family, ground: Ground) -> None:
    check(ground, hand_out(ground, family.spouse, "982016-AAAAA-BBBBB"), CheckResult.CURRENT)
    page = words(home.get("/me"))
    assert "982016-AAAAA-BBBBB" not in page
    assert "に確認されました" not in page
