"""What is the printer's state, and is it provably empty and able?"""

from __future__ import annotations

from dataclasses import dataclass

from print_agent.ipp import Attribute, Group, IppClient, Value, codec
from print_agent.reasons import NOT_ACCEPTING, WRONG_FORMAT, Kind, Reason, reasons_of

IDLE, PROCESSING, STOPPED = 3, 4, 5
MEDIA = "iso_a4_210x297mm"
SIDES = "one-sided"
FORMAT = "application/pdf"

PRINTER_ATTRIBUTES = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "media-ready",
    "document-format-supported",
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
class Condition:
    """The printer at one moment. ``jobs`` are those not completed."""

    state: int
    reasons: tuple[Reason, ...]
    jobs: tuple[Job, ...]

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
    if FORMAT not in attributes.texts("document-format-supported"):
        reasons.append(Reason(WRONG_FORMAT, blocking=True, kind=Kind.SERVICE))
    return Condition(state, tuple(reasons), jobs)


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
