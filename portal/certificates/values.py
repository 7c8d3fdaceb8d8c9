"""The texts of a sheet in the order they are written down: what is checked, printed, hashed and compared later."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import NamedTuple

from portal.certificates.paper import Entry, Picture


class Text(NamedTuple):
    """One text of a sheet: where it stands (`persons.0.name`), the label people know it by, and the text itself."""

    path: str
    label: str
    text: str


def texts(values: object) -> tuple[Text, ...]:
    """Every text in `values`, depth first, in the order of the fields; pictures are left out."""
    found: list[Text] = []
    _collect(values, "", "", found, {})
    return tuple(found)


def pictures(values: object) -> dict[str, Picture]:
    """Every picture in `values` by its path."""
    found: dict[str, Picture] = {}
    _collect(values, "", "", [], found)
    return found


def _collect(value: object, path: str, label: str, words: list[Text], shown: dict[str, Picture]) -> None:
    if isinstance(value, str):
        words.append(Text(path, label, value))
    elif isinstance(value, Entry):
        words.append(Text(f"{path}.label", "", value.label))
        words.append(Text(f"{path}.value", value.label, value.value))
    elif isinstance(value, tuple):
        for number, member in enumerate(value):
            _collect(member, f"{path}.{number}" if path else str(number), label, words, shown)
    elif isinstance(value, Picture):
        shown[path] = value
    elif is_dataclass(value) and not isinstance(value, type):
        for name, own_label in _fields(type(value)):
            _collect(getattr(value, name), f"{path}.{name}" if path else name, own_label, words, shown)
    else:
        raise TypeError(f"{path}: a sheet holds texts and pictures only")


@cache
def _fields(of: type) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, field.metadata.get("label", "")) for field in fields(of))
