"""The texts of a sheet in the order they are written down: what is checked, printed, hashed and compared later."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from portal.certificates.paper import Entry, Picture


@dataclass(frozen=True, repr=False)
class Text:
    """One text of a sheet: where it stands (`persons.0.name`), the label people know it by, and the text itself."""

    path: str
    label: str
    text: str


def texts(values: object) -> tuple[Text, ...]:
    """Every text in `values`, depth first, in the order of the fields; pictures are left out."""
    return tuple(leaf for leaf in _leaves(values, "", "") if isinstance(leaf, Text))


def pictures(values: object) -> dict[str, Picture]:
    """Every picture in `values` by its path."""
    return dict(leaf for leaf in _leaves(values, "", "") if isinstance(leaf, tuple))


def _leaves(value: object, path: str, label: str) -> Iterator[Text | tuple[str, Picture]]:
    if isinstance(value, str):
        yield Text(path, label, value)
    elif isinstance(value, Picture):
        yield path, value
    elif isinstance(value, tuple):
        for number, member in enumerate(value):
            yield from _leaves(member, _below(path, str(number)), label)
    elif isinstance(value, Entry):
        yield Text(_below(path, "label"), "", value.label)
        yield Text(_below(path, "value"), value.label, value.value)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _leaves(getattr(value, field.name), _below(path, field.name), field.metadata.get("label", ""))
    else:
        raise TypeError(f"{path}: a sheet holds texts and pictures only")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
