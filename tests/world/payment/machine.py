"""The machine itself: takes money, holds it, keeps it or gives it back, and fails on demand.

Frames as in `kiosk/payment/wire.py`, written anew here from docs/payment-device.md so that both are tested.
"""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tests.world import ports
from tests.world.payment.book import Book, Entry, Move

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Message: TypeAlias = dict[str, Json]

STEPS = ("reserve", "complete", "reverse")
FAULTS = ("decline", "silent", "drop_before", "drop_after", "power_before", "power_after", "twice", "host_down")
CHANGE = 10_000


class PowerLost(Exception):
    """Raised inside the machine when its plug is pulled in the middle of a step."""


class CableCut(Exception):
    """Raised inside the machine when the connection is to drop."""


@dataclass
class Paying:
    """A payment under way: what a person has put in or tapped so far."""

    service: str
    sale: str
    yen: int
    means: str
    inserted: int = 0
    tapped: bool = False
    balance_short: bool = False
    aborted: bool = False


@dataclass
class Machine:
    """One machine. `folder` keeps its book over power cuts."""

    folder: Path
    port: int = field(default_factory=ports.one)
    patience: float = 60.0
    change: int = CHANGE
    cash_ok: bool = True
    contactless_ok: bool = True
    on_power_loss: Callable[[], None] | None = None
    faults: list[tuple[str, str]] = field(default_factory=list)
    returned: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._changed = threading.Condition()
        self._paying: Paying | None = None
        self._door: socket.socket | None = None
        self._porter: threading.Thread | None = None
        self._lines: set[socket.socket] = set()
        self._logged_in = False
        self._book: Book | None = None
        self._opening = threading.Lock()

    @property
    def book(self) -> Book:
        """The book, powered or not; opened once, whoever asks first."""
        with self._opening:
            if self._book is None:
                self._book = Book(self.folder / "book.sqlite")
            return self._book

    def entries(self) -> dict[str, Entry]:
        """What the judge reads."""
        return self.book.entries()

    def start(self) -> None:
        """Power on."""
        if self._porter is not None:
            self._porter.join()  # while it is still inside accept(), the port is taken
        self._logged_in = False
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", self.port))
        door.listen(64)
        self._door = door
        self._porter = threading.Thread(target=self._admit, args=(door,), name="payment-door", daemon=True)
        self._porter.start()

    def power_cut(self) -> None:
        """The plug is pulled: connections and everything not in the book are gone; the coins put in fall out."""
        with self._changed:
            door, self._door = self._door, None
            lines, self._lines = self._lines, set()
            if self._paying is not None:
                self.returned += self._paying.inserted
                self._paying = None
            self._changed.notify_all()
        for line in (*lines, *((door,) if door else ())):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    @property
    def powered(self) -> bool:
        """Whether it is on."""
        return self._door is not None

    def fail_next(self, step: str, fault: str) -> None:
        """The next time `step` (one of `STEPS`) is asked for, `fault` (one of `FAULTS`) happens, once."""
        assert step in STEPS
        assert fault in FAULTS
        self.faults.append((step, fault))

    # ── hands ──

    def insert(self, yen: int) -> None:
        """Put a coin or note in; a machine that takes no money just now gives it back at once."""
        with self._changed:
            if self._paying is None or self._paying.means != "Cash":
                self.returned += yen
                return
            self._paying.inserted += yen
            self._changed.notify_all()

    def tap(self, *, balance_short: bool = False) -> None:
        """Hold a card or telephone to the reader."""
        with self._changed:
            if self._paying is not None and self._paying.means != "Cash":
                self._paying.tapped, self._paying.balance_short = True, balance_short
                self._changed.notify_all()

    def asks_for(self) -> int | None:
        """Yen it is waiting for, None when for nothing."""
        paying = self._paying
        return None if paying is None else paying.yen

    def wait_for_payment(self, seconds: float = 15) -> int:
        """Until it asks for money; how much."""
        until = time.monotonic() + seconds
        while (yen := self.asks_for()) is None:
            assert time.monotonic() < until, "the machine asks for no money"
            time.sleep(0.01)
        return yen

    # ── the wire ──

    def _admit(self, door: socket.socket) -> None:
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            with self._changed:
                if self._door is not door:
                    line.close()
                    return
                self._lines.add(line)
            threading.Thread(target=self._serve, args=(line,), name="payment-line", daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            while True:
                (length,) = struct.unpack(">I", _exactly(line, 4))
                for answer in self._answers(json.loads(_exactly(line, length))["SaleToPOIRequest"]):
                    body = json.dumps({"SaleToPOIResponse": answer}).encode()
                    line.sendall(struct.pack(">I", len(body)) + body)
        except PowerLost:
            self.power_cut()
            if self.on_power_loss is not None:
                self.on_power_loss()
        except (OSError, CableCut):
            pass
        finally:
            with self._changed:
                self._lines.discard(line)
            line.close()

    def _answers(self, request: Message) -> list[Message]:
        header = _table(request["MessageHeader"])
        category = str(header["MessageCategory"])
        body = _table(request[f"{category}Request"])
        if category == "Abort":
            self._abort(str(_table(body["MessageReference"])["ServiceID"]))
            return []
        copies = 1
        if category == "Login":
            self._logged_in = True
            response: Message = {"Response": {"Result": "Success"}}
        elif not self._logged_in:
            response = _failure("LoggedOut")
        elif category == "Diagnosis":
            response = self._diagnosis()
        elif category == "TransactionStatus":
            response = self._status(_table(body["MessageReference"]))
        else:
            response, copies = self._moved(str(header["ServiceID"]), category, body)
        return [{"MessageHeader": {**header, "MessageType": "Response"}, f"{category}Response": response}] * copies

    def _diagnosis(self) -> Message:
        box: Json = {
            "CashHandlingOKFlag": self.cash_ok,
            "Currency": "JPY",
            "CoinsOrBills": [{"UnitValue": 100, "Number": self.change // 100}],
        }
        return {
            "Response": {"Result": "Success"},
            "POIStatus": {
                "GlobalStatus": "Busy" if self._paying else "OK",
                "CardReaderOKFlag": self.contactless_ok,
                "CommunicationOKFlag": True,
                "CashHandlingDevice": [box],
            },
        }

    def _status(self, reference: Message) -> Message:
        service = str(reference["ServiceID"])
        paying = self._paying
        if paying is not None and paying.service == service:
            return _failure("InProgress", f"InsertedAmount={paying.inserted}")
        known = self.book.answer(service)
        if known is None:
            return _failure("NotFound")
        repeated: Json = {"RepeatedResponseMessageBody": {f"{reference['MessageCategory']}Response": _json(known)}}
        return {"Response": {"Result": "Success"}, "MessageReference": reference, "RepeatedMessageResponse": repeated}

    def _moved(self, service: str, category: str, body: Message) -> tuple[Message, int]:
        before = self.book.answer(service)
        if before is not None:
            return dict(_table(_json(before))), 1
        kind = "reverse" if category == "Reversal" else _KINDS[str(_table(body["PaymentData"])["PaymentType"])]
        fault = self._fault(kind)
        if fault == "power_before":
            raise PowerLost
        if fault == "drop_before":
            raise CableCut
        response = self._reserve(service, body, fault) if kind == "reserve" else self._end(kind, service, body, fault)
        if self.book.answer(service) is None:
            self.book.keep(service, category, response)
        if fault == "power_after":
            raise PowerLost
        if fault == "drop_after":
            raise CableCut
        if fault == "silent":
            return response, 0
        return response, 2 if fault == "twice" else 1

    def _fault(self, step: str) -> str | None:
        for number, (where, fault) in enumerate(self.faults):
            if where == step:
                del self.faults[number]
                return fault
        return None

    def _reserve(self, service: str, body: Message, fault: str | None) -> Message:
        sale = str(_table(_table(body["SaleData"])["SaleTransactionID"])["TransactionID"])
        yen = int(str(_table(_table(body["PaymentTransaction"])["AmountsReq"])["RequestedAmount"]))
        instrument = _table(_table(body["PaymentData"])["PaymentInstrumentData"])["PaymentInstrumentType"]
        paying = Paying(service, sale, yen, str(instrument))
        if fault == "host_down":
            return _failure("UnreachableHost")
        with self._changed:
            if self._paying is not None:
                return _failure("Busy")
            self._paying = paying
        try:
            return self._take(paying, fault)
        finally:
            with self._changed:
                if self._paying is paying:
                    self._paying = None

    def _take(self, paying: Paying, fault: str | None) -> Message:
        until = time.monotonic() + self.patience
        with self._changed:
            while not (paying.aborted or paying.tapped or paying.inserted >= paying.yen):
                if self._paying is not paying:
                    raise CableCut  # the power went
                if not self._changed.wait(max(0.0, until - time.monotonic())):
                    break
            if self._paying is not paying:
                raise CableCut
            refusal = self._refusal(paying, fault)
            if refusal is not None:
                self.returned += paying.inserted
                return refusal
            over = max(0, paying.inserted - paying.yen)
            self.change, self.returned = self.change - over, self.returned + over
            move = Move("reserve", None, paying.sale, paying.yen, paying.means)
            self.book.move(move, paying.service, "Payment", lambda number: _held(number, paying))
            self._paying = None
        return _table(_json(self.book.answer(paying.service) or {}))

    def _refusal(self, paying: Paying, fault: str | None) -> Message | None:
        if paying.aborted:
            return _failure("Aborted")
        if fault == "decline":
            return _failure("Refusal")
        if paying.balance_short:
            return _failure("Refusal", "Reason=NotEnoughMoney")
        if paying.tapped:
            return None
        if paying.inserted < paying.yen:
            return _failure("Refusal", f"Reason={'NotEnoughMoney' if paying.inserted else 'Timeout'}")
        return _failure("Refusal", "Reason=OutOfChange") if paying.inserted - paying.yen > self.change else None

    def _abort(self, service: str) -> None:
        with self._changed:
            if self._paying is not None and self._paying.service == service:
                self._paying.aborted = True
                self._changed.notify_all()

    def _end(self, step: str, service: str, body: Message, fault: str | None) -> Message:
        original = body if step == "reverse" else _table(body["PaymentTransaction"])
        identity = _table(_table(original["OriginalPOITransaction"])["POITransactionID"])
        number = int(str(identity["TransactionID"]).removeprefix("R"))
        held = self.book.reservation(number)
        if held is None:
            return _failure("NotFound")
        if fault == "decline" or self.book.ended(number):
            return _failure("NotAllowed")
        sale, yen, means = held
        if step == "reverse" and means == "Cash":
            self.returned += yen
        category = "Reversal" if step == "reverse" else "Payment"
        self.book.move(
            Move(step, number, sale, yen, means), service, category, lambda done: _done(f"{step[0].upper()}{done}")
        )
        return _table(_json(self.book.answer(service) or {}))


_KINDS = {"FirstReservation": "reserve", "Completion": "complete"}


def _held(number: int, paying: Paying) -> Message:
    return {
        **_done(f"R{number}"),
        "SaleData": {"SaleTransactionID": {"TransactionID": paying.sale, "TimeStamp": ""}},
        "PaymentResult": {
            "PaymentType": "FirstReservation",
            "AmountsResp": {"Currency": "JPY", "AuthorizedAmount": paying.yen},
            "PaymentInstrumentData": {"PaymentInstrumentType": paying.means},
        },
    }


def _done(reference: str) -> Message:
    return {
        "Response": {"Result": "Success"},
        "POIData": {"POITransactionID": {"TransactionID": reference, "TimeStamp": ""}},
    }


def _failure(condition: str, additional: str | None = None) -> Message:
    response: Message = {"Result": "Failure", "ErrorCondition": condition}
    if additional is not None:
        response["AdditionalResponse"] = additional
    return {"Response": response}


def _table(value: Json) -> Message:
    assert isinstance(value, dict), value
    return value


def _json(value: Mapping[str, object]) -> Json:
    found: Json = json.loads(json.dumps(value))
    return found


def _exactly(line: socket.socket, count: int) -> bytes:
    read = b""
    while len(read) < count:
        more = line.recv(count - len(read))
        if not more:
            raise ConnectionResetError
        read += more
    return read
