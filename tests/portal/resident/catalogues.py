"""Compiling the catalogues of the residents' face, as the set-up does."""

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.resident.languages import CATALOGUES


def compile_catalogues() -> None:
    """Write the compiled form beside each catalogue."""
    for path in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        with path.open("rb") as source, path.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(source, locale=path.parts[-3]))
