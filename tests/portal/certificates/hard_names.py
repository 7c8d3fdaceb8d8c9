"""2,000 hard names, made up the same way every time: printed right or refused by name, nothing in between.

`python -m tests.portal.certificates.hard_names` sends all of them through the rules of entry and the press and prints
what became of them; the suite sends a part. No name is a real person's.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from random import Random

from portal.certificates.characters import approved_font
from portal.register.variants import adobe_japan, moji_joho
from tests.portal.certificates.hard_names_judge import Fate, Judge

HOW_MANY = 2000
_SEED = 20261125
_GIVEN = ("一", "花子", "龍之介", "さくら", "ルイ", "次郎右衛門", "葵", "未央")
_SURNAMES = ("山田", "渡", "田", "岬", "港町", "東", "佐々木", "五十嵐")
_ROMAN = (
    "MAXIMILIAN", "NGUYEN", "O'BRIEN", "JEAN-PIERRE", "VAN DER BERG", "MUHAMMAD", "ÅSA", "ÉLODIE", "JOSÉ", "ŁUKASZ",
    "SØREN", "ÇELIK", "ŽIVKOVIĆ", "DE LA CRUZ", "BARTHOLOMEW", "XU", "İBRAHİM", "THỊ", "MÜLLER", "D’ANGELO",
)  # fmt: skip
_SPACES = [chr(code) for code in (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 0x3164, 0xFFA0)]
_EMOJI = (
    "😀", "👨\u200d👩\u200d👧", "👍\U0001f3fd", "👩🏿\u200d🚒", "🇯🇵", "1\ufe0f\u20e3",
    "❤\ufe0f", "☃\ufe0e", "🏴\U000e0067\U000e007f", "㊙\ufe0f",
    "🈁", "🀄", "♨", "☎", "✉\ufe0f", "🫠",
)  # fmt: skip
_COMBINED = (
    "か\u3099", "は\u309a", "ハ\u3099", "う\u3099", "e\u0301", "a\u0308", "o\u0302\u0301", "n\u0303", "s\u030c",
    "A\u030a", "क\u094d\u0937", "น\u0e49\u0e33",
    "\u1112\u1161\u11ab", "1\u20dd", "田\u20de", "い\u302a", "a" + "\u0300" * 12, "\u3099か", "神\ufe00", "葛\u0301",
)  # fmt: skip
_ALIKE = (
    "ー一－‐‑–—―−ｰ─", "口ロ囗□", "力カ", "二ニ", "八ハ", "へヘ",
    "工エ", "夕タ", "千チ干于", "〇○◯OО0", "AАΑＡ", "BВΒ", "HНΗ", "土士", "日曰", "戶户戸",
    "黒黑", "髙高", "﨑崎嵜", "吉𠮷",
    "神神", "々〻仝", "‘’'′`", "･・·•", "～〜", "〆乄〤", "祇祗", "巳已己", "戌戍戊", "ゝゞヽヾ",
)  # fmt: skip


@dataclass(frozen=True)
class HardName:
    """A name and what makes it hard."""

    family: str
    name: str


def hard_names() -> list[HardName]:
    """All of them, each name once, in an order in which any first part holds something of every family."""
    random = Random(_SEED)
    families = [
        [HardName(make.__name__.strip("_"), name) for name in make(random)]
        for make in (
            _named_variants, _every_variant_alone, _other_variants, _other_planes, _roman, _private, _emoji, _control,
            _combining, _widths, _unassigned, _long, _spaces, _alike, _compatible,
        )
    ]  # fmt: skip
    distinct: dict[str, HardName] = {}
    for hard in chain(_in_turn(families), (HardName("mixed", name) for name in _mixed(random, families))):
        distinct.setdefault(hard.name, hard)
        if len(distinct) == HOW_MANY:
            return list(distinct.values())
    raise AssertionError("the recipes give fewer names than wanted")


def _in_turn(families: Sequence[Sequence[HardName]]) -> Iterator[HardName]:
    """The families mixed evenly: a family of 300 gives three where one of 100 gives one."""
    placed = [
        ((place + 0.5) / len(family), order, hard)
        for order, family in enumerate(families)
        for place, hard in enumerate(family)
    ]
    return (hard for _, _, hard in sorted(placed, key=lambda entry: entry[:2]))


def _shuffled(random: Random, names: list[str]) -> list[str]:
    random.shuffle(names)
    return names


def _around(random: Random, hard: str) -> str:
    return f"{random.choice(_SURNAMES)}{hard}　{random.choice(_GIVEN)}"


def _named_variants(random: Random) -> list[str]:
    """Every selector the font or Adobe-Japan1 could mean, and the ends of both ranges, after the five characters."""
    selectors = [*range(0xE0100, 0xE0120), 0xE01EF, 0xE01F0, 0xE00FF, 0xFE00, 0xFE0F]
    return _shuffled(
        random, [_around(random, base + chr(selector)) for base in "邉邊葛辻祁" for selector in selectors]
    )


def _every_variant_alone(random: Random) -> list[str]:
    """Every sequence of the five characters that the register knows, without anything around it."""
    known = [sequence for sequence in (*moji_joho(), *adobe_japan()) if sequence[0] in "邉邊葛辻祁"]
    return _shuffled(random, [*sorted(known), "\U000e0100", "山\U000e0100\U000e0101", "、\U000e0100"])


def _other_variants(random: Random) -> list[str]:
    theirs = _shuffled(random, sorted(adobe_japan()))
    ours = _shuffled(random, sorted(moji_joho()))
    mapped = ["".join(theirs[start : start + 2]) + "　一" for start in range(0, len(theirs), 2)]
    kept = ["".join(ours[start : start + 4]) for start in range(0, 720, 4)]
    # What no collection has: the selector after the last one, and selectors behind characters without any.
    return mapped + kept + [_around(random, sequence[0] + "\U000e0150") for sequence in ours[800:830]]


def _other_planes(random: Random) -> list[str]:
    spans = ((0x20000, 0x2A6DF), (0x2A700, 0x2EBE0), (0x2F800, 0x2FA1D), (0x30000, 0x323AF), (0x1B000, 0x1B122))
    names = ["𠮷野　𠮟", "𡈽屋　𣘺", "𩸽　𠀋", "𰻞　一"]
    for first, last in spans:
        names += [_around(random, chr(random.randint(first, last))) for _ in range(44)]
    return names


def _roman(random: Random) -> list[str]:
    names = ["A" * length for length in (1, 30, 59, 60, 61, 90)]
    for length in chain(range(12, 61, 2), [60] * 60, range(61, 121, 4)):
        parts = [random.choice(_ROMAN)]
        while len(" ".join(parts)) < length:
            parts.append(random.choice(_ROMAN))
        names.append(" ".join(parts)[:length].rstrip(" -'’"))
    return names


def _private(random: Random) -> list[str]:
    codes = [0xE000, 0xF8FF, 0xF0000, 0xFFFFD, 0x100000, 0x10FFFD]
    codes += [random.choice((random.randint(0xE000, 0xF8FF), random.randint(0xF0000, 0xFFFFD))) for _ in range(44)]
    return [_around(random, chr(code)) for code in codes]


def _emoji(random: Random) -> list[str]:
    return [template.format(emoji) for emoji in _EMOJI for template in ("{}", "山田　{}", "{}田　一", "港{}　花")]


def _control(random: Random) -> list[str]:
    codes = [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F)]
    codes += [*range(0x2060, 0x2070), 0xFEFF, 0xFFF9, 0xFFFB, 0xE0001, 0xE0020, 0xE007F]
    return [_around(random, chr(code)) for code in codes]


def _combining(random: Random) -> list[str]:
    return [name for mark in _COMBINED for name in (mark, f"{mark}山　一", _around(random, mark))]


def _widths(random: Random) -> list[str]:
    half = "".join(chr(code) for code in range(0xFF66, 0xFFA0))
    full = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
    signs = "㈱㈲①⑳Ⅳⅻ㍻㍼㌔㎡№℡㋿㍿ﾞﾟ￥￠"
    pieces = [source[start : start + 6] for source in (half, full) for start in range(0, len(source), 5)]
    return [*pieces, *(_around(random, sign) for sign in signs), "ﾔﾏﾀﾞ ﾊﾅｺ", "ＹＡＭＡＤＡ　ＨＡＮＡ"]


def _unassigned(random: Random) -> list[str]:
    codes = [0x378, 0x2FE0, 0x9FFF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xFDD0, 0xFDEF, 0x3FFFF, 0xE0080, 0x323B0]
    codes += [0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xD83D, *(random.randint(0x40000, 0xDFFFF) for _ in range(24))]
    return [_around(random, chr(code)) for code in codes]


def _long(random: Random) -> list[str]:
    kanji = "寿限無五劫擦切海砂利水魚行末雲来風食寝処住藪裏柑子"
    lengths = chain(range(14, 44), (60, 80, 120, 200, 499, 500, 501, 900))
    return ["".join(random.choice(kanji) for _ in range(length)) for length in lengths]


def _spaces(random: Random) -> list[str]:
    return [
        name
        for space in _SPACES
        for name in (f"山田{space}一", f"{space}山田", f"山田{space}", f"山{space}{space}田", f"A{space}B")
    ]


def _alike(random: Random) -> list[str]:
    return [_around(random, letter) for group in _ALIKE for letter in group] + [*_ALIKE]


def _compatible(random: Random) -> list[str]:
    codes = [*range(0xFA0E, 0xFA6E), *range(0x2F00, 0x2FD6, 9), *range(0x2E80, 0x2EF4, 9), *range(0x31C0, 0x31E4, 5)]
    return [_around(random, chr(code)) for code in codes]


def _mixed(random: Random, families: Sequence[Sequence[HardName]]) -> Iterator[str]:
    """Two hard things in one name, without end."""
    everything = [hard.name for family in families for hard in family if len(hard.name) < 16]
    while True:
        yield "".join(random.sample(everything, 2))


def main() -> int:
    """Judge all of them; exit status 1 where one was printed wrongly."""
    # The press is opened here and not by a fixture: this runs without pytest.
    from portal.certificates.press import Press  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(Press(Path(folder)), approved_font())
        names = hard_names()
        found = judge.judge([hard.name for hard in names])
    counted = Counter((hard.family, verdict.fate) for hard, verdict in zip(names, found, strict=True))
    for family in dict.fromkeys(hard.family for hard in names):
        fates = "  ".join(f"{fate.value} {counted[family, fate]}" for fate in Fate if counted[family, fate])
        print(f"{family:20} {fates}")
    totals = Counter(verdict.fate for verdict in found)
    print("all", len(found), *(f"{fate.value} {totals[fate]}" for fate in Fate))
    for verdict in islice((verdict for verdict in found if verdict.fate is Fate.WRONG), 20):
        print("WRONG", verdict.said)
    return 1 if totals[Fate.WRONG] else 0


if __name__ == "__main__":
    sys.exit(main())
