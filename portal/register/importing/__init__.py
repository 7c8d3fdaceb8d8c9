"""Import (取込) from the municipality's core system (既存住基) as CSV files. The columns: docs/register-import.md."""

from portal.register.importing.directory import import_directory
from portal.register.importing.report import Difference, DifferenceKind, ImportReport, Refusal, RefusalCode

__all__ = ["Difference", "DifferenceKind", "ImportReport", "Refusal", "RefusalCode", "import_directory"]
