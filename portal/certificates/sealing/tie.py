"""契印: what ties the sheets of one certificate together, and each sheet to its words. Pure functions.

digest of sheet i = SHA-256 of `[page, pages, [[path, text], …]]`; pictures follow the texts as [path, SHA-256 in hex]
root              = SHA-256 of the secret and `[1, municipality code, issue number, kind, ISO day, [digest, …]]`
link of sheet i   = SHA-256 of root, the link before (nothing for the first sheet) and the sheet's digest

Lists are written as canonical JSON: no spaces, UTF-8, nothing escaped that need not be. The secret in front makes the
root say nothing about the words: somebody who knows the tie cannot try out names.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.certificates.numbers import ALPHABET, SIGNS, grouped, parted
from portal.certificates.papers.contents import PageContent, Words

_BITS_OF_SIGN = 5


@dataclass(frozen=True)
class Tie:
    """The tie as printed on every sheet, and the link of each sheet (32 bytes)."""

    code: str
    links: tuple[bytes, ...]


def bind(words: Words, secret: bytes) -> Tie:
    """What ties these words, in this order, on this many sheets. Raises NotAnIssueNumber."""
    municipality_code, _ = parted(words.number)
    digests = [digest(number, len(words.pages), _contents(page)) for number, page in enumerate(words.pages, 1)]
    of_root = root(
        secret,
        municipality_code=municipality_code,
        number=words.number,
        kind=words.kind,
        day=words.day,
        digests=digests,
    )
    return Tie(code(of_root), links(of_root, digests))


def digest(page: int, pages: int, texts: Iterable[tuple[str, str]]) -> bytes:
    """Of one sheet: its number (from 1), how many there are, and every (path, text) in order."""
    return hashlib.sha256(_canonical([page, pages, [list(text) for text in texts]])).digest()


def root(
    secret: bytes, *, municipality_code: str, number: str, kind: str, day: date, digests: Sequence[bytes]
) -> bytes:
    """Of the whole certificate; any other word, order or count of sheets gives another root."""
    listed = [1, municipality_code, number, kind, day.isoformat(), [each.hex() for each in digests]]
    return hashlib.sha256(secret + _canonical(listed)).digest()


def links(of_root: bytes, digests: Sequence[bytes]) -> tuple[bytes, ...]:
    """One for each sheet, 32 bytes; each says the root, every sheet before it, and its own."""
    made: list[bytes] = []
    before = b""
    for each in digests:
        before = hashlib.sha256(of_root + before + each).digest()
        made.append(before)
    return tuple(made)


def code(of_root: bytes) -> str:
    """The tie as it is printed, the same on all sheets: the first 50 bits of the root as `XXXXX-XXXXX`."""
    first = int.from_bytes(of_root[:8]) >> (64 - SIGNS * _BITS_OF_SIGN)
    return grouped(ALPHABET[first >> _BITS_OF_SIGN * place & 31] for place in reversed(range(SIGNS)))


def _contents(page: PageContent) -> Iterable[tuple[str, str]]:
    yield from ((text.path, text.text) for text in page.texts)
    yield from ((path, hashlib.sha256(png).hexdigest()) for path, png in page.pictures)


def _canonical(value: list[object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
