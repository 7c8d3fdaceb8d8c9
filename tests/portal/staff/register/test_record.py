"""A record opens for a reason, with everything that hangs on it, and looks the same for everybody."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import certificates, database, register
from portal.audit import Action, Actor, ActorKind
from portal.certificates import State
from portal.certificates.tables import issuances
from portal.ground import Ground
from portal.identity import Role
from portal.register import ChangeReason, HoldReason
from portal.staff.register.entries import LABELS
from portal.staff.register.inquiry import WORDS, Inquiry
from tests.portal.register.people import PLAIN, TESTER
from tests.portal.staff.conftest import Employ, SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.register.conftest import events
from tests.portal.staff.town import enrol_kiosk, file_moving_out


def record(resident: UUID, why: str = "counter") -> str:
    return f"/register/{resident}?why={why}"


def rename(ground: Ground, resident: UUID, actor: Actor, filing: UUID | None = None, **changes: str) -> None:
    with database.transaction(ground.engine) as connection:
        register.change(
            connection, resident, changes, valid_from=date(2026, 10, 1), actor=actor,
            reason=ChangeReason.CORRECTION, filing_id=filing, now=datetime(2026, 10, 2, 3, 4, tzinfo=UTC),
        )  # fmt: skip


@pytest.mark.parametrize(("query", "status"), [("", 200), ("?why=", 422), ("?why=curiosity", 422)])
def test_a_record_without_a_reason_asks_for_one_and_names_nobody(
    desk: Desk, ground: Ground, family: list[UUID], query: str, status: int
) -> None:
    page = desk.get(f"/register/{family[0]}{query}")
    assert page.status_code == status
    assert all(text in words(page) for text in WORDS.values())
    assert "本間" not in page.text
    assert events(ground, Action.RECORD_READ) == []


def test_each_reason_opens_the_record_and_stands_in_the_audit(desk: Desk, ground: Ground, family: list[UUID]) -> None:
    for inquiry in Inquiry:
        assert desk.get(record(family[0], inquiry.value)).status_code == 200
    rows = events(ground, Action.RECORD_READ)
    # The record, everybody of the household, the history.
    assert [row.subject for row in rows] == [family[0], *family, family[0]] * len(Inquiry)
    assert {row.detail.partition('"why":"')[2].partition('"')[0] for row in rows} == {
        inquiry.why for inquiry in Inquiry
    }
    assert {row.actor_id for row in rows} == {desk.actor.id}


def test_an_unknown_resident_is_not_found(desk: Desk) -> None:
    assert desk.get(record(uuid4())).status_code == 404


def test_the_record_shows_what_is_registered_and_leaves_out_what_is_empty(desk: Desk, family: list[UUID]) -> None:
    page = words(desk.get(record(family[0])))
    for text in (
        "本間 さくら",
        "ホンマ サクラ",
        "平成3年4月8日",
        PLAIN.address,
        "本籍",
        "東京都新宿区西新宿二丁目8番",
    ):
        assert text in page, text
    for text in ("在留資格", "転出先", "通称", "None"):
        assert text not in page, text


def test_the_household_is_listed_with_a_way_to_each_of_its_records(desk: Desk, family: list[UUID]) -> None:
    page = desk.get(record(family[0], "filing")).text
    assert [record(one, "filing") in page for one in family] == [False, True, True]


def test_a_version_shows_who_when_why_from_which_filing_and_only_what_it_changed(
    sit_down: SitDown, ground: Ground, family: list[UUID]
) -> None:
    desk = sit_down("ito", Role.DESK, Role.REVIEWER, name="伊藤 葵")
    filing = file_moving_out(ground, family, movers=1)
    rename(ground, family[0], desk.actor, filing.id, name="本間　櫻", former_surname="旧川")
    page = desk.get(record(family[0]))
    text = words(page)
    assert "訂正 第2版" in text
    assert "効力の日 令和8年10月1日（木）" in text
    assert "記録した時 令和8年10月2日（金）12:04" in text
    assert "記録した人 伊藤 葵" in text
    assert "項目 前 後 氏名 本間 さくら 本間 櫻 旧氏 なし 旧川 " in text
    assert f'<a class="num" href="/filings/{filing.id}">{filing.receipt_number}</a>' in page.text
    assert "既存住基からの取込 第1版 効力の日 平成27年4月1日（水）" in text
    assert text.index("第2版") < text.index("既存住基からの取込 第1版")


def test_who_may_not_open_filings_reads_the_number_only(desk: Desk, ground: Ground, family: list[UUID]) -> None:
    filing = file_moving_out(ground, family, movers=1)
    rename(ground, family[0], TESTER, filing.id, name="本間　櫻")
    page = desk.get(record(family[0])).text
    assert filing.receipt_number in page
    assert f"/filings/{filing.id}" not in page


def test_a_writer_whose_account_is_gone_and_the_resident_are_named_so(
    desk: Desk, ground: Ground, family: list[UUID]
) -> None:
    rename(ground, family[0], Actor(ActorKind.STAFF, str(uuid4())), name="本間　櫻")
    rename(ground, family[0], Actor(ActorKind.RESIDENT, str(family[0])), name="本間　咲良")
    text = words(desk.get(record(family[0])))
    assert "記録した人 いまは使われていないアカウント" in text
    assert "記録した人 本人" in text
    assert "記録した人 システム" in text


def test_stops_are_listed_with_who_put_and_who_lifted_them(
    desk: Desk, ground: Ground, family: list[UUID], employ: Employ
) -> None:
    assert "停止はありません。" in words(desk.get(record(family[0])))
    colleague = Actor(ActorKind.STAFF, str(employ("kato", Role.DESK, name="加藤 実").id))
    with database.transaction(ground.engine) as connection:
        for source, reason in (("officer:1", HoldReason.OFFICER), ("import:1", HoldReason.IMPORT)):
            register.place_hold(
                connection, [family[0]], reason=reason, source=source, actor=colleague, now=ground.clock.now()
            )
        register.lift_hold(connection, source="import:1", actor=desk.actor, now=ground.clock.now())
    text = words(desk.get(record(family[0])))
    assert "停止中 職員が止めた 令和8年11月24日（火）10:00 から（加藤 実）" in text
    assert "解除ずみ 既存住基で異動を処理している" in text
    assert "まで（伊藤 葵）" in text


def test_issued_certificates_are_listed_with_how_their_paper_came_out(
    desk: Desk, ground: Ground, family: list[UUID]
) -> None:
    assert "キオスクで交付した証明書はありません。" in words(desk.get(record(family[0])))
    enrol_kiosk(ground)
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        connection.execute(
            issuances.insert(),
            {
                "id": uuid4(), "terminal_id": "kiosk-01", "request_key": uuid4(), "session": str(uuid4()),
                "resident_id": family[0], "kind": "resident_record", "scope": "household", "persons": [family[0]],
                "items": [], "copies": 2, "fee": 300, "state": State.PRINTED, "fence": 1, "attempts": 1,
                "repeated": False, "issue_number": "982016-7KQ2M-X84TB", "pages": 2, "requested_at": now,
                "released_at": now, "due_at": now,
            },
        )  # fmt: skip
        assert len(certificates.history_of(connection, family[0])) == 1
    text = words(desk.get(record(family[0])))
    assert "住民票の写し 982016-7KQ2M-X84TB" in text
    assert "2部 印刷できました" in text


def test_a_record_under_protection_reads_exactly_like_any_other(
    desk: Desk, ground: Ground, family: list[UUID]
) -> None:
    """支援措置: same words, same statements, so also the same time."""
    asked: list[str] = []
    sa.event.listen(ground.engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    pages, statements = [], []
    for protected in (False, True):
        if protected:
            with database.transaction(ground.engine) as connection:
                register.protect(
                    connection, family[1], starts_on=date(2026, 11, 1), ends_on=date(2027, 10, 31), actor=TESTER,
                    now=ground.clock.now(),
                )  # fmt: skip
        asked.clear()
        pages.append(words(desk.get(record(family[1]))))
        statements.append(list(asked))
    assert pages[0] == pages[1]
    assert statements[0] == statements[1]
    assert not any("protections" in statement for statement in statements[0])


def test_every_field_that_can_change_has_its_words() -> None:
    assert set(PLAIN.__dataclass_fields__) == {*LABELS, "id", "number", "version"}
