"""The auditor's page: who looked at what, when and why; and how the book stands under its seals."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import audit, database, identity, register
from portal.audit import Action, Actor, ActorKind, audit_events, sealing
from portal.audit.sealing import Verified
from portal.ground import Ground
from portal.identity import Role
from portal.staff.audit import book
from portal.staff.audit.words import ACTION, WHY
from portal.staff.register.inquiry import Inquiry
from tests.portal.audit.book import Pen
from tests.portal.conftest import MovableClock
from tests.portal.staff.conftest import Employ, SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import settle_family

TODAY = "2026-11-24"


@pytest.fixture
def auditor(sit_down: SitDown) -> Desk:
    return sit_down("kansa", Role.AUDITOR, name="監査 太郎")


@pytest.fixture
def family(ground: Ground) -> list[UUID]:
    return settle_family(ground)


def look(ground: Ground, who: Actor, whom: UUID, why: str = "cards.desk") -> None:
    with database.transaction(ground.engine) as connection:
        register.resident(connection, whom, reader=who, why=why, now=ground.clock.now())


def number_of(ground: Ground, resident_id: UUID) -> str:
    with database.transaction(ground.engine) as connection:
        return register.numbers_of(connection, [resident_id])[resident_id]


def rows(page: str) -> list[str]:
    return re.findall(r"<tr>\s*<td.*?</tr>", page, re.DOTALL)


def test_who_looked_at_whom_and_why_stands_there_without_a_resident_s_name(
    ground: Ground, auditor: Desk, employ: Employ, family: list[UUID]
) -> None:
    officer = employ("madoguchi", Role.DESK, name="伊藤 葵")
    look(ground, Actor(ActorKind.STAFF, str(officer.id)), family[0])
    page = auditor.get("/audit").get_data(as_text=True)
    [row] = [row for row in rows(page) if "住民記録を見た" in row]
    assert "伊藤 葵" in row
    assert "カードの登録の窓口" in row
    assert number_of(ground, family[0]) in row
    assert "11月24日 10:00" in row
    assert "本間" not in page


def test_a_search_that_found_nobody_stands_there_as_well(ground: Ground, auditor: Desk, sit_down: SitDown) -> None:
    desk = sit_down("madoguchi", Role.DESK, name="伊藤 葵")
    desk.post("/cards", {"name": "ソンナヒト"}, page="/cards")
    page = auditor.get("/audit").get_data(as_text=True)
    [row] = [row for row in rows(page) if "住民をさがした" in row]
    assert "伊藤 葵" in row
    assert "ソンナヒト" not in page


def test_what_is_sought_is_found_and_nothing_else(
    ground: Ground, auditor: Desk, employ: Employ, family: list[UUID], clock: MovableClock
) -> None:
    officer = employ("madoguchi", Role.DESK, name="伊藤 葵")
    for whom in family:
        look(ground, Actor(ActorKind.STAFF, str(officer.id)), whom)
        look(ground, Actor(ActorKind.TERMINAL, "kiosk-01"), whom, why="login")
    later = clock.now() + timedelta(days=3)
    with database.transaction(ground.engine) as connection:
        kiosk = Actor(ActorKind.TERMINAL, "kiosk-01")
        register.resident(connection, family[0], reader=kiosk, why="login", now=later)
    base = {"first": TODAY, "last": TODAY, "who": "", "number": "", "action": Action.RECORD_READ.value}
    number = number_of(ground, family[0])
    for asked, expected in [
        ({}, 6),
        ({"who": "madoguchi"}, 3),
        ({"who": "kiosk-01"}, 3),
        ({"who": "nobody"}, 0),
        ({"number": number}, 2),
        ({"number": number, "last": "2026-11-27"}, 3),
        ({"first": "2026-11-25", "last": "2026年11月27日"}, 1),
        ({"who": "kiosk-01", "number": number, "action": Action.NUMBER_READ.value}, 0),
    ]:
        answer = auditor.post("/audit", base | asked, page="/audit")
        assert answer.status_code == 303, words(answer)
        assert number not in answer.location
        page = auditor.get(answer.location).get_data(as_text=True)
        assert len(rows(page)) == expected, asked
    assert "この条件の記録はありません" in page


def test_the_form_keeps_what_was_asked(ground: Ground, auditor: Desk, family: list[UUID]) -> None:
    number = number_of(ground, family[0])
    sent = {"first": TODAY, "last": TODAY, "who": "kiosk-01", "number": number, "action": "record.read"}
    page = auditor.get(auditor.post("/audit", sent, page="/audit").location).get_data(as_text=True)
    for value in (TODAY, "kiosk-01", number):
        assert f'value="{value}"' in page
    assert '<option value="record.read" selected>' in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"first": "きのう"}, "日付は、2026-11-24 のように"),
        ({"last": ""}, "日付は、2026-11-24 のように"),
        ({"first": "2026-11-25"}, "よりあとの日にしてください"),
        ({"number": "0000"}, "この宛名番号の記録はありません"),
    ],
)
def test_what_cannot_be_sought_is_told_at_its_field(auditor: Desk, sent: dict[str, str], said: str) -> None:
    base = {"first": TODAY, "last": TODAY, "who": "", "number": "", "action": ""}
    answer = auditor.post("/audit", base | sent, page="/audit")
    assert answer.status_code == 422
    assert said in words(answer)
    assert "エラー：" in words(answer)


def test_pages_follow_one_another_without_a_gap_or_a_repetition(
    ground: Ground, auditor: Desk, family: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "SHOWN_AT_MOST", 4)
    for _ in range(5):
        for whom in family:
            # All in one moment: the order among them is that of their numbers.
            look(ground, Actor(ActorKind.TERMINAL, "kiosk-01"), whom)
    seen: list[str] = []
    url: str | None = "/audit?who=kiosk-01"
    while url:
        page = auditor.get(url).get_data(as_text=True)
        seen += re.findall(r"記録 (\d+)", page)
        found = re.search(r'href="([^"]+)">古い記録へ', page)
        url = found and found[1].replace("&amp;", "&")
    assert len(seen) == 15
    assert [int(number) for number in seen] == sorted(map(int, seen), reverse=True)
    assert len(set(seen)) == 15
    assert "新しい記録へ戻る" in page


def test_reading_the_book_is_in_the_book(ground: Ground, auditor: Desk, family: list[UUID]) -> None:
    auditor.get(f"/audit?first={TODAY}&last={TODAY}&subject={family[0]}&action=record.read")
    with database.transaction(ground.engine) as connection:
        event = connection.execute(sa.select(audit_events).order_by(audit_events.c.id.desc()).limit(1)).one()
    assert (event.action, event.actor_id, event.subject) == ("audit.read", auditor.actor.id, family[0])
    assert '"action":"record.read"' in event.detail
    auditor.get("/audit?who=kansa")
    assert "閲覧の記録を見た" in words(auditor.get("/audit"))
    assert "だれが：監査 太郎" in words(auditor.get("/audit"))


@pytest.mark.parametrize("query", ["first=x", "last=9999-12-31", "subject=x", "after=x", "after=1.x"])
def test_an_address_that_was_made_up_is_refused(auditor: Desk, query: str) -> None:
    assert auditor.get(f"/audit?{query}").status_code == 400


def test_an_auditor_begins_here(auditor: Desk) -> None:
    answer = auditor.get("/")
    assert (answer.status_code, answer.location) == (303, "/audit")
    assert "閲覧の記録" in words(auditor.get("/audit"))


def test_every_reason_an_officer_can_give_has_its_word_in_the_book() -> None:
    assert {inquiry.why for inquiry in Inquiry} <= set(WHY)


def test_how_the_book_stands_is_told_in_words(
    ground: Ground, auditor: Desk, clock: MovableClock, tmp_path: Path
) -> None:
    first = words(auditor.get("/audit"))
    assert "まだ外に控えていません" in first
    assert "まだ検証していません" in first
    clock.advance(minutes=2)
    assert "2分前の記録が封印されていません" in words(auditor.get("/audit"))
    with database.transaction(ground.engine) as connection:
        sealing.seal(connection, clock.now())
        sealing.remember(connection, Verified(events=1234), clock.now())
    sealing.anchor(ground.engine, tmp_path / "anchors", Pen().sign, clock.now())
    well = words(auditor.get("/audit"))
    assert "すべて封印されています" in well
    assert "11月24日 10:02（0秒前）" in well
    assert "食いちがいはありません 11月24日 10:02に、1,234件を確かめました" in well
    clock.advance(seconds=30)
    assert "30秒前の記録が封印を待っています" in words(auditor.get("/audit"))
    with database.transaction(ground.engine) as connection:
        fault = sealing.Fault(sealing.FaultKind.TRUNCATED, 1)
        sealing.remember(connection, Verified(events=9, faults=[fault, fault]), clock.now())
    assert "食いちがいが2か所あります" in words(auditor.get("/audit"))


def test_every_action_has_its_word() -> None:
    assert set(ACTION) == set(Action)


def test_whose_login_it_is_and_what_their_name_is_stay_known(ground: Ground, employ: Employ) -> None:
    member = employ("hanako", Role.DESK)
    with database.transaction(ground.engine) as connection:
        assert identity.account_of(connection, "hanako") == member.id
        assert identity.account_of(connection, "taro") is None
        assert identity.staff_names(connection, [member.id]) == {member.id: "佐藤 花子"}


def test_an_action_that_this_version_does_not_know_is_shown_as_it_is(ground: Ground, auditor: Desk) -> None:
    with database.transaction(ground.engine) as connection:
        audit.record(
            connection, at=ground.clock.now() - timedelta(hours=1), actor=Actor(ActorKind.SYSTEM, "later"),
            action=Action.RECORD_READ, detail={"why": "something.new"},
        )  # fmt: skip
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(audit_events.update().values(action="record.folded"))
    page = words(auditor.get("/audit"))
    assert "record.folded" in page
    assert "something.new" in page
