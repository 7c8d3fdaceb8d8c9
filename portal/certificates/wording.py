"""Where a text stands on a paper, in words staff know: which sheet, whose, which item. Never the text itself."""

from itertools import pairwise

from portal.certificates.paper import Layout
from portal.certificates.values import texts

_COUNTED = {"persons": "人目", "changes": "行目"}
_OF_THE_ISSUE = {"issue.office": "長の職名", "issue.officer": "長の氏名", "issue.verify_address": "確認用の宛先"}


def where(layout: Layout, path: str) -> str:
    """`2枚目 3人目の氏名` for a path as the press names it; several sheets have their number in front (from 1).

    A text without a label is named by its path, which holds names of fields and numbers only.
    """
    if path in _OF_THE_ISSUE:
        return _OF_THE_ISSUE[path]
    first, _, rest = path.partition(".")
    several = len(layout.sheets) > 1 and first.isdecimal() and 1 <= int(first) <= len(layout.sheets)
    if several:
        return f"{first}枚目 {_on_sheet(layout, int(first), rest)}"
    return _on_sheet(layout, 1, path)


def _on_sheet(layout: Layout, number: int, path: str) -> str:
    label = next((text.label for text in texts(layout.sheets[number - 1].values) if text.path == path), "") or path
    counted = [
        f"{int(place) + 1}{_COUNTED[name]}"
        for name, place in pairwise(path.split("."))
        if name in _COUNTED and place.isdecimal()
    ]
    return "の".join([*counted, label.replace("　", "")])
