"""証明書: entitlement, the issuance transaction, and (for the worker alone, in `rendering`) the paper itself."""

from portal.certificates.applicants import UnfitRequest
from portal.certificates.door import Overloaded
from portal.certificates.entitlement import Entitled, Refused, closed, decide
from portal.certificates.issuance import (
    IssuanceUnknown,
    KeyReused,
    Released,
    Requested,
    Session,
    Status,
    release,
    request,
    status,
    to_show,
)
from portal.certificates.kinds import UnknownKind, all_kinds
from portal.certificates.money.paying import WrongAmount, abandon, authorise, begin_anew, confirm
from portal.certificates.money.reconciling import FeeLine, FoundGap, fees, open_gaps, reconcile, reconcile_by_night
from portal.certificates.money.states import CaptureNotDecided, IllegalPayment, VoidNotDecided
from portal.certificates.money.tables import Gap, Means, PaymentState
from portal.certificates.offering import Offer, Person, kinds_at_kiosk, offers
from portal.certificates.outcomes import (
    Case,
    FeeUndecided,
    Issued,
    Money,
    Outcome,
    StatementMissing,
    case,
    history_of,
    open_cases,
    report_outcome,
    settle,
    unprintable,
)
from portal.certificates.output import Delivery, Output, deliveries_of, output_of
from portal.certificates.paper import Item, Kind, Place, Scope
from portal.certificates.preview import PageUnknown, picture
from portal.certificates.states import (
    IllegalTransition,
    NotAbandonable,
    NotAuthorisable,
    NotPaid,
    NotReleasable,
    NotReportable,
    NotSettleable,
)
from portal.certificates.sweeping import sweep
from portal.certificates.tables import Answer, RefusalCode, State

__all__ = [
    "Answer",
    "CaptureNotDecided",
    "Case",
    "Delivery",
    "Entitled",
    "FeeLine",
    "FeeUndecided",
    "FoundGap",
    "Gap",
    "IllegalPayment",
    "IllegalTransition",
    "IssuanceUnknown",
    "Issued",
    "Item",
    "KeyReused",
    "Kind",
    "Means",
    "Money",
    "NotAbandonable",
    "NotAuthorisable",
    "NotPaid",
    "NotReleasable",
    "NotReportable",
    "NotSettleable",
    "Offer",
    "Outcome",
    "Output",
    "Overloaded",
    "PageUnknown",
    "PaymentState",
    "Person",
    "Place",
    "RefusalCode",
    "Refused",
    "Released",
    "Requested",
    "Scope",
    "Session",
    "State",
    "StatementMissing",
    "Status",
    "UnfitRequest",
    "UnknownKind",
    "VoidNotDecided",
    "WrongAmount",
    "abandon",
    "all_kinds",
    "authorise",
    "begin_anew",
    "case",
    "closed",
    "confirm",
    "decide",
    "deliveries_of",
    "fees",
    "history_of",
    "kinds_at_kiosk",
    "offers",
    "open_cases",
    "open_gaps",
    "output_of",
    "picture",
    "reconcile",
    "reconcile_by_night",
    "release",
    "report_outcome",
    "request",
    "settle",
    "status",
    "sweep",
    "to_show",
    "unprintable",
]
