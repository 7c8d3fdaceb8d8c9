"""What every page is set with: approved font, styles, the municipality's seal, and nothing from outside."""

from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from portal.certificates.characters import Coverage, approved_font
from portal.certificates.forms.glyphs import Glyphs
from portal.certificates.forms.slots import PICTURE, QR, SEAL
from portal.certificates.paper import Kind, Seal

_STYLE = "page.css"
_EMPTY_PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
# Texts stand on the lines that `setting` has chosen. Codes and pictures of values are drawn by the press itself.
_RULES = f"""
.slot {{ white-space: pre; }}
img[src="{QR}"], img[src^="{PICTURE}"] {{ visibility: hidden; }}
"""


class _Given(URLFetcher):  # type: ignore[misc]  # WeasyPrint is not typed
    """Gives the seal and places for pictures, and nothing else: no network, no file, no data URL."""

    def __init__(self, seal: Seal) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._seal = seal

    def fetch(self, url: str, _headers: EmailMessage | None = None) -> URLFetcherResponse:
        if url == SEAL:
            body = self._seal.picture
        elif url == QR or url.startswith(PICTURE):
            body = _EMPTY_PICTURE
        else:
            raise FatalURLFetchingError("a page asked for something that is not in it")
        return URLFetcherResponse(url, body=body, headers={"Content-Type": "image/svg+xml"})


class Stock:
    """Opened once for each seal. `frame_folder` holds what the kinds' templates and styles share."""

    def __init__(self, seal: Seal, fonts: FontConfiguration, coverage: Coverage, glyphs: Glyphs) -> None:
        self.frame_folder = Path(__file__).parent.parent / "kinds" / "frame"
        self.fonts = fonts
        self.coverage = coverage
        self.glyphs = glyphs
        self.fetcher = _Given(seal)
        self._styles: dict[str, CSS] = {}

    def styles(self, kind: Kind) -> list[CSS]:
        """The rules of every form, the shared frame's style, and the kind's own."""
        if kind.id not in self._styles:
            self._styles[kind.id] = self._css(kind.folder / _STYLE)
        return [self._rules, self._frame, self._styles[kind.id]]

    @cached_property
    def _rules(self) -> CSS:
        return CSS(string=_RULES, font_config=self.fonts, url_fetcher=self.fetcher)

    @cached_property
    def _frame(self) -> CSS:
        return self._css(self.frame_folder / "frame.css")

    def _css(self, path: Path) -> CSS:
        return CSS(filename=path, font_config=self.fonts, url_fetcher=self.fetcher)


def glyphs_of_approved_font() -> Glyphs:
    """Outlines of the approved font; raises FontMissing, FontUnexpected."""
    return Glyphs(approved_font())
