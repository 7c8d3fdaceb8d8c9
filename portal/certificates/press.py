"""The press: typesets certificates with WeasyPrint. Opened once by a worker process, then fed with content."""

import hashlib
import logging
import os
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path

import jinja2
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from portal.certificates.characters import Coverage, approved_font, width
from portal.certificates.eras import in_era
from portal.certificates.kinds import all_kinds
from portal.certificates.paper import Issue, Kind, Layout, Seal
from portal.certificates.single_sheets import lay_out
from portal.certificates.specimen import SPECIMEN
from portal.certificates.typesetting import TypesettingBroken, require_fit, require_subsetter, write_exactly

_FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{font_folder}</dir><cachedir>{cache_folder}</cachedir></fontconfig>
"""
_PAGE = "page.html"
_STYLE = "page.css"
_SPECIMEN_SEAL = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h2v2H0z" fill="#ccc"/></svg>'
)


@dataclass(frozen=True, repr=False)
class Printed:
    """A finished PDF and what the manifest says about it."""

    document: bytes
    sha256: str
    page_hashes: tuple[str, ...]


class _SealOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint is not typed
    """Gives the seal and nothing else: no network, no file, no data URL."""

    def __init__(self, seal: Seal | None = None) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._seal = seal

    def fetch(self, url: str, _headers: EmailMessage | None = None) -> URLFetcherResponse:
        if url != "press:seal" or self._seal is None:
            raise FatalURLFetchingError("a page asked for something that is not in it")
        return URLFetcherResponse(url, body=self._seal.picture, headers={"Content-Type": "image/svg+xml"})


class _Refusing(logging.Handler):
    """WeasyPrint only logs what it leaves out; here that stops the certificate."""

    def emit(self, record: logging.LogRecord) -> None:
        raise TypesettingBroken(str(record.msg))


def use_only_approved_font(folder: Path) -> None:
    """Point fontconfig, in this process, at the approved font alone; `folder` keeps its configuration and cache.

    Called before a Press is opened. Raises FontMissing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "fonts.conf"
    configuration.write_text(
        _FONTCONFIG.format(font_folder=approved_font().parent, cache_folder=folder / "cache"), encoding="utf-8"
    )
    os.environ["FONTCONFIG_FILE"] = str(configuration)


class Press:
    """Fonts, styles and templates, loaded once. One press serves one thread at a time."""

    def __init__(self, folder: Path) -> None:
        require_subsetter()
        use_only_approved_font(folder)
        self.coverage = Coverage(approved_font())
        self._fonts = FontConfiguration()
        self._nothing = _SealOnly()
        self._styles = {
            kind.id: CSS(filename=kind.folder / _STYLE, font_config=self._fonts, url_fetcher=self._nothing)
            for kind in all_kinds().values()
            if not kind.forms
        }
        self._templates = {
            kind.id: _environment(kind).get_template(_PAGE) for kind in all_kinds().values() if not kind.forms
        }
        self._seals: dict[bytes, _SealOnly] = {}
        logger = logging.getLogger("weasyprint")
        if not any(isinstance(handler, _Refusing) for handler in logger.handlers):
            logger.addHandler(_Refusing(logging.WARNING))

    def warm_up(self, at: datetime) -> None:
        """Typeset a specimen of every kind and throw it away: the first certificate is then as fast as any other."""
        issue = Issue(number="0", day=date(2020, 1, 1), office="見本", officer="見本", seal=Seal(_SPECIMEN_SEAL))
        for kind in all_kinds().values():
            if not kind.forms:
                self.print(kind, kind.compose(SPECIMEN), issue, at)

    def print(self, kind: Kind, layout: Layout, issue: Issue, at: datetime) -> Printed:
        """Typeset `layout`. Raises UnprintableCharacter, DoesNotFit, TypesettingBroken."""
        shown = {"number": issue.number, "day": in_era(issue.day), "office": issue.office, "officer": issue.officer}
        shown |= {"verify_address": "https://verify.misaki.example/"}
        self.coverage.require(layout.values)
        for name, text in shown.items():
            self.coverage.require(text, f"issue.{name}")
        created = at.isoformat("T", "seconds")
        if isinstance(layout.values, tuple):
            laid_out = lay_out(kind, layout.values, issue, shown, created, self._fonts)
            require_fit(laid_out, len(layout.values))
        else:
            html = self._templates[kind.id].render(content=layout.values, issue=shown, created=created)
            fetcher = self._seals.setdefault(issue.seal.picture, _SealOnly(issue.seal))
            laid_out = HTML(string=html, url_fetcher=fetcher).render(
                stylesheets=[self._styles[kind.id]], font_config=self._fonts
            )
            require_fit(laid_out, layout.sheets)
        document, contents, _ = write_exactly(laid_out, self.coverage.glyph)
        return Printed(
            document=document,
            sha256=hashlib.sha256(document).hexdigest(),
            page_hashes=tuple(hashlib.sha256(content).hexdigest() for content in contents),
        )


def _environment(kind: Kind) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(kind.folder), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.globals["width"] = width
    return environment
