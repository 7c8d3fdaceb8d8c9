"""A real agent process beside a real printer process. The printer's tray log is the judge, not the agent."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable

import pytest

from print_agent.ipp import IppClient, client
from tests.print_agent.agent import Agent, until
from tests.print_agent.paper import paper
from tests.print_agent.signer import Signer
from tests.world.printer import Printer


def digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def put(agent: Agent, signer: Signer, order: str, document: bytes, *, pages: int = 1, copies: int = 1) -> None:
    status, answer = agent.door.put(order, document, signer.ticket(order, document, pages, copies))
    assert status == 202, answer


def came_out(printer: Printer, document: bytes) -> list[tuple[int, bool]]:
    return [(seen.sheets, seen.ended) for seen in printer.documents() if seen.sha256 == digest(document)]


def until_engine_ended(printer: Printer) -> None:
    until("the engine has ended", lambda: all(seen.ended for seen in printer.documents()))


def test_an_order_comes_out_once_byte_for_byte_and_the_sheets_are_kept(
    agent: Agent, printer: Printer, signer: Signer, order: str
) -> None:
    document = paper("one", pages=2, padding=120_000)
    put(agent, signer, order, document, pages=2, copies=2)
    assert agent.door.until_ended(order) == {
        "order": order,
        "state": "printed",
        "sheets": 4,
        "of": 4,
        "reasons": [],
        "seconds_left": None,
    }
    until_engine_ended(printer)
    assert came_out(printer, document) == [(4, True)]
    (kept,) = printer.sheets.iterdir()
    assert kept.stem == agent.token_in_journal(order)
    assert kept.read_bytes() == document
    (outcome,) = agent.door.status()["outcomes"]
    assert outcome == {"order": order, "state": "printed", "sheets": 4, "of": 4, "detail": "completed"}


def test_an_order_prints_over_tls_with_the_pinned_certificate(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, order: str
) -> None:
    agent = make_agent(uri=printer.secure_uri, certificate=printer.certificate())
    agent.start().until_able()
    document = paper("tls")
    put(agent, signer, order, document)
    assert agent.door.until_ended(order)["state"] == "printed"
    assert came_out(printer, document) == [(1, True)]


def test_an_order_can_follow_as_soon_as_the_agent_is_able_again(
    agent: Agent, printer: Printer, signer: Signer
) -> None:
    documents = [paper(f"in a row {number}") for number in range(4)]
    for document in documents:
        order = str(uuid.uuid4())
        put(agent, signer, order, document)
        agent.door.until_ended(order)
        agent.door.until_able()
    assert [came_out(printer, document) for document in documents] == [[(1, True)]] * 4


def test_the_same_order_twice_is_printed_once_and_other_content_is_refused(
    agent: Agent, printer: Printer, signer: Signer, order: str
) -> None:
    document, other = paper("twice"), paper("other")
    put(agent, signer, order, document)
    assert agent.door.put(order, document, signer.ticket(order, document))[0] in {200, 202}
    agent.door.until_ended(order)
    assert agent.door.put(order, document, signer.ticket(order, document)) == (
        200,
        {"order": order, "state": "printed"},
    )
    assert agent.door.put(order, other, signer.ticket(order, other)) == (409, {"error": "order_reused"})
    assert agent.door.put(order, document, signer.ticket(order, document, copies=2))[0] == 409
    assert came_out(printer, document) == [(1, True)]
    assert came_out(printer, other) == []


def test_paper_out_before_an_order_is_said_before_anything_is_taken(
    agent: Agent, printer: Printer, signer: Signer, order: str
) -> None:
    printer.load_paper(0)
    until("the empty tray is seen", lambda: agent.door.status()["state"] == "blocked")
    assert {"keyword": "media-empty", "blocking": True, "kind": "paper"} in agent.door.status()["reasons"]
    document = paper("x")
    assert agent.door.put(order, document, signer.ticket(order, document)) == (503, {"error": "printer_not_able"})
    assert agent.door.ask("GET", f"/orders/{order}") == (404, {"error": "order_unknown"})
    printer.load_paper(100)
    agent.door.until_able()
    put(agent, signer, order, document)
    assert agent.door.until_ended(order)["state"] == "printed"


@pytest.mark.parametrize("keyword", ["media-empty", "media-jam", "cover-open", "toner-empty"])
def test_a_fault_in_the_middle_blocks_and_mending_it_lets_the_order_end(
    agent: Agent, printer: Printer, signer: Signer, order: str, keyword: str
) -> None:
    document = paper("fault", pages=3)
    printer.fault(keyword)
    put(agent, signer, order, document, pages=3)

    def blocked() -> bool:
        status = agent.door.status()
        return (status["state"], status["order"]) == ("blocked", order)

    until("the fault is seen", blocked)
    assert (keyword, True) in [(seen["keyword"], seen["blocking"]) for seen in agent.door.order(order)["reasons"]]
    assert agent.door.order(order)["state"] in {"sending", "sent"}
    another = str(uuid.uuid4())
    assert agent.door.put(another, document, signer.ticket(another, document, 3)) == (409, {"error": "busy"})
    printer.fault(None)
    assert agent.door.until_ended(order)["state"] == "printed"
    assert came_out(printer, document) == [(3, True)]
    agent.door.until_able()


def test_an_order_of_more_sheets_than_the_printer_has_is_not_begun(
    agent: Agent, printer: Printer, signer: Signer, order: str
) -> None:
    printer.load_paper(3)
    until("the level is seen", lambda: agent.door.status()["sheets_left"] == 3)
    document = paper("long", pages=2)
    refused = agent.door.put(order, document, signer.ticket(order, document, 2, copies=2))
    assert refused == (503, {"error": "not_enough_paper"})
    put(agent, signer, order, document, pages=2)
    assert agent.door.until_ended(order)["state"] == "printed"
    assert came_out(printer, document) == [(2, True)]


def test_the_sheets_since_the_last_refill_are_told(
    agent: Agent, printer: Printer, signer: Signer, order: str
) -> None:
    assert agent.door.status()["sheets_since_refill"] is None
    assert agent.door.status()["tray_capacity"] == 250
    printer.load_paper(0)
    until("the empty tray is seen", lambda: agent.door.status()["state"] == "blocked")
    printer.load_paper(100)
    until("the refill is seen", lambda: agent.door.status()["sheets_since_refill"] == 0)
    agent.door.until_able()
    document = paper("after a refill", pages=2)
    put(agent, signer, order, document, pages=2)
    agent.door.until_ended(order)
    assert agent.door.status()["sheets_since_refill"] == 2


def test_low_toner_is_told_and_stops_nothing(agent: Agent, printer: Printer) -> None:
    printer.supplies(toner=5)
    until("low toner is told", lambda: agent.door.status()["reasons"])
    status = agent.door.status()
    assert status["able"]
    assert status["reasons"] == [{"keyword": "toner-low", "blocking": False, "kind": "supply"}]


def test_while_something_blocks_an_order_says_how_long_it_is_waited_for(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, order: str
) -> None:
    agent = make_agent(jam_clock=60)
    agent.start().until_able()
    document = paper("waited for", pages=2)
    printer.fault("media-jam")
    put(agent, signer, order, document, pages=2)
    first = until("the clock runs", lambda: agent.door.order(order)["seconds_left"])
    assert isinstance(first, int)
    assert 50 < first <= 60
    until("it runs down", lambda: (left := agent.door.order(order)["seconds_left"]) is not None and left < first)
    printer.fault(None)
    assert agent.door.until_ended(order)["state"] == "printed"
    assert agent.door.order(order)["seconds_left"] is None


def test_an_order_nobody_helps_is_cancelled_and_what_cannot_be_proven_locks_the_device(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, order: str
) -> None:
    agent = make_agent(jam_clock=0.5)
    agent.start().until_able()
    document = paper("left behind")
    printer.fault("media-jam")
    put(agent, signer, order, document)
    assert agent.door.until_ended(order)["state"] == "unknown"
    status = agent.door.status()
    assert (status["state"], status["able"], status["order"]) == ("locked", False, order)
    assert agent.door.put(str(uuid.uuid4()), document, signer.ticket(order, document))[0] == 401
    another = str(uuid.uuid4())
    assert agent.door.put(another, document, signer.ticket(another, document)) == (409, {"error": "locked"})
    # Mended, the printer prints what was cancelled: the reason why nobody else may be served yet.
    printer.fault(None)
    until("the sheet of the one who left comes out", lambda: came_out(printer, document) == [(1, True)])
    assert not agent.door.status()["able"]
    assert agent.door.unlock(signer.unlock(order, "printed"))[0] == 200
    agent.door.until_able()
    assert agent.door.order(order)["state"] == "unknown"


def test_a_printer_that_loses_power_leaves_unknown_and_staff_unlock(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, order: str
) -> None:
    agent = make_agent()
    agent.start().until_able()
    printer.fault("cover-open")
    document = paper("cut", pages=2)
    put(agent, signer, order, document, pages=2)
    until("the printer has it", lambda: came_out(printer, document))
    printer.power_cut()
    until("it is gone", lambda: agent.door.status()["state"] == "offline")
    assert agent.door.status()["order"] == order
    printer.fault(None)
    printer.start()
    assert agent.door.until_ended(order)["state"] == "unknown"
    assert agent.door.put(order, document, signer.ticket(order, document, 2)) == (
        200,
        {"order": order, "state": "unknown"},
    )
    agent.kill()
    agent.start()
    assert agent.door.status()["state"] == "locked"

    other = str(uuid.uuid4())
    assert agent.door.unlock(signer.unlock(other)) == (409, {"error": "other_order"})
    expired = signer.unlock(order, changed={"expires": 10})
    assert agent.door.unlock(expired) == (401, {"error": "command_expired"})
    elsewhere = signer.unlock(order, changed={"terminal": "K-0002"})
    assert agent.door.unlock(elsewhere) == (401, {"error": "command_wrong_terminal"})
    assert agent.door.unlock(Signer().unlock(order)) == (401, {"error": "command_invalid"})
    assert agent.door.unlock(signer.ticket(order, document)) == (401, {"error": "command_invalid"})
    assert agent.door.status()["state"] == "locked"

    command = signer.unlock(order)
    assert agent.door.unlock(command)[0] == 200
    agent.door.until_able()
    assert agent.door.unlock(command) == (200, {"state": "ready"})
    assert agent.door.unlock(signer.unlock(order)) == (409, {"error": "nothing_locked"})
    assert agent.door.put(order, document, signer.ticket(order, document, 2))[0] == 200
    put(agent, signer, other, document, pages=2)
    assert agent.door.until_ended(other)["state"] == "printed"
    assert [sheets for sheets, ended in came_out(printer, document) if ended] == [2]


def test_a_printer_that_is_off_at_the_start_is_offline_until_it_comes(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, order: str
) -> None:
    printer.power_cut()
    agent = make_agent()
    door = agent.start()
    status = door.status()
    assert (status["state"], status["able"]) == ("offline", False)
    assert status["reasons"] == [{"keyword": "offline", "blocking": True, "kind": "offline"}]
    document = paper("later")
    assert door.put(order, document, signer.ticket(order, document))[0] in {409, 503}
    printer.start()
    door.until_able()
    put(agent, signer, order, document)
    assert door.until_ended(order)["state"] == "printed"


def test_a_hung_printer_is_offline_and_the_door_still_answers_at_once(agent: Agent, printer: Printer) -> None:
    printer.freeze()
    until("the silence is seen", lambda: agent.door.status()["state"] == "offline")
    printer.thaw()
    agent.door.until_able()


def test_somebody_elses_job_in_the_printer_makes_the_counter_wait(
    agent: Agent, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "USER", "somebody-else")
    stranger = IppClient(printer.uri)
    job_id = stranger.create_job("strange", ()).integer("job-id") or 0
    until("the stranger is seen", lambda: agent.door.status()["state"] == "blocked")
    assert agent.door.status()["reasons"] == [{"keyword": "other-job", "blocking": True, "kind": "busy"}]
    stranger.cancel_job(job_id)
    stranger.close()
    agent.door.until_able()


def test_a_job_of_its_own_that_no_order_waits_for_is_cancelled(agent: Agent, printer: Printer) -> None:
    own = IppClient(printer.uri)
    job_id = own.create_job("left-by-a-crash", ()).integer("job-id") or 0
    until("it is cancelled", lambda: own.job_attributes(job_id, ["job-state"]).integer("job-state") == 7)
    own.close()
    agent.door.until_able()


def test_an_agent_that_is_told_to_end_ends_cleanly_in_the_middle_of_an_order(
    agent: Agent, printer: Printer, signer: Signer, order: str
) -> None:
    document = paper("interrupted", pages=2)
    printer.fault("media-jam")
    put(agent, signer, order, document, pages=2)
    until("the engine has it", lambda: came_out(printer, document))
    until("it is on its way", lambda: agent.state_in_journal(order) == "sent")
    assert agent.stop() == 0
    assert agent.state_in_journal(order) == "sent"
    assert "Traceback" not in agent.log.read_text()
    printer.fault(None)
    agent.start()
    assert agent.door.until_ended(order)["state"] == "printed"
    assert came_out(printer, document) == [(2, True)]
