"""What is the printer's state, and is it provably empty and able?"""

from __future__ import annotations

from dataclasses import dataclass

from print_agent import raster
from print_agent.ipp import Attribute, Group, IppClient, Value, codec
from print_agent.reasons import NOT_ACCEPTING, WRONG_FORMAT, Kind, Reason, reasons_of

IDLE, PROCESSING, STOPPED = 3, 4, 5
MEDIA = "iso_a4_210x297mm"
A4_HUNDREDTHS = (21000, 29700)
"""``media-size`` in hundredths of a millimetre."""
SIDES = "one-sided"
PDF = "application/pdf"
DOTS_AN_INCH = 3
"""The unit of a resolution (RFC 8011, 5.1.16)."""

PRINTER_ATTRIBUTES = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "media-ready",
    "document-format-supported",
    "pwg-raster-document-resolution-supported",
    "pwg-raster-document-type-supported",
    "media-col-ready",
    "printer-input-tray",
)
JOB_ATTRIBUTES = (
    "job-id",
    "job-uuid",
    "job-name",
    "job-originating-user-name",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
)


@dataclass(frozen=True)
class Job:
    """A job as the printer tells it; ``impressions`` is None when the printer does not say."""

    job_id: int
    uuid: str | None
    name: str | None
    user: str | None
    state: int
    reasons: tuple[str, ...]
    impressions: int | None

    @property
    def ended(self) -> bool:
        """Whether the printer calls it canceled, aborted or completed (7, 8, 9)."""
        return self.state >= 7


@dataclass(frozen=True)
class Format:
    """How a printer wants its documents; ``dots_an_inch`` = 0 where that is not asked (PDF)."""

    mime: str
    dots_an_inch: int = 0


@dataclass(frozen=True)
class Condition:
    """The printer at one moment. ``jobs`` are those not completed.

    ``takes`` is None when it reads nothing we can make; ``sheets`` = A4 in its trays and ``capacity`` = how many can
    be, None when it does not tell.
    """

    state: int
    reasons: tuple[Reason, ...]
    jobs: tuple[Job, ...]
    takes: Format | None = None
    sheets: int | None = None
    capacity: int | None = None

    @property
    def lacks_paper(self) -> bool:
        """Whether it says that it wants paper."""
        return any(reason.blocking and reason.kind is Kind.PAPER for reason in self.reasons)

    @property
    def blocked(self) -> bool:
        """Whether a person is needed before sheets come."""
        return any(reason.blocking for reason in self.reasons)

    @property
    def able(self) -> bool:
        """Whether an order may start: idle, provably empty, A4 loaded, nothing in the way."""
        return self.state == IDLE and not self.jobs and not self.blocked


def observe(client: IppClient) -> Condition:
    """Asks the printer. Raises PrinterUnreachable, IppRefused, MalformedAnswer."""
    jobs = tuple(job_of(group) for group in client.jobs("not-completed", JOB_ATTRIBUTES))
    return condition_of(client.printer_attributes(PRINTER_ATTRIBUTES), jobs)


def condition_of(attributes: Group, jobs: tuple[Job, ...]) -> Condition:
    """The condition an answer describes; what the answer leaves out counts against the printer."""
    state = attributes.integer("printer-state") or STOPPED
    reasons = [*reasons_of(attributes.texts("printer-state-reasons"), stopped=state == STOPPED)]
    known = {reason.keyword for reason in reasons}
    if MEDIA not in attributes.texts("media-ready") and not known & {"media-empty", "media-needed"}:
        reasons.append(Reason("media-needed", blocking=True, kind=Kind.PAPER))
    if not attributes.boolean("printer-is-accepting-jobs"):
        reasons.append(Reason(NOT_ACCEPTING, blocking=True, kind=Kind.PAUSED))
    takes = format_of(attributes)
    if takes is None:
        reasons.append(Reason(WRONG_FORMAT, blocking=True, kind=Kind.SERVICE))
    return Condition(state, tuple(reasons), jobs, takes, *sheets_of(attributes))


def format_of(attributes: Group) -> Format | None:
    """PDF where the printer reads it, else grey raster in the best of our resolutions, else None."""
    formats = attributes.texts("document-format-supported")
    if PDF in formats:
        return Format(PDF)
    if raster.RASTER not in formats or not raster.available():
        return None
    if raster.COLOUR not in attributes.texts("pwg-raster-document-type-supported"):
        return None
    supported = attributes.contents("pwg-raster-document-resolution-supported")
    found = [dots for dots in raster.RESOLUTIONS if (dots, dots, DOTS_AN_INCH) in supported]
    return Format(raster.RASTER, found[0]) if found else None


def was_refilled(before: Condition, after: Condition) -> bool:
    """Whether somebody put paper in between two looks: the want of it has gone, or the level has risen."""
    if before.sheets is not None and after.sheets is not None:
        return after.sheets > before.sheets
    return before.lacks_paper and not after.lacks_paper


def sheets_of(attributes: Group) -> tuple[int | None, int | None]:
    """A4 sheets in the trays and room for them, by ``printer-input-tray`` (PWG 5100.13, 5.6).

    Each is None unless every tray with A4 tells it.
    """
    loaded = {source for source in map(_source_of_a4, attributes.contents("media-col-ready")) if source}
    trays = [tray for tray in map(_fields, attributes.contents("printer-input-tray")) if tray.get("name") in loaded]
    return _sum(trays, "level"), _sum(trays, "maxcapacity")


def _sum(trays: list[dict[str, str]], name: str) -> int | None:
    """A negative number means that the tray does not know (prtInputCurrentLevel, RFC 3805)."""
    told = [int(tray[name]) if tray.get(name, "").isdecimal() else None for tray in trays]
    known = [number for number in told if number is not None]
    return sum(known) if told and len(known) == len(told) else None


def _source_of_a4(media: object) -> str | None:
    """The tray of a ``media-col`` if A4 lies in it."""
    if not isinstance(media, tuple):
        return None
    members = Group(0, tuple(member for member in media if isinstance(member, Attribute)))
    for size in members.contents("media-size"):
        if isinstance(size, tuple):
            edges = Group(0, tuple(member for member in size if isinstance(member, Attribute)))
            if (edges.integer("x-dimension"), edges.integer("y-dimension")) == A4_HUNDREDTHS:
                return members.text("media-source")
    return None


def _fields(tray: object) -> dict[str, str]:
    """``type=…;level=100;name=main;`` as a dictionary."""
    text = tray.decode("utf-8", "replace") if isinstance(tray, bytes) else ""
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)


def job_of(group: Group) -> Job:
    """A job from its attribute group; a job without a state counts as still alive (RFC 8011: unknown)."""
    return Job(
        job_id=group.integer("job-id") or 0,
        uuid=group.text("job-uuid"),
        name=group.text("job-name"),
        user=group.text("job-originating-user-name"),
        state=group.integer("job-state") or 0,
        reasons=group.texts("job-state-reasons"),
        impressions=group.integer("job-impressions-completed"),
    )


def job_template(copies: int) -> tuple[Attribute, ...]:
    """The job attributes of a certificate: A4, one side, this many copies."""
    return (
        Attribute("copies", (Value(codec.INTEGER, copies),)),
        Attribute("media", (Value(codec.KEYWORD, MEDIA),)),
        Attribute("sides", (Value(codec.KEYWORD, SIDES),)),
    )
