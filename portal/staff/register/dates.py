"""Birth dates as an officer types them: a day, a month or a year, western or of an era, in any width."""

import re
import unicodedata
from datetime import date

# The first year of each era. Whether an era was still running is not asked: people write 平成31年12月.
_ERAS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_YEAR = r"(?:(?P<western>\d{4})|(?P<era>明治|大正|昭和|平成|令和|[MTSHR])(?P<of_era>[1-9]\d?|元))"
_TYPED = re.compile(rf"{_YEAR}年?(?:[-/.]?(?P<month>\d{{1,2}})月?(?:[-/.]?(?P<day>\d{{1,2}})日?)?)?")
_DIGITS = re.compile(r"(?P<western>\d{4})(?P<month>\d{2})(?P<day>\d{2})?")


def typed_period(text: str | None) -> str | None:
    """The day, month or year that was typed, as the register writes it (YYYY, YYYY-MM, YYYY-MM-DD).

    None for nothing, and for what is none. `1991-4-8`, `1991年4月`, `平成3年4月8日`, `H3.4` and `19910408` are read.
    """
    typed = "".join(unicodedata.normalize("NFKC", text or "").split()).upper()
    found = _DIGITS.fullmatch(typed) or _TYPED.fullmatch(typed)
    if found is None:
        return None
    parts = found.groupdict()
    numbers = [_year(parts), *(int(parts[name]) for name in ("month", "day") if parts.get(name))]
    try:
        date(*[*numbers, 1, 1][:3])
    except ValueError:
        return None
    return "-".join(f"{number:0{4 if place == 0 else 2}}" for place, number in enumerate(numbers))


def _year(parts: dict[str, str | None]) -> int:
    if parts["western"]:
        return int(parts["western"])
    era, number = parts["era"] or "", parts["of_era"] or ""
    return _ERAS[_LETTERS.get(era, era)] + (1 if number == "元" else int(number)) - 1
