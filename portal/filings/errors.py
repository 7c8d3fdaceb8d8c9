"""Why a filing is not taken, not found or not decided. Each face has its own words for these."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from portal.filings.states import FilingState


class CounterRequired(Exception):
    """Raised when this filing has to be made at the counter. Says no more: 支援措置 is never told apart."""


class SignatureRequired(Exception):
    """Raised when the municipality takes no filing without an electronic signature (令和3年総務省令96号)."""


class ApplicantTooYoung(Exception):
    """Raised when the person who files is under 15: the card of such a person cannot be used for a filing."""


class MoverAlreadyNamed(Exception):
    """Raised when an undecided or accepted filing already names one of the movers; carries whom."""

    def __init__(self, resident_ids: Collection[UUID]) -> None:
        super().__init__(", ".join(sorted(map(str, resident_ids))))
        self.resident_ids = frozenset(resident_ids)


class SubmissionKeyUsed(Exception):
    """Raised when a submission key already belongs to a filing of another resident."""


class FilingUnknown(Exception):
    """Raised when there is no such filing, or it is not this person's (the two are never told apart)."""


class ClaimedByAnother(Exception):
    """Raised when another officer holds the filing; says who and until when."""

    def __init__(self, officer_id: UUID, officer_name: str, until: datetime) -> None:
        super().__init__(str(officer_id))
        self.officer_id = officer_id
        self.officer_name = officer_name
        self.until = until


class StaleDecision(Exception):
    """Raised when a decision rests on a version that is no longer the present one; says what happened and by whom.

    `by` is an officer's display name, or None when the resident did it (取下げ).
    """

    def __init__(self, state: FilingState, by: str | None, at: datetime) -> None:
        super().__init__(state.value)
        self.state = state
        self.by = by
        self.at = at


class ChecksFailed(Exception):
    """Raised when a filing cannot be accepted because the register says otherwise; carries the rules that stop it."""

    def __init__(self, rules: Collection[str]) -> None:
        super().__init__(", ".join(rules))
        self.rules = tuple(rules)
