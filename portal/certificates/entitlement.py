"""Who may have paper, as one pure rule. Asked twice: when choices are offered and again at release."""

from dataclasses import dataclass
from datetime import date, datetime

from portal.certificates.tables import RefusalCode
from portal.clock import local_date
from portal.municipality import Closed, HoldScope, Municipality, service_state
from portal.register import IssueBlock

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
    """The applicant, those who would stand on the paper, everybody in the household, and whether it has a head."""

    applicant: Standing
    on_paper: tuple[Standing, ...]
    household: tuple[Standing, ...]
    headed: bool = True


def decide(
    circle: Circle, municipality: Municipality, kind_id: str, now: datetime, *, at_release: bool = False
) -> Entitled | Refused:
    """Whether this paper may be issued now.

    Service hours are asked at the door only: who was let in before closing time is served. Stops, maintenance and
    everything about the persons count at release as well.
    """
    code = (
        _closed(municipality, kind_id, now, at_release=at_release)
        or _blocked(circle.applicant)
        or _under_age(circle.applicant, municipality, now)
        or _household_leaving(circle, municipality)
        or _headless(circle)
        or next(filter(None, map(_blocked, circle.on_paper)), None)
    )
    return Entitled() if code is None else Refused(code)


def _closed(municipality: Municipality, kind_id: str, now: datetime, *, at_release: bool) -> RefusalCode | None:
    if kind_id in municipality.stopped_certificates:
        return RefusalCode.STOPPED
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


def _headless(circle: Circle) -> RefusalCode | None:
    # A household whose head (世帯主) has gone waits for 世帯変更届; until then its record is not whole.
    return None if circle.headed else RefusalCode.IN_PROGRESS


def _under_age(standing: Standing, municipality: Municipality, now: datetime) -> RefusalCode | None:
    if municipality.under_15_at_kiosk:
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
