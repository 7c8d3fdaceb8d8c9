"""From a kind's page template to its compiled forms: every text has a place, everything else is finished art."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from weasyprint import HTML
from weasyprint.document import Document

from portal.certificates.forms import ground
from portal.certificates.forms.library import Library
from portal.certificates.forms.slots import PICTURE, QR, document, page_template, planted
from portal.certificates.forms.stock import Stock
from portal.certificates.forms.weasy import layout, writer
from portal.certificates.forms.weasy.faults import FormBroken
from portal.certificates.forms.weasy.layout import Align, Piece, Rectangle
from portal.certificates.forms.weasy.page_font import PageFont
from portal.certificates.forms.weasy.writer import Shared
from portal.certificates.paper import Kind

_SAMPLE = "□"
_SAME = 0.02


@dataclass(frozen=True)
class Setting:
    """A place set on so many lines: left edge and width of the place, baselines from the top, size; points."""

    left: float
    width: float
    baselines: tuple[float, ...]
    size: float


@dataclass(frozen=True)
class Place:
    """Where one value stands. `settings[n]` is on n + 1 lines."""

    path: str
    align: Align
    colour: tuple[float, float, float]
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Form:
    """One page type. `name` is that of its art among a page's resources.

    `flow` is every text of the page in the order of the template: places, and finished operators.
    """

    name: str
    flow: tuple[Place | bytes, ...]
    pictures: Mapping[str, Rectangle]
    qr: Rectangle
    art: int

    def paths(self) -> set[str]:
        """The paths of the values that are printed."""
        return {entry.path for entry in self.flow if isinstance(entry, Place)}


LABEL_FONT = "LABELS"
"""Name of the font of what the forms themselves say."""
GROUND = "Ground"
"""Name of the tint under every page."""


@dataclass(frozen=True)
class CompiledKind:
    """The forms of a kind by their ids, and what they share: the library, their own words' font, the ground."""

    forms: Mapping[str, Form]
    library: Library
    font: int
    ground: int

    def shared(self, forms: Iterable[Form]) -> Shared:
        """What a document with pages of these forms takes from the library."""
        arts = {form.name: form.art for form in forms}
        return Shared(self.library, {GROUND: self.ground, **arts}, {LABEL_FONT: self.font})


def compile_kind(kind: Kind, common: object, stock: Stock) -> CompiledKind:
    """Lay out every form of a kind once for each setting. `common` are the values every kind prints (issue, count …).

    Raises FormBroken when a template does not keep the rules.
    """
    library = Library()
    font = PageFont(stock.glyphs, LABEL_FONT)
    passes = {form: _passes(kind, form, common, stock) for form in kind.forms}
    arts = _arts([of_form[0] for of_form in passes.values()], library)
    forms = {
        form: _form(f"Form{form}", of_form, art, stock, font)
        for (form, of_form), art in zip(passes.items(), arts, strict=True)
    }
    return CompiledKind(forms, library, writer.keep_font(font, library), ground.keep(library))


def render(sheets: Iterable[str], stock: Stock, kind: Kind) -> Document:
    """WeasyPrint's layout of these sheets."""
    html = HTML(string=document(list(sheets)), url_fetcher=stock.fetcher)
    return html.render(stylesheets=stock.styles(kind), font_config=stock.fonts)


def _passes(kind: Kind, form: str, common: object, stock: Stock) -> list[Document]:
    template = page_template(kind.folder, stock.frame_folder)
    most_of: dict[str, int] = {}
    documents: list[Document] = []
    while not documents or len(documents) < max(most_of.values(), default=1):
        lines = len(documents) + 1

        def sample(path: str, most: int, lines: int = lines) -> tuple[str, ...]:
            most_of[path] = most
            return (_SAMPLE,) * min(lines, most)

        sheet = template.render(
            form=form, sheet=planted(kind.forms[form], "", sample), **vars(planted(common, "", sample))
        )
        laid_out = render([sheet], stock, kind)
        if len(laid_out.pages) != 1:
            raise FormBroken(f"{kind.id} {form}: {len(laid_out.pages)} pages")
        documents.append(laid_out)
    return documents


def _arts(documents: list[Document], library: Library) -> list[int]:
    pages = [document.pages[0] for document in documents]
    return layout.take_art(documents[0].copy(pages), library)


def _form(name: str, passes: list[Document], art: int, stock: Stock, font: PageFont) -> Form:
    looks = [layout.pieces(document.pages[0]) for document in passes]
    by_slot = [_by_slot(look) for look in looks]
    flow: list[Place | bytes] = []
    seen: set[str] = set()
    for piece in looks[0]:
        if piece.slot is None:
            flow.append(_words(piece, stock, font))
        elif piece.slot not in seen:
            seen.add(piece.slot)
            flow.append(_place(piece.slot, [look[piece.slot] for look in by_slot]))
    images = list(layout.images(passes[0].pages[0]))
    codes = [place for source, place in images if source == QR]
    if len(codes) != 1:
        raise FormBroken("a form has one QR code")
    pictures = {source.removeprefix(PICTURE): place for source, place in images if source.startswith(PICTURE)}
    return Form(name=name, flow=tuple(flow), pictures=pictures, qr=codes[0], art=art)


def _by_slot(pieces: list[Piece]) -> dict[str, list[Piece]]:
    shared = {piece.frame for piece in pieces if piece.slot is None} & {piece.frame for piece in pieces if piece.slot}
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        if piece.slot is not None:
            if piece.frame in shared:
                raise FormBroken(f"{piece.slot}: other text stands beside it")
            if not piece.inside:
                raise FormBroken(f"{piece.slot}: its cell is too small")
            found.setdefault(piece.slot, []).append(piece)
    return found


def _place(path: str, looks: list[list[Piece]]) -> Place:
    settings: list[Setting] = []
    for number, look in enumerate(looks, 1):
        if len(look) == number:
            first = look[0]
            settings.append(
                Setting(
                    left=first.left if first.align is Align.LEFT else first.frame.left,
                    width=first.frame.width - (first.left - first.frame.left if first.align is Align.LEFT else 0),
                    baselines=tuple(piece.baseline for piece in look),
                    size=first.size,
                )
            )
        elif len(look) != len(settings):
            raise FormBroken(f"{path}: {len(look)} lines instead of {number}")
        else:
            # Other places of the form have more settings than this one: it must not have moved with them.
            _require_still(path, settings[-1], look)
    first = looks[0][0]
    return Place(path=path, align=first.align, colour=first.colour, settings=tuple(settings))


def _require_still(path: str, setting: Setting, look: list[Piece]) -> None:
    moved = (abs(piece.baseline - line) for piece, line in zip(look, setting.baselines, strict=True))
    if max(moved) > _SAME or abs(look[0].size - setting.size) > _SAME:
        raise FormBroken(f"{path}: moves with another text")


def _words(piece: Piece, stock: Stock, font: PageFont) -> bytes:
    """The operators for a line that the form itself says."""
    codes = font.codes(stock.coverage.drawn(piece.text.rstrip()))
    return b"%.4g %.4g %.4g rg /%s %.6g Tf 1 0 0 1 %.4f %.4f Tm <%s> Tj" % (
        *piece.colour, LABEL_FONT.encode(), piece.size, piece.left, writer.HEIGHT - piece.baseline, codes,
    )  # fmt: skip
