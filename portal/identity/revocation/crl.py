"""The authority's list of revoked certificates (CRL, RFC 5280 section 5), proven and read.

Nothing but the outer shell is looked at before the signature of a pinned root over it has been verified. The library
judges the structure and reads the head; only the entries, of which there may be a million, are read here, because
the library takes seconds for them. The bytes that are read are the bytes that were signed: they are never encoded
again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from portal.identity.card.chain import UNREADABLE
from portal.identity.revocation import der
from portal.identity.revocation.der import NotDer
from portal.identity.revocation.standing import CLOCK_SKEW, Standing

LONGEST_SERIAL = 20  # octets, RFC 5280 section 4.1.2.2
_LARGEST_NUMBER = 1 << 159  # a CRL number has 20 octets at most and no sign

# AlgorithmIdentifiers in DER, parameters included: no other form of them is accepted.
_RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
_RSA_SHA384 = bytes.fromhex("300d06092a864886f70d01010c0500")
_RSA_SHA512 = bytes.fromhex("300d06092a864886f70d01010d0500")
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_ECDSA_SHA384 = bytes.fromhex("300a06082a8648ce3d040303")
_ALGORITHMS: dict[bytes, tuple[type[rsa.RSAPublicKey | ec.EllipticCurvePublicKey], hashes.HashAlgorithm]] = {
    _RSA_SHA256: (rsa.RSAPublicKey, hashes.SHA256()),
    _RSA_SHA384: (rsa.RSAPublicKey, hashes.SHA384()),
    _RSA_SHA512: (rsa.RSAPublicKey, hashes.SHA512()),
    _ECDSA_SHA256: (ec.EllipticCurvePublicKey, hashes.SHA256()),
    _ECDSA_SHA384: (ec.EllipticCurvePublicKey, hashes.SHA384()),
}
_REFUSED_EXTENSIONS = {
    x509.DeltaCRLIndicator.oid: "it is a delta list (deltaCRLIndicator)",
    x509.IssuingDistributionPoint.oid: "it is only a part of the list, or indirect (issuingDistributionPoint)",
}
# YYMMDDhhmmssZ and YYYYMMDDhhmmssZ: the only forms that RFC 5280 allows.
_TIMES = {der.UTC_TIME: 13, der.GENERALIZED_TIME: 15}
_REASON_CODE = bytes.fromhex("551d15")
_CERTIFICATE_ISSUER = bytes.fromhex("551d1d")
_HOLD, _REMOVE = 6, 8
_REASONS = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 10})


class ListRefused(Exception):
    """Raised when a list cannot be used; its text says why and names no certificate."""


@dataclass(frozen=True)
class RevocationList:
    """A proven list: whose it is, its number and dates, and what it says of each serial number on it.

    `digest` is SHA-256 over the signed part and tells two lists of one number apart.
    """

    root: x509.Certificate
    number: int
    this_update: datetime
    next_update: datetime
    digest: bytes
    entries: dict[int, Standing]


def read(data: bytes, roots: Iterable[x509.Certificate], *, now: datetime) -> RevocationList:
    """The list in DER, by whichever of `roots` has signed it: by signature, because generations share one name.

    Raises ListRefused when none has, when it is not of this time, or not a whole list of the root's own certificates.
    """
    try:
        start, end = der.whole(data, 0, len(data), der.SEQUENCE)
        body, tbs_end = der.element(data, start, end, der.SEQUENCE)
        algorithm_at = tbs_end
        _, algorithm_end = der.element(data, algorithm_at, end, der.SEQUENCE)
        bits, signature_end = der.whole(data, algorithm_end, end, der.BIT_STRING)
    except NotDer as error:
        raise ListRefused("it is no list in DER, or not whole") from error
    signed = memoryview(data)[start:tbs_end]
    algorithm, signature = data[algorithm_at:algorithm_end], data[bits:signature_end]
    root = _signer(signed, algorithm, signature, roots)
    try:
        stretch = _revoked(data, body, tbs_end, algorithm)
        head = _head(data, root, now)
        entries = _entries(data, stretch)
    except NotDer as error:
        raise ListRefused(f"what is in it cannot be read: {error}") from error
    return RevocationList(
        root=root,
        number=_number(head),
        this_update=head.last_update_utc,
        next_update=_next_update(head),
        digest=hashlib.sha256(signed).digest(),
        entries=entries,
    )


def _signer(
    signed: memoryview, algorithm: bytes, signature: bytes, roots: Iterable[x509.Certificate]
) -> x509.Certificate:
    if algorithm not in _ALGORITHMS:
        raise ListRefused("it is signed in a way that proves nothing")
    if signature[:1] != b"\x00":
        raise ListRefused("its signature is not whole octets")
    kind, hashed_with = _ALGORITHMS[algorithm]
    # Hashed once, however many roots there are.
    hashed = hashes.Hash(hashed_with)
    hashed.update(signed)
    digest = hashed.finalize()
    for root in roots:
        key = root.public_key()
        if isinstance(key, kind) and _verifies(key, signature[1:], digest, hashed_with):
            return root
    raise ListRefused("no pinned root has signed it")


def _verifies(
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, signature: bytes, digest: bytes, by: hashes.HashAlgorithm
) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PKCS1v15(), Prehashed(by))
        else:
            key.verify(signature, digest, ec.ECDSA(Prehashed(by)))
    except InvalidSignature:
        return False
    return True


def _head(data: bytes, root: x509.Certificate, now: datetime) -> x509.CertificateRevocationList:
    try:
        head = x509.load_der_x509_crl(data)
        _demand_own_list(head, root)
        _demand_extensions(head)
        _demand_time(head, root, now)
    except UNREADABLE as error:
        raise ListRefused("it cannot be read") from error
    return head


def _demand_own_list(head: x509.CertificateRevocationList, root: x509.Certificate) -> None:
    if head.issuer != root.subject:
        raise ListRefused("it names another issuer than the root that signed it")
    try:
        usage = root.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise ListRefused("its root has no right to sign lists") from error
    if not usage.crl_sign:
        raise ListRefused("its root has no right to sign lists")


def _demand_extensions(head: x509.CertificateRevocationList) -> None:
    for extension in head.extensions:
        if extension.oid in _REFUSED_EXTENSIONS:
            raise ListRefused(_REFUSED_EXTENSIONS[extension.oid])
        if extension.critical and extension.oid != x509.CRLNumber.oid:
            raise ListRefused(f"it has a critical extension that we do not know ({extension.oid.dotted_string})")
    _number(head)


def _demand_time(head: x509.CertificateRevocationList, root: x509.Certificate, now: datetime) -> None:
    if head.last_update_utc > now + CLOCK_SKEW:
        raise ListRefused("it is of the future")
    if _next_update(head) < now:
        raise ListRefused("its next update has passed")
    if not root.not_valid_before_utc <= now <= root.not_valid_after_utc:
        raise ListRefused("its root is out of its dates")


def _next_update(head: x509.CertificateRevocationList) -> datetime:
    if head.next_update_utc is None:
        raise ListRefused("it does not say when the next one comes (nextUpdate)")
    return head.next_update_utc


def _number(head: x509.CertificateRevocationList) -> int:
    try:
        number = head.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound as error:
        raise ListRefused("it has no number (cRLNumber), so that an older one could not be told") from error
    if not 0 <= number < _LARGEST_NUMBER:
        raise ListRefused("its number is out of range")
    return number


def _revoked(data: bytes, at: int, end: int, algorithm: bytes) -> tuple[int, int]:
    """Where revokedCertificates begins and ends in the signed part; an empty stretch when it is left out."""
    start, at = der.element(data, at, end, der.INTEGER)
    if data[start:at] != b"\x01":
        raise ListRefused("it is not of version 2")
    inner = at
    _, at = der.element(data, at, end, der.SEQUENCE)
    if data[inner:at] != algorithm:
        raise ListRefused("it names two algorithms of signature")
    _, at = der.element(data, at, end, der.SEQUENCE)  # issuer
    _, at = der.element(data, at, end, _time_tag(data, at, end))
    if at < end and data[at] == _time_tag(data, at, end):  # nextUpdate, whose absence the head will show
        _, at = der.element(data, at, end, data[at])
    if at < end and data[at] == der.SEQUENCE:
        return der.element(data, at, end, der.SEQUENCE)
    return at, at


def _time_tag(data: bytes, at: int, end: int) -> int:
    return der.GENERALIZED_TIME if at < end and data[at] == der.GENERALIZED_TIME else der.UTC_TIME


def _entries(data: bytes, stretch: tuple[int, int]) -> dict[int, Standing]:
    """Serial number → standing. A serial that is listed twice stands as the graver entry says."""
    at, end = stretch
    standings: dict[int, Standing] = {}
    element, unsigned, times = der.element, der.unsigned, _TIMES
    while at < end:
        start, at = element(data, at, end, der.SEQUENCE)
        # Serial number and date are always short: without a call for each of a million of them.
        serial_at, length = start + 2, data[start + 1]
        after = serial_at + length
        if data[start] != der.INTEGER or length > LONGEST_SERIAL or after >= at:
            raise NotDer("an entry has no serial number, or one that is too long")
        serial = unsigned(data, serial_at, after)
        if times.get(data[after]) != data[after + 1]:
            raise NotDer("an entry has no date")
        after += 2 + data[after + 1]
        if after > at:
            raise NotDer("an entry's date goes beyond its end")
        standing = Standing.REVOKED if after == at else _entry_standing(data[after:at])
        if standings.setdefault(serial, standing) is not standing:
            standings[serial] = Standing.REVOKED
    return standings


@lru_cache(maxsize=1024)
def _entry_standing(extensions: bytes) -> Standing:
    """What the extensions of one entry say. In a list of millions only a few kinds of them occur."""
    standing = Standing.REVOKED
    seen = set()
    start, end = der.whole(extensions, 0, len(extensions), der.SEQUENCE)
    if start == end:
        raise NotDer("an entry's extensions are empty")
    for at, stop in der.elements(extensions, start, end, der.SEQUENCE):
        named, after = der.element(extensions, at, stop, der.OBJECT_IDENTIFIER)
        name = extensions[named:after]
        critical = after < stop and extensions[after] == der.BOOLEAN
        if critical:
            flag, after = der.element(extensions, after, stop, der.BOOLEAN)
            if extensions[flag:after] != b"\xff":
                raise NotDer("a flag that is set must be 0xff, one that is not must be left out")
        value, value_end = der.whole(extensions, after, stop, der.OCTET_STRING)
        if name in seen:
            raise NotDer("an entry says the same thing twice")
        seen.add(name)
        if name == _CERTIFICATE_ISSUER:
            raise ListRefused("it is indirect: an entry names another issuer (certificateIssuer)")
        if name == _REASON_CODE:
            standing = _reason_standing(extensions, value, value_end)
        elif critical:
            raise ListRefused("an entry has a critical extension that we do not know")
    return standing


def _reason_standing(extensions: bytes, at: int, end: int) -> Standing:
    start, stop = der.whole(extensions, at, end, der.ENUMERATED)
    reason = der.unsigned(extensions, start, stop)
    if reason not in _REASONS:
        raise NotDer("reason is out of range")
    if reason == _REMOVE:
        raise ListRefused("an entry takes back another one (removeFromCRL): only a delta list does that")
    return Standing.ON_HOLD if reason == _HOLD else Standing.REVOKED
