"""Reading JSON that came over a wire: every value is checked for its type where it enters the kiosk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Table: TypeAlias = Mapping[str, object]


class Unreadable(Exception):
    """Raised when a message lacks a field of its contract, or holds one of another type."""


def table_of(value: object) -> Table:
    """The value as a JSON object."""
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value


def list_of(table: Table, key: str) -> list[object]:
    """A field that must be a JSON array."""
    value = table.get(key)
    if not isinstance(value, list):
        raise Unreadable(f"{key} is not a list")
    return value


def items_of(table: Table, key: str) -> list[Table]:
    """A field that must be a JSON array of objects."""
    return [table_of(value) for value in list_of(table, key)]


def text_of(table: Table, key: str) -> str:
    """A field that must be text."""
    value = table.get(key)
    if not isinstance(value, str):
        raise Unreadable(f"{key} is not text")
    return value


def text_or_none(table: Table, key: str) -> str | None:
    """A field that is text, null or absent."""
    return None if table.get(key) is None else text_of(table, key)


def whole_of(table: Table, key: str) -> int:
    """A field that must be a whole number."""
    value = table.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable(f"{key} is not a whole number")
    return value


def whole_or_none(table: Table, key: str) -> int | None:
    """A field that is a whole number, null or absent."""
    return None if table.get(key) is None else whole_of(table, key)


def yes_or_no(table: Table, key: str) -> bool:
    """A field that must be true or false."""
    value = table.get(key)
    if not isinstance(value, bool):
        raise Unreadable(f"{key} is neither true nor false")
    return value
