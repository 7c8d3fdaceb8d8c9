"""What a notice can be about."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """The closed vocabulary of notices; words are chosen by the face that shows them."""

    FILING_RECEIVED = "filing.received"
    FILING_ACCEPTED = "filing.accepted"
    FILING_WITHDRAWN = "filing.withdrawn"
