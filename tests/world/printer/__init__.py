"""The printer of the outside world: a real ``ippeveprinter`` process whose paper is a log."""

from tests.world.printer.cable import Cable
from tests.world.printer.machine import Document, Printer, PrinterFailed

__all__ = ["Cable", "Document", "Printer", "PrinterFailed"]
