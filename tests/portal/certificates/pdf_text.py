"""Reading the text of a PDF the way a receiver's software does: character codes through the ToUnicode map."""

import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

_PAIR = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")


def texts(document: bytes) -> list[list[str]]:
    """For each page, every piece of shown text in drawing order, exactly as extracted; lines of one place as one."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return [_page_texts(page) for page in pdf.pages]


def _page_texts(page: pikepdf.Page) -> list[str]:
    fonts = {
        str(name): {
            int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in _PAIR.findall(font["/ToUnicode"].read_bytes())
        }
        for name, font in page.resources["/Font"].items()
    }
    shown: list[str] = []
    current: dict[int, str] = {}
    for operator, operands in operations(page):
        if operator == "Tf":
            current = fonts[str(operands[0])]
            shown.append("")
        elif operator in {"TJ", "Tj"}:
            array = operands[0] if operator == "TJ" else operands
            parts = [bytes(part) for part in array if isinstance(part, pikepdf.String)]
            codes = [part[place : place + 2] for part in parts for place in range(0, len(part), 2)]
            shown[-1] += "".join(current[int.from_bytes(code, "big")] for code in codes)
    return shown


def operations(page: pikepdf.Page | pikepdf.Object) -> Iterator[tuple[str, list[Any]]]:
    """Operators of a page with their operands, in drawing order."""
    for instruction in pikepdf.parse_content_stream(page):
        yield str(instruction.operator), list(instruction.operands)


def poppler(document: bytes, folder: Path) -> str:
    """The text as pdftotext gives it, without any white space."""
    file = folder / "document.pdf"
    file.write_bytes(document)
    done = subprocess.run(
        ["pdftotext", "-raw", "-enc", "UTF-8", str(file), "-"], check=True, capture_output=True, timeout=30
    )
    return "".join(done.stdout.decode("utf-8").split())


def fonts(document: bytes) -> set[str]:
    """Names of all fonts of the file, without their subset prefix."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return {
            str(entry["/BaseFont"]).partition("+")[2]
            for entry in pdf.objects
            if isinstance(entry, pikepdf.Dictionary) and entry.get("/Type") == "/Font"
        }
