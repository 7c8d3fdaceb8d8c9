"""基本4情報 out of the 署名用電子証明書: name, birth date, sex and address, as its subjectAltName carries them.

Six otherNames, each one UTF8String (公的個人認証サービス プロファイル仕様, by way of the published OID lists):

    1.2.392.200149.8.5.5.1 氏名   .2 which of its characters are substitutes   .3 性別 (1 男, 2 女, 3 不明)
    1.2.392.200149.8.5.5.4 生年月日 (era, then YYYYMMDD)   .5 住所   .6 which of its characters are substitutes

A character that the card's character set lacks is replaced by another one (代替文字). The text is then not what the
register holds, so nobody is ever found by it without an officer.
"""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date

from cryptography import x509

from portal.identity.errors import IdentityError
from portal.register import Sex

_ARC = "1.2.392.200149.8.5.5."
_NAME, _NAME_SUBSTITUTES, _SEX, _BIRTH_DATE, _ADDRESS, _ADDRESS_SUBSTITUTES = (f"{_ARC}{n}" for n in range(1, 7))
_ITEMS = (_NAME, _NAME_SUBSTITUTES, _SEX, _BIRTH_DATE, _ADDRESS, _ADDRESS_SUBSTITUTES)
_UTF8_STRING = 0x0C
_SEXES = {"1": Sex.MALE, "2": Sex.FEMALE, "3": None}
# First and last day of each era. 大正 and 昭和 each began on the day on which the era before them ended.
_ERAS = {
    "0": (date.min, date.max),
    "1": (date(1868, 1, 1), date(1912, 7, 30)),
    "2": (date(1912, 7, 30), date(1926, 12, 25)),
    "3": (date(1926, 12, 25), date(1989, 1, 7)),
    "4": (date(1989, 1, 8), date(2019, 4, 30)),
    "5": (date(2019, 5, 1), date.max),
}
_ERA_DATE = re.compile("([0-5])([0-9]{4})([0-9]{2})([0-9]{2})")
_FLAGS = re.compile("[01]+")
# Control and format characters (overrides of the writing direction among them), surrogates, line separators.
_UNFIT = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class FourItemsError(IdentityError):
    """Base of everything that can be wrong with the 基本4情報 of a certificate that is otherwise genuine."""

    code = "four_items_unreadable"


class FourItemsMissing(FourItemsError):
    """Raised when the certificate has no subjectAltName, or one of the six items is not in it."""


class FourItemsRepeated(FourItemsError):
    """Raised when one of the six items stands there twice: nobody can tell which one counts."""


class FourItemsUnexpected(FourItemsError):
    """Raised when the subjectAltName holds anything besides the six items."""


class ItemNotUtf8String(FourItemsError):
    """Raised when an item is not exactly one UTF8String in DER: tag, shortest length, valid UTF-8, nothing after."""


class ItemUnfit(FourItemsError):
    """Raised when name or address is empty, or holds a character that no name and no address has (a control, say)."""


class BirthDateMalformed(FourItemsError):
    """Raised when the birth date is no era and YYYYMMDD, no day of the calendar, or outside its era."""


class SexMalformed(FourItemsError):
    """Raised when the sex is not 1, 2 or 3."""


class SubstitutesMalformed(FourItemsError):
    """Raised when the marks of substitute characters are not one 0 or 1 for each character of their text."""


@dataclass(frozen=True, repr=False)
class FourItems:
    """基本4情報 with their exact code points.

    `birth_date` has the register's form: `YYYY-MM-DD`, or `YYYY-MM` or `YYYY` where less is known, empty where
    nothing is. `sex` None is 不明. The substitutes are the places (from 0) of characters that stand for others.
    """

    name: str
    birth_date: str
    sex: Sex | None
    address: str
    name_substitutes: tuple[int, ...] = ()
    address_substitutes: tuple[int, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether name and address are the registered ones, character by character, and the birth date is whole."""
        return (
            not self.name_substitutes and not self.address_substitutes and len(self.birth_date) == len("YYYY-MM-DD")
        )

    def pack(self) -> bytes:
        """The items as bytes, to be encrypted."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> "FourItems":
        """The items that `pack` made bytes of."""
        values = json.loads(packed)
        return cls(
            name=values["name"],
            birth_date=values["birth_date"],
            sex=None if values["sex"] is None else Sex(values["sex"]),
            address=values["address"],
            name_substitutes=tuple(values["name_substitutes"]),
            address_substitutes=tuple(values["address_substitutes"]),
        )


def four_items(certificate: x509.Certificate) -> FourItems:
    """The 基本4情報 of a certificate that `prove` has judged. Raises a FourItemsError for every other shape."""
    texts = _texts(certificate)
    name, address = _written(texts[_NAME]), _written(texts[_ADDRESS])
    if texts[_SEX] not in _SEXES:
        raise SexMalformed
    return FourItems(
        name=name,
        birth_date=_birth_date(texts[_BIRTH_DATE]),
        sex=_SEXES[texts[_SEX]],
        address=address,
        name_substitutes=_substitutes(texts[_NAME_SUBSTITUTES], name),
        address_substitutes=_substitutes(texts[_ADDRESS_SUBSTITUTES], address),
    )


def utf8_string(der: bytes) -> str:
    """The text of exactly one UTF8String in DER (X.690, 8.1 and 10.1). Raises ItemNotUtf8String."""
    if len(der) < 2 or der[0] != _UTF8_STRING:
        raise ItemNotUtf8String
    first, start = der[1], 2
    length = first
    if first > 0x80:
        start += first & 0x7F
        length = int.from_bytes(der[2:start], "big")
        if start > len(der) or length < 0x80 or der[2] == 0:
            # A shorter way to write this length exists: BER, not DER.
            raise ItemNotUtf8String
    if first == 0x80 or len(der) - start != length:
        raise ItemNotUtf8String
    try:
        return der[start:].decode("utf-8")
    except UnicodeDecodeError:
        # Without its cause, which holds the bytes of a name.
        raise ItemNotUtf8String from None


def _texts(certificate: x509.Certificate) -> dict[str, str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise FourItemsMissing from error
    texts: dict[str, str] = {}
    for name in names:
        if not isinstance(name, x509.OtherName) or name.type_id.dotted_string not in _ITEMS:
            raise FourItemsUnexpected
        if name.type_id.dotted_string in texts:
            raise FourItemsRepeated
        texts[name.type_id.dotted_string] = utf8_string(name.value)
    if len(texts) != len(_ITEMS):
        raise FourItemsMissing
    return texts


def _written(text: str) -> str:
    if not text.strip() or any(unicodedata.category(character) in _UNFIT for character in text):
        raise ItemUnfit
    return text


def _birth_date(text: str) -> str:
    read = _ERA_DATE.fullmatch(text)
    if read is None:
        raise BirthDateMalformed
    era, year, month, day = read.groups()
    if year == "0000":
        if (month, day) != ("00", "00"):
            raise BirthDateMalformed
        return ""
    if month == "00" and day != "00":
        raise BirthDateMalformed
    try:
        first = date(int(year), int(month) or 1, int(day) or 1)
    except ValueError as error:
        raise BirthDateMalformed from error
    last = first if day != "00" else date(int(year), int(month) or 12, 28)
    if last < _ERAS[era][0] or first > _ERAS[era][1]:
        raise BirthDateMalformed
    return "-".join(part for part in (year, month, day) if part != "00")


def _substitutes(flags: str, text: str) -> tuple[int, ...]:
    if _FLAGS.fullmatch(flags) is None or len(flags) != len(text):
        raise SubstitutesMalformed
    return tuple(place for place, flag in enumerate(flags) if flag == "1")
