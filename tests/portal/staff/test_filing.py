"""One filing at the desk: claim, comparison, acceptance, collision."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portal import database, exchange, filings, municipality, notices, register
from portal.audit import audit_events
from portal.filings import FilingState
from portal.filings.tables import filings as filing_table
from portal.ground import Ground
from portal.identity import Role
from portal.notices import NoticeKind
from portal.register import ResidentStatus
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import FAMILY, file_moving_out, settle_family, withdraw


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("hanako", Role.REVIEWER)


@pytest.fixture
def other(sit_down: SitDown) -> Desk:
    return sit_down("taro", Role.REVIEWER, name="鈴木 太郎")


def version(ground: Ground, filing: filings.Filing) -> str:
    with database.transaction(ground.engine) as connection:
        query = sa.select(filing_table.c.version).where(filing_table.c.id == filing.id)
        return str(connection.execute(query).scalar_one())


def state(ground: Ground, filing: filings.Filing) -> FilingState:
    with database.transaction(ground.engine) as connection:
        query = sa.select(filing_table.c.state).where(filing_table.c.id == filing.id)
        return FilingState(connection.execute(query).scalar_one())


def audited(ground: Ground, action: str) -> int:
    with database.transaction(ground.engine) as connection:
        by_staff = audit_events.c.actor_kind == "staff"
        query = sa.select(sa.func.count()).where(audit_events.c.action == action, by_staff)
        return int(connection.execute(query).scalar_one())


def test_opening_claims_and_shows_both_sides(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground), movers=2)
    page = words(desk.get(f"/filings/{filing.id}"))
    for shown in (
        "あなたの担当です。 10:15 まで",
        "本間 蓮",
        "子・平成30年6月1日生",
        "令和8年12月1日（火）",
        "受付の日から7日後",
        "受け付けられる日：11月14日〜12月24日",
        "神奈川県横浜市西区みなとみらい一丁目1番1号",
        "〒220-0012",
        "世帯3人のうち2人",
        "世帯の一部",
        "閲覧を記録しました（10:00 佐藤 花子）",
    ):
        assert shown in page
    assert state(ground, filing) is FilingState.IN_REVIEW


def test_what_needs_a_look_comes_first_with_its_reason(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground), movers=2)
    page = words(desk.get(f"/filings/{filing.id}"))
    assert page.index("残る世帯の世帯主を確かめてください") < page.index("転出予定年月日")
    assert "電子署名はついていません" in page


def test_before_accepting_the_desk_says_what_will_happen(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground), movers=2)
    page = words(desk.get(f"/filings/{filing.id}"))
    assert "異動する2人を、令和8年12月1日（火）の転出予定者にします" in page
    assert "転出証明書情報を送信待ちに入れます" in page
    assert "異動する2人の発行は、届出のときから止まっています" in page


def test_a_city_that_stops_whole_households_says_so(desk: Desk, ground: Ground) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(
            connection, "hold_scope", municipality.HoldScope.HOUSEHOLD, TESTER, ground.clock.now()
        )
    filing = file_moving_out(ground, settle_family(ground), movers=1)
    assert "世帯の全員の発行は" in words(desk.get(f"/filings/{filing.id}"))


def test_every_reading_is_audited(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    desk.get(f"/filings/{filing.id}")
    assert audited(ground, "filing.read") == 2
    assert audited(ground, "record.read") == 6


def test_a_second_officer_sees_who_holds_it_and_nothing_else(desk: Desk, other: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    answer = other.get(f"/filings/{filing.id}")
    assert answer.status_code == 409
    assert "佐藤 花子さんが担当しています" in words(answer)
    assert "10:15" in words(answer)
    assert "本間" not in answer.text
    assert audited(ground, "filing.read") == 1


def test_a_lease_that_ran_out_frees_the_filing(desk: Desk, other: Desk, ground: Ground, clock: MovableClock) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    clock.advance(seconds=filings.LEASE.total_seconds())
    assert other.get(f"/filings/{filing.id}").status_code == 200
    assert "鈴木 太郎さんが担当しています" in words(desk.get(f"/filings/{filing.id}"))


def test_a_filing_given_back_can_be_opened_by_others(desk: Desk, other: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    answer = desk.post(f"/filings/{filing.id}/release", page=f"/filings/{filing.id}")
    assert (answer.status_code, answer.location) == (303, "/queue")
    assert other.get(f"/filings/{filing.id}").status_code == 200


def test_accepting_makes_the_movers_planned_departures_and_shows_the_result(desk: Desk, ground: Ground) -> None:
    household = settle_family(ground)
    filing = file_moving_out(ground, household, movers=2)
    desk.get(f"/filings/{filing.id}")
    answer = desk.post(
        f"/filings/{filing.id}/accept",
        {"seen_version": version(ground, filing), "checked": "y"},
        page=f"/filings/{filing.id}",
    )
    assert (answer.status_code, answer.location) == (303, f"/filings/{filing.id}")
    page = words(desk.get(answer.location))
    for shown in ("受理しました", "転出予定者にしました", "送信待ちに入れました", "知らせました", "10:00 佐藤 花子"):
        assert shown in page
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        standing = [
            register.resident(connection, one, reader=TESTER, why="tests", now=now).status for one in household
        ]
        told = notices.inbox(connection, household[0])
        waiting = exchange.waiting(connection)
    assert standing == [ResidentStatus.PLANNED_DEPARTURE, ResidentStatus.PLANNED_DEPARTURE, ResidentStatus.RESIDENT]
    assert NoticeKind.FILING_ACCEPTED in {notice.kind for notice in told}
    assert [message.filing_id for message in waiting] == [filing.id]


def test_accepting_twice_is_accepting_once(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    seen = version(ground, filing)
    form = {"seen_version": seen, "checked": "y"}
    first = desk.post(f"/filings/{filing.id}/accept", form, page="/queue")
    second = desk.post(f"/filings/{filing.id}/accept", form, page="/queue")
    assert first.status_code == second.status_code == 303
    assert second.location == f"/filings/{filing.id}"
    with database.transaction(ground.engine) as connection:
        assert len(exchange.waiting(connection)) == 1
    assert audited(ground, "filing.decided") == 1


def test_without_the_tick_nothing_is_accepted(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": version(ground, filing)}, page="/queue")
    assert answer.status_code == 422
    assert words(answer).count("照らし合わせが済んだら、チェックを入れてください。") == 2
    assert state(ground, filing) is FilingState.IN_REVIEW


def test_a_form_shown_again_carries_the_version_that_is_shown(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": "99"}, page="/queue")
    assert answer.status_code == 422
    found = re.search(r'name="seen_version"[^>]*value="(\d+)"', answer.text)
    assert found is not None
    assert found.group(1) == version(ground, filing)


def test_a_decision_over_anothers_decision_names_who_was_quicker(
    desk: Desk, other: Desk, ground: Ground, clock: MovableClock
) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    seen = version(ground, filing)
    clock.advance(seconds=filings.LEASE.total_seconds())
    other.get(f"/filings/{filing.id}")
    other.post(
        f"/filings/{filing.id}/accept", {"seen_version": version(ground, filing), "checked": "y"}, page="/queue"
    )
    answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": seen, "checked": "y"}, page="/queue")
    assert answer.status_code == 409
    page = words(answer)
    assert "あなたの決定は記録していません" in page
    assert "鈴木 太郎さんが 令和8年11月24日（火）10:15 に受理しました" in page
    assert audited(ground, "filing.decided") == 1


def test_a_decision_while_another_holds_it_names_the_holder(
    desk: Desk, other: Desk, ground: Ground, clock: MovableClock
) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    seen = version(ground, filing)
    clock.advance(seconds=filings.LEASE.total_seconds())
    other.get(f"/filings/{filing.id}")
    answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": seen, "checked": "y"}, page="/queue")
    assert answer.status_code == 409
    assert "鈴木 太郎さんが担当しています" in words(answer)
    assert state(ground, filing) is FilingState.IN_REVIEW


def test_a_version_that_is_no_longer_there_is_not_decided(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    seen = version(ground, filing)
    desk.post(f"/filings/{filing.id}/release", page="/queue")
    answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": seen, "checked": "y"}, page="/queue")
    assert answer.status_code == 409
    assert "この届出の状態が変わりました" in words(answer)
    assert state(ground, filing) is FilingState.IN_REVIEW


def test_a_filing_taken_back_meanwhile_is_not_accepted(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    seen = version(ground, filing)
    withdraw(ground, filing)
    answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": seen, "checked": "y"}, page="/queue")
    assert answer.status_code == 409
    assert "届け出た人が 令和8年11月24日（火）10:00 に取り下げました" in words(answer)


def test_what_the_register_forbids_cannot_be_accepted(desk: Desk, ground: Ground) -> None:
    household = settle_family(ground)
    filing = file_moving_out(ground, household)
    desk.get(f"/filings/{filing.id}")
    seen = version(ground, filing)
    today = date(2026, 11, 24)
    with database.transaction(ground.engine) as connection:
        register.protect(
            connection, household[1], starts_on=today, ends_on=today + timedelta(days=365), actor=TESTER,
            now=ground.clock.now(),
        )  # fmt: skip
    answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": seen, "checked": "y"}, page="/queue")
    assert answer.status_code == 409
    page = words(answer)
    assert "受理できませんでした" in page
    assert "ここでは受理できません" in page
    assert "受理する</button>" not in answer.text


def test_an_ordinary_reviewer_never_learns_of_a_protection(desk: Desk, ground: Ground) -> None:
    """支援措置 reads exactly like any other matter that is under way at the counter."""
    today = date(2026, 11, 24)
    pages = []
    for protected in (True, False):
        household = settle_family(ground, *FAMILY)
        filing = file_moving_out(ground, household)
        with database.transaction(ground.engine) as connection:
            if protected:
                register.protect(
                    connection, household[1], starts_on=today, ends_on=today, actor=TESTER, now=ground.clock.now()
                )
            else:
                register.place_hold(
                    connection, [household[1]], reason=register.HoldReason.IMPORT, source="import:test",
                    actor=TESTER, now=ground.clock.now(),
                )  # fmt: skip
        page = words(desk.get(f"/filings/{filing.id}"))
        assert "窓口で進めている手続き" in page
        queue = words(desk.get("/queue"))
        for word in ("支援", "保護", "制限", "DV", "閲覧制限"):
            assert word not in page
            assert word not in queue
        pages.append(page.replace(filing.receipt_number, ""))
    assert pages[0] == pages[1].replace("自分の担当 2 件", "自分の担当 1 件")


def test_a_filing_that_is_not_there_is_told_in_words(desk: Desk) -> None:
    for path in (f"/filings/{uuid4()}", "/filings/1", "/filings"):
        answer = desk.get(path)
        assert answer.status_code == 404, path
        assert "見つかりません" in words(answer), path


def test_a_decision_without_a_version_is_refused(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    for seen in ("", "x", "-"):
        answer = desk.post(f"/filings/{filing.id}/accept", {"seen_version": seen, "checked": "y"}, page="/queue")
        assert answer.status_code == 400, seen
    assert state(ground, filing) is FilingState.IN_REVIEW
