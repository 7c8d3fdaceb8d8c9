"""The issuance transaction: who gets which document, when, and what becomes of it."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import certificates, database, register
from portal.audit import audit_events
from portal.certificates import (
    Answer,
    IssuanceUnknown,
    KeyReused,
    NotReleasable,
    NotReportable,
    NotSettleable,
    Overloaded,
    Refused,
    Released,
    Requested,
    State,
    StatementMissing,
    UnfitRequest,
    UnknownKind,
    door,
)
from portal.certificates.rendering import MOST_ATTEMPTS
from portal.certificates.states import move
from portal.certificates.tables import Event
from portal.municipality import Switch, set_switch
from portal.register import HoldReason
from tests.portal.certificates import pdf_text
from tests.portal.certificates.conftest import OTHER_TERMINAL, TERMINAL, Kiosk, Visit
from tests.portal.register.people import TESTER

Visitor = Callable[..., Visit]


def _hold(kiosk: Kiosk, *residents: UUID) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        register.place_hold(
            connection, residents, reason=HoldReason.FILING, source="filing:1", actor=TESTER,
            now=kiosk.ground.clock.now(),
        )  # fmt: skip


def _settle(kiosk: Kiosk, issuance_id: UUID, statement: str = "用紙2枚を確認し、廃棄しました。") -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        certificates.settle(
            connection, kiosk.ground, issuance_id,
            answer=Answer.NOT_PRINTED, statement=statement, actor=TESTER, now=kiosk.ground.clock.now(),
        )  # fmt: skip


def _cases(kiosk: Kiosk) -> list[UUID]:
    with database.transaction(kiosk.ground.engine) as connection:
        return [case.issuance for case in certificates.open_cases(connection)]


def test_a_resident_with_nothing_in_the_way_is_offered_their_household(kiosk: Kiosk) -> None:
    ids = kiosk.household({}, {"name": "渡辺　二郎", "birth_date": "2015-01-01"})
    with database.transaction(kiosk.ground.engine) as connection:
        offered = certificates.offers(connection, kiosk.ground, ids[0], now=kiosk.ground.clock.now())
    [offer] = [offer for offer in offered if offer.kind == "resident_record"]
    sent = offer.as_json()
    assert (sent["kind"], sent["name"], sent["fee"], sent["refusal"]) == (
        "resident_record",
        "住民票の写し",
        300,
        None,
    )
    assert sent["scopes"] == ["self", "household"]
    assert [person["ref"] for person in sent["persons"]] == [str(resident) for resident in ids]  # type: ignore[attr-defined]
    json.dumps(sent)


def test_an_offer_that_is_refused_names_nobody_else(kiosk: Kiosk) -> None:
    ids = kiosk.household({}, {"name": "渡辺　二郎"})
    _hold(kiosk, ids[0])
    with database.transaction(kiosk.ground.engine) as connection:
        offered = certificates.offers(connection, kiosk.ground, ids[0], now=kiosk.ground.clock.now())
    [offer] = [offer for offer in offered if offer.kind == "resident_record"]
    assert offer.refusal is not None
    assert offer.refusal.value == "in_progress"
    assert offer.persons == ()


def test_the_same_request_key_begins_one_issuance(kiosk: Kiosk, visit: Visit) -> None:
    key = uuid4()
    first, again = kiosk.ask(visit, key=key), kiosk.ask(visit, key=key)
    assert isinstance(first, Requested)
    assert first == again
    with database.transaction(kiosk.ground.engine) as connection:
        jobs = connection.execute(sa.text("SELECT args FROM procrastinate_jobs")).scalars().all()
    assert jobs == [{"issuance": str(first.issuance)}]


def test_a_request_key_never_serves_another_session_or_another_content(kiosk: Kiosk, visit: Visit) -> None:
    key = uuid4()
    kiosk.ask(visit, key=key)
    with pytest.raises(KeyReused):
        kiosk.ask(Visit(uuid4(), visit.resident_id), key=key)
    with pytest.raises(KeyReused):
        kiosk.ask(visit, key=key, copies=2)
    assert isinstance(kiosk.ask(visit, key=key, terminal=OTHER_TERMINAL), Requested)


def test_nothing_is_asked_about_persons_of_another_household(kiosk: Kiosk, visit: Visit, visitor: Visitor) -> None:
    stranger = visitor().resident_id
    for persons in ([stranger], [visit.resident_id, stranger], [uuid4()]):
        with pytest.raises(UnfitRequest):
            kiosk.ask(visit, persons)


@pytest.mark.parametrize(
    "asked",
    [
        {"scope": "everybody"},
        {"persons": []},
        {"persons": ["1"]},
        {"copies": 0},
        {"copies": 11},
        {"items": {"individual_number": True}},
        {"items": {"nationality": True}},
    ],
)
def test_a_request_for_what_was_not_offered_is_unfit(kiosk: Kiosk, visit: Visit, asked: dict[str, object]) -> None:
    plain: dict[str, object] = {"scope": "self", "persons": [str(visit.resident_id)], "items": {}, "copies": 1}
    with database.transaction(kiosk.ground.engine) as connection, pytest.raises(UnfitRequest):
        certificates.request(
            connection, kiosk.ground, key=uuid4(), terminal_id=TERMINAL, session=visit, kind="resident_record",
            now=kiosk.ground.clock.now(), **(plain | asked),  # type: ignore[arg-type]
        )  # fmt: skip


def test_a_kind_that_does_not_exist_is_unknown(kiosk: Kiosk, visit: Visit) -> None:
    with database.transaction(kiosk.ground.engine) as connection, pytest.raises(UnknownKind):
        certificates.request(
            connection, kiosk.ground, key=uuid4(), terminal_id=TERMINAL, session=visit, kind="seals", scope="self",
            persons=[str(visit.resident_id)], items={}, copies=1, now=kiosk.ground.clock.now(),
        )  # fmt: skip


def test_overload_is_refused_at_the_door_and_running_work_goes_on(
    kiosk: Kiosk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_WAITING", 2)
    key = uuid4()
    first = kiosk.ask(visit, key=key)
    second = kiosk.asked(visit)
    with pytest.raises(Overloaded):
        kiosk.ask(visit)
    assert kiosk.ask(visit, key=key) == first
    kiosk.render(second)
    assert kiosk.state(second) is State.READY
    assert isinstance(kiosk.ask(visit), Requested)


def test_a_refused_request_leaves_no_row_and_stands_in_the_audit(kiosk: Kiosk, visit: Visit) -> None:
    _hold(kiosk, visit.resident_id)
    answer = kiosk.ask(visit)
    assert isinstance(answer, Refused)
    assert answer.code.value == "in_progress"
    with database.transaction(kiosk.ground.engine) as connection:
        actions = connection.execute(sa.select(audit_events.c.action)).scalars().all()
        assert connection.execute(sa.text("SELECT count(*) FROM issuances")).scalar_one() == 0
    assert {"record.read", "issuance.refused"} <= set(actions)


def test_a_hold_placed_after_rendering_stops_the_release_and_erases_the_document(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    kiosk.render(issuance_id)
    _hold(kiosk, visit.resident_id)
    answer = kiosk.release(issuance_id, visit)
    assert isinstance(answer, Refused)
    assert answer.code.value == "in_progress"
    assert kiosk.state(issuance_id) is State.FAILED
    assert kiosk.stored() == []
    assert _cases(kiosk) == []
    with pytest.raises(NotReleasable):
        kiosk.release(issuance_id, visit)


def test_a_hold_on_any_person_of_the_paper_stops_it(kiosk: Kiosk) -> None:
    ids = kiosk.household({}, {"name": "渡辺　二郎"})
    visit = Visit(uuid4(), ids[0])
    issuance_id = kiosk.asked(visit, ids)
    kiosk.render(issuance_id)
    _hold(kiosk, ids[1])
    assert isinstance(kiosk.release(issuance_id, visit), Refused)


def test_stopping_the_kiosks_stops_a_document_that_is_ready(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    kiosk.render(issuance_id)
    with database.transaction(kiosk.ground.engine) as connection:
        set_switch(connection, Switch.KIOSK_STOPPED, True, TESTER, kiosk.ground.clock.now())
    answer = kiosk.release(issuance_id, visit)
    assert isinstance(answer, Refused)
    assert answer.code.value == "stopped"


def test_a_record_changed_since_rendering_is_rendered_again_and_the_new_one_comes_out(
    real_kiosk: Kiosk, visit: Visit
) -> None:
    issuance_id = real_kiosk.asked(visit)
    real_kiosk.render(issuance_id)
    real_kiosk.correct(visit.resident_id, name="渡邉󠄏　花子")
    answer = real_kiosk.release(issuance_id, visit)
    assert isinstance(answer, Refused)
    assert answer.code.value == "record_changed"
    assert real_kiosk.state(issuance_id) is State.REQUESTED
    assert real_kiosk.stored() == []
    real_kiosk.render(issuance_id)
    released = real_kiosk.release(issuance_id, visit)
    assert isinstance(released, Released)
    [page] = pdf_text.texts(released.document)
    assert "渡邉󠄏　花子" in page
    assert "渡辺　花子" not in page
    payload = json.loads(urlsafe_b64decode(released.ticket.split(".")[1] + "=="))
    assert payload["record_versions"][str(visit.resident_id)] == 2


def test_a_record_that_changes_a_second_time_ends_the_issuance(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    for name in ("渡辺　春子", "渡辺　夏子"):
        kiosk.render(issuance_id)
        kiosk.correct(visit.resident_id, name=name)
        assert isinstance(kiosk.release(issuance_id, visit), Refused)
    assert kiosk.state(issuance_id) is State.FAILED
    assert kiosk.row(issuance_id).refusal == "record_changed"


def test_somebody_who_joins_the_household_makes_a_paper_of_the_whole_stale(kiosk: Kiosk) -> None:
    ids = kiosk.household({}, {"name": "渡辺　二郎"})
    visit = Visit(uuid4(), ids[0])
    issuance_id = kiosk.asked(visit, ids)
    kiosk.render(issuance_id)
    newcomer = kiosk.household({"name": "渡辺　三郎"})[0]
    with database.transaction(kiosk.ground.engine) as connection:
        connection.execute(
            sa.text(
                "UPDATE residents SET is_head = false, household_id = "
                "(SELECT household_id FROM residents WHERE id = :head) WHERE id = :who"
            ),
            {"who": newcomer, "head": ids[0]},
        )
    answer = kiosk.release(issuance_id, visit)
    assert isinstance(answer, Refused)
    assert answer.code.value == "record_changed"


def test_a_document_is_never_given_to_another_terminal_or_another_session(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    kiosk.render(issuance_id)
    for other, terminal in ((visit, OTHER_TERMINAL), (Visit(uuid4(), visit.resident_id), TERMINAL)):
        with pytest.raises(IssuanceUnknown):
            kiosk.release(issuance_id, other, terminal)
    with pytest.raises(IssuanceUnknown):
        kiosk.release(uuid4(), visit)
    assert isinstance(kiosk.release(issuance_id, visit), Released)
    for other, terminal in ((visit, OTHER_TERMINAL), (Visit(uuid4(), visit.resident_id), TERMINAL)):
        with pytest.raises(IssuanceUnknown):
            kiosk.release(issuance_id, other, terminal)


def test_another_terminal_learns_nothing_of_an_issuance(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    with database.transaction(kiosk.ground.engine) as connection:
        assert certificates.status(connection, issuance_id, TERMINAL).state is State.REQUESTED
        with pytest.raises(IssuanceUnknown):
            certificates.status(connection, issuance_id, OTHER_TERMINAL)
    kiosk.render(issuance_id)
    kiosk.release(issuance_id, visit)
    with pytest.raises(IssuanceUnknown):
        kiosk.report(issuance_id, "printed", terminal=OTHER_TERMINAL)


def test_a_second_release_gives_the_same_ticket_and_bytes_until_the_outcome_is_known(
    kiosk: Kiosk, visit: Visit
) -> None:
    issuance_id, first = kiosk.released(visit)
    kiosk.ground.clock.advance(seconds=5)  # type: ignore[attr-defined]
    assert kiosk.release(issuance_id, visit) == first
    kiosk.report(issuance_id, "not_printed")
    with pytest.raises(NotReleasable):
        kiosk.release(issuance_id, visit)


def test_what_is_not_ready_cannot_be_released_or_reported(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    with pytest.raises(NotReleasable):
        kiosk.release(issuance_id, visit)
    with pytest.raises(NotReportable):
        kiosk.report(issuance_id, "printed")


def test_documents_lie_encrypted_in_the_database_under_their_own_issuance(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    kiosk.render(issuance_id)
    [stored] = kiosk.stored()
    assert b"%PDF" not in stored
    assert "渡辺".encode() not in stored
    fields = kiosk.ground.fields
    place = {"table": "issuance_documents", "column": "ciphertext"}
    assert fields.decrypt(stored, row=str(issuance_id), **place).startswith(b"%PDF")
    with pytest.raises(Exception, match="issuance_documents"):
        fields.decrypt(stored, row=str(uuid4()), **place)


def test_a_repeated_report_changes_nothing_and_a_later_one_does_not_overwrite(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id, _ = kiosk.released(visit)
    assert kiosk.report(issuance_id, "printed") is State.PRINTED
    assert kiosk.report(issuance_id, "printed") is State.PRINTED
    assert kiosk.report(issuance_id, "unknown") is State.PRINTED


def test_an_unknown_outcome_stays_an_open_case_until_staff_say_what_paper_left(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id, _ = kiosk.released(visit)
    assert kiosk.report(issuance_id, "unknown") is State.UNKNOWN
    assert kiosk.stored() == []
    assert kiosk.report(issuance_id, "printed") is State.UNKNOWN
    assert _cases(kiosk) == [issuance_id]
    for nothing_said in ("", "  \n　"):
        with pytest.raises(StatementMissing):
            _settle(kiosk, issuance_id, nothing_said)
    assert _cases(kiosk) == [issuance_id]
    _settle(kiosk, issuance_id)
    assert kiosk.state(issuance_id) is State.SETTLED
    assert _cases(kiosk) == []
    with pytest.raises(NotSettleable):
        _settle(kiosk, issuance_id)
    with database.transaction(kiosk.ground.engine) as connection:
        closed = certificates.case(connection, issuance_id)
        unlocking = sa.text("SELECT order_id, answer FROM device_commands WHERE command = 'unlock'")
        command = connection.execute(unlocking).one()
    assert (closed.answer, closed.statement) == (Answer.NOT_PRINTED, "用紙2枚を確認し、廃棄しました。")
    assert tuple(command) == (issuance_id, "not_printed")


def test_that_a_later_attempt_worked_cannot_be_given_as_an_answer(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id, _ = kiosk.released(visit)
    kiosk.report(issuance_id, "unknown")
    with database.transaction(kiosk.ground.engine) as connection, pytest.raises(ValueError, match="worked_on_retry"):
        certificates.settle(
            connection, kiosk.ground, issuance_id,
            answer="worked_on_retry", statement="再実行で成功", actor=TESTER, now=kiosk.ground.clock.now(),
        )  # fmt: skip


def test_a_document_not_fetched_within_ten_minutes_is_erased_and_its_issuance_expires(
    kiosk: Kiosk, visit: Visit
) -> None:
    issuance_id = kiosk.asked(visit)
    kiosk.render(issuance_id)
    kiosk.ground.clock.advance(minutes=9, seconds=59)  # type: ignore[attr-defined]
    assert certificates.sweep(kiosk.ground) == 0
    assert len(kiosk.stored()) == 1
    kiosk.ground.clock.advance(seconds=1)  # type: ignore[attr-defined]
    assert certificates.sweep(kiosk.ground) == 1
    assert kiosk.state(issuance_id) is State.EXPIRED
    assert kiosk.stored() == []
    with pytest.raises(NotReleasable):
        kiosk.release(issuance_id, visit)
    kiosk.render(issuance_id)
    assert kiosk.state(issuance_id) is State.EXPIRED


def test_silence_after_a_release_becomes_an_open_case(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id, _ = kiosk.released(visit)
    kiosk.ground.clock.advance(minutes=10)  # type: ignore[attr-defined]
    assert certificates.sweep(kiosk.ground) == 1
    assert kiosk.state(issuance_id) is State.UNKNOWN
    assert kiosk.stored() == []
    assert _cases(kiosk) == [issuance_id]


def test_a_name_the_font_does_not_have_refuses_the_issuance_with_field_and_code_point(
    real_kiosk: Kiosk, visitor: Visitor
) -> None:
    visit = visitor(name="山𰻞田　太郎")
    issuance_id = real_kiosk.asked(visit)
    real_kiosk.render(issuance_id)
    row = real_kiosk.row(issuance_id)
    assert (row.state, row.refusal) == ("failed", "too_long_character")
    assert row.detail == "1人目の氏名: U+30EDE"
    assert _cases(real_kiosk) == []


def test_a_name_that_does_not_fit_refuses_the_issuance(real_kiosk: Kiosk, visitor: Visitor) -> None:
    visit = visitor(name="渡" * 90)
    issuance_id = real_kiosk.asked(visit)
    real_kiosk.render(issuance_id)
    row = real_kiosk.row(issuance_id)
    assert (row.state, row.refusal) == ("failed", "too_long")
    assert "渡" not in row.detail


def test_an_issuance_that_breaks_unexpectedly_is_an_open_case(
    kiosk: Kiosk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError

    issuance_id = kiosk.asked(visit)
    monkeypatch.setattr(kiosk.press, "print", explode)
    with pytest.raises(ZeroDivisionError):
        kiosk.render(issuance_id)
    assert kiosk.state(issuance_id) is State.FAILED
    assert _cases(kiosk) == [issuance_id]


def test_an_issuance_that_kills_its_workers_is_given_up_as_an_open_case(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id = kiosk.asked(visit)
    for _ in range(MOST_ATTEMPTS):
        with database.transaction(kiosk.ground.engine) as connection:
            move(connection, issuance_id, Event.CLAIM)
    kiosk.render(issuance_id)
    assert (kiosk.state(issuance_id), kiosk.row(issuance_id).detail) == (State.FAILED, "attempts")
    assert _cases(kiosk) == [issuance_id]


def test_a_late_worker_cannot_replace_the_document_of_the_one_that_took_over(
    kiosk: Kiosk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuance_id = kiosk.asked(visit)
    honest = kiosk.press.print

    def overtaken(*given: object) -> object:
        monkeypatch.undo()
        kiosk.render(issuance_id)
        return honest(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(kiosk.press, "print", overtaken)
    kiosk.render(issuance_id)
    row = kiosk.row(issuance_id)
    assert (row.state, row.fence) == ("ready", 2)
    assert len(kiosk.stored()) == 1


def test_a_worker_that_is_late_for_an_expired_issuance_leaves_nothing_behind(
    kiosk: Kiosk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuance_id = kiosk.asked(visit)
    honest = kiosk.press.print

    def slowly(*given: object) -> object:
        kiosk.ground.clock.advance(minutes=11)  # type: ignore[attr-defined]
        certificates.sweep(kiosk.ground)
        return honest(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(kiosk.press, "print", slowly)
    kiosk.render(issuance_id)
    assert kiosk.state(issuance_id) is State.EXPIRED
    assert kiosk.stored() == []


def test_thirteen_persons_are_four_sheets_under_one_issue_number(real_kiosk: Kiosk) -> None:
    ids = real_kiosk.household(*({"name": f"渡辺　{number}"} for number in range(13)))
    issuance_id, released = real_kiosk.released(Visit(uuid4(), ids[0]), ids, relationship=True)
    number = real_kiosk.row(issuance_id).issue_number
    pages = pdf_text.texts(released.document)
    assert [f"{place}／4枚" in page for place, page in enumerate(pages, 1)] == [True] * 4
    assert all(number in page for page in pages)
    assert all("この写しは、世帯全員の住民票の原本と相違ないことを証明する。" in page for page in pages)
    payload = json.loads(urlsafe_b64decode(released.ticket.split(".")[1] + "=="))
    assert (payload["pages"], len(set(payload["page_hashes"])), len(payload["subjects"])) == (4, 4, 13)


def test_every_reading_and_every_step_is_in_the_audit_without_a_name(kiosk: Kiosk, visit: Visit) -> None:
    issuance_id, _ = kiosk.released(visit)
    kiosk.report(issuance_id, "printed")
    with database.transaction(kiosk.ground.engine) as connection:
        of_visitor = sa.select(audit_events).where(audit_events.c.subject == visit.resident_id)
        events = connection.execute(of_visitor.order_by(audit_events.c.id)).all()
    assert [event.action for event in events] == [
        "record.imported", "record.read", "issuance.requested", "record.read", "issuance.rendered",
        "payment.authorised", "record.read", "issuance.released", "issuance.ended",
    ]  # fmt: skip
    assert not any("渡辺" in event.detail for event in events)
    assert [json.loads(event.detail).get("why") for event in events if event.action == "record.read"] == [
        "certificate.request", "certificate.render", "certificate.release",
    ]  # fmt: skip
