"""Who may have paper, as one pure rule. Asked twice: when choices are offered and again at release."""

from dataclasses import dataclass, field
from datetime import date, datetime

from portal.certificates.paper import Among, Data, Facts, Hours, Kind, Place, no_rule
from portal.certificates.tables import RefusalCode
from portal.clock import local_date
from portal.municipality import Closed, HoldScope, Municipality, office_open, service_state
from portal.register import IssueBlock, ResidentRecord

AGE_AT_KIOSK = 15


@dataclass(frozen=True)
class Entitled:
    """Paper may be issued."""


@dataclass(frozen=True)
class Refused:
    """No paper; `code` is all a screen may know."""

    code: RefusalCode


@dataclass(frozen=True, repr=False)
class Standing:
    """What the rule needs of one person: what stops paper about them, and their birth date as registered."""

    block: IssueBlock | None
    birth_date: str | None


@dataclass(frozen=True, repr=False)
class Circle:
    """The applicant, those who would stand on the paper, everybody in the household, and whether it has a head.

    `own` is the applicant's record, None once they have gone; `data` is what the kind has read.
    """

    applicant: Standing
    on_paper: tuple[Standing, ...]
    household: tuple[Standing, ...]
    headed: bool = True
    own: ResidentRecord | None = None
    data: Data = field(default_factory=Data)


def decide(
    circle: Circle,
    municipality: Municipality,
    kind: Kind,
    now: datetime,
    *,
    place: Place = Place.KIOSK,
    at_release: bool = False,
) -> Entitled | Refused:
    """Whether this paper may be issued now.

    Service hours, those of the office too, are asked at the door only: who was let in before closing time is served.
    Stops, maintenance and everything about the persons and the kind's data count at release as well.
    """
    code = (
        closed(municipality, kind, now, place=place, at_release=at_release)
        or _not_serving(municipality, now, at_release=at_release)
        or _blocked(circle.applicant)
        or _under_age(circle.applicant, municipality, kind, now)
        or _household_leaving(circle, municipality)
        or _headless(circle, kind)
        or next(filter(None, map(_blocked, circle.on_paper)), None)
        or _by_the_kind(circle, municipality, kind, now)
    )
    return Entitled() if code is None else Refused(code)


def closed(
    municipality: Municipality, kind: Kind, now: datetime, *, place: Place = Place.KIOSK, at_release: bool = False
) -> RefusalCode | None:
    """Why nobody at all gets this kind at this place now, though kiosks serve; None if somebody may."""
    if place not in kind.places:
        return RefusalCode.NOT_HERE
    if kind.id in municipality.stopped_certificates:
        return RefusalCode.STOPPED
    if kind.hours is Hours.OFFICE and not at_release and not office_open(municipality, now):
        return RefusalCode.OFFICE_HOURS
    return None


def _not_serving(municipality: Municipality, now: datetime, *, at_release: bool) -> RefusalCode | None:
    service = service_state(municipality, now)
    if not isinstance(service, Closed):
        return None
    code = RefusalCode(service.reason.value)
    return None if at_release and code is RefusalCode.HOURS else code


def _blocked(standing: Standing) -> RefusalCode | None:
    # The public word of 支援措置 is that of any change under way: an abuser may hold the card and know the PIN.
    return None if standing.block is None else RefusalCode(standing.block.public_code)


def _household_leaving(circle: Circle, municipality: Municipality) -> RefusalCode | None:
    if municipality.hold_scope is not HoldScope.HOUSEHOLD:
        return None
    leaving = any(member.block is IssueBlock.PLANNED_DEPARTURE for member in circle.household)
    return RefusalCode.MOVING if leaving else None


def _headless(circle: Circle, kind: Kind) -> RefusalCode | None:
    # A household whose head (世帯主) has gone waits for 世帯変更届; until then its record is not whole.
    if kind.among is not Among.HOUSEHOLD or circle.headed:
        return None
    return RefusalCode.IN_PROGRESS


def _by_the_kind(circle: Circle, municipality: Municipality, kind: Kind, now: datetime) -> RefusalCode | None:
    if circle.own is None:
        # Nobody to ask the rule about; whoever has gone is blocked already.
        return None if kind.refuse is no_rule else RefusalCode.IN_PROGRESS
    return kind.refuse(Facts(circle.own, circle.data, municipality, local_date(now)))


def _under_age(standing: Standing, municipality: Municipality, kind: Kind, now: datetime) -> RefusalCode | None:
    if municipality.under_15_at_kiosk and not kind.never_under_15:
        return None
    return RefusalCode.UNDER_AGE if _surely_younger(standing.birth_date or "", local_date(now)) else None


def _surely_younger(birth_date: str, today: date) -> bool:
    """Whether somebody born then is under age. Unknown months and days are taken as the latest possible."""
    year, _, rest = birth_date.partition("-")
    if len(year) != 4 or not year.isdigit():
        # 不詳 and lunisolar dates belong to the very old.
        return False
    month, _, day = rest.partition("-")
    latest = (int(year), int(month or 12), int(day or 31))
    return (today.year - AGE_AT_KIOSK, today.month, today.day) < latest
