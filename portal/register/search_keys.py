"""Folded forms of names, readings and addresses, for finding only. Registered texts are never replaced by them."""

import re
import unicodedata

# Shapes of one character as names are written; the first stands for all. Compatibility ideographs (U+FA19 and the
# like) and variation selectors fold without a line here.
_VARIANTS = (
    "高髙", "崎﨑嵜碕", "斎齋斉齊", "沢澤", "辺邊邉", "浜濱濵", "島嶋嶌", "吉𠮷", "広廣", "国國圀", "桜櫻", "滝瀧",
    "竜龍", "真眞", "恵惠", "富冨", "峰峯", "野埜", "関關", "淵渕", "桧檜", "柳栁", "槙槇", "曽曾", "条條", "徳德",
    "栄榮", "塩鹽", "豊豐", "静靜", "荘莊", "館舘", "万萬", "与與", "礼禮", "県縣", "亀龜", "黒黑", "橋槗", "瀬瀨",
    "薮藪籔", "鉄鐵銕", "桑桒", "芦蘆", "巌巖", "壱壹", "円圓", "舟舩船", "児兒", "実實", "寿壽", "会會", "尾𡱖",
)  # fmt: skip
_SMALL_KANA = ("ァィゥェォッャュョヮヵヶヂヅヲ", "アイウエオツヤユヨワカケジズオ")
_HIRAGANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_FOLDED = {
    ord(variant): group[0] for group in _VARIANTS for variant in group[1:]
} | dict(zip(map(ord, _SMALL_KANA[0]), _SMALL_KANA[1], strict=True))  # fmt: skip
_DROPPED = re.compile("[\\s・･ー‐‑–—\\-'’.,、]|[\U000e0100-\U000e01ef\ufe00-\ufe0f]")
_HOUSE_NUMBERS = re.compile(r"(?<=\d)(?:丁目|番地の|番地|番|号|の)(?=\d)")
_LAST_HOUSE_NUMBER = re.compile(r"(?<=\d)(?:番地|番|号)")
_KANJI_DISTRICT = re.compile("([一二三四五六七八九])(?=丁目)")
_DIGITS = {ord(kanji): str(number) for number, kanji in enumerate("一二三四五六七八九", start=1)}
_DASHES = str.maketrans(dict.fromkeys("‐‑–—−ー", "-"))


def name_key(name: str) -> str:
    """The form under which a name or a reading is found: width, case, kana and variant shapes folded, no spaces."""
    letters = _DROPPED.sub("", unicodedata.normalize("NFKC", name).casefold())
    return unicodedata.normalize("NFKC", letters).translate(_HIRAGANA).translate(_FOLDED)


def address_key(address: str) -> str:
    """The form under which an address is found: 丁目, 番 and 号 become hyphens, digits half-width."""
    plain = _KANJI_DISTRICT.sub(lambda found: found[1].translate(_DIGITS), unicodedata.normalize("NFKC", address))
    plain = _HOUSE_NUMBERS.sub("-", plain.translate(_DASHES))
    plain = _LAST_HOUSE_NUMBER.sub("", plain)
    return "-".join(name_key(part) for part in plain.split("-"))
