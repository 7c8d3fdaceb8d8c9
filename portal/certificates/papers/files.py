"""Files that somebody was handed as a certificate, as pictures of sheets: a PDF page by page, a photo as it is."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from portal.certificates.papers import photo

_DPI = 200
_MOST_PAGES = 99
_PATIENCE = 60.0


class FileUnreadable(Exception):
    """Raised when a file is neither a PDF nor a picture, or cannot be opened as what it says it is."""


@dataclass(frozen=True, repr=False)
class SeenSheet:
    """One sheet: its picture, the bytes of the codes on it, and its text where the file is a PDF with text."""

    picture: Image.Image
    codes: tuple[bytes, ...]
    text: str


def is_pdf(content: bytes) -> bool:
    """Whether the bytes say that they are a PDF."""
    return content.startswith(b"%PDF-")


def sheets_in(content: bytes) -> list[SeenSheet]:
    """Every sheet in the bytes of a file. Raises FileUnreadable."""
    try:
        if is_pdf(content):
            return _pages(content)
        picture = photo.open_photo(content)
        return [SeenSheet(picture, _codes(picture), "")]
    except (photo.PhotoBroken, photo.PhotoTooLarge) as error:
        raise FileUnreadable(str(error)) from error


def _pages(pdf: bytes) -> list[SeenSheet]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "document.pdf"
        source.write_bytes(pdf)
        _run(
            "pdftoppm",
            "-r",
            str(_DPI),
            "-gray",
            "-png",
            "-l",
            str(_MOST_PAGES),
            str(source),
            str(Path(folder) / "page"),
        )
        texts = _run("pdftotext", "-raw", "-l", str(_MOST_PAGES), str(source), "-").decode("utf-8").split("\f")
        pictures = [photo.open_photo(page.read_bytes()) for page in sorted(Path(folder).glob("page*.png"))]
    if not pictures:
        raise FileUnreadable("no page")
    texts += [""] * (len(pictures) - len(texts))
    return [SeenSheet(picture, _codes(picture), text) for picture, text in zip(pictures, texts, strict=False)]


def _codes(picture: Image.Image) -> tuple[bytes, ...]:
    return tuple(found.payload for found in photo.read(picture))


def _run(*command: str) -> bytes:
    try:
        return subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE).stdout
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise FileUnreadable(f"{command[0]} failed") from error
