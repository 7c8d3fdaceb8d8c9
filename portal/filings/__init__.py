"""Filings (届出): drafts, what a 転出届 says, its windows and states, submission, the queue, decisions."""

from portal.filings import drafts
from portal.filings.admission import Admission, admit
from portal.filings.checks import Check, Outcome, Rule
from portal.filings.decision import accept, release_departed
from portal.filings.drafts import Draft
from portal.filings.errors import (
    ApplicantTooYoung,
    ChecksFailed,
    ClaimedByAnother,
    CounterRequired,
    FilingUnknown,
    MoverAlreadyNamed,
    SignatureRequired,
    StaleDecision,
    SubmissionKeyUsed,
)
from portal.filings.moving_out import (
    Answers,
    Candidate,
    ContentRefused,
    Destination,
    Field,
    FieldError,
    Mover,
    MovingOut,
    Problem,
)
from portal.filings.prefectures import PREFECTURES
from portal.filings.questions import complete, parse_destination, parse_movers, parse_planned_date
from portal.filings.queue import (
    Cursor,
    QueueCounts,
    QueuePage,
    QueueView,
    find_by_receipt_number,
    queue,
    queue_counts,
)
from portal.filings.reading import (
    Claim,
    Decision,
    Filing,
    Officer,
    Step,
    filing_for,
    filings_of,
    receipt_numbers,
    timeline,
)
from portal.filings.review import LEASE, Review, open_for_review, release_claim
from portal.filings.states import FilingEvent, FilingState, IllegalTransition
from portal.filings.submission import submit, submitted_with
from portal.filings.tables import FilingKind, Proof
from portal.filings.windows import earliest_planned_date, latest_planned_date
from portal.filings.withdrawal import withdraw

__all__ = [
    "LEASE",
    "PREFECTURES",
    "Admission",
    "Answers",
    "ApplicantTooYoung",
    "Candidate",
    "Check",
    "ChecksFailed",
    "Claim",
    "ClaimedByAnother",
    "ContentRefused",
    "CounterRequired",
    "Cursor",
    "Decision",
    "Destination",
    "Draft",
    "Field",
    "FieldError",
    "Filing",
    "FilingEvent",
    "FilingKind",
    "FilingState",
    "FilingUnknown",
    "IllegalTransition",
    "Mover",
    "MoverAlreadyNamed",
    "MovingOut",
    "Officer",
    "Outcome",
    "Problem",
    "Proof",
    "QueueCounts",
    "QueuePage",
    "QueueView",
    "Review",
    "Rule",
    "SignatureRequired",
    "StaleDecision",
    "Step",
    "SubmissionKeyUsed",
    "accept",
    "admit",
    "complete",
    "drafts",
    "earliest_planned_date",
    "filing_for",
    "filings_of",
    "find_by_receipt_number",
    "latest_planned_date",
    "open_for_review",
    "parse_destination",
    "parse_movers",
    "parse_planned_date",
    "queue",
    "queue_counts",
    "receipt_numbers",
    "release_claim",
    "release_departed",
    "submit",
    "submitted_with",
    "timeline",
    "withdraw",
]
