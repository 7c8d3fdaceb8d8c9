"""証明書: entitlement, the issuance transaction, and (for the worker alone, in `rendering`) the paper itself."""

from portal.certificates.applicants import UnfitRequest
from portal.certificates.entitlement import Entitled, Refused, closed, decide
from portal.certificates.issuance import (
    IssuanceUnknown,
    KeyReused,
    Overloaded,
    Released,
    Requested,
    Session,
    Status,
    release,
    request,
    status,
)
from portal.certificates.kinds import UnknownKind, all_kinds
from portal.certificates.offering import Offer, Person, kinds_at_kiosk, offers
from portal.certificates.outcomes import (
    Case,
    Issued,
    Outcome,
    StatementMissing,
    case,
    history_of,
    open_cases,
    report_outcome,
    settle,
    unprintable,
)
from portal.certificates.paper import Item, Kind, Place, Scope
from portal.certificates.states import IllegalTransition, NotReleasable, NotReportable, NotSettleable
from portal.certificates.sweeping import sweep
from portal.certificates.tables import Answer, RefusalCode, State

__all__ = [
    "Answer",
    "Case",
    "Entitled",
    "IllegalTransition",
    "IssuanceUnknown",
    "Issued",
    "Item",
    "KeyReused",
    "Kind",
    "NotReleasable",
    "NotReportable",
    "NotSettleable",
    "Offer",
    "Outcome",
    "Overloaded",
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
    "all_kinds",
    "case",
    "closed",
    "decide",
    "history_of",
    "kinds_at_kiosk",
    "offers",
    "open_cases",
    "release",
    "report_outcome",
    "request",
    "settle",
    "status",
    "sweep",
    "unprintable",
]
