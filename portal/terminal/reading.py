"""Reading JSON that comes from outside: closed forms, bounded lengths, named refusal."""

import base64
import json
from collections.abc import Mapping
from typing import Self
from uuid import UUID

import flask


class Unreadable(Exception):
    """Raised when the body of a request is not what the contract says."""


class Fields:
    """A JSON object whose fields are taken by name and kind. Every method raises Unreadable."""

    def __init__(self, values: object) -> None:
        if not isinstance(values, dict):
            raise Unreadable("an object is expected")
        self._values: Mapping[str, object] = values

    @classmethod
    def of_request(cls) -> Self:
        """The body of the present request."""
        try:
            return cls(json.loads(flask.request.get_data()))
        except (ValueError, RecursionError) as error:
            raise Unreadable("the body is not JSON") from error

    def text(self, name: str, longest: int, *, shortest: int = 1) -> str:
        """A text of `shortest` to `longest` printable characters."""
        value = self._values.get(name)
        if not isinstance(value, str) or not shortest <= len(value) <= longest or not value.isprintable():
            raise Unreadable(name)
        return value

    def number(self, name: str, most: int) -> int:
        """A whole number from 0 to `most`."""
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise Unreadable(name)
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._values.get(name)
        if not isinstance(value, bool):
            raise Unreadable(name)
        return value

    def identifier(self, name: str) -> UUID:
        """A UUID."""
        try:
            return UUID(self.text(name, 36))
        except ValueError as error:
            raise Unreadable(name) from error

    def data(self, name: str, longest: int) -> bytes:
        """Bytes in base64, at most `longest` of them."""
        try:
            return base64.b64decode(self.text(name, longest * 4 // 3 + 4), validate=True)
        except ValueError as error:
            raise Unreadable(name) from error

    def fields(self, name: str) -> "Fields":
        """An object within."""
        return Fields(self._values.get(name))

    def entries(self, name: str, most: int) -> list[object]:
        """A list of at most `most` entries of any kind."""
        value = self._values.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise Unreadable(name)
        return value

    def texts(self, name: str, most: int, longest: int) -> list[str]:
        """A list of texts."""
        values = self.entries(name, most)
        texts = [value for value in values if isinstance(value, str) and len(value) <= longest]
        if len(texts) != len(values):
            raise Unreadable(name)
        return texts

    def flags(self, name: str, most: int) -> dict[str, bool]:
        """An object whose every value is true or false."""
        values = self._values.get(name)
        if not isinstance(values, dict) or len(values) > most:
            raise Unreadable(name)
        flags = {key: value for key, value in values.items() if isinstance(value, bool)}
        if len(flags) != len(values):
            raise Unreadable(name)
        return flags

    def missing(self, name: str) -> bool:
        """Whether the field is absent or null."""
        return self._values.get(name) is None
