"""IPP messages as bytes and back (RFC 8010, section 3).

``decode(encode(m)) == m`` for every message that can be encoded. ``decode`` takes bytes from whoever answers at the
printer's address: it reads nothing outside them, nests at most :data:`DEEPEST` collections, and has one way to fail,
:class:`MalformedAnswer`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

OPERATION, JOB, END, PRINTER, UNSUPPORTED = 0x01, 0x02, 0x03, 0x04, 0x05
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
OCTETS, DATE_TIME, RESOLUTION, RANGE, COLLECTION = 0x30, 0x31, 0x32, 0x33, 0x34
TEXT_WITH_LANGUAGE, NAME_WITH_LANGUAGE, END_COLLECTION, MEMBER_NAME = 0x35, 0x36, 0x37, 0x4A
TEXT, NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME_TYPE = 0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49

FIRST_VALUE_TAG = 0x10
"""Tags below are delimiters (group starts and the end of attributes)."""
DEEPEST = 8
"""Collections inside collections that are still read; PWG 5100.7 ``media-col`` needs three."""
HEADER = struct.Struct(">BBHI")
PACKED = {
    INTEGER: struct.Struct(">i"),
    ENUM: struct.Struct(">i"),
    BOOLEAN: struct.Struct(">?"),
    RESOLUTION: struct.Struct(">iib"),
    RANGE: struct.Struct(">ii"),
}
"""Values of fixed length."""


class MalformedAnswer(Exception):
    """Raised when bytes from the printer are not an IPP message."""


class Localized(NamedTuple):
    """A text or name that says its language."""

    language: str
    text: str


Content: TypeAlias = (
    bool | int | str | bytes | Localized | tuple[int, int] | tuple[int, int, int] | tuple["Attribute", ...] | None
)


class Value(NamedTuple):
    """One value with the tag it travels under; out-of-band values (``no-value``, ``unknown``) have content None."""

    tag: int
    content: Content


class Attribute(NamedTuple):
    """A named attribute with one or more values, which may differ in tag."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Group:
    """One attribute group of a message."""

    tag: int
    attributes: tuple[Attribute, ...]

    def texts(self, name: str) -> tuple[str, ...]:
        """Every textual value (keyword, name, text, URI) of the attribute, empty if there is none."""
        found: list[str] = []
        for value in self._values(name):
            if isinstance(value.content, Localized):
                found.append(value.content.text)
            elif isinstance(value.content, str):
                found.append(value.content)
        return tuple(found)

    def text(self, name: str) -> str | None:
        """The first textual value, None if there is none."""
        return next(iter(self.texts(name)), None)

    def integer(self, name: str) -> int | None:
        """The first integer or enum value, None if there is none."""
        for value in self._values(name):
            if value.tag in {INTEGER, ENUM} and isinstance(value.content, int):
                return value.content
        return None

    def boolean(self, name: str) -> bool | None:
        """The first boolean value, None if there is none."""
        for value in self._values(name):
            if isinstance(value.content, bool):
                return value.content
        return None

    def contents(self, name: str) -> tuple[Content, ...]:
        """Every value of the attribute as it was read, empty if there is none."""
        return tuple(value.content for value in self._values(name))

    def _values(self, name: str) -> tuple[Value, ...]:
        return next((attribute.values for attribute in self.attributes if attribute.name == name), ())


@dataclass(frozen=True)
class Message:
    """A request (``code`` = operation) or an answer (``code`` = status)."""

    code: int
    request_id: int
    groups: tuple[Group, ...]
    version: tuple[int, int] = (2, 0)

    def group(self, tag: int) -> Group:
        """The first group with the tag; an empty one if the message has none."""
        return next((group for group in self.groups if group.tag == tag), Group(tag, ()))


def encode(message: Message) -> bytes:
    """The message as bytes, ready to be followed by a document.

    Raises struct.error when a name or value is longer than the wire can say.
    """
    out = bytearray(HEADER.pack(*message.version, message.code, message.request_id))
    for group in message.groups:
        out.append(group.tag)
        for attribute in group.attributes:
            _encode_values(out, attribute.name, attribute.values)
    out.append(END)
    return bytes(out)


def _encode_values(out: bytearray, name: str, values: tuple[Value, ...]) -> None:
    label = name.encode()
    for value in values:
        data = _encode_content(value)
        out += struct.pack(">BH", value.tag, len(label)) + label + struct.pack(">H", len(data)) + data
        if value.tag == COLLECTION:
            _encode_members(out, value.content)
        label = b""


def _encode_members(out: bytearray, members: Content) -> None:
    if not isinstance(members, tuple):
        raise TypeError("a collection holds attributes")
    for member in members:
        if not isinstance(member, Attribute):
            raise TypeError("a collection holds attributes")
        label = member.name.encode()
        out += struct.pack(">BHH", MEMBER_NAME, 0, len(label)) + label
        _encode_values(out, "", member.values)
    out += struct.pack(">BHH", END_COLLECTION, 0, 0)


def _encode_content(value: Value) -> bytes:
    tag, content = value
    if content is None or tag == COLLECTION:
        return b""
    if isinstance(content, Localized):
        parts = (content.language.encode(), content.text.encode())
        return b"".join(struct.pack(">H", len(part)) + part for part in parts)
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes):
        return content
    if tag not in PACKED:
        raise TypeError(f"no encoding for tag 0x{tag:02x}")
    return PACKED[tag].pack(*content) if isinstance(content, tuple) else PACKED[tag].pack(content)


def decode(data: bytes) -> Message:
    """The message in front of ``data``. Bytes after the end of attributes (a document) are not looked at.

    Raises MalformedAnswer.
    """
    reader = _Reader(data)
    major, minor, code, request_id = HEADER.unpack(reader.take(HEADER.size))
    groups: list[Group] = []
    while (tag := reader.byte()) != END:
        if tag >= FIRST_VALUE_TAG or tag == 0:
            raise MalformedAnswer("a value stands outside a group")
        groups.append(Group(tag, _attributes(reader)))
    return Message(code, request_id, tuple(groups), (major, minor))


class _Reader:
    """A cursor that cannot leave its bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise MalformedAnswer("the message ends inside a field")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def peek(self) -> int:
        tag = self.byte()
        self._at -= 1
        return tag

    def counted(self) -> bytes:
        (length,) = struct.unpack(">H", self.take(2))
        return self.take(length)

    def counted_text(self) -> str:
        return _text(self.counted())


def _attributes(reader: _Reader) -> tuple[Attribute, ...]:
    found: list[tuple[str, list[Value]]] = []
    while reader.peek() >= FIRST_VALUE_TAG:
        tag = reader.byte()
        name = reader.counted_text()
        value = _value(tag, reader.counted(), reader, depth=0)
        if name:
            found.append((name, [value]))
        elif found:
            found[-1][1].append(value)
        else:
            raise MalformedAnswer("the first value of a group has no name")
    return tuple(Attribute(name, tuple(values)) for name, values in found)


def _members(reader: _Reader, depth: int) -> tuple[Attribute, ...]:
    if depth > DEEPEST:
        raise MalformedAnswer("collections are nested too deeply")
    found: list[tuple[str, list[Value]]] = []
    while True:
        tag = reader.byte()
        if reader.counted():
            raise MalformedAnswer("a value inside a collection has a name of its own")
        data = reader.counted()
        if tag == END_COLLECTION:
            break
        if tag == MEMBER_NAME:
            found.append((_text(data), []))
        elif tag < FIRST_VALUE_TAG or not found:
            raise MalformedAnswer("a collection holds something that is not a member")
        else:
            found[-1][1].append(_value(tag, data, reader, depth))
    return tuple(Attribute(name, tuple(values)) for name, values in found)


def _value(tag: int, data: bytes, reader: _Reader, depth: int) -> Value:
    if tag == COLLECTION:
        return Value(tag, _members(reader, depth + 1))
    return Value(tag, _content(tag, data))


def _content(tag: int, data: bytes) -> Content:
    if tag in PACKED:
        return _unpacked(tag, data)
    if tag in {TEXT_WITH_LANGUAGE, NAME_WITH_LANGUAGE}:
        return _localized(data)
    if tag < INTEGER:
        return None
    return _text(data) if 0x40 <= tag < 0x60 else data


def _unpacked(tag: int, data: bytes) -> Content:
    if len(data) != PACKED[tag].size:
        raise MalformedAnswer(f"a value of tag 0x{tag:02x} has the wrong length")
    fields = PACKED[tag].unpack(data)
    match fields:
        case (int(low), int(high)):
            return (low, high)
        case (int(across), int(feed), int(unit)):
            return (across, feed, unit)
        case (bool(flag),):
            return flag
        case _:
            return int(fields[0])


def _localized(data: bytes) -> Localized:
    reader = _Reader(data)
    return Localized(reader.counted_text(), reader.counted_text())


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedAnswer("a text is not UTF-8") from error
