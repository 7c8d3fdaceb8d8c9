"""What an import did, in codes, numbers of rows and 宛名番号. It never repeats a value of the files."""

from dataclasses import dataclass, field
from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a file or a row was refused."""

    MISSING_FILE = "missing_file"
    NOT_UTF8 = "not_utf8"
    MISSING_COLUMN = "missing_column"
    UNKNOWN_COLUMN = "unknown_column"
    DUPLICATE_COLUMN = "duplicate_column"
    MALFORMED_ROW = "malformed_row"
    REQUIRED = "required"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    PRIVATE_CHARACTER = "private_character"
    UNASSIGNED_CHARACTER = "unassigned_character"
    LONE_SELECTOR = "lone_selector"
    UNKNOWN_VARIANT = "unknown_variant"
    SURROUNDING_SPACE = "surrounding_space"
    BAD_NUMBER = "bad_number"
    BAD_CHECK_DIGIT = "bad_check_digit"
    BAD_DATE = "bad_date"
    BAD_CHOICE = "bad_choice"
    BAD_AMOUNT = "bad_amount"
    BAD_PICTURE = "bad_picture"
    DUPLICATE_NUMBER = "duplicate_number"
    NUMBER_TAKEN = "number_taken"
    UNKNOWN_HOUSEHOLD = "unknown_household"
    UNKNOWN_RESIDENT = "unknown_resident"
    UNKNOWN_REGISTER = "unknown_register"
    UNKNOWN_MEMBER = "unknown_member"
    REGISTER_WITHOUT_MEMBERS = "register_without_members"
    MEMBER_WITHOUT_ADDRESS = "member_without_address"
    ADDRESS_DIFFERS = "address_differs"
    DATES_OUT_OF_ORDER = "dates_out_of_order"
    STATUS_INCOMPLETE = "status_incomplete"
    HEAD_MISMATCH = "head_mismatch"
    NO_HEAD = "no_head"
    SEVERAL_HEADS = "several_heads"
    HOUSEHOLD_WITHOUT_MEMBERS = "household_without_members"
    NO_HOUSEHOLD_TO_REFUSE = "no_household_to_refuse"
    REFUSED_WITH_HOUSEHOLD = "refused_with_household"
    REFUSED_WITH_REGISTER = "refused_with_register"


class DifferenceKind(StrEnum):
    """How the register and the files differed: new in it, changed to follow them, kept against them, not in them."""

    ADDED = "added"
    CHANGED = "changed"
    STATUS_KEPT = "status_kept"
    ABSENT = "absent"


@dataclass(frozen=True, order=True)
class Refusal:
    """One refused row (`row` counts lines, the header is 1), or a whole file (`row` 0).

    `code_points` names the character or variation sequence where the refusal is about one.
    """

    file: str
    row: int
    column: str
    code: RefusalCode
    code_points: str = field(default="", compare=False)


@dataclass(frozen=True, order=True)
class Difference:
    """One resident whose record here was not what the files say. `fields` are names of fields, never values."""

    resident_number: str
    kind: DifferenceKind
    fields: tuple[str, ...] = ()


@dataclass
class ImportReport:
    """Counts of residents and of changed family registers, and everything an officer has to look at.

    `stopped`: nothing at all was imported. `dry_run`: nothing was written, it is what an import would do now.
    Of a register that was empty before, `differences` does not list everybody who was added.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    registers_changed: int = 0
    differences: list[Difference] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    stopped: bool = False
    dry_run: bool = False

    def add(self, part: "ImportReport") -> None:
        """Take over what one transaction did."""
        self.added += part.added
        self.changed += part.changed
        self.unchanged += part.unchanged
        self.differences.extend(part.differences)


class WriteRefused(Exception):
    """Raised when the register as it stands does not allow a row; its transaction must not be committed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal
