"""What is wrong with a delivered document, told from what was asked for, the document's own text and its ticket."""

import base64
import hashlib
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from print_agent.ticket import Keys, TokenExpired, TokenForOtherTerminal, TokenInvalid, verify_ticket
from tests.proof.names import issue_numbers_in, named_in
from tests.proof.paper import page_hashes, text_of
from tests.proof.world import Person

_EXAMPLES = 12


class Finding(StrEnum):
    """The ways in which the counter can fail. Every one of them must stay at zero."""

    CROSSINGS = "crossings"
    """a document with a person on it whom the request does not name, or given to whom it is not for"""
    DUPLICATES = "duplicates"
    """one document for two requests, or two documents for one request"""
    LOSSES = "losses"
    """a request that is neither at an end nor an open case, or that nobody knows of any more"""
    STALE = "stale"
    """a record on the paper that was another one at the moment of release"""
    PAST_RESTRICTION = "past_restriction"
    """released although somebody on it was held, protected or leaving, or the kiosks were stopped"""
    MISMATCHES = "mismatches"
    """bytes, ticket and page hashes that do not belong together"""
    REVIVALS = "revivals"
    """a request that had come to an end and went on all the same"""
    GAPS = "gaps"
    """requests, renderings, deliveries and outcomes that do not match one to one"""


@dataclass
class Asked:
    """One request as its kiosk knows it."""

    key: UUID
    terminal: str
    resident: Person
    persons: tuple[Person, ...]
    named: frozenset[int]
    """serials that may stand on the paper: the persons, and their head where the relationship is printed"""
    issuance: UUID | None = None
    release_sent_at: float | None = None
    """when the first attempt to fetch the document left the kiosk (Unix seconds)"""
    end_seen: str | None = None
    paid: str | None = None
    """the payment device's number of the fee that it holds"""
    timed_out: bool = False
    contested: bool = False
    """whether a worker may still be busy with it although its time is over, or another worker has it"""
    reported: str | None = None


@dataclass(frozen=True, repr=False)
class Delivery:
    """One document that reached a kiosk."""

    asked: Asked
    sha256: str
    ticket: str
    versions: dict[str, int]
    named: frozenset[tuple[int, int]]


@dataclass
class Findings:
    """Counts of what was found, and the first examples of each, by opaque ids."""

    counts: Counter[Finding] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, finding: Finding, of: object, what: str) -> None:
        """Something is wrong with this issuance."""
        with self._lock:
            self.counts[finding] += 1
            if self.counts[finding] <= _EXAMPLES:
                self.examples.append(f"{finding.value}: {of}: {what}")


class Judge:
    """Looks at every document that a kiosk receives. Any number of kiosks may hand theirs in at once."""

    def __init__(self, keys: Keys, findings: Findings) -> None:
        self._keys, self.findings = keys, findings
        self._lock = threading.Lock()
        self._of_document: dict[str, UUID] = {}
        self._of_number: dict[str, UUID] = {}
        self.deliveries: dict[UUID, Delivery] = {}
        self.repeats = 0

    def deliver(self, asked: Asked, ticket: str, document: bytes, now: float) -> None:
        """A kiosk holds this document in its hands for `asked`."""
        issuance = asked.issuance
        if issuance is None:
            self.findings.add(Finding.CROSSINGS, asked.key, "a document for a request that was never accepted")
            return
        if asked.end_seen is not None or asked.reported is not None:
            self.findings.add(Finding.REVIVALS, issuance, "delivered after it had come to an end")
        sha256 = hashlib.sha256(document).hexdigest()
        payload = self._ticket(asked, ticket, now)
        pages = text_of(document)
        named = frozenset().union(*map(named_in, pages))
        self._subject(asked, payload, {serial for serial, _ in named})
        if (payload.get("sha256"), payload.get("page_hashes")) != (sha256, page_hashes(document)):
            self.findings.add(Finding.MISMATCHES, issuance, "bytes are not those of the ticket")
        if payload.get("pages") != len(pages):
            self.findings.add(Finding.MISMATCHES, issuance, "another number of pages than the ticket's")
        versions = payload.get("record_versions")
        found = Delivery(asked, sha256, ticket, versions if isinstance(versions, dict) else {}, named)
        self._unique(issuance, found, pages)

    def _ticket(self, asked: Asked, ticket: str, now: float) -> dict[str, object]:
        try:
            verify_ticket(ticket, self._keys, asked.terminal, now)
        except (TokenInvalid, TokenForOtherTerminal, TokenExpired) as refused:
            # A ticket fetched again later may be over: it is the same one, and the agent has it already.
            if not (isinstance(refused, TokenExpired) and asked.issuance in self.deliveries):
                self.findings.add(
                    Finding.MISMATCHES, asked.issuance, f"the ticket is refused: {type(refused).__name__}"
                )
        segment = ticket.split(".")[1]
        payload: dict[str, object] = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
        return payload

    def _subject(self, asked: Asked, payload: dict[str, object], serials: set[int]) -> None:
        if serials != asked.named:
            self.findings.add(
                Finding.CROSSINGS, asked.issuance, f"names {sorted(serials)}, not {sorted(asked.named)}"
            )
        if payload.get("order") != str(asked.issuance):
            self.findings.add(Finding.CROSSINGS, asked.issuance, "the ticket is of another request")
        subjects = payload.get("subjects")
        if not isinstance(subjects, list) or set(subjects) != {str(person.id) for person in asked.persons}:
            self.findings.add(Finding.CROSSINGS, asked.issuance, "the manifest names other persons")

    def _unique(self, issuance: UUID, found: Delivery, pages: list[str]) -> None:
        numbers = [issue_numbers_in(page) for page in pages]
        if not numbers or any(len(of_page) != 1 or of_page != numbers[0] for of_page in numbers):
            self.findings.add(Finding.CROSSINGS, issuance, "pages of different issues")
            return
        with self._lock:
            before = self.deliveries.setdefault(issuance, found)
            others = {self._of_document.setdefault(found.sha256, issuance)} | {
                self._of_number.setdefault(number, issuance) for number in numbers[0]
            }
            self.repeats += before is not found
        if others != {issuance}:
            self.findings.add(Finding.DUPLICATES, issuance, "document or issue number of another request")
        if (before.sha256, before.ticket) != (found.sha256, found.ticket):
            self.findings.add(Finding.DUPLICATES, issuance, "another document or ticket than before")
