"""The wires that can be cut, each with what the kiosk must say of it; and a resident to be served afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.world.hands.kiosk import KioskVisitor
from tests.world.house import House

SPEAKS_WITHIN_MS = 10_000
SERVES_AGAIN_WITHIN_MS = 30_000
PIN = "1234"
STAFF = "wait_for_staff"
"""The screen for an order of which nobody can say yet whether it printed; what ends it is the agent's journal."""


@dataclass(frozen=True)
class Wire:
    """One part: how to cut it, how to mend it, and the causes the kiosk may name, by the moment of the cut."""

    name: str
    cut: Callable[[House], None]
    mend: Callable[[House], None]
    closes: str | None
    """on the first screen, before anybody came; None when it is not needed there"""
    at_pin: str | None
    """when it is cut before the PIN is checked; None when it is not needed there"""
    at_confirm: frozenset[str]
    """when it is cut before the choice is confirmed; more than one where the second decides"""

    @contextmanager
    def is_cut(self, house: House) -> Iterator[None]:
        """Cut for the length of a block."""
        self.cut(house)
        try:
            yield
        finally:
            self.mend(house)


def _killed(service: str, closes: str | None, at_pin: str | None, *at_confirm: str) -> Wire:
    return Wire(
        service,
        lambda house: house.services[service].kill(),
        lambda house: house.services[service].start(),
        closes,
        at_pin,
        frozenset(at_confirm),
    )


WIRES = [
    _killed("terminal", "portal_unreachable", "portal_unreachable", "portal_unreachable"),
    _killed("reader", "reader_unavailable", "reader_unavailable", "reader_unavailable"),
    _killed("agent", "agent_unreachable", None, "agent_unreachable", STAFF),
    _killed("jpki", None, "revocation_unavailable"),
    Wire(
        "terminal-hangs",
        lambda house: house.services["terminal"].freeze(),
        lambda house: house.services["terminal"].thaw(),
        "portal_unreachable",
        "portal_unreachable",
        frozenset({"portal_unreachable"}),
    ),
    Wire(
        "pcscd",
        lambda house: house.kiosk_reader.kill_pcscd(),
        lambda house: house.kiosk_reader.restart_pcscd(),
        "no_reader",
        "no_reader",
        frozenset({"no_reader"}),
    ),
    Wire(
        "printer",
        lambda house: house.printer.power_cut(),
        lambda house: house.printer.start(),
        "printer_offline",
        None,
        frozenset({"printer_offline"}),
    ),
    Wire(
        "postgres",
        lambda house: house.postgres.stop("immediate"),
        lambda house: house.start_postgres(),
        "portal_unreachable",
        "portal_unreachable",
        frozenset({"portal_unreachable"}),
    ),
]


def to_pin(house: House, visitor: KioskVisitor, card: str) -> None:
    """A resident up to the PIN pad."""
    visitor.see("attract", patience_ms=SERVES_AGAIN_WITHIN_MS)
    visitor.begin()
    house.kiosk_reader.insert(card)
    visitor.see("enter_pin")


def to_confirm(house: House, visitor: KioskVisitor, card: str, scope: str = "self") -> None:
    """A resident up to the page before anything is printed."""
    to_pin(house, visitor, card)
    visitor.type_pin(PIN)
    visitor.choose(scope)


def serve(house: House, visitor: KioskVisitor, card: str = "card-0002") -> None:
    """One resident from the first screen to the paper."""
    to_confirm(house, visitor, card)
    visitor.print_it(house.kiosk_reader.remove)
    visitor.leave()
