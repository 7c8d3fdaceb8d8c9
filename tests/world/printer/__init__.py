"""The printer of the outside world: a real ``ippeveprinter`` process whose paper is a log."""

from tests.world.printer.cable import Cable
from tests.world.printer.machine import INSTANT_ENGINE, PDF, RASTER, Document, Printer, PrinterFailed

__all__ = ["INSTANT_ENGINE", "PDF", "RASTER", "Cable", "Document", "Printer", "PrinterFailed"]
