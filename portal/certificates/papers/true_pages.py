"""A photographed sheet held against the page as it was issued, set once more from its kept words."""

import subprocess
from pathlib import Path

from PIL import Image

from portal.certificates.kinds import kind_of
from portal.certificates.paper import Issue
from portal.certificates.papers import photo
from portal.certificates.papers.contents import Words
from portal.certificates.press import FormChanged, Press
from portal.certificates.seal import seal_of
from portal.certificates.sealing.stamp import Stamp

_DPI = 600
"""A coarser picture moves rules to whole pixels, and a photo is then held against rules that are elsewhere."""


class NotComparable(Exception):
    """Raised when a sheet cannot be held against its true page: the form has changed, or the page is not made out."""


class TruePages:
    """A press that prints nothing for anybody.

    `folder` keeps its fonts' configuration and the pages; `verify_address` is what the sheets name.
    """

    def __init__(self, folder: Path, verify_address: str) -> None:
        self._press = Press(folder)
        self._folder = folder
        self._address = verify_address

    def differences(self, words: Words, stamp: Stamp, tie: str, picture: Image.Image) -> tuple[photo.Difference, ...]:
        """What the picture does not clearly show as it was issued. Raises NotComparable."""
        found = next((code for code in photo.read(picture) if stamp.secret in code.payload), None)
        written = {text.path: text.text for text in words.pages[stamp.page - 1].texts}
        issue = Issue(
            number=words.number,
            day=words.day,
            office=written["issue.office"],
            officer=written["issue.officer"],
            seal=seal_of(stamp.municipality_code),
            municipality_code=stamp.municipality_code,
            verify_address=self._address,
        )
        try:
            page = self._press.reprint(kind_of(words.kind), words, stamp.page, issue, tie)
            if found is None:
                raise NotComparable("code")
            return photo.compare(picture, found, self._drawn(page.document), page)
        except (FormChanged, photo.PageNotFound) as error:
            raise NotComparable(type(error).__name__) from error

    def _drawn(self, document: bytes) -> Image.Image:
        source = self._folder / "true.pdf"
        source.write_bytes(document)
        subprocess.run(
            ["pdftoppm", "-r", str(_DPI), "-gray", "-png", "-singlefile", str(source), str(self._folder / "true")],
            check=True,
            capture_output=True,
            timeout=60,
        )
        return photo.open_photo((self._folder / "true.png").read_bytes())
