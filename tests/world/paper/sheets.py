"""Sheets to work on: households on today's forms, with tint and QR where the press does not draw them itself."""

import html
import io
import random
import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pikepdf
import qrcode
from qrcode.util import QRData

from portal.certificates.forms import tint
from portal.certificates.press import Press
from portal.register import ResidentRecord
from tests.portal.certificates.sheets import person, printed
from tests.world.demo_city import names, places

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the page's upper left corner."""
PAYLOAD_BYTES = 148
_MM = 72 / 25.4
CODE: Rectangle = (12 * _MM, 261.2 * _MM, 38 * _MM, 287.2 * _MM)
"""Where the stand-in QR stands: 26 mm, at the bottom left."""
_QUIET = 1.0 * _MM
_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')


@dataclass(frozen=True, repr=False)
class Word:
    """A text on a page and where it stands."""

    text: str
    place: Rectangle


def household(seed: int, persons: int) -> tuple[ResidentRecord, ...]:
    """Invented residents; the same for the same seed."""
    rng = random.Random(seed)
    home, before = places.home(rng), places.elsewhere(rng)
    surname, kana = rng.choice(names.SURNAMES)
    family = []
    for number in range(persons):
        born = date(rng.randint(1936, 2020), rng.randint(1, 12), rng.randint(1, 28))
        given, reading = rng.choice(names.given_names(woman=rng.random() < 0.5, born=born.year))
        moved = date(rng.randint(2000, 2025), rng.randint(1, 12), rng.randint(1, 28))
        family.append(
            person(
                name=f"{surname}　{given}", reading=f"{kana}　{reading}", birth_date=born.isoformat(),
                relationship=("世帯主", "妻", "長男", "二女", "父")[number % 5], previous_address=before,
                domicile=places.domicile(rng), family_head=f"{surname}　{given}", address=home.address,
                became_resident_on=moved, address_since=moved, notified_on=moved,
            )
        )  # fmt: skip
    return tuple(family)


def typeset(press: Press, persons: tuple[ResidentRecord, ...]) -> bytes:
    """These persons as the press of today prints them."""
    return printed(press, *persons).document


def furnished(document: bytes, payloads: list[bytes]) -> bytes:
    """The document with the tint under every page and a QR of each payload on its page."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        tile = tint.tile()
        ink = " ".join(f"{part / 255:.4f}" for part in tint.INK)
        stencil = pdf.make_stream(tile.rows, _image(tile.width, tile.height))
        pattern = pdf.make_stream(
            f"{ink} rg {tint.WIDTH} 0 0 {tint.HEIGHT} 0 0 cm /T Do".encode(),
            Type=pikepdf.Name.Pattern, PatternType=1, PaintType=1, TilingType=1,
            BBox=[0, 0, tint.WIDTH, tint.HEIGHT], XStep=tint.WIDTH, YStep=tint.HEIGHT,
            Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(T=stencil)),
        )  # fmt: skip
        for page, payload in zip(pdf.pages, payloads, strict=True):
            height = float(page.MediaBox[3])
            page.Resources.Pattern = pikepdf.Dictionary(Tint=pattern)
            matrix = qr_matrix(payload)
            rows = b"".join(_packed(row) for row in matrix)
            page.Resources.XObject = page.Resources.get("/XObject", pikepdf.Dictionary())
            page.Resources.XObject.Stamp = pdf.make_stream(rows, _image(len(matrix), len(matrix)))
            left, top, right, bottom = CODE
            below = f"q /Pattern cs /Tint scn 0 0 {page.MediaBox[2]} {height} re f Q q"
            above = (
                f"Q q 1 g {left - _QUIET} {height - bottom - _QUIET} {right - left + 2 * _QUIET} "
                f"{bottom - top + 2 * _QUIET} re f 0 g {right - left} 0 0 {bottom - top} {left} {height - bottom} cm "
                "/Stamp Do Q"
            )
            page.contents_add(below.encode("ascii"), prepend=True)
            page.contents_add(above.encode("ascii"))
        made = io.BytesIO()
        pdf.save(made)
        return made.getvalue()


def words(document: bytes) -> tuple[tuple[Word, ...], ...]:
    """For each page its texts with their places, as poppler finds them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "document.pdf"
        file.write_bytes(document)
        done = subprocess.run(["pdftotext", "-bbox", str(file), "-"], check=True, capture_output=True, timeout=60)
    pages = done.stdout.decode("utf-8").split("<page ")[1:]
    return tuple(
        tuple(
            Word(html.unescape(text), (float(left), float(top), float(right), float(bottom)))
            for left, top, right, bottom, text in _WORD.findall(page)
        )
        for page in pages
    )


def qr_matrix(payload: bytes) -> list[list[bool]]:
    """Version 8, level M."""
    code = qrcode.QRCode(version=8, error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, mask_pattern=3)
    code.add_data(QRData(payload, mode=4), optimize=0)
    code.make(fit=False)
    return [[bool(module) for module in row] for row in code.modules]


def _image(width: int, height: int) -> dict[str, object]:
    return {
        "/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": width, "/Height": height,
        "/ImageMask": True, "/BitsPerComponent": 1, "/Decode": [1, 0],
    }  # fmt: skip


def _packed(row: list[bool]) -> bytes:
    bits = "".join("1" if module else "0" for module in row)
    return int(bits.ljust(-(-len(row) // 8) * 8, "0"), 2).to_bytes(-(-len(row) // 8), "big")
