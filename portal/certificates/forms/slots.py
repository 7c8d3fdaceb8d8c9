"""What a page template is given in place of its values: every text a slot, every picture a place.

    {{ person.name|lines(2) }}      a text on one line, or on two where one is too long
    {{ person.sex }}                a text on one line
    {{ sheet.impression|picture }}  a picture of the values

The element around a slot holds nothing else: what stands beside a text would move with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from portal.certificates.paper import Picture

PICTURE = "press:picture:"
QR = "press:qr"
SEAL = "press:seal"
_PAGE = "page.html"

# From the path of a slot and the most lines it may have to the lines it gets.
Setter = Callable[[str, int], tuple[str, ...]]


class Slot:
    """The place of one text."""

    def __init__(self, path: str, setter: Setter) -> None:
        self._path = path
        self._setter = setter

    def lines(self, most: int) -> Markup:
        """The element that holds the text; its class says on how many lines it is set."""
        lines = self._setter(self._path, most)
        text = Markup("\n").join(escape(line) for line in lines)
        return Markup('<span class="slot lines-{}" data-slot="{}">{}</span>').format(
            max(len(lines), 1), self._path, text
        )


class PictureSlot:
    """The place of one picture."""

    def __init__(self, path: str) -> None:
        self._path = path

    def element(self) -> Markup:
        """An image; the page's style gives its size."""
        return Markup('<img src="{}{}" alt="">').format(PICTURE, self._path)


class Branch:
    """Stands for a dataclass among the values: the same names, with slots behind them."""

    def __init__(self, members: dict[str, object]) -> None:
        self.__dict__.update(members)


def planted(values: object, path: str, setter: Setter) -> object:
    """The tree of `values` with a slot in place of every text and picture."""
    if isinstance(values, str):
        return Slot(path, setter)
    if isinstance(values, Picture):
        return PictureSlot(path)
    if isinstance(values, tuple):
        return tuple(planted(member, _below(path, str(number)), setter) for number, member in enumerate(values))
    if is_dataclass(values):
        members = {
            field.name: planted(getattr(values, field.name), _below(path, field.name), setter)
            for field in fields(values)
        }
        return Branch(members)
    raise TypeError(f"{path}: a sheet holds texts and pictures only")


def page_template(folder: Path, shared: Path) -> jinja2.Template:
    """The page template of a kind; `shared` holds what the kinds include."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, shared]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalised,
    )
    environment.filters["lines"] = Slot.lines
    environment.filters["picture"] = PictureSlot.element
    return environment.get_template(_PAGE)


def document(sheets: Iterator[str] | list[str]) -> str:
    """The HTML document around rendered sheets."""
    return f'<!DOCTYPE html><html lang="ja"><body>{"".join(sheets)}</body></html>'


def _finalised(value: object) -> object:
    return value.lines(1) if isinstance(value, Slot) else value


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
