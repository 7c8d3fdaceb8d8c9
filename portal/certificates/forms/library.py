"""Finished PDF objects, kept as bytes and copied into one document after another with their numbers set anew."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pydyf

_REFERENCE = re.compile(rb"(\d+) 0 R")
_STREAM = b"\nstream\n"


class Raw(pydyf.Object):  # type: ignore[misc]  # pydyf is not typed
    """An object whose bytes are known. In no object stream, so that a signature's place can be found in the file."""

    compressible = False

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data

    @property
    def data(self) -> bytes:
        """The bytes between `obj` and `endobj`."""
        return self._data


class Plain(Raw):
    """A finished object without a stream; it may go into an object stream."""

    compressible = True


@dataclass(frozen=True)
class _Kept:
    """One object: its bytes cut at every reference, and which objects of the library those point to."""

    parts: tuple[bytes, ...]
    references: tuple[int, ...]


class Library:
    """Objects taken from documents, each once. `objects` are those that another library has given."""

    def __init__(self, objects: Iterable[tuple[tuple[bytes, ...], tuple[int, ...]]] = ()) -> None:
        self._kept = [_Kept(parts, references) for parts, references in objects]
        self._known = {kept: place for place, kept in enumerate(self._kept)}
        self._orders: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._placed: dict[tuple[tuple[int, ...], int], tuple[bytes, ...]] = {}

    def objects(self) -> list[tuple[tuple[bytes, ...], tuple[int, ...]]]:
        """Every object, cut at its references, with the places those point to; the order gives the places."""
        return [(kept.parts, kept.references) for kept in self._kept]

    def take(self, objects: Sequence[pydyf.Object], number: int) -> int:
        """Keep the object with this number and all it refers to; returns its place in the library."""
        head, mark, body = objects[number].data.partition(_STREAM)
        pieces = _REFERENCE.split(head)
        references = tuple(self.take(objects, int(reference)) for reference in pieces[1::2])
        kept = _Kept((*pieces[0:-1:2], pieces[-1] + mark + body), references)
        place = self._known.get(kept)
        if place is None:
            place = self._known[kept] = len(self._kept)
            self._kept.append(kept)
        return place

    def put(self, pdf: pydyf.PDF, places: Iterable[int]) -> list[bytes]:
        """Add these objects and all they refer to; returns the reference of each."""
        roots = tuple(places)
        if roots not in self._orders:
            self._orders[roots] = self._needed(roots)
        order, base = self._orders[roots], len(pdf.objects)
        known = self._placed.get((roots, base))
        numbers = {place: base + position for position, place in enumerate(order)}
        if known is None:
            known = tuple(self._numbered(self._kept[place], numbers) for place in order)
            if len(self._placed) < _MOST_PLACED:
                self._placed[roots, base] = known
        for data in known:
            pdf.add_object(Raw(data))
        return [b"%d 0 R" % numbers[place] for place in roots]

    def _needed(self, roots: tuple[int, ...]) -> tuple[int, ...]:
        found: dict[int, None] = {}
        waiting = list(roots)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found[place] = None
                waiting.extend(self._kept[place].references)
        return tuple(found)

    @staticmethod
    def _numbered(kept: _Kept, numbers: dict[int, int]) -> bytes:
        joined = [kept.parts[0]]
        for part, reference in zip(kept.parts[1:], kept.references, strict=True):
            joined.append(b"%d 0 R" % numbers[reference])
            joined.append(part)
        return b"".join(joined)


# How far into a document the library begins depends on the number of its pages and pictures: few values ever occur.
_MOST_PLACED = 256
