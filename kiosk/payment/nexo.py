"""Messages of the nexo Sale to POI protocol 3.0, the small part of it that this kiosk speaks. Pure: no network here.

Login, Diagnosis, Payment (`FirstReservation` holds the fee, `Completion` keeps it), Reversal (gives it back),
TransactionStatus and Abort. The issuance id is the sale's transaction id; the ten characters of a service id are
derived from it, so that after any crash the device can be asked what became of each step. Two uses of
`AdditionalResponse` are our own: `InsertedAmount=` (yen so far) and `Reason=` (why money was refused).
See docs/payment-device.md.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qs

from kiosk.wire import Table, table_of, text_of, text_or_none, whole_of

Means = Literal["cash", "contactless"]
Step = Literal["complete", "reverse"]
MEANS: tuple[Means, ...] = ("cash", "contactless")
_INSTRUMENT: dict[Means, str] = {"cash": "Cash", "contactless": "Card"}
_CATEGORIES = {"complete": "Payment", "reverse": "Reversal"}


@dataclass(frozen=True, slots=True)
class Parties:
    """The two names of every message: this terminal (SaleID) and its device (POIID)."""

    sale: str
    poi: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the device answered: whether it did it, and if not, why; its own number of what it did."""

    done: bool
    condition: str | None
    reason: str | None
    inserted: int
    reference: str | None
    amount: int | None


@dataclass(frozen=True, slots=True)
class Condition:
    """What the device can do now: by which means it takes money."""

    means: frozenset[Means]


def reservation_id(order: str, attempt: int) -> str:
    """Service id of the `attempt`-th try (from 1) to hold the fee of an order."""
    return _service(f"{order} reserve {attempt}")


def step_id(order: str, step: Step) -> str:
    """Service id of the one completion, or the one reversal, of an order."""
    return _service(f"{order} {step}")


def _service(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode("ascii")[:10]


def login(parties: Parties, service: str, version: str) -> Table:
    """Say who we are; the device serves no sale system that has not."""
    software = {
        "ManufacturerID": "madoguchi",
        "ApplicationName": "kiosk",
        "SoftwareVersion": version,
        "CertificationCode": "none",
    }
    return _request(
        parties, "Login", service, {"DateTime": _now(), "SaleSoftware": software, "OperatorLanguage": "ja"}
    )


def diagnosis(parties: Parties, service: str) -> Table:
    """Ask by which means money can be taken."""
    return _request(parties, "Diagnosis", service, {"HostDiagnosisFlag": False})


def reservation(parties: Parties, order: str, attempt: int, yen: int, means: Means) -> Table:
    """Take the fee from the person and hold it."""
    transaction: dict[str, object] = {"AmountsReq": {"Currency": "JPY", "RequestedAmount": yen}}
    if means == "contactless":
        transaction["TransactionConditions"] = {"ForceEntryMode": ["Contactless"]}
    body = {
        "SaleData": _sale(order),
        "PaymentTransaction": transaction,
        "PaymentData": {
            "PaymentType": "FirstReservation",
            "PaymentInstrumentData": {"PaymentInstrumentType": _INSTRUMENT[means]},
        },
    }
    return _request(parties, "Payment", reservation_id(order, attempt), body)


def completion(parties: Parties, order: str, reference: str, yen: int) -> Table:
    """Keep what is held under the device's number `reference`."""
    body = {
        "SaleData": _sale(order),
        "PaymentTransaction": {
            "AmountsReq": {"Currency": "JPY", "RequestedAmount": yen},
            "OriginalPOITransaction": _original(parties, reference),
        },
        "PaymentData": {"PaymentType": "Completion"},
    }
    return _request(parties, "Payment", step_id(order, "complete"), body)


def reversal(parties: Parties, order: str, reference: str) -> Table:
    """Give back what is held under the device's number `reference`."""
    body = {
        "SaleData": _sale(order),
        "OriginalPOITransaction": _original(parties, reference),
        "ReversalReason": "MerchantCancel",
    }
    return _request(parties, "Reversal", step_id(order, "reverse"), body)


def status_of_reservation(parties: Parties, service: str, order: str, attempt: int) -> Table:
    """What became of one try to hold the fee?"""
    reference = _message(parties, "Payment", reservation_id(order, attempt))
    return _request(parties, "TransactionStatus", service, {"MessageReference": reference})


def status_of_step(parties: Parties, service: str, order: str, step: Step) -> Table:
    """What became of the completion or reversal?"""
    reference = _message(parties, _CATEGORIES[step], step_id(order, step))
    return _request(parties, "TransactionStatus", service, {"MessageReference": reference})


def abort(parties: Parties, service: str, order: str, attempt: int) -> Table:
    """Stop taking money; what was put in comes out again. Has no answer: that of the payment itself will say so."""
    reference = _message(parties, "Payment", reservation_id(order, attempt))
    return _request(parties, "Abort", service, {"MessageReference": reference, "AbortReason": "Cancelled"})


def read(answer: Table, category: str) -> Said:
    """The answer to a Login, Payment or Reversal. Raises `KeyError`, `Unreadable`."""
    return _said(table_of(table_of(answer["SaleToPOIResponse"])[f"{category}Response"]))


def read_status(answer: Table) -> Said:
    """The answer to a TransactionStatus: that of the message it asked about, or why there is none."""
    body = table_of(table_of(answer["SaleToPOIResponse"])["TransactionStatusResponse"])
    if text_of(table_of(body["Response"]), "Result") != "Success":
        return _said(body)
    repeated = table_of(table_of(body["RepeatedMessageResponse"])["RepeatedResponseMessageBody"])
    return _said(table_of(repeated.get("PaymentResponse") or repeated["ReversalResponse"]))


def read_diagnosis(answer: Table) -> tuple[Said, Condition]:
    """The answer to a Diagnosis."""
    body = table_of(table_of(answer["SaleToPOIResponse"])["DiagnosisResponse"])
    said = _said(body)
    if not said.done:
        return said, Condition(frozenset())
    status = table_of(body["POIStatus"])
    means: set[Means] = set()
    if status.get("GlobalStatus") in {"OK", "Busy"}:
        boxes = status.get("CashHandlingDevice")
        if isinstance(boxes, list) and any(table_of(box).get("CashHandlingOKFlag") is True for box in boxes):
            means.add("cash")
        if status.get("CardReaderOKFlag") is True and status.get("CommunicationOKFlag") is True:
            means.add("contactless")
    return said, Condition(frozenset(means))


def _said(body: Table) -> Said:
    response = table_of(body["Response"])
    additional = parse_qs(text_or_none(response, "AdditionalResponse") or "")
    inserted = additional.get("InsertedAmount", ["0"])[0]
    data = body.get("POIData")
    result = body.get("PaymentResult")
    amounts = None if result is None else table_of(result).get("AmountsResp")
    return Said(
        done=text_of(response, "Result") == "Success",
        condition=text_or_none(response, "ErrorCondition"),
        reason=additional.get("Reason", [None])[0],
        inserted=int(inserted) if inserted.isdecimal() else 0,
        reference=None if data is None else text_of(table_of(table_of(data)["POITransactionID"]), "TransactionID"),
        amount=None if amounts is None else whole_of(table_of(amounts), "AuthorizedAmount"),
    )


def _request(parties: Parties, category: str, service: str, body: Table) -> Table:
    header = {
        "ProtocolVersion": "3.0",
        "MessageClass": "Service",
        "MessageCategory": category,
        "MessageType": "Request",
        "ServiceID": service,
        "SaleID": parties.sale,
        "POIID": parties.poi,
    }
    return {"SaleToPOIRequest": {"MessageHeader": header, f"{category}Request": body}}


def _message(parties: Parties, category: str, service: str) -> Table:
    return {"MessageCategory": category, "ServiceID": service, "SaleID": parties.sale, "POIID": parties.poi}


def _sale(order: str) -> Table:
    return {"SaleTransactionID": {"TransactionID": order, "TimeStamp": _now()}}


def _original(parties: Parties, reference: str) -> Table:
    return {
        "SaleID": parties.sale,
        "POIID": parties.poi,
        "POITransactionID": {"TransactionID": reference, "TimeStamp": _now()},
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
