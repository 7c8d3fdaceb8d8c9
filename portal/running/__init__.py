"""Which programs of the portal run now, and in which version (invariant 18; 川崎市 and 高松市: a build too many)."""

from portal.running.programs import SILENT_AFTER, VERSION, Program, Voice, board
from portal.running.tables import Name

__all__ = ["SILENT_AFTER", "VERSION", "Name", "Program", "Voice", "board"]
