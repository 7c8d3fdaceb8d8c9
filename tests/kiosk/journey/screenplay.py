"""Every state of the journey, brought about the way it comes about; used by the tests that look at screens."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.agent_client import AgentUnreachable, Reason
from kiosk.journey.failures import FAILURES
from kiosk.journey.states import Event, State
from kiosk.journey.visit import Failure
from kiosk.payment.till import Progress
from kiosk.portal_answers import CertificateKind, OtherMachine, Person
from kiosk.portal_client import PortalBusy
from tests.kiosk.journey.doubles import FakePortal, FakeTill
from tests.kiosk.journey.stage import Stage


def starting() -> Stage:
    stage = Stage()
    stage.step()
    return stage


def unavailable() -> Stage:
    stage = Stage()
    stage.agent.able, stage.agent.state = False, "blocked"
    stage.agent.reasons = (Reason("media-empty", blocking=True, kind="paper"),)
    stage.portal.elsewhere = (
        OtherMachine("市役所本庁舎1階 市民課前 2号機", "正面玄関を入って左手"),
        OtherMachine("駅前行政サービスセンター 1号機", "駅ビル3階 図書館の入口"),
    )
    stage.beat()
    stage.step()
    return stage


def choose_certificate() -> Stage:
    stage = Stage().open()
    stage.press("begin")
    return stage


def choose_among_all() -> Stage:
    """Every kind there is, one of them closed with the office."""
    names = {
        "income_tax": "所得・課税証明書",
        "resident_record": "住民票の写し",
        "seal_registration": "印鑑登録証明書",
    }
    kinds = [CertificateKind(kind, name, 300, available=True, reason=None) for kind, name in names.items()]
    closed = CertificateKind("domicile_record", "戸籍の附票の写し", 300, available=False, reason="office_hours")
    stage = Stage(portal=FakePortal(kinds=(closed, *kinds))).open()
    stage.press("begin")
    return stage


def without_choice() -> Stage:
    stage = Stage(portal=FakePortal(scopes=("self",), items=()))
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.step()
    return stage


def reading() -> Stage:
    stage = Stage().to_card()
    stage.reader.put("reading", None)
    stage.step()
    return stage


def pin_typed() -> Stage:
    stage = Stage().to_pin()
    stage.type_pin("12")
    return stage


def pin_wrong() -> Stage:
    stage = Stage().to_pin()
    stage.type_pin("9999")
    stage.press("pin")
    stage.step()
    return stage


def last_try() -> Stage:
    return Stage().to_pin(tries_left=1)


def checking(seconds: float = 0) -> Stage:
    stage = Stage().to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.time.now += seconds
    return stage


def confirm_of_thirteen() -> Stage:
    household = tuple(Person(f"p{number}", f"髙橋 花子{number}") for number in range(13))
    return Stage(portal=FakePortal(household=household)).to_confirm("household", "domicile", "relationship")


def take_card(seconds: float = 0) -> Stage:
    stage = Stage().to_take_card()
    stage.time.now += seconds
    return stage


def preparing(seconds: float = 0) -> Stage:
    stage = Stage(portal=FakePortal(renders=99)).to_take_card()
    stage.step(2)
    stage.reader.take()
    stage.step(2)
    stage.time.now += seconds
    return stage


def paying(means: str = "cash", progress: Progress | None = None) -> Stage:
    stage = Stage().to_paying(means)
    assert stage.till is not None
    stage.till.now = progress or Progress("waiting", 100)
    stage.step()
    return stage


def payment_refused() -> Stage:
    return paying(progress=Progress("refused", problem="payment_no_change"))


def paid() -> Stage:
    stage = paying()
    assert stage.till is not None
    stage.till.hold()
    stage.agent.put_error = AgentUnreachable()
    stage.step(2)
    return stage


def one_means_only() -> Stage:
    stage = Stage(till=FakeTill(frozenset({"cash"})))
    stage.open()
    stage.press("begin")
    return stage


def done_with_receipt() -> Stage:
    stage = paying()
    assert stage.till is not None
    stage.till.hold()
    stage.step(2)
    stage.agent.print_sheet()
    stage.agent.print_sheet()
    stage.step()
    stage.press("paper-taken")
    return stage


def overloaded() -> Stage:
    stage = Stage(portal=FakePortal(issue_error=PortalBusy("overloaded", "7K3M9PQ2", 150))).to_take_card()
    stage.step()
    return stage


def printing() -> Stage:
    stage = Stage().to_printing()
    stage.agent.print_sheet()
    stage.step()
    return stage


def printing_without_paper() -> Stage:
    stage = printing()
    stage.agent.seconds_left = 125
    stage.agent.reasons = (Reason("media-empty", blocking=True, kind="paper"),)
    stage.step()
    stage.time.now += 20
    return stage


def take_paper() -> Stage:
    stage = printing()
    stage.agent.print_sheet()
    stage.step()
    return stage


def done() -> Stage:
    stage = take_paper()
    stage.press("paper-taken")
    return stage


def return_card(seconds: float = 0) -> Stage:
    stage = Stage().to_content()
    stage.press("quit")
    stage.time.now += seconds
    return stage


def card_left() -> Stage:
    stage = return_card()
    stage.step(1, 70)
    return stage


def idle_warning() -> Stage:
    stage = Stage().to_content()
    stage.step(1, 61)
    return stage


def wait_for_staff() -> Stage:
    stage = Stage().to_printing()
    stage.agent.order_state = "unknown"
    stage.step()
    return stage


def failed(code: str) -> Stage:
    stage = Stage().to_content()
    stage.kiosk.journey.fire(Event.FAIL, failure=Failure(code, "7K3M9PQ2"))
    return stage


SCENES: dict[str, Callable[[], Stage]] = {
    "starting": starting,
    "unavailable": unavailable,
    "attract": lambda: Stage().open(),
    "choose_certificate": choose_certificate,
    "choose_certificate-all": choose_among_all,
    "place_card": lambda: Stage().to_card(),
    "place_card-reading": reading,
    "enter_pin": pin_typed,
    "enter_pin-wrong": pin_wrong,
    "last_try": last_try,
    "checking_card": checking,
    "checking_card-slow": lambda: checking(9),
    "choose_content": lambda: Stage().to_content(),
    "confirm": lambda: Stage().to_confirm("self", "domicile"),
    "confirm-no-choice": without_choice,
    "confirm-thirteen": confirm_of_thirteen,
    "take_card": take_card,
    "take_card-slow": lambda: take_card(9),
    "preparing": preparing,
    "preparing-slow": lambda: preparing(9),
    "choose_certificate-cash-only": one_means_only,
    "choose_means": lambda: Stage().to_means(),
    "choose_means-refused": payment_refused,
    "paying": paying,
    "paying-contactless": lambda: paying("contactless"),
    "paying-silent": lambda: paying(progress=Progress("silent")),
    "preparing-paid": paid,
    "done-receipt": done_with_receipt,
    "failed-overloaded": overloaded,
    "printing": printing,
    "printing-no-paper": printing_without_paper,
    "take_paper": take_paper,
    "done": done,
    "return_card": return_card,
    "return_card-slow": lambda: return_card(9),
    "card_left": card_left,
    "idle_warning": idle_warning,
    "wait_for_staff": wait_for_staff,
    "failed": lambda: failed("portal_unreachable"),
}


def longest_failure() -> str:
    """The failure page with most words: if it fits, all do."""
    stage = Stage()
    with stage.app.test_request_context():
        return max(
            FAILURES, key=lambda code: len(f"{FAILURES[code].title}{FAILURES[code].cause}{FAILURES[code].action}")
        )


def states_shown() -> set[State]:
    """All states the scenes lead to."""
    return {scene().state for scene in SCENES.values()}
