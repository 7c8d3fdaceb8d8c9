"""Unknown paper: what is known, and the statement that ends a case."""

import base64
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from portal import certificates, database, terminals
from portal.audit import audit_events
from portal.certificates import Gap, Means, PaymentState, State
from portal.certificates.money.tables import payments
from portal.certificates.tables import RefusalCode, issuances
from portal.clock import local_date
from portal.ground import Ground
from portal.identity import Role
from portal.keys import Purpose
from portal.staff.words import GAPS
from tests.portal.conftest import MovableClock
from tests.portal.register.people import put_resident
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import enrol_kiosk, lose_paper, say, settle_family

STATEMENT = "10時20分、操作が排紙口で1枚を回収。2枚目は機械の中になし。"


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("sosa", Role.OPERATOR, name="操作 三郎")


@pytest.fixture
def lost(ground: Ground) -> UUID:
    enrol_kiosk(ground)
    say(ground)
    return lose_paper(ground, settle_family(ground)[0])


def state(ground: Ground, issuance: UUID) -> State:
    with database.transaction(ground.engine) as connection:
        return certificates.case(connection, issuance).state


def commands(ground: Ground) -> list[str]:
    with database.transaction(ground.engine) as connection:
        return terminals.open_commands(connection, ground.keys, "kiosk-01", now=ground.clock.now())


def settle(desk: Desk, issuance: UUID, answer: str = "partly_printed", statement: str = STATEMENT) -> int:
    form = {"answer": answer, "statement": statement}
    return desk.post(f"/cases/{issuance}", form, page=f"/cases/{issuance}").status_code


def test_without_open_cases_the_page_says_so(desk: Desk) -> None:
    assert "確認を待っている紙はありません" in words(desk.get("/cases"))


def test_an_open_case_shows_what_is_known_and_no_name(desk: Desk, lost: UUID) -> None:
    listed = words(desk.get("/cases"))
    page = words(desk.get(f"/cases/{lost}"))
    for text in (listed, page):
        assert "2枚のうち1枚まで印刷しました。その先はわかりません。" in text
        assert "市役所1階 1号機（正面玄関の右）" in text
        assert "停止中" in text
        assert "本間" not in text
    assert "紙の確認待ち 1 件" in listed
    assert "2ページ × 1部" in page


def test_that_a_later_attempt_worked_is_no_answer(desk: Desk, lost: UUID, ground: Ground) -> None:
    """足立区, 2023: cases were closed because a second try had worked."""
    page = desk.get(f"/cases/{lost}")
    assert "再試行" not in page.text
    assert page.text.count('type="radio"') == 3
    assert settle(desk, lost, answer="retried") == 422
    assert state(ground, lost) is State.UNKNOWN


def test_answer_and_statement_are_both_required(desk: Desk, lost: UUID, ground: Ground) -> None:
    choose, write = (
        "機械から出た紙を確認して、1つ選んでください。",
        "だれが、いつ、何を見て確認したかを書いてください。",
    )
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"statement": STATEMENT}, choose),
        ({"answer": "not_printed"}, write),
        ({"answer": "not_printed", "statement": "  \n "}, write),
        ({"answer": "not_printed", "statement": "あ" * 501}, "500文字以内で書いてください。"),
    )
    for form, told in wrong:
        response = desk.post(f"/cases/{lost}", form, page=f"/cases/{lost}")
        assert response.status_code == 422, told
        assert words(response).count(told) == 2, f"{told}: in the summary and at the field"
    assert state(ground, lost) is State.UNKNOWN
    assert commands(ground) == []


def test_what_was_typed_survives_a_mistake(desk: Desk, lost: UUID) -> None:
    response = desk.post(f"/cases/{lost}", {"statement": STATEMENT}, page=f"/cases/{lost}")
    assert STATEMENT in words(response)


@pytest.mark.parametrize("answer", ["printed", "not_printed", "partly_printed"])
def test_settling_signs_the_command_that_unlocks_the_device(
    desk: Desk, lost: UUID, ground: Ground, answer: str
) -> None:
    assert settle(desk, lost, answer) == 303
    (jws,) = commands(ground)
    header, payload, signature = (base64.urlsafe_b64decode(part + "==") for part in jws.split("."))
    pem = ground.keys.public_keys(Purpose.DEVICE_COMMAND)[json.loads(header)["kid"]]
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
    key.verify(encode_dss_signature(r, s), jws.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))
    said = json.loads(payload)
    assert (said["command"], said["terminal"], said["order"], said["answer"]) == (
        "unlock", "kiosk-01", str(lost), answer,
    )  # fmt: skip


def test_the_settled_case_says_what_was_established_and_by_whom(desk: Desk, lost: UUID, ground: Ground) -> None:
    settle(desk, lost)
    page = words(desk.get(f"/cases/{lost}"))
    said = (
        "一部の紙だけが出た",
        STATEMENT,
        "操作 三郎",
        "令和8年11月24日（火）10:00",
        "停止を解く指示を送っています",
    )
    for shown in said:
        assert shown in page
    assert state(ground, lost) is State.SETTLED
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events.c.actor_id).where(audit_events.c.action == "issuance.settled")
        assert connection.execute(query).scalar_one() == desk.actor.id


def test_once_the_device_has_obeyed_the_page_says_so(desk: Desk, lost: UUID, ground: Ground) -> None:
    settle(desk, lost)
    say(ground)
    assert "端末は停止していません" in words(desk.get(f"/cases/{lost}"))


def hold_fee(ground: Ground, issuance: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        connection.execute(
            payments.insert(),
            {
                "issuance_id": issuance,
                "amount": 300,
                "state": PaymentState.HELD,
                "means": Means.CASH,
                "reference": "R1",
            },
        )


def fee_state(ground: Ground) -> str:
    with database.transaction(ground.engine) as connection:
        return str(connection.execute(sa.select(payments.c.state)).scalar_one())


def test_the_page_says_where_the_fee_is_and_what_each_answer_does_to_it(
    desk: Desk, lost: UUID, ground: Ground
) -> None:
    assert "手数料はありません。" in words(desk.get(f"/cases/{lost}"))
    hold_fee(ground, lost)
    page = words(desk.get(f"/cases/{lost}"))
    for text in (
        "300円（現金） 支払いの機械が預かったまま、確認を待っています。",
        "手数料は受け取りになります。",
        "手数料は返します。",
        "一部だけが出たときの手数料 300円",
    ):
        assert text in page


@pytest.mark.parametrize(
    ("answer", "keep", "end"),
    [
        ("printed", "", "capturing"), ("not_printed", "", "voiding"), ("partly_printed", "yes", "capturing"),
        ("partly_printed", "no", "voiding"),
    ],
)  # fmt: skip
def test_the_statement_about_the_paper_decides_about_the_fee(  # noqa: PLR0917
    desk: Desk, lost: UUID, ground: Ground, answer: str, keep: str, end: str
) -> None:
    hold_fee(ground, lost)
    form = {"answer": answer, "statement": STATEMENT, "keep_fee": keep}
    assert desk.post(f"/cases/{lost}", form, page=f"/cases/{lost}").status_code == 303
    assert fee_state(ground) == end
    assert "支払いの機械に送っています" in words(desk.get(f"/cases/{lost}"))


def test_a_part_of_the_paper_needs_a_word_about_the_fee(desk: Desk, lost: UUID, ground: Ground) -> None:
    hold_fee(ground, lost)
    form = {"answer": "partly_printed", "statement": STATEMENT}
    response = desk.post(f"/cases/{lost}", form, page=f"/cases/{lost}")
    assert response.status_code == 422
    assert words(response).count("お預かりしている手数料を、受け取るか返すか選んでください。") == 2
    assert (state(ground, lost), fee_state(ground)) == (State.UNKNOWN, "held")


def test_gaps_of_the_books_stand_on_the_page_until_they_are_gone(desk: Desk, lost: UUID, ground: Ground) -> None:
    certificates.reconcile(ground, local_date(ground.clock.now()))
    page = words(desk.get("/cases"))
    for gap in (Gap.REQUEST_MISSING, Gap.RENDERING_MISSING, Gap.DELIVERY_MISSING, Gap.STATEMENT_MISSING):
        assert GAPS[gap] in page
    assert set(GAPS) == set(Gap)


def test_a_second_statement_changes_nothing_and_is_told(desk: Desk, lost: UUID, ground: Ground) -> None:
    settle(desk, lost)
    assert settle(desk, lost, "printed", "別の説明") == 409
    answer = desk.post(f"/cases/{lost}", {"answer": "printed", "statement": "別の説明"}, page="/cases")
    assert "もう確認が済んでいます" in words(answer)
    assert "一部の紙だけが出た" in words(answer)
    assert len(commands(ground)) == 1


def test_an_issuance_that_is_no_case_is_not_shown(desk: Desk, ground: Ground) -> None:
    assert desk.get(f"/cases/{uuid4()}").status_code == 404
    assert desk.get("/cases/1").status_code == 404


def test_the_oldest_case_comes_first(desk: Desk, lost: UUID, ground: Ground, clock: MovableClock) -> None:
    clock.advance(minutes=5)
    enrol_kiosk(ground, "kiosk-02", "駅前支所 1号機")
    say(ground, terminal_id="kiosk-02")
    lose_paper(ground, settle_family(ground)[0], terminal_id="kiosk-02", sheets=0)
    page = words(desk.get("/cases"))
    assert page.index("市役所1階") < page.index("駅前支所")


def test_a_paper_that_could_not_be_made_has_one_possible_answer(desk: Desk, lost: UUID, ground: Ground) -> None:
    """Nothing was handed to the terminal: no sheet can have left it, and nothing has to be unlocked."""
    with database.transaction(ground.engine) as connection:
        connection.execute(sa.update(issuances).values(state=State.FAILED, released_at=None, sheets=None))
    page = desk.get(f"/cases/{lost}")
    assert "証明書を作れませんでした。端末には何も渡していません。" in words(page)
    assert page.text.count('type="radio"') == 1
    assert 'value="not_printed"' in page.text
    assert settle(desk, lost, "not_printed") == 303
    assert state(ground, lost) is State.SETTLED
    assert commands(ground) == []


def refused(ground: Ground, code: RefusalCode, detail: str, **when: float) -> str:
    """An issuance of the family that was refused so long ago; returns its number."""
    issuance = uuid4()
    ended = ground.clock.now() - timedelta(**when)
    with database.transaction(ground.engine) as connection:
        connection.execute(
            issuances.insert(),
            {
                "id": issuance, "terminal_id": "kiosk-01", "request_key": uuid4(), "session": str(uuid4()),
                "resident_id": put_resident(connection), "kind": "resident_record", "scope": "self", "persons": [],
                "items": [], "copies": 1, "fee": 300, "state": State.FAILED, "refusal": code, "detail": detail,
                "fence": 1, "attempts": 1, "repeated": False, "issue_number": f"982016-{str(issuance)[:8].upper()}",
                "requested_at": ended, "ended_at": ended, "due_at": ended,
            },
        )  # fmt: skip
    return f"982016-{str(issuance)[:8].upper()}"


def test_what_could_not_be_printed_is_listed_by_field_and_code_point_for_30_days(ground: Ground, desk: Desk) -> None:
    enrol_kiosk(ground)
    character = refused(ground, RefusalCode.CHARACTER, "2人目の氏名: U+30EDE", hours=1)
    length = refused(ground, RefusalCode.TOO_LONG, "転入前住所", days=29)
    forgotten = refused(ground, RefusalCode.CHARACTER, "氏名: U+E000", days=31)
    other = refused(ground, RefusalCode.RECORD_CHANGED, "household", hours=1)
    page = words(desk.get("/cases"))
    assert "印刷できない文字がある 2人目の氏名: U+30EDE" in page
    assert "欄に入りきらない 転入前住所" in page
    assert page.index(character) < page.index(length)
    assert forgotten not in page
    assert other not in page
    assert "確認を待っている紙はありません" in page


def test_without_anything_unprintable_the_page_has_no_such_list(desk: Desk) -> None:
    assert "印刷できなかった証明書" not in words(desk.get("/cases"))
