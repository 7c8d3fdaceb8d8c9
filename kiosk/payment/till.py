"""The till (料金のうけとり): takes the fee of the one order being paid, and does what the portal decides about it.

Keeps nothing on disk: every step has an id derived from the order, so the device itself is the memory. Whoever does
not know what happened asks it first; nothing is kept or given back twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from kiosk.payment.commands import Keys, MoneyCommand, verify
from kiosk.payment.device import MOST_ATTEMPTS, Found, PaymentDevice, Reservation
from kiosk.payment.nexo import Condition, Means, Said, Step
from kiosk.payment.wire import DeviceSilent

logger = logging.getLogger(__name__)

Stage = Literal["waiting", "held", "refused", "silent"]
Result = Literal["captured", "voided"]
_STEPS: dict[str, tuple[Step, Result]] = {"capture": ("complete", "captured"), "void": ("reverse", "voided")}
_ASK_AGAIN_SECONDS = 0.5
_REFUSALS = {
    "OutOfChange": "payment_no_change",
    "NotEnoughMoney": "payment_not_enough",
    "Timeout": "payment_timeout",
}
_CONDITIONS = {
    "Aborted": "payment_cancelled",
    "Cancel": "payment_cancelled",
    "Refusal": "payment_declined",
    "Busy": "payment_busy",
    "UnreachableHost": "payment_host",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a payment is. `silent`: the device does not answer; it may have taken the money, and is being asked."""

    stage: Stage
    inserted: int = 0
    problem: str | None = None
    held: Reservation | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The device has kept or given back the fee of an order; no reference: it never had any."""

    order: str
    result: Result
    reference: str | None


class Till:
    """Safe to be used by several threads. One order is being paid at a time."""

    def __init__(
        self, device: PaymentDevice, keys: Keys, terminal: str, now: Callable[[], float] = time.time
    ) -> None:
        """`now` is the time of day, in seconds: what a command's time is judged by."""
        self._device = device
        self._keys = keys
        self._terminal = terminal
        self._now = now
        self._lock = threading.Lock()
        self._order: str | None = None
        self._attempt: int | None = None
        self._thread: threading.Thread | None = None
        self._lost = threading.Event()
        self._progress = Progress("waiting")
        self._over: set[str] = set()

    def condition(self) -> Condition | None:
        """By which means money can be taken now; None when the device does not answer."""
        try:
            return self._device.condition()
        except DeviceSilent:
            return None

    def begin(self, order: str, yen: int, means: Means) -> bool:
        """Start taking the fee of `order`; False when another payment is not over yet or this order's money is."""
        with self._lock:
            if order in self._over or (self._thread is not None and self._thread.is_alive()):
                return False
            self._order, self._attempt, self._progress = order, None, Progress("waiting")
            self._lost = threading.Event()
            self._thread = threading.Thread(target=self._take, args=(order, yen, means), name="till", daemon=True)
            self._thread.start()
            return True

    def progress(self, order: str) -> Progress:
        """How far the payment of `order` is, with what has been put in so far."""
        with self._lock:
            now, attempt = self._progress, self._attempt
            if self._order != order or now.stage != "waiting":
                return now if self._order == order else Progress("refused", problem="payment_failed")
        try:
            found = self._device.find(order)
        except DeviceSilent:
            return now
        if attempt is not None and found.under_way is None and found.next_attempt > attempt:
            # It has answered, and the answer did not come through.
            self._lost.set()
        return replace(now, inserted=found.inserted)

    def cancel(self, order: str) -> None:
        """Ask the device to stop and give back what was put in; `progress` says whether it could."""
        with self._lock:
            attempt = self._attempt if self._order == order else None
        if attempt is None:
            return
        try:
            self._device.abort(order, attempt)
        except DeviceSilent:
            logger.info("the payment device did not hear the cancelling")

    def obey(self, token: str) -> Ended | None:
        """Carry out a command of the portal. None: not yet; it will be repeated. Raises `CommandRefused`."""
        command = verify(token, self._keys, self._terminal, self._now())
        try:
            return self._settle(command)
        except DeviceSilent:
            logger.info("the payment device cannot %s now", command.command)
            return None

    def _settle(self, command: MoneyCommand) -> Ended | None:
        order = command.order
        step, result = _STEPS[command.command]
        if not self._close(order):
            return None
        said = self._device.step(order, step)
        if not said.done and said.condition == "NotFound":
            found = self._device.find(order)
            if found.under_way is not None:
                self._device.abort(order, found.under_way)
                return None
            if found.reservation is None and step == "reverse":
                return Ended(order, result, None)
            if found.reservation is not None:
                act = self._device.complete if step == "complete" else self._device.reverse
                said = act(order, found.reservation)
        if not said.done:
            logger.error("order %s: the device does not %s: %s", order, step, said.condition)
            return None
        return Ended(order, result, said.reference)

    def _close(self, order: str) -> bool:
        """No money is taken for this order any more; False while some still is."""
        with self._lock:
            self._over.add(order)
            if self._order != order or self._thread is None or not self._thread.is_alive():
                return True
        self.cancel(order)
        return False

    def _take(self, order: str, yen: int, means: Means) -> None:
        said: Said | None = None
        try:
            found = self._device.find(order)
            if found.reservation is None and found.under_way is None:
                if found.next_attempt > MOST_ATTEMPTS:
                    self._note(Progress("refused", problem="payment_failed"))
                    return
                with self._lock:
                    self._attempt = found.next_attempt
                said = self._device.reserve(order, found.next_attempt, yen, means, self._lost)
        except DeviceSilent:
            logger.warning("order %s: the payment device fell silent", order)
        self._note(self._ask_until_known(order) if said is None or said.done else _refused(said))

    def _ask_until_known(self, order: str) -> Progress:
        """The device's own word for what became of the payment, however long it takes to answer."""
        while True:
            try:
                found = self._device.find(order)
            except DeviceSilent:
                if self._given_up(order):
                    return Progress("refused", problem="payment_failed")
                self._note(Progress("silent"))
            else:
                if found.reservation is not None:
                    return Progress("held", held=found.reservation)
                if found.under_way is None:
                    return self._why_not(found)
            time.sleep(_ASK_AGAIN_SECONDS)

    def _why_not(self, found: Found) -> Progress:
        """The device's reason where it has answered this try; without an answer there was no try."""
        with self._lock:
            answered = self._attempt is not None and found.next_attempt > self._attempt
        if answered and found.refused is not None:
            return _refused(found.refused)
        return Progress("refused", problem="payment_failed")

    def _given_up(self, order: str) -> bool:
        with self._lock:
            return order in self._over

    def _note(self, progress: Progress) -> None:
        with self._lock:
            self._progress = progress


def _refused(said: Said) -> Progress:
    problem = _REFUSALS.get(said.reason or "") or _CONDITIONS.get(said.condition or "", "payment_failed")
    return Progress("refused", problem=problem)
