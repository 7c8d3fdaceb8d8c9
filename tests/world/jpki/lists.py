"""Revocation lists built octet by octet: a million entries at once, and every kind that must be refused."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.world.jpki import store
from tests.world.jpki.authority import Root

RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
RSA_SHA1 = bytes.fromhex("300d06092a864886f70d0101050500")
HOLD, REMOVE = 6, 8
_SERIALS = range(2**24, 2**31 - 1)  # four octets, as on JPKI's certificates


@dataclass(frozen=True)
class ListOrder:
    """A list to be made; what is left out is as an honest authority has it. None leaves an element out."""

    entries: bytes = b""
    number: int | None = 1
    # Asked late: a test that moves the authority's clock puts another function in its place.
    this_update: datetime = field(default_factory=lambda: store.now())  # noqa: PLW0108
    next_update: datetime | None = field(default_factory=lambda: store.now() + timedelta(hours=25))
    version: int | None = 1
    issuer: x509.Name | None = None
    extensions: bytes = b""
    algorithm: bytes = RSA_SHA256
    inner_algorithm: bytes | None = None


def tlv(tag: int, *contents: bytes) -> bytes:
    """One element in DER."""
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def integer(value: int) -> bytes:
    """An INTEGER, the shortest that holds the value."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def time(instant: datetime) -> bytes:
    """UTCTime, as until 2049 it must be."""
    return tlv(0x17, f"{instant:%y%m%d%H%M%SZ}".encode())


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One extension; `oid` is its DER contents in hexadecimal, `value` the DER inside the octet string."""
    return tlv(0x30, tlv(0x06, bytes.fromhex(oid)), b"\x01\x01\xff" if critical else b"", tlv(0x04, value))


def reason(code: int) -> bytes:
    """The entry extension reasonCode."""
    return extension("551d15", tlv(0x0A, bytes([code])))


def entry(serial: int | bytes, *extensions: bytes, at: datetime | None = None) -> bytes:
    """One entry. A serial given as bytes goes in as the contents of the INTEGER, whatever they are."""
    number = tlv(0x02, serial) if isinstance(serial, bytes) else integer(serial)
    return tlv(0x30, number, time(at or store.now()), tlv(0x30, *extensions) if extensions else b"")


def entries(serials: Iterable[int], code: int = 4) -> bytes:
    """Entries with one date and one reason (superseded), fast."""
    rest = time(store.now() - timedelta(days=30)) + tlv(0x30, reason(code))
    return b"".join(tlv(0x30, integer(serial), rest) for serial in serials)


def build(root: Root, order: ListOrder | None = None, *, signer: Root | None = None) -> bytes:
    """The list in DER, signed by the root's own key, or by another's that only pretends."""
    wanted = order or ListOrder()
    numbered = b"" if wanted.number is None else extension("551d14", integer(wanted.number))
    extensions = numbered + wanted.extensions
    signed = tlv(
        0x30,
        b"" if wanted.version is None else integer(wanted.version),
        wanted.algorithm if wanted.inner_algorithm is None else wanted.inner_algorithm,
        (wanted.issuer or root.certificate.subject).public_bytes(),
        time(wanted.this_update),
        b"" if wanted.next_update is None else time(wanted.next_update),
        tlv(0x30, wanted.entries) if wanted.entries else b"",
        tlv(0xA0, tlv(0x30, extensions)) if extensions else b"",
    )
    digest = hashes.SHA1() if wanted.algorithm == RSA_SHA1 else hashes.SHA256()  # noqa: S303
    signature = store.rsa_key((signer or root).pair).sign(signed, padding.PKCS1v15(), digest)
    return tlv(0x30, signed, wanted.algorithm, tlv(0x03, b"\x00", signature))


def serials(count: int, seed: int = 1) -> list[int]:
    """Different serial numbers in no order, the same ones for the same seed."""
    return random.Random(seed).sample(_SERIALS, count)


def prepared(directory: Path, root: Root) -> Path:
    """Where a ready-made list lies that the server gives out instead of the authority's own."""
    return directory / "prepared" / f"{root.id}.crl"


def prepare(directory: Path, root: Root, data: bytes) -> None:
    """Have the server give out these octets as the root's list, from the next request on."""
    store.replace_file(prepared(directory, root), data)
