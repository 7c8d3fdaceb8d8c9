"""What an issued certificate says, kept so that only somebody who holds the paper can be shown it.

Each rendering draws a secret that stands in the QR codes of its sheets and nowhere else. From it follow a content
key, under which the words are encrypted, and an access key, of which the database knows the SHA-256. The database and
the field key together therefore open nothing once the document itself has been erased.

content key = HKDF-SHA256(secret, salt=issue number, info="madoguchi content 1"), 32 bytes
access key  = HKDF-SHA256(secret, salt=issue number, info="madoguchi access 1"), 16 bytes
ciphertext  = 12 byte nonce, AES-256-GCM with the issue number as additional data

The plain text is canonical JSON `{"day":…,"kind":…,"name":…,"number":…,"pages":[{"form":…,"pictures":[[path,PNG in
base64],…],"texts":[[path,label,text],…]},…],"v":1}`, padded with spaces to a multiple of 1024 bytes, so that its
length says little about how many people live together.
"""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.certificates.papers.tables import issuance_contents
from portal.certificates.tables import issuances
from portal.certificates.values import Text

KEPT_FOR = timedelta(days=365)
_BLOCK = 1024
_BATCH = 500
_VERSION = 1
_NONCE_BYTES = 12

_STORE = issuance_contents.insert()
_ERASE = sa.delete(issuance_contents).where(issuance_contents.c.issuance_id == sa.bindparam("of_issuance"))
_FETCH = (
    sa.select(issuances.c.id, issuance_contents.c.access_sha256, issuance_contents.c.ciphertext)
    .join(issuance_contents, issuance_contents.c.issuance_id == issuances.c.id)
    .where(issuances.c.issue_number == sa.bindparam("of_number"))
)
_EXPIRED = sa.delete(issuance_contents).where(
    issuance_contents.c.issuance_id.in_(
        sa.select(issuance_contents.c.issuance_id)
        .where(issuance_contents.c.erase_at <= sa.bindparam("by"))
        .order_by(issuance_contents.c.erase_at)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
)


class ContentUnknown(Exception):
    """Raised when nothing is kept under an issue number, or the access key is another: which, is never told."""


class ContentUnreadable(Exception):
    """Raised when a kept content was altered, belongs to another certificate, or the secret is another."""


@dataclass(frozen=True, repr=False)
class PageContent:
    """One sheet: the page type of its kind, every text in the order of the form, pictures (印影) by their path."""

    form: str
    texts: tuple[Text, ...]
    pictures: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, repr=False)
class Words:
    """Everything one certificate says. `name` is that of its kind as printed."""

    kind: str
    name: str
    number: str
    day: date
    pages: tuple[PageContent, ...]


@dataclass(frozen=True, repr=False)
class Content:
    """The words of a certificate as they are kept."""

    access_sha256: bytes
    ciphertext: bytes


@dataclass(frozen=True, repr=False)
class Kept:
    """A kept content that was asked for with the right access key; only the secret opens it."""

    issuance_id: UUID
    ciphertext: bytes


def access_key(secret: bytes, number: str) -> bytes:
    """What the holder of a sheet names to be given the ciphertext: 16 bytes."""
    return _derived(secret, number, b"madoguchi access 1", 16)


def enclose(words: Words, secret: bytes) -> Content:
    """Encrypt the words under what follows from the secret."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_content_key(secret, words.number)).encrypt(nonce, _plain(words), words.number.encode())
    access = hashlib.sha256(access_key(secret, words.number)).digest()
    return Content(access_sha256=access, ciphertext=nonce + sealed)


def disclose(ciphertext: bytes, secret: bytes, number: str) -> Words:
    """The words again; raises ContentUnreadable."""
    nonce, sealed = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
    try:
        plain = AESGCM(_content_key(secret, number)).decrypt(nonce, sealed, number.encode())
    except (InvalidTag, ValueError) as error:
        # ValueError: a nonce or tag that is not even there in full.
        raise ContentUnreadable from error
    value = json.loads(plain)
    return Words(
        kind=value["kind"],
        name=value["name"],
        number=value["number"],
        day=date.fromisoformat(value["day"]),
        pages=tuple(
            PageContent(
                form=page["form"],
                texts=tuple(Text(path, label, text) for path, label, text in page["texts"]),
                pictures=tuple((path, base64.b64decode(png)) for path, png in page["pictures"]),
            )
            for page in value["pages"]
        ),
    )


def store(connection: sa.Connection, issuance_id: UUID, content: Content, now: datetime) -> None:
    """Keep the content of a published rendering for a year, in the caller's transaction."""
    connection.execute(
        _STORE,
        {
            "issuance_id": issuance_id,
            "access_sha256": content.access_sha256,
            "ciphertext": content.ciphertext,
            "stored_at": now,
            "erase_at": now + KEPT_FOR,
        },
    )


def fetch(connection: sa.Connection, number: str, access: bytes) -> Kept:
    """What is kept under an issue number, for somebody who names the access key; raises ContentUnknown."""
    row = connection.execute(_FETCH, {"of_number": number}).one_or_none()
    if row is None or not hmac.compare_digest(row.access_sha256, hashlib.sha256(access).digest()):
        raise ContentUnknown
    return Kept(issuance_id=row.id, ciphertext=row.ciphertext)


def erase(connection: sa.Connection, issuance_id: UUID) -> None:
    """Forget the content of a rendering whose paper never left."""
    connection.execute(_ERASE, {"of_issuance": issuance_id})


def erase_expired(connection: sa.Connection, now: datetime) -> int:
    """Forget what has been kept for its year (at most 500 at a time); returns how many."""
    return connection.execute(_EXPIRED, {"by": now}).rowcount


def _plain(words: Words) -> bytes:
    value = {
        "v": _VERSION,
        "kind": words.kind,
        "name": words.name,
        "number": words.number,
        "day": words.day.isoformat(),
        "pages": [
            {
                "form": page.form,
                "texts": [[text.path, text.label, text.text] for text in page.texts],
                "pictures": [[path, base64.b64encode(png).decode("ascii")] for path, png in page.pictures],
            }
            for page in words.pages
        ],
    }
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK)


def _content_key(secret: bytes, number: str) -> bytes:
    return _derived(secret, number, b"madoguchi content 1", 32)


def _derived(secret: bytes, number: str, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=number.encode(), info=info).derive(secret)
