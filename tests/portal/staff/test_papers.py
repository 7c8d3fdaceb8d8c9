"""Withdrawing issued paper at the desk."""

from uuid import UUID

import pytest

from portal import certificates, database
from portal.audit import audit_events
from portal.certificates.papers import standing
from portal.certificates.papers.judging import Status
from portal.ground import Ground
from portal.identity import Role
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import enrol_kiosk, lose_paper, settle_family


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("sosa", Role.OPERATOR, name="操作 三郎")


@pytest.fixture
def issuance(ground: Ground, desk: Desk) -> UUID:
    enrol_kiosk(ground)
    found = lose_paper(ground, settle_family(ground)[0])
    with database.transaction(ground.engine) as connection:
        certificates.settle(
            connection, ground, found, answer="printed", statement="渡した", actor=desk.actor, now=ground.clock.now()
        )
    return found


def number(ground: Ground, issuance: UUID) -> str:
    with database.transaction(ground.engine) as connection:
        return certificates.case(connection, issuance).issue_number


def status(ground: Ground, issuance: UUID) -> Status:
    with database.transaction(ground.engine) as connection:
        return standing.standing_of(connection, issuance).status


def withdraw(desk: Desk, issuance: UUID, **form: str) -> int:
    page = f"/papers/{issuance}"
    return desk.post(page, {"reason": "replaced", "confirmed": "y", **form}, page=page).status_code


def test_a_paper_is_found_by_its_number_in_any_case_of_letters(desk: Desk, issuance: UUID, ground: Ground) -> None:
    answer = desk.post("/papers", {"number": f" {number(ground, issuance).lower()} "}, page="/papers")
    assert (answer.status_code, answer.location) == (303, f"/papers/{issuance}")


def test_a_number_that_was_never_given_out_is_told_so(desk: Desk, issuance: UUID) -> None:
    answer = desk.post("/papers", {"number": "982016-AAAAA-AAAAA"}, page="/papers")
    assert answer.status_code == 422
    assert "この発行番号の証明書は、交付していません" in words(answer)


def test_a_withdrawal_stands_with_its_reason_and_is_audited(desk: Desk, issuance: UUID, ground: Ground) -> None:
    assert "有効です" in words(desk.get(f"/papers/{issuance}"))
    assert withdraw(desk, issuance) == 303
    page = words(desk.get(f"/papers/{issuance}"))
    assert "取り消されています 新しい証明書に替えた（" in page
    assert "この証明書を取り消す" not in page
    with database.transaction(ground.engine) as connection:
        (event,) = connection.execute(audit_events.select().where(audit_events.c.action == "paper.withdrawn"))
        kept = standing.withdrawal(connection, issuance)
    assert (event.actor_id, event.subject is not None) == (desk.actor.id, True)
    assert kept is not None
    assert (kept.reason, kept.by) == ("replaced", desk.actor.id)


@pytest.mark.parametrize("form", [{"reason": ""}, {"reason": "whim"}, {"confirmed": ""}])
def test_without_reason_or_confirmation_nothing_is_withdrawn(
    desk: Desk, issuance: UUID, ground: Ground, form: dict[str, str]
) -> None:
    assert withdraw(desk, issuance, **form) == 422
    assert status(ground, issuance) is Status.CURRENT


def test_the_second_withdrawal_changes_nothing(desk: Desk, issuance: UUID, ground: Ground) -> None:
    page = desk.token(f"/papers/{issuance}")
    assert withdraw(desk, issuance) == 303
    again = desk.post_without_token(
        f"/papers/{issuance}", {"reason": "officer", "confirmed": "y", "csrf_token": page}
    )
    assert again.status_code == 409
    with database.transaction(ground.engine) as connection:
        kept = standing.withdrawal(connection, issuance)
    assert kept is not None
    assert kept.reason == "replaced"


def test_a_case_settled_as_misprint_stands_as_withdrawn_without_anybody_doing_more(
    desk: Desk, ground: Ground
) -> None:
    enrol_kiosk(ground)
    lost = lose_paper(ground, settle_family(ground)[0])
    assert status(ground, lost) is Status.CURRENT
    form = {"answer": "partly_printed", "statement": "1枚を回収した"}
    desk.post(f"/cases/{lost}", form, page=f"/cases/{lost}")
    assert status(ground, lost) is Status.WITHDRAWN
    assert "紙が有効かどうか" in words(desk.get(f"/cases/{lost}"))
    assert "印刷がうまくいかなかった" in words(desk.get(f"/papers/{lost}"))


def test_what_was_never_issued_is_not_found(desk: Desk) -> None:
    assert desk.get("/papers/9d3f7e1e-8f4b-4a53-9a0e-6a1f6d2f0001").status_code == 404
