"""Web addresses that pretend to be the official page for checking certificates.

A certificate's code holds no address at all. A forger who prints one wants the reader to open a page that calls
everything genuine; the closer its address is to ours, the louder the warning. The same rules stand in
static/js/verify/lookalike.js; tests hold both against one table of cases.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class AddressKind(StrEnum):
    """What a text is when it is taken for a web address."""

    NONE = "none"
    OFFICIAL = "official"
    LOOKALIKE = "lookalike"
    OTHER = "other"


@dataclass(frozen=True)
class _Address:
    scheme: str
    before_host: str
    host: str
    port: str
    rest: str


_WITH_SCHEME = re.compile(r"(https?):[/\\]*(.*)", re.IGNORECASE | re.DOTALL)
_BARE = re.compile(r"[^\s/\\?#@:]+\.[^\s/\\?#@:.]{2,}(?:[/\\?#:].*)?", re.DOTALL)
_AUTHORITY = re.compile(r"([^/\\?#]*)(.*)", re.DOTALL)
# Words that a stranger's address may hold without meaning ours.
_COMMON = frozenset({"www", "verify", "city", "town", "village", "example", "localhost"})
_FEWEST_TELLING = 5
# Each pair: a character, and the plain letter that a hurried eye takes it for.
_PAIRS = "0o1lil|lılιlіlӏlαaаaеeοoоoρpрpсcνvυuуyχxхxѕsјjκkкkԁdɡgһhпn"
_ALIKE = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))


def address_kind(text: str, official: str) -> AddressKind:
    """What `text` is beside the one official origin (`https://host[:port]`) of the municipality's page."""
    address = _address(text)
    if address is None:
        return AddressKind.NONE
    ours = urlsplit(official)
    host, port = ours.hostname or "", str(ours.port or "")
    if (address.scheme, address.before_host, address.host) == (ours.scheme, "", host) and address.port in {
        port,
        port or "443",
    }:
        return AddressKind.OFFICIAL
    return AddressKind.LOOKALIKE if _resembles(address, host) else AddressKind.OTHER


def _address(text: str) -> _Address | None:
    stripped = text.strip()
    known = _WITH_SCHEME.fullmatch(stripped)
    if known is None and _BARE.fullmatch(stripped) is None:
        return None
    scheme, after = (known[1].lower(), known[2]) if known else ("", stripped)
    authority = _AUTHORITY.fullmatch(after)
    if authority is None:
        return None
    before_host, _, host_and_port = authority[1].rpartition("@")
    host, _, port = host_and_port.partition(":")
    return _Address(scheme, before_host, host.lower().rstrip("."), port, authority[2])


def _resembles(address: _Address, official: str) -> bool:
    labels = address.host.split(".")
    if any(label.startswith("xn--") or _mixes_scripts(label) for label in labels):
        return True
    ours, host = _skeleton(official), _skeleton(address.host)
    if ours in _skeleton(address.before_host + "@" + address.host + address.rest):
        return True
    telling = {_skeleton(label) for label in official.split(".") if label not in _COMMON}
    if any(len(label) >= _FEWEST_TELLING and label in host for label in telling):
        return True
    return _distance(host, ours) <= max(1, len(ours) // 8)


def _mixes_scripts(label: str) -> bool:
    letters = [character for character in label if character.isalpha()]
    return any(letter.isascii() for letter in letters) and not all(letter.isascii() for letter in letters)


def _skeleton(text: str) -> str:
    """The text as a hurried eye reads it."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_ALIKE)
    return folded.replace("rn", "m").replace("vv", "w")


def _distance(one: str, other: str) -> int:
    """Insertions, deletions and replacements that make one text of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, 1):
        above, row[0] = row[0], number
        for place, wanted in enumerate(other, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (character != wanted))
    return row[-1]
