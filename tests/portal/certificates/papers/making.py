"""Sealed papers as values: what a worker would print, and every kind of forgery of it. No press, no database."""

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from PIL import Image, ImageDraw
from qrcode import constants
from qrcode.main import QRCode
from qrcode.util import MODE_8BIT_BYTE, QRData

from portal.certificates.papers.contents import Content, PageContent, Words, access_key, enclose
from portal.certificates.sealing import stamp as stamping
from portal.certificates.sealing import tie
from portal.certificates.sealing.key_list import KeyList, PublishedKey, published
from portal.certificates.sealing.stamp import Stamp
from portal.certificates.values import Text
from portal.keys import Purpose

MISAKI, HAMA = "982016", "982024"
ORIGIN = "https://verify.misaki.example"
DAY = date(2026, 11, 24)
SINCE = date(2026, 1, 1)


@dataclass(frozen=True)
class Sealer:
    """A key that stamps pages, as its municipality holds and publishes it."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    since: date = SINCE
    retired: date | None = None
    revoked: date | None = None

    @property
    def spki(self) -> bytes:
        encoding = serialization.Encoding.DER
        return self.private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def id(self) -> str:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.spki)
        return digest.finalize().hex()[:16]

    @property
    def published(self) -> PublishedKey:
        return published(
            self.spki, key_id=self.id, purpose=Purpose.PAGE_STAMP.value, valid_from=self.since,
            retired=self.retired, revoked=self.revoked,
        )  # fmt: skip

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def key_list(*sealers: Sealer, municipality: str = MISAKI, origin: str = ORIGIN) -> KeyList:
    return KeyList(municipality, "みさき市", origin, tuple(sealer.published for sealer in sealers))


@dataclass(frozen=True)
class Paper:
    """One rendering: its sheets' stamps before they are signed, the secret, and the words as they are kept."""

    number: str
    stamps: tuple[Stamp, ...]
    secret: bytes
    content: Content
    words: Words
    tie: str

    def codes(self, sealer: Sealer) -> list[bytes]:
        return [stamping.encode(stamp, sealer.id, sealer.sign) for stamp in self.stamps]

    def changed(self, page: int, sealer: Sealer, **values: object) -> bytes:
        """The stamp of one page with other values, signed all the same."""
        return stamping.encode(replace(self.stamps[page - 1], **values), sealer.id, sealer.sign)  # type: ignore[arg-type]

    @property
    def access(self) -> bytes:
        return access_key(self.secret, self.number)


def paper(
    pages: int = 1, *, number: str = f"{MISAKI}-7KQ2M-X84TB", day: date = DAY, name: str = "佐藤　花子"
) -> Paper:
    """A certificate with so many sheets; a new secret each time."""
    code, _, own = number.partition("-")
    secret = secrets.token_bytes(16)
    sheets = tuple(
        PageContent("1", _texts(name, page, number), (("seal", _impression()),)) for page in range(1, pages + 1)
    )
    words = Words("resident_record", "住民票の写し", number, day, sheets)
    bound = tie.bind(words, secret)
    stamps = tuple(
        Stamp(code, own, page, pages, day, link[: stamping.LINK_BYTES], secret)
        for page, link in enumerate(bound.links, 1)
    )
    return Paper(number, stamps, secret, enclose(words, secret), words, bound.code)


def _texts(name: str, page: int, number: str) -> tuple[Text, ...]:
    return (
        Text("household.head", "世帯主", "佐藤　太郎"),
        Text("household.address", "住所", "岬県みさき市港町三丁目24番5号 ハイツ岬201"),
        Text("persons.0.name", "氏名", name),
        Text("persons.0.birth", "生年月日", "昭和60年4月1日"),
        Text("persons.0.sex", "性別", "女"),
        Text("persons.0.note", "備考", ""),
        Text("persons.1.name", "氏名", f"佐藤　第{page}葉\U000e0101"),
        Text("persons.1.birth", "生年月日", "平成25年12月3日"),
        Text("issue.number", "発行番号", number),
        Text("issue.day", "発行年月日", "令和8年11月24日"),
        Text("issue.office", "職名", "みさき市長"),
        Text("issue.officer", "氏名", "海野　渉"),
    )


def _impression() -> bytes:
    drawn = Image.new("1", (64, 64), 1)
    ImageDraw.Draw(drawn).ellipse((4, 4, 60, 60), outline=0, width=4)
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return file.getvalue()


def qr_picture(code: bytes, pixels: int = 4) -> Image.Image:
    """The code as it is printed: version 8-M, in its quiet zone."""
    drawn: QRCode[object] = QRCode(
        version=8, error_correction=constants.ERROR_CORRECT_M, box_size=pixels, border=4, mask_pattern=4
    )
    drawn.add_data(QRData(code, mode=MODE_8BIT_BYTE))
    drawn.make(fit=False)
    picture: Image.Image = drawn.make_image().get_image().convert("L")
    return picture


def photo(*codes: bytes, turned: float = 3, kind: str = "PNG") -> bytes:
    """A picture of a sheet on a table, a little askew, with these codes at its foot."""
    sheet = Image.new("L", (700, 990), 252)
    draw = ImageDraw.Draw(sheet)
    for line in range(14):
        draw.line((80, 120 + line * 45, 80 + 40 * (3 + line * 5 % 11), 120 + line * 45), fill=40, width=6)
    for place, code in enumerate(codes):
        sheet.paste(qr_picture(code, pixels=3), (500 - 180 * place, 790))
    table = Image.new("L", (800, 1100), 120)
    table.paste(sheet.rotate(turned, expand=True, fillcolor=120, resample=Image.Resampling.BICUBIC), (20, 20))
    file = io.BytesIO()
    table.save(file, kind)
    return file.getvalue()


def codes_in(papers: Sequence[Paper], sealer: Sealer) -> list[bytes]:
    return [code for one in papers for code in one.codes(sealer)]
