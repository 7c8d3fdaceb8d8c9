"""What a key may be used for. A key of one purpose never signs for another."""

from enum import StrEnum


class Purpose(StrEnum):
    """Purposes of signing keys; the value is the prefix of the key's label in the token."""

    PRINT_TICKET = "print-ticket"
    DEVICE_COMMAND = "device-command"
    PAGE_STAMP = "page-stamp"
    DOCUMENT_SEAL = "document-seal"
    AUDIT_ANCHOR = "audit-anchor"
