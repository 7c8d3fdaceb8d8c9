"""The life of the published keys: put into use, taken over by a newer one, revoked. Every change is in the audit."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from portal import audit
from portal.audit import Action, Actor
from portal.certificates.sealing.signature import MOST_CMS_BYTES, DocumentSigner
from portal.certificates.sealing.tables import seal_keys
from portal.keys import Purpose, SigningKeys

OVERLAP = timedelta(minutes=1)
"""A key is retired so long after the newer one came: running workers notice within seconds (`active.ASKED_EVERY`)."""

_KNOWN = sa.select(seal_keys.c.key_id).where(seal_keys.c.key_id == sa.bindparam("of_key"))
_INSERT = seal_keys.insert()
_RETIRE = (
    sa.update(seal_keys)
    .where(seal_keys.c.purpose == sa.bindparam("of_purpose"), seal_keys.c.retired_at.is_(None))
    .values(retired_at=sa.bindparam("at"))
)
_REVOKE = (
    sa.update(seal_keys)
    .where(seal_keys.c.key_id == sa.bindparam("of_key"), seal_keys.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
    .returning(seal_keys.c.key_id)
)


class AlreadyPublished(Exception):
    """Raised when the token's newest stamp key is published already."""


class KeyNotPublished(Exception):
    """Raised when a key is to be revoked that is not in the list, or is revoked already."""


class UnfitCertificate(Exception):
    """Raised when a certificate cannot be the document key's; the message says why."""


def publish_stamp_key(connection: sa.Connection, keys: SigningKeys, *, actor: Actor, now: datetime) -> str:
    """Put the token's newest stamp key into use and retire the one before; returns its id.

    Raises AlreadyPublished, KeyUnavailable.
    """
    key_id = keys.newest(Purpose.PAGE_STAMP)
    if connection.execute(_KNOWN, {"of_key": key_id}).one_or_none() is not None:
        raise AlreadyPublished(key_id)
    public = _spki(keys.public_keys(Purpose.PAGE_STAMP)[key_id])
    _publish(connection, Purpose.PAGE_STAMP, key_id, public, None, actor=actor, now=now)
    return key_id


def publish_document_key(
    connection: sa.Connection, keys: SigningKeys, certificate: bytes, *, actor: Actor, now: datetime
) -> str:
    """Put the document key that `certificate` (PEM or DER) was issued for into use; returns its id.

    A certificate renewed for the same key takes the place of the one before. Raises UnfitCertificate, KeyUnavailable.
    """
    parsed = _parsed(certificate)
    public = parsed.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    of_token = {_spki(pem): key_id for key_id, pem in keys.public_keys(Purpose.DOCUMENT_SEAL).items()}
    if public not in of_token:
        raise UnfitCertificate("it is for a key that is not a document key of this token")
    _require_fit(parsed, now)
    key_id = of_token[public]
    encoded = parsed.public_bytes(serialization.Encoding.DER)
    if connection.execute(_KNOWN, {"of_key": key_id}).one_or_none() is None:
        _publish(connection, Purpose.DOCUMENT_SEAL, key_id, public, encoded, actor=actor, now=now)
    else:
        connection.execute(
            sa.update(seal_keys).where(seal_keys.c.key_id == key_id).values(certificate=encoded, retired_at=None)
        )
        _note(connection, key_id, Purpose.DOCUMENT_SEAL, "certified", actor=actor, now=now)
    return key_id


def revoke(connection: sa.Connection, key_id: str, *, actor: Actor, now: datetime) -> None:
    """Nothing that this key sealed counts from now on, and nothing more is sealed by it. Raises KeyNotPublished."""
    if connection.execute(_REVOKE, {"of_key": key_id, "at": now}).one_or_none() is None:
        raise KeyNotPublished(key_id)
    _note(connection, key_id, None, "revoked", actor=actor, now=now)


def _publish(
    connection: sa.Connection,
    purpose: Purpose,
    key_id: str,
    public: bytes,
    certificate: bytes | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    connection.execute(_RETIRE, {"of_purpose": purpose.value, "at": now + OVERLAP})
    connection.execute(
        _INSERT,
        {
            "key_id": key_id,
            "purpose": purpose.value,
            "public_key": public,
            "certificate": certificate,
            "valid_from": now,
        },
    )
    _note(connection, key_id, purpose, "published", actor=actor, now=now)


def _note(
    connection: sa.Connection, key_id: str, purpose: Purpose | None, change: str, *, actor: Actor, now: datetime
) -> None:
    detail = {"key": key_id, "purpose": None if purpose is None else purpose.value, "change": change}
    audit.record(connection, at=now, actor=actor, action=Action.SEAL_KEY_CHANGED, detail=detail)


def _parsed(certificate: bytes) -> x509.Certificate:
    try:
        if certificate.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(certificate)
        return x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise UnfitCertificate("it is not an X.509 certificate in PEM or DER") from error


def _require_fit(certificate: x509.Certificate, now: datetime) -> None:
    extensions = certificate.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise UnfitCertificate("it does not say what its key may be used for") from error
    if not (usage.digital_signature or usage.content_commitment):
        raise UnfitCertificate("its key may sign no documents")
    if usage.key_cert_sign or any(
        extension.value.ca for extension in extensions if isinstance(extension.value, x509.BasicConstraints)
    ):
        raise UnfitCertificate("it is an authority's own")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise UnfitCertificate("it is not valid now")
    longest = DocumentSigner(certificate.public_bytes(serialization.Encoding.DER), lambda _: b"\xff" * 64)
    if len(longest.cms(bytes(32))) > MOST_CMS_BYTES:
        raise UnfitCertificate("it is too long for the place that documents reserve")


def _spki(pem: str) -> bytes:
    key = serialization.load_pem_public_key(pem.encode("ascii"))
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
