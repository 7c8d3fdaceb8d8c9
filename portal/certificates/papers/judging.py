"""What a checker may say about sheets of paper: never more than was looked at.

Pure: stamps and key list in, one verdict out. The same rules stand in static/js/verify/judging.js, which judges in
the browser and in the offline page; tests hold both against the same cases.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from portal.certificates.papers.lookalike import AddressKind, address_kind
from portal.certificates.papers.tables import WithdrawalReason
from portal.certificates.sealing import stamp as stamping
from portal.certificates.sealing.cbor import StampUnreadable
from portal.certificates.sealing.key_list import KeyList
from portal.certificates.sealing.stamp import Stamp


class Verdict(StrEnum):
    """The one sentence a check ends with."""

    GENUINE_CURRENT = "genuine_current"
    GENUINE_OFFLINE = "genuine_offline"
    WITHDRAWN = "withdrawn"
    ALTERED = "altered"
    DIFFERENT_SETS = "different_sets"
    INCOMPLETE_SET = "incomplete_set"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Why the verdict is what it is. Each belongs to one verdict."""

    TEXT_SAME = "text_same"
    TEXT_NOT_COMPARED = "text_not_compared"
    STANDING_NOT_ASKED = "standing_not_asked"
    NOT_ON_RECORD = "not_on_record"
    REPLACED = "replaced"
    MISPRINT = "misprint"
    ISSUED_IN_ERROR = "issued_in_error"
    OFFICER = "officer"
    TEXT_DIFFERS = "text_differs"
    RECORD_CONTRADICTS = "record_contradicts"
    OTHER_NUMBER = "other_number"
    OTHER_RENDERING = "other_rendering"
    OTHER_COUNT = "other_count"
    OTHER_DAY = "other_day"
    PAGE_CONTRADICTS = "page_contradicts"
    PAGES_MISSING = "pages_missing"
    NOT_A_STAMP = "not_a_stamp"
    WEB_ADDRESS = "web_address"
    LOOKALIKE_ADDRESS = "lookalike_address"
    OTHER_MUNICIPALITY = "other_municipality"
    UNKNOWN_KEY = "unknown_key"
    KEY_REVOKED = "key_revoked"
    OUTSIDE_KEY_TIME = "outside_key_time"
    SIGNATURE_WRONG = "signature_wrong"
    NO_CODE = "no_code"


class Status(StrEnum):
    """How an issued certificate stands with the municipality, for somebody who proved to hold it."""

    CURRENT = "current"
    WITHDRAWN = "withdrawn"
    NOT_ON_RECORD = "not_on_record"


@dataclass(frozen=True)
class Standing:
    """The municipality's answer; `reason` and `at` when it was withdrawn."""

    status: Status
    reason: WithdrawalReason | None = None
    at: datetime | None = None


class Comparison(StrEnum):
    """How the words on the paper relate to the stored ones, and these to the stamps."""

    SAME = "same"
    DIFFERS = "differs"
    RECORD_CONTRADICTS = "record_contradicts"


@dataclass(frozen=True)
class Judgement:
    """The verdict and its reason; what the stamps say of the set; which pages were seen, are missing, came twice."""

    verdict: Verdict
    reason: Reason
    number: str | None = None
    day: date | None = None
    pages: int = 0
    present: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    double: tuple[int, ...] = ()


_ALTERED: dict[Comparison | None, Reason] = {
    Comparison.DIFFERS: Reason.TEXT_DIFFERS,
    Comparison.RECORD_CONTRADICTS: Reason.RECORD_CONTRADICTS,
}
_WITHDRAWN = {reason: Reason(reason.value) for reason in WithdrawalReason}
_DOUBTS: dict[type[stamping.StampUntrusted], Reason] = {
    stamping.UnknownKey: Reason.UNKNOWN_KEY,
    stamping.WrongSignature: Reason.SIGNATURE_WRONG,
    stamping.KeyRevoked: Reason.KEY_REVOKED,
    stamping.KeyNotInUse: Reason.OUTSIDE_KEY_TIME,
}
_ADDRESSES = {
    AddressKind.NONE: Reason.NOT_A_STAMP,
    AddressKind.OFFICIAL: Reason.WEB_ADDRESS,
    AddressKind.OTHER: Reason.WEB_ADDRESS,
    AddressKind.LOOKALIKE: Reason.LOOKALIKE_ADDRESS,
}


def judge(
    sheets: Sequence[Sequence[bytes]],
    keys: KeyList,
    *,
    standing: Standing | None = None,
    comparison: Comparison | None = None,
) -> Judgement:
    """Judge sheets that were handed over as one certificate.

    Each member of `sheets` is what one picture holds: the bytes of every code in it. Beside a stamp other codes do
    not matter (a poster behind the paper). `standing` None: the municipality was not asked. `comparison` None: nobody
    has compared the words.

    The gravest finding wins: no code, unknown issuer, mixed sets, altered words, withdrawn, pages missing.
    """
    if not sheets or not all(sheets):
        return Judgement(Verdict.UNREADABLE, Reason.NO_CODE)
    for sheet in sheets:
        if not _stamps(sheet):
            return Judgement(Verdict.UNKNOWN_ISSUER, _foreign(sheet, keys))
    codes = [code for sheet in sheets for code in _stamps(sheet)]
    for code in codes:
        doubt = _doubt(code, keys)
        if doubt is not None:
            return Judgement(Verdict.UNKNOWN_ISSUER, doubt)
    stamps = [stamping.decode(code).stamp for code in codes]
    mixed = _mixed(stamps)
    if mixed is not None:
        return Judgement(Verdict.DIFFERENT_SETS, mixed)
    return _judge_set(stamps, standing, comparison)


def _judge_set(stamps: Sequence[Stamp], standing: Standing | None, comparison: Comparison | None) -> Judgement:
    first = stamps[0]
    times = Counter(stamp.page for stamp in stamps)
    missing = tuple(page for page in range(1, first.pages + 1) if page not in times)

    verdict, reason = _of_set(standing, comparison, whole=not missing)
    return Judgement(
        verdict,
        reason,
        number=first.issue_number,
        day=first.day,
        pages=first.pages,
        present=tuple(sorted(times)),
        missing=missing,
        double=tuple(sorted(page for page, seen in times.items() if seen > 1)),
    )


def _of_set(standing: Standing | None, comparison: Comparison | None, *, whole: bool) -> tuple[Verdict, Reason]:
    if comparison in _ALTERED:
        return Verdict.ALTERED, _ALTERED[comparison]
    if standing is not None and standing.status is Status.WITHDRAWN:
        return Verdict.WITHDRAWN, _WITHDRAWN[standing.reason or WithdrawalReason.OFFICER]
    if not whole:
        return Verdict.INCOMPLETE_SET, Reason.PAGES_MISSING
    if standing is None:
        return Verdict.GENUINE_OFFLINE, Reason.STANDING_NOT_ASKED
    if standing.status is Status.NOT_ON_RECORD:
        return Verdict.GENUINE_OFFLINE, Reason.NOT_ON_RECORD
    same = comparison is Comparison.SAME
    return Verdict.GENUINE_CURRENT, Reason.TEXT_SAME if same else Reason.TEXT_NOT_COMPARED


def _stamps(sheet: Sequence[bytes]) -> list[bytes]:
    return [code for code in sheet if _is_stamp(code)]


def _is_stamp(code: bytes) -> bool:
    try:
        stamping.decode(code)
    except StampUnreadable:
        return False
    return True


def _foreign(sheet: Sequence[bytes], keys: KeyList) -> Reason:
    kinds = {address_kind(code.decode("utf-8", "replace"), keys.origin) for code in sheet}
    for kind in (AddressKind.LOOKALIKE, AddressKind.OTHER, AddressKind.OFFICIAL):
        if kind in kinds:
            return _ADDRESSES[kind]
    return Reason.NOT_A_STAMP


def _doubt(code: bytes, keys: KeyList) -> Reason | None:
    """Why the stamp does not count, or None."""
    if stamping.decode(code).stamp.municipality_code != keys.municipality:
        return Reason.OTHER_MUNICIPALITY
    try:
        stamping.verify(code, keys.keys)
    except stamping.StampUntrusted as untrusted:
        return _DOUBTS[type(untrusted)]
    return None


def _mixed(stamps: Sequence[Stamp]) -> Reason | None:
    """Why the stamps are not of one rendering of one certificate, or None."""
    first = stamps[0]
    links: dict[int, bytes] = {}
    for stamp in stamps:
        if stamp.issue_number != first.issue_number:
            return Reason.OTHER_NUMBER
        if stamp.pages != first.pages:
            return Reason.OTHER_COUNT
        if stamp.day != first.day:
            return Reason.OTHER_DAY
        if stamp.secret != first.secret:
            return Reason.OTHER_RENDERING
        if links.setdefault(stamp.page, stamp.link) != stamp.link:
            return Reason.PAGE_CONTRADICTS
    return None
