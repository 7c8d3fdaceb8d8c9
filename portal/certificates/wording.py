"""Where a text stands on a paper, in words staff know: which sheet, whose, which item. Never the text itself."""

from itertools import pairwise

from portal.certificates.values import texts

_COUNTED = {"persons": "人目", "changes": "行目"}


def where(values: object, path: str, sheet: int, sheets: int) -> str:
    """`2枚目 3人目の氏名` for the text at `path` of the values of sheet `sheet` (from 1) of `sheets`.

    A text without a label is named by its path, which holds names of fields and numbers only.
    """
    label = next((text.label for text in texts(values) if text.path == path), "") or path
    parts = path.split(".")
    counted = [
        f"{int(number) + 1}{_COUNTED[name]}"
        for name, number in pairwise(parts)
        if name in _COUNTED and number.isdecimal()
    ]
    which = "の".join([*counted, label])
    return f"{sheet}枚目 {which}" if sheets > 1 else which
