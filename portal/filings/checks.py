"""What a machine can check about a 転出届 before an officer decides. Pure; the words belong to the desk."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from portal.clock import local_date
from portal.filings import windows
from portal.filings.reading import Filing
from portal.filings.tables import Proof
from portal.register import HouseholdRecord, IssueBlock, ResidentStatus


class Rule(StrEnum):
    """The rules, in the order of the review."""

    PROOF = "proof"
    """電子署名: a filing known by log-in only is not electronically signed."""
    WINDOW = "window"
    """受付期間: planned date within −30/+10 days of the day of filing."""
    HOUSEHOLD = "household"
    """世帯: every mover is a member of the applicant's household now."""
    STATUS = "status"
    """異動者: every mover is a plain resident now."""
    UNCHANGED = "unchanged"
    """住民記録: no mover's record has changed since the filing."""
    HEAD = "head"
    """世帯主: the head leaves and others stay, so a new head is needed."""
    COUNTER = "counter"
    """窓口: someone in the household is served at the counter only."""


class Outcome(StrEnum):
    """Nothing to do, look at it, or it cannot be accepted."""

    OK = "ok"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True)
class Check:
    """One rule and its outcome."""

    rule: Rule
    outcome: Outcome


def check(
    filing: Filing,
    household: HouseholdRecord,
    *,
    versions: Mapping[UUID, int],
    blocks: Collection[IssueBlock | None],
) -> tuple[Check, ...]:
    """Every rule about this filing. `versions` are those on which it rests, `blocks` those of the household now."""
    members = {member.id: member for member in household.members}
    movers = [mover.resident_id for mover in filing.content.movers]
    found = [members[mover] for mover in movers if mover in members]
    filed_on = local_date(filing.submitted_at)
    in_window = windows.judge(planned_date=filing.content.planned_date, filed_on=filed_on)
    head_leaves = household.head is not None and household.head.id in movers and len(found) < len(members)
    outcomes = {
        Rule.PROOF: _warn_if(filing.proof is Proof.LOG_IN),
        Rule.WINDOW: _stop_if(in_window is not windows.WindowVerdict.OPEN),
        Rule.HOUSEHOLD: _stop_if(len(found) < len(movers)),
        Rule.STATUS: _stop_if(any(member.status is not ResidentStatus.RESIDENT for member in found)),
        Rule.UNCHANGED: _warn_if(any(versions[member.id] != member.version for member in found)),
        Rule.HEAD: _warn_if(head_leaves),
        Rule.COUNTER: _stop_if(bool({IssueBlock.PROTECTED, IssueBlock.IN_PROGRESS} & set(blocks))),
    }
    return tuple(Check(rule, outcome) for rule, outcome in outcomes.items())


def _warn_if(condition: bool) -> Outcome:
    return Outcome.WARN if condition else Outcome.OK


def _stop_if(condition: bool) -> Outcome:
    return Outcome.STOP if condition else Outcome.OK
