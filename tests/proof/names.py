"""Names that say whose record they are and which version of it: the paper itself then tells what it was made from."""

import re

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_NARROW = str.maketrans("０１２３４５６７８９", "0123456789")
_NAME = re.compile(r"試験([０-９]{6})第([０-９]{4})版")
_NUMBER = re.compile(r"[0-9]{6}-[0-9A-Z]{5}-[0-9A-Z]{5}")


def name(serial: int, version: int) -> str:
    """The registered name of test person `serial` in this version of their record."""
    return f"試験{serial:06}第{version:04}版".translate(_WIDE)


def named_in(text: str) -> set[tuple[int, int]]:
    """Every (serial, version) that a text names."""
    return {
        (int(person.translate(_NARROW)), int(version.translate(_NARROW))) for person, version in _NAME.findall(text)
    }


def issue_numbers_in(text: str) -> set[str]:
    """Every issue number (発行番号) in a text."""
    return set(_NUMBER.findall(text))
