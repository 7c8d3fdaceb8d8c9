"""The press: sets certificates. Opened once by a worker process and warmed up, then fed with content.

Forms are laid out by WeasyPrint once; for each certificate only the values are set into them. `full_layout` lets
WeasyPrint lay out the whole page instead: the reference that the compiled forms are held against.
"""

import hashlib
import itertools
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from weasyprint.text.fonts import FontConfiguration

from portal.certificates.characters import Coverage, approved_font
from portal.certificates.eras import in_era
from portal.certificates.forms.bits import Bits, of_png
from portal.certificates.forms.compiling import GROUND, CompiledKind, Form, compile_kind, render
from portal.certificates.forms.filling import TEXT_FONT, Character, Lines, Texts, characters_of, places_of
from portal.certificates.forms.glyphs import Glyphs
from portal.certificates.forms.keeping import Keeping
from portal.certificates.forms.slots import page_template, planted
from portal.certificates.forms.stock import Stock
from portal.certificates.forms.weasy import writer
from portal.certificates.forms.weasy.faults import DoesNotFit, TypesettingBroken
from portal.certificates.forms.weasy.layout import Rectangle, require_subsetter
from portal.certificates.forms.weasy.page_font import PageFont
from portal.certificates.forms.weasy.writer import Drawing, OwnPage, Written
from portal.certificates.kinds import all_kinds
from portal.certificates.paper import Issue, Kind, Layout, Seal, Sheet
from portal.certificates.papers.contents import Content, Words
from portal.certificates.sealing import qr, signature
from portal.certificates.sealing.sealer import Sealed
from portal.certificates.values import pictures, texts

_FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{font_folder}</dir><cachedir>{cache_folder}</cachedir></fontconfig>
"""


class Seals(Protocol):
    """What seals a certificate: see `portal.certificates.sealing.sealer.Sealing`."""

    def begin(self, issue: Issue, kind: Kind, layout: Layout, municipality_code: str) -> Sealed:
        """Tie, stamps and kept content, before the sheets are filled."""

    def sign(self, pdf: bytes, at: datetime) -> bytes:
        """The signed document."""


@dataclass(frozen=True, repr=False)
class Printed:
    """A finished PDF, what the manifest says about it, and its words as they are kept."""

    document: bytes
    sha256: str
    page_hashes: tuple[str, ...]
    content: Content


@dataclass(frozen=True, repr=False)
class Reprinted:
    """One page as PDF, and where each of its texts and its code stand: left, top, right, bottom in points."""

    document: bytes
    places: Mapping[str, tuple[float, float, float, float]]
    characters: Mapping[str, tuple[Character, ...]]
    code: tuple[float, float, float, float]


class FormChanged(Exception):
    """Raised when a kept content belongs to an earlier form of its kind."""


@dataclass(frozen=True, repr=False)
class IssueTexts:
    """The act of issuing in the words of the sheet."""

    number: str
    day: str
    office: str
    officer: str
    verify_address: str


@dataclass(frozen=True, repr=False)
class Common:
    """What every sheet says besides its own values; the names are those of the page templates."""

    issue: IssueTexts
    count: str
    tie: str


@dataclass(frozen=True, repr=False)
class FilledPage:
    """A page ready to be drawn: its form, the lines of every text, and pictures with their places."""

    sheet: Sheet | None
    form: Form
    common: Common
    lines: Lines
    drawings: tuple[tuple[Rectangle, Bits], ...]


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
    """Fonts, styles and compiled forms. One press serves one thread at a time; it may be forked once warm."""

    def __init__(self, folder: Path) -> None:
        require_subsetter()
        use_only_approved_font(folder)
        self.coverage = Coverage(approved_font())
        self._glyphs = Glyphs(approved_font())
        self._keeping = Keeping(folder / "forms", approved_font())
        self._texts = Texts(self.coverage, self._glyphs)
        self._fonts = FontConfiguration()
        self._stocks: dict[bytes, Stock] = {}
        self._compiled: dict[tuple[bytes, str], CompiledKind] = {}
        logger = logging.getLogger("weasyprint")
        if not any(isinstance(handler, _Refusing) for handler in logger.handlers):
            logger.addHandler(_Refusing(logging.WARNING))

    def warm_up(self, seals: Sequence[Seal]) -> None:
        """Compile the forms of every kind: the first certificate is then as fast as any other. Raises FormBroken."""
        for seal in seals:
            for kind in all_kinds().values():
                self._forms(kind, seal)

    def print(
        self, kind: Kind, layout: Layout, issue: Issue, at: datetime, sealing: Seals, *, full_layout: bool = False
    ) -> Printed:
        """Set `layout` and seal it. Raises UnprintableCharacter, DoesNotFit, TypesettingBroken, SealUnavailable."""
        self._preflight(layout, issue)
        sealed = sealing.begin(issue, kind, layout, issue.municipality_code)
        compiled = self._forms(kind, issue.seal)
        codes = [qr.bits(stamp) for stamp in sealed.stamps]
        pages = []
        for number, (sheet, code) in enumerate(zip(layout.sheets, codes, strict=True), 1):
            common = _common(issue, number, len(layout.sheets), sealed.tie)
            try:
                pages.append(self._page(compiled, sheet, common, code))
            except DoesNotFit as refused:
                raise DoesNotFit(_path(layout, number, str(refused))) from refused
        write = self._write_full if full_layout or self._needs_shaping(layout, issue) else self._write
        written = write(kind, issue.seal, pages, at, signature.RESERVED)
        document = sealing.sign(written.document, at)
        return Printed(
            document=document,
            sha256=hashlib.sha256(document).hexdigest(),
            page_hashes=tuple(hashlib.sha256(content).hexdigest() for content in written.contents),
            content=sealed.content,
        )

    def unsigned(self, kind: Kind, layout: Layout, issue: Issue, at: datetime) -> bytes:
        """The pages of `layout` without any seal: what `make bench` compares with WeasyPrint."""
        self._preflight(layout, issue)
        compiled = self._forms(kind, issue.seal)
        pages = [
            self._page(compiled, sheet, _common(issue, number, len(layout.sheets), _NO_TIE), _NO_CODE)
            for number, sheet in enumerate(layout.sheets, 1)
        ]
        return self._write(kind, issue.seal, pages, at, None).document

    def reprint(self, kind: Kind, words: Words, number: int, issue: Issue, tie: str) -> Reprinted:
        """Sheet `number` (from 1) of a kept content again, without code and signature, and where its texts stand.

        Raises FormChanged when the kind's form has other places than the content has texts.
        """
        kept = words.pages[number - 1]
        sheet_texts = {text.path: text.text for text in kept.texts}
        compiled = self._forms(kind, issue.seal)
        form = compiled.forms.get(kept.form)
        common = _common(issue, number, len(words.pages), tie)
        if form is None or not form.paths() <= {*sheet_texts, *_texts_of(common)}:
            raise FormChanged(f"{kind.id} {kept.form}")
        page = self._placed(form, sheet_texts, dict(kept.pictures), common, _NO_CODE)
        written = self._write(kind, issue.seal, [page], _LONG_AGO, None)
        left, top = form.qr.left, form.qr.top
        code = (left, top, left + form.qr.width, top + form.qr.height)
        places = places_of(form, page.lines, self._texts)
        return Reprinted(written.document, places, characters_of(form, page.lines, self._texts), code)

    def _preflight(self, layout: Layout, issue: Issue) -> None:
        for number, sheet in enumerate(layout.sheets, 1):
            for text in texts(sheet.values):
                self.coverage.require(_path(layout, number, text.path), text.text)
        for path, shown in _texts_of(_common(issue, 1, 1, _NO_TIE)).items():
            self.coverage.require(path, shown)

    def _needs_shaping(self, layout: Layout, issue: Issue) -> bool:
        words = [text.text for sheet in layout.sheets for text in texts(sheet.values)]
        return any(map(self.coverage.shaped, (*words, issue.office, issue.officer)))

    def _forms(self, kind: Kind, seal: Seal) -> CompiledKind:
        known = self._compiled.get((seal.picture, kind.id))
        if known is None:
            known = self._keeping.forms(kind, seal, lambda: compile_kind(kind, _SAMPLE, self._stock(seal)))
            self._compiled[seal.picture, kind.id] = known
        return known

    def _stock(self, seal: Seal) -> Stock:
        known = self._stocks.get(seal.picture)
        if known is None:
            known = self._stocks[seal.picture] = Stock(seal, self._fonts, self.coverage, self._glyphs)
        return known

    def _page(self, compiled: CompiledKind, sheet: Sheet, common: Common, code: Bits) -> FilledPage:
        sheet_texts = {text.path: text.text for text in texts(sheet.values)}
        shown = {path: picture.png for path, picture in pictures(sheet.values).items()}
        page = self._placed(compiled.forms[sheet.form], sheet_texts, shown, common, code)
        return replace(page, sheet=sheet)

    def _placed(
        self, form: Form, sheet_texts: Mapping[str, str], shown: Mapping[str, bytes], common: Common, code: Bits
    ) -> FilledPage:
        lines = self._texts.set(form, {**sheet_texts, **_texts_of(common)})
        drawn = [(form.qr, code), *((form.pictures[path], of_png(png)) for path, png in shown.items())]
        return FilledPage(sheet=None, form=form, common=common, lines=lines, drawings=tuple(drawn))

    def _write(
        self, kind: Kind, seal: Seal, pages: Sequence[FilledPage], at: datetime, reserved: bytes | None
    ) -> Written:
        compiled = self._forms(kind, seal)
        font = PageFont(self._glyphs, TEXT_FONT)
        drawings = _named(pages)
        own = [
            OwnPage(partial(self._operators, page, over, font)) for page, over in zip(pages, drawings, strict=True)
        ]
        return writer.write_own(
            own,
            font,
            title=kind.name,
            created=at,
            shared=compiled.shared(page.form for page in pages),
            drawings=[drawing for page in drawings for drawing in page],
            signature=reserved,
            fonts=self._fonts,
        )

    def _operators(self, page: FilledPage, drawings: Sequence[Drawing], font: PageFont) -> bytes:
        under = (b"/%s Do /%s Do" % (GROUND.encode(), page.form.name.encode()),)
        over = (drawing.operators() for drawing in drawings)
        return b"\n".join((*under, self._texts.operators(page.form, page.lines, font), *over))

    def _write_full(
        self, kind: Kind, seal: Seal, pages: Sequence[FilledPage], at: datetime, reserved: bytes | None
    ) -> Written:
        compiled, stock = self._forms(kind, seal), self._stock(seal)
        template = page_template(kind.folder, stock.frame_folder)
        laid_out = []
        for page in pages:
            if page.sheet is None:
                raise TypesettingBroken("a kept content has no template's values")

            def setter(path: str, _most: int, lines: Lines = page.lines) -> tuple[str, ...]:
                return lines[path]

            sheet = template.render(
                form=page.sheet.form,
                sheet=planted(page.sheet.values, "", setter),
                **vars(planted(page.common, "", setter)),
            )
            laid_out.append(render([sheet], stock, kind).pages)
        if any(len(of_sheet) != 1 for of_sheet in laid_out):
            raise TypesettingBroken("a sheet took more than a page")
        return writer.write_full(
            [of_sheet[0] for of_sheet in laid_out],
            PageFont(self._glyphs, TEXT_FONT),
            self.coverage.glyph,
            title=kind.name,
            created=at,
            shared=compiled.shared(()),
            drawings=_named(pages),
            before=[b"/%s Do" % GROUND.encode()] * len(pages),
            signature=reserved,
            fonts=self._fonts,
        )


def _common(issue: Issue, number: int, sheets: int, tie: str) -> Common:
    shown = IssueTexts(
        number=issue.number,
        day=in_era(issue.day),
        office=issue.office,
        officer=issue.officer,
        verify_address=issue.verify_address,
    )
    return Common(issue=shown, count=f"{number}／{sheets}枚", tie=tie)


def _path(layout: Layout, number: int, path: str) -> str:
    """The place of a text in a refusal: with the number of its sheet in front where there are several."""
    return path if len(layout.sheets) == 1 or path.startswith("issue.") else f"{number}.{path}"


def _texts_of(common: Common) -> dict[str, str]:
    return {text.path: text.text for text in texts(common)}


def _named(pages: Sequence[FilledPage]) -> list[list[Drawing]]:
    """The pictures of every page, each under a name of its own."""
    count = itertools.count(1)
    return [[_drawing(f"P{next(count)}", place, bits) for place, bits in page.drawings] for page in pages]


def _drawing(name: str, place: Rectangle, bits: Bits) -> Drawing:
    bottom = writer.HEIGHT - place.top - place.height
    return Drawing(name=name, bits=bits, left=place.left, bottom=bottom, width=place.width, height=place.height)


_NO_TIE = "22222-22222"
_NO_CODE = qr.bits(b"")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_SAMPLE = Common(IssueTexts("1", "見本", "見本", "見本", "https://a/"), "1／1枚", _NO_TIE)
