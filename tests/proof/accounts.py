"""Closing the accounts of a campaign: what the register's own history says was true when each document was released.

PostgreSQL dates each commit, and whoever changes a record or places a restriction holds the lock of the resident's
row until it has committed, as a release does. So of a change and a release of the same person one has committed
first, and everything that had is binding for the release. The row of the issuance is believed in nothing here.
"""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from portal.certificates.tables import issuance_documents, issuances
from tests.proof.judge import Asked, Delivery, Finding, Findings, Judge
from tests.proof.names import name
from tests.proof.world import Person

PROTECTION = "protection"
"""the source under which a protection (支援措置) stands in the history of restrictions"""
ENDS = frozenset({"printed", "not_printed", "settled", "expired"})
_HISTORY = sa.text(
    "SELECT resident_id, version, record, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS committed "
    "FROM resident_history ORDER BY version"
)
_EVENTS = sa.text(
    "SELECT action, subject, detail, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 AS committed "
    "FROM audit_events ORDER BY 4, id"
)
_MONEY = sa.text("SELECT issuance_id, state FROM payments")
# What a fee may be at for each way in which a request came to rest; a device that is off has not yet carried it out.
_RETURNED = frozenset({"voiding", "voided"})
_FEES = {
    "printed": frozenset({"capturing", "captured"}),
    "unknown": frozenset({"held"}),
    **dict.fromkeys(("not_printed", "expired", "failed", "settled"), _RETURNED),
}
_JOBS = sa.text("SELECT status::text, args->>'issuance' AS issuance FROM procrastinate_jobs")


@dataclass
class History:
    """Everything that was true of one resident, in the order of the commits."""

    committed: list[float] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    records: dict[int, dict[str, object]] = field(default_factory=dict)
    restrictions: list[tuple[float, str, bool]] = field(default_factory=list)

    def version_at(self, moment: float) -> int:
        """The version that stood just before `moment`; 0 before there was one."""
        place = bisect_left(self.committed, moment)
        return self.versions[place - 1] if place else 0

    def blocked_at(self, moment: float) -> str | None:
        """What forbade paper about this person just before `moment`."""
        standing: set[str] = set()
        for committed, source, begins in self.restrictions:
            if committed < moment:
                (standing.add if begins else standing.discard)(source)
        status = str(self.records.get(self.version_at(moment), {}).get("status"))
        return min(standing, default=None) or (None if status == "resident" else status)


@dataclass
class Ledger:
    """What the database holds after a campaign."""

    people: dict[UUID, History] = field(default_factory=lambda: defaultdict(History))
    stops: list[tuple[float, bool]] = field(default_factory=list)
    released: dict[UUID, list[float]] = field(default_factory=lambda: defaultdict(list))
    rendered: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))
    ended: set[UUID] = field(default_factory=set)
    rendered_after_end: set[UUID] = field(default_factory=set)
    requested: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    rows: dict[UUID, "sa.Row[tuple[object, ...]]"] = field(default_factory=dict)
    money: dict[UUID, str] = field(default_factory=dict)
    left_documents: set[UUID] = field(default_factory=set)
    open_jobs: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, connection: sa.Connection) -> "Ledger":
        """All of it."""
        ledger = cls()
        for row in connection.execute(_HISTORY):
            person = ledger.people[row.resident_id]
            person.committed.append(row.committed)
            person.versions.append(row.version)
            person.records[row.version] = json.loads(row.record)
        for row in connection.execute(_EVENTS):
            ledger._event(row.action, row.subject, json.loads(row.detail), row.committed)
        ledger.rows = {row.id: row for row in connection.execute(sa.select(issuances))}
        ledger.money = {row.issuance_id: row.state for row in connection.execute(_MONEY)}
        ledger.left_documents = set(connection.execute(sa.select(issuance_documents.c.issuance_id)).scalars())
        ledger.open_jobs = [(row.status, row.issuance) for row in connection.execute(_JOBS)]
        return ledger

    def _event(self, action: str, subject: UUID, detail: Mapping[str, object], committed: float) -> None:
        match action:
            case "hold.placed" | "hold.lifted":
                began = action == "hold.placed"
                self.people[subject].restrictions.append((committed, str(detail["source"]), began))
            case "protection.placed":
                self.people[subject].restrictions.append((committed, PROTECTION, True))
            case "municipality.changed" if detail.get("switch") == "kiosk_stopped":
                self.stops.append((committed, detail["value"] == "true"))
            case "issuance.requested":
                self.requested[UUID(str(detail["issuance"]))] += 1
            case "issuance.rendered":
                issuance = UUID(str(detail["issuance"]))
                self.rendered[issuance].append(str(detail["sha256"]))
                if issuance in self.ended:
                    self.rendered_after_end.add(issuance)
            case "issuance.ended":
                self.ended.add(UUID(str(detail["issuance"])))
            case "issuance.released":
                self.released[UUID(str(detail["issuance"]))].append(committed)

    def stopped_throughout(self, begin: float, end: float) -> bool:
        """Whether all kiosks were stopped before `begin` and nobody opened them again before `end`."""
        stopped = False
        for committed, on in self.stops:
            if committed < begin:
                stopped = on
            elif committed < end:
                return False
        return stopped

    def sizes(self, household: str, begin: float, end: float) -> set[int]:
        """How many people lived in this household at any moment between."""
        committed = [
            (when, resident, version)
            for resident, person in self.people.items()
            if any(str(record["household_id"]) == household for record in person.records.values())
            for when, version in zip(person.committed, person.versions, strict=True)
        ]
        here: set[UUID] = set()
        sizes: set[int] = set()
        for when, resident, version in [*sorted(committed), (end, None, 0)]:
            if when >= begin:
                sizes.add(len(here))
            if when >= end or resident is None:
                break
            living = self.people[resident].records[version]["status"] in {"resident", "planned_departure"}
            (here.add if living else here.discard)(resident)
        return sizes


def close(ledger: Ledger, judge: Judge, asked: Iterable[Asked], people: Mapping[UUID, Person]) -> None:
    """Compare everything that kiosks saw with everything that is on record."""
    findings, everything = judge.findings, list(asked)
    for delivery in judge.deliveries.values():
        _true_at_release(ledger, delivery, people, findings)
    _losses(ledger, everything, findings)
    _one_to_one(ledger, judge, everything, findings)


def _true_at_release(ledger: Ledger, delivery: Delivery, people: Mapping[UUID, Person], findings: Findings) -> None:
    asked = delivery.asked
    moments = ledger.released.get(asked.issuance, []) if asked.issuance else []
    if not moments:
        findings.add(Finding.GAPS, asked.issuance, "delivered, but no release is on record")
        return
    moment, sent = moments[0], asked.release_sent_at or moments[0]
    for reference, version in delivery.versions.items():
        person = people.get(UUID(reference))
        if person is not None:
            _record_at(ledger.people[person.id], moment, delivery, person, findings)
        elif version not in ledger.sizes(reference, sent, moment):
            findings.add(Finding.STALE, asked.issuance, "the household had another size")
    if {str(person.id) for person in asked.persons} - delivery.versions.keys():
        findings.add(Finding.STALE, asked.issuance, "the manifest has no version of a person on the paper")
    for person in {asked.resident, *asked.persons}:
        blocked = ledger.people[person.id].blocked_at(moment)
        if blocked is not None:
            findings.add(Finding.PAST_RESTRICTION, asked.issuance, f"released past {blocked}")
    if ledger.stopped_throughout(sent, moment):
        findings.add(Finding.PAST_RESTRICTION, asked.issuance, "released while the kiosks were stopped")


def _record_at(history: History, moment: float, delivery: Delivery, person: Person, findings: Findings) -> None:
    version = delivery.versions[str(person.id)]
    if version != history.version_at(moment):
        findings.add(Finding.STALE, delivery.asked.issuance, f"version {version}, not {history.version_at(moment)}")
    said = history.records.get(version, {}).get("name")
    names = {name(serial, of_name) for serial, of_name in delivery.named if serial == person.serial}
    if names and names != {said}:
        findings.add(Finding.STALE, delivery.asked.issuance, "the text is of another version than the manifest")


def _losses(ledger: Ledger, asked: list[Asked], findings: Findings) -> None:
    known = {one.key for one in asked}
    for one in asked:
        if one.issuance is not None and one.issuance not in ledger.rows:
            findings.add(Finding.LOSSES, one.issuance, "accepted, and nowhere to be found")
    for row in ledger.rows.values():
        open_case = row.state == "unknown" or (row.state == "failed" and row.refusal is None)
        if row.state not in ENDS and not open_case and not (row.state == "failed" and row.refusal is not None):
            findings.add(Finding.LOSSES, row.id, f"left in state {row.state}")
        if row.request_key not in known:
            findings.add(Finding.GAPS, row.id, "a request that no kiosk sent")


def _one_to_one(ledger: Ledger, judge: Judge, asked: list[Asked], findings: Findings) -> None:
    by_key = {one.key: one for one in asked}
    _fees(ledger, findings)
    if len({row.request_key for row in ledger.rows.values()}) != len(ledger.rows):
        findings.add(Finding.DUPLICATES, "requests", "one request key with several issuances")
    for issuance, row in ledger.rows.items():
        one, delivery = by_key.get(row.request_key), judge.deliveries.get(issuance)
        _counts(ledger, issuance, 1 + row.repeated, findings)
        renderings, releases = ledger.rendered.get(issuance, []), ledger.released.get(issuance, [])
        if delivery is not None and renderings[-1:] != [delivery.sha256]:
            findings.add(Finding.GAPS, issuance, "delivered something else than was rendered last")
        if releases and (one is None or one.release_sent_at is None):
            findings.add(Finding.GAPS, issuance, "released to nobody")
        if one is not None:
            _end_as_seen(one, str(row.state), findings)
    for issuance in ledger.rendered_after_end:
        findings.add(Finding.REVIVALS, issuance, "rendered after it had come to an end")
    for issuance in ledger.left_documents:
        findings.add(Finding.GAPS, issuance, "its document was left behind")
    for status, of_job in ledger.open_jobs:
        served = ledger.rows.get(UUID(of_job))
        if status != "failed" or served is None or served.state not in ENDS | {"failed"}:
            findings.add(Finding.LOSSES, of_job, f"its job is left as {status}")


def _fees(ledger: Ledger, findings: Findings) -> None:
    for issuance, row in ledger.rows.items():
        if ledger.money.get(issuance) not in _FEES.get(str(row.state), frozenset()):
            findings.add(Finding.GAPS, issuance, f"{row.state}, and its fee is {ledger.money.get(issuance)}")


def _counts(ledger: Ledger, issuance: UUID, most_renderings: int, findings: Findings) -> None:
    if ledger.requested.get(issuance) != 1:
        findings.add(Finding.GAPS, issuance, "not requested exactly once")
    if len(ledger.rendered.get(issuance, [])) > most_renderings:
        findings.add(Finding.GAPS, issuance, f"rendered {len(ledger.rendered[issuance])} times")
    if len(ledger.released.get(issuance, [])) > 1:
        findings.add(Finding.DUPLICATES, issuance, f"released {len(ledger.released[issuance])} times")


def _end_as_seen(one: Asked, state: str, findings: Findings) -> None:
    """What the kiosk was told is what stands in the end; only staff may settle what was open."""
    told = one.end_seen if one.timed_out else one.reported or one.end_seen
    if told is not None and state != told and not (state == "settled" and told in {"unknown", "failed"}):
        findings.add(Finding.REVIVALS, one.issuance, f"was {told}, is {state}")
