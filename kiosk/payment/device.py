"""One payment device over its wire: what it can do now, what became of an order's money, hold, keep, give back."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from kiosk.payment import nexo
from kiosk.payment.nexo import Condition, Means, Parties, Said, Step
from kiosk.payment.wire import Address, DeviceSilent, exchange, tell
from kiosk.wire import Table, Unreadable

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
"""how often one person may try to pay one paper"""
_ANSWER_SECONDS = 2.0
_PAYING_SECONDS = 150.0
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money the device holds: its own number, and yen."""

    reference: str
    amount: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the device knows of an order: money it holds, or a payment under way, and the number of the next try."""

    reservation: Reservation | None
    under_way: int | None
    inserted: int
    next_attempt: int
    refused: Said | None = None
    """the device's answer to the last try, where that came to nothing"""


class PaymentDevice:
    """Safe to be used by several threads: each call opens its own connection. Methods raise `DeviceSilent`."""

    def __init__(self, address: Address, sale: str, version: str) -> None:
        self._address = address
        self._parties = Parties(sale=sale, poi=f"{sale}-till")
        self._version = version

    def condition(self) -> Condition:
        """By which means money can be taken now. Logs in where the device does not know us (any more)."""
        said, condition = self._diagnose()
        if said.condition == "LoggedOut":
            service = _fresh()
            message = nexo.login(self._parties, service, self._version)
            _reading(lambda: nexo.read(exchange(self._address, message, service, _ANSWER_SECONDS), "Login"))
            said, condition = self._diagnose()
        return condition

    def find(self, order: str) -> Found:
        """What became of every try to hold the fee of `order`."""
        refused: Said | None = None
        for attempt in range(1, MOST_ATTEMPTS + 1):
            service = _fresh()
            said = self._status(nexo.status_of_reservation(self._parties, service, order, attempt), service)
            if said.done and said.reference is not None and said.amount is not None:
                return Found(Reservation(said.reference, said.amount), None, 0, attempt + 1)
            if said.condition == "InProgress":
                return Found(None, attempt, said.inserted, attempt + 1)
            if said.condition == "NotFound":
                return Found(None, None, 0, attempt, refused)
            refused = said
        return Found(None, None, 0, MOST_ATTEMPTS + 1, refused)

    def reserve(self, order: str, attempt: int, yen: int, means: Means, lost: threading.Event) -> Said:
        """Take the fee from the person; answers when it is held, or when it will not be."""
        message = nexo.reservation(self._parties, order, attempt, yen, means)
        answer = exchange(self._address, message, nexo.reservation_id(order, attempt), _PAYING_SECONDS, lost)
        return _reading(lambda: nexo.read(answer, "Payment"))

    def abort(self, order: str, attempt: int) -> None:
        """Let the person have back what they have put in so far, and stop."""
        tell(self._address, nexo.abort(self._parties, _fresh(), order, attempt))

    def step(self, order: str, step: Step) -> Said:
        """What became of keeping, or giving back, the fee of `order`."""
        service = _fresh()
        return self._status(nexo.status_of_step(self._parties, service, order, step), service)

    def complete(self, order: str, held: Reservation) -> Said:
        """Keep it."""
        message = nexo.completion(self._parties, order, held.reference, held.amount)
        answer = exchange(self._address, message, nexo.step_id(order, "complete"), _ANSWER_SECONDS)
        return _reading(lambda: nexo.read(answer, "Payment"))

    def reverse(self, order: str, held: Reservation) -> Said:
        """Give it back."""
        message = nexo.reversal(self._parties, order, held.reference)
        answer = exchange(self._address, message, nexo.step_id(order, "reverse"), _ANSWER_SECONDS)
        return _reading(lambda: nexo.read(answer, "Reversal"))

    def _diagnose(self) -> tuple[Said, Condition]:
        service = _fresh()
        answer = exchange(self._address, nexo.diagnosis(self._parties, service), service, _ANSWER_SECONDS)
        return _reading(lambda: nexo.read_diagnosis(answer))

    def _status(self, message: Table, service: str) -> Said:
        answer = exchange(self._address, message, service, _ANSWER_SECONDS)
        return _reading(lambda: nexo.read_status(answer))


def _reading(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except (KeyError, Unreadable) as error:
        logger.warning("the payment device's answer is not of the protocol: %s", type(error).__name__)
        raise DeviceSilent("answer not of the protocol") from None


def _fresh() -> str:
    return secrets.token_hex(5)
