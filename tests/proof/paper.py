"""Small documents in place of typeset ones: every text of the sheet is in them, and nothing is drawn.

A real page costs a hundred times as much as the transaction around it. What the proof asks of a document is whose it
is, what it was made from, and that it is the one that was rendered.
"""

import hashlib
import io
import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pikepdf

from portal.certificates.paper import Issue, Kind, Layout, Seal
from portal.certificates.press import Press, Printed, Seals
from portal.certificates.values import texts as texts_of
from tests.portal.certificates.pdf_text import texts

_MARK = b"%proof "


class SmallPress(Press):
    """Takes the place of the press in the proof's workers; `real_share` of the documents are the real press's own.

    `slow_share` of the documents take `slow_s` seconds, so that something can happen to a request meanwhile.
    """

    def __init__(self, folder: Path, *, real_share: float, slow_share: float, slow_s: float) -> None:
        self._folder = folder
        self._real: Press | None = None
        self._real_share, self._slow_share, self._slow_s = real_share, slow_share, slow_s
        self._dice = random.Random()

    def warm_up(self, seals: Sequence[Seal]) -> None:
        """Open the real press, if there will be anything for it to do."""
        if self._real_share:
            self._real = Press(self._folder)
            self._real.warm_up(seals)

    def print(
        self, kind: Kind, layout: Layout, issue: Issue, at: datetime, sealing: Seals, *, full_layout: bool = False
    ) -> Printed:
        """Write all texts of the layout down."""
        if self._dice.random() < self._slow_share:
            time.sleep(self._slow_s)
        if self._real is not None and self._dice.random() < self._real_share:
            return self._real.print(kind, layout, issue, at, sealing, full_layout=full_layout)
        said = {"kind": kind.id, "number": issue.number, "made": at.isoformat(), "once": self._dice.getrandbits(64)}
        contents = [
            _content({**said, "page": page, "texts": [text.text for text in texts_of(sheet.values)]})
            for page, sheet in enumerate(layout.sheets, 1)
        ]
        document = _document(contents)
        return Printed(
            document=document,
            sha256=hashlib.sha256(document).hexdigest(),
            page_hashes=tuple(hashlib.sha256(content).hexdigest() for content in contents),
            content=sealing.begin(issue, kind, layout, issue.municipality_code).content,
        )


def page_hashes(document: bytes) -> list[str]:
    """SHA-256 of each page's content stream before compression."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return [hashlib.sha256(_stream(page)).hexdigest() for page in pdf.pages]


def text_of(document: bytes) -> list[str]:
    """What each page says, of a small document or a typeset one."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        streams = [_stream(page) for page in pdf.pages]
    if all(stream.startswith(_MARK) for stream in streams):
        return ["\n".join(_said(stream)) for stream in streams]
    return [re.sub(r"\s", "", "".join(page)) for page in texts(document)]


def _said(stream: bytes) -> Iterator[str]:
    said = json.loads(stream.removeprefix(_MARK))
    yield said["number"]
    yield from said["texts"]


def _stream(page: pikepdf.Page) -> bytes:
    content = page.obj["/Contents"]
    return bytes(content.read_bytes())


def _content(said: dict[str, object]) -> bytes:
    return _MARK + json.dumps(said).encode("ascii") + b"\n"


def _document(contents: list[bytes]) -> bytes:
    """A PDF of A4 pages with these content streams, written by hand: pikepdf would take ten times as long."""
    count = len(contents)
    kids = " ".join(f"{3 + 2 * place} 0 R" for place in range(count))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {count}/Kids[{kids}]>>".encode()]
    for place, content in enumerate(contents):
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.276 841.89]/Resources<<>>/Contents {4 + 2 * place} 0 R>>"
        objects.append(page.encode())
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    written += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(written)
