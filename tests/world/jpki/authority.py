"""The simulated authority: two generations of the 利用者証明用 root under one name, one 署名用 root, and of both the
generation that is announced for fiscal year 2028, under the same names again."""

import fcntl
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.world.jpki import profiles, store
from tests.world.jpki.profiles import AUTH_PROFILE, SIGN_PROFILE, FourItems, LeafProfile

GENERATIONS = (1, 2)
CURRENT_GENERATION = 2
SIGN_PASSWORD = "ABC123"  # of every card that is ordered without another one
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_COUNTER_CODE = "982010001"  # 受付窓口識別記号: where the certificate was issued
_FIVE_YEARS = timedelta(days=1826)
_TEN_YEARS = timedelta(days=3652)
# The older generation is near its end, as on the cards handed out years ago that are still in use.
_GENERATION_AGE = {1: timedelta(days=2600), 2: timedelta(days=1100), 3: timedelta(days=30)}
_NEXT_GENERATION = 3


@dataclass(frozen=True)
class Root:
    """One generation of one root. ``id`` is ``auth-1``, ``auth-2`` or ``sign-1``; of the generation to come
    ``auth-3`` or ``sign-2``."""

    id: str
    pair: store.KeyPair

    @property
    def certificate(self) -> x509.Certificate:
        """The self-signed certificate."""
        return self.pair.certificate


@dataclass(frozen=True)
class CardOrder:
    """What a card is to be made with. PINs are those of demo cards, kept in ``card.json``."""

    card_id: str
    pin: str = "1234"
    sign_password: str = SIGN_PASSWORD
    tries: int = 3
    sign_tries: int = 5
    label: str = ""
    four_items: FourItems | None = None
    generation: int = CURRENT_GENERATION
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True)
class IssuedCard:
    """A card made by the authority: its folder and its two certificates."""

    folder: Path
    auth: x509.Certificate
    sign: x509.Certificate


class _Dates(TypedDict):
    not_before: datetime | None
    not_after: datetime | None


class UnknownIssuerError(Exception):
    """Raised when a certificate is to be revoked that none of this authority's roots has signed."""


class Authority:
    """Creates, or loads, everything of the simulated service in one directory.

    ``<directory>/trust/auth/*.pem`` and ``<directory>/trust/sign/*.pem`` are the two trust stores to hand
    to a verifier; ``<directory>/private`` holds the keys.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._private = directory / "private"
        self._private.mkdir(parents=True, exist_ok=True)
        self._private.chmod(0o700)
        with (self._private / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._load_or_create()

    @property
    def roots(self) -> Sequence[Root]:
        """All roots, 利用者証明用 first."""
        return (*self.auth_roots, *self.sign_roots, self.next_auth_root, self.next_sign_root)

    @cached_property
    def auth_trust(self) -> Path:
        """Folder with the 利用者証明用 roots, one PEM per generation."""
        return self.directory / "trust" / "auth"

    @cached_property
    def sign_trust(self) -> Path:
        """Folder with the 署名用 root."""
        return self.directory / "trust" / "sign"

    def issue_leaf(
        self,
        root: Root,
        profile: LeafProfile,
        *,
        key: store.PublicKey | None = None,
        four_items: FourItems | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> x509.Certificate:
        """One certificate on record as good. Without ``key`` a fresh RSA key is made and thrown away."""
        start = not_before or store.now() - profiles.ONE_DAY
        certificate = profiles.build_leaf(
            root.certificate,
            root.pair.key,
            key or store.new_key().public_key(),
            profile=profile,
            common_name=_common_name(),
            serial=_serial(),
            not_before=start,
            not_after=not_after or start + _lifetime(root),
            four_items=four_items,
        )
        self._book(root).write(store.Status(certificate.serial_number))
        return certificate

    def issue_card(self, cards_dir: Path, order: CardOrder) -> IssuedCard:
        """Make a card's folder ``<cards_dir>/<card_id>``: two key pairs, certificates, ``card.json``."""
        auth_root = self.auth_roots[order.generation - 1]
        sign_root = self.sign_roots[0]
        auth_key, sign_key = store.new_key(), store.new_key()
        dates = _Dates(not_before=order.not_before, not_after=order.not_after)
        auth = self.issue_leaf(auth_root, AUTH_PROFILE, key=auth_key.public_key(), **dates)
        sign = self.issue_leaf(
            sign_root, SIGN_PROFILE, key=sign_key.public_key(), four_items=order.four_items, **dates
        )
        folder = cards_dir / order.card_id
        store.save_pair(folder, "auth", store.KeyPair(auth_key, auth))
        store.save_pair(folder, "sign", store.KeyPair(sign_key, sign))
        store.replace_file(folder / "auth_ca.der", store.der(auth_root.certificate))
        store.replace_file(folder / "sign_ca.der", store.der(sign_root.certificate))
        content = {
            "pin": order.pin,
            "sign_password": order.sign_password,
            "tries": order.tries,
            "sign_tries": order.sign_tries,
            "label": order.label,
        }
        store.replace_file(folder / "card.json", json.dumps(content, ensure_ascii=False).encode())
        return IssuedCard(folder, auth, sign)

    def revoke(
        self,
        certificate: x509.Certificate,
        reason: x509.ReasonFlags = x509.ReasonFlags.cessation_of_operation,
        at: datetime | None = None,
    ) -> None:
        """Revoke, or put on hold with ``ReasonFlags.certificate_hold``; ``at`` defaults to now."""
        status = store.Status(certificate.serial_number, at or store.now(), reason)
        self._book(self._issuer(certificate)).write(status)

    def release(self, certificate: x509.Certificate) -> None:
        """Lift a hold: the certificate is good again."""
        self._book(self._issuer(certificate)).write(store.Status(certificate.serial_number))

    def forget(self, certificate: x509.Certificate) -> None:
        """Strike the certificate from the records, so that OCSP answers ``unknown``."""
        self._book(self._issuer(certificate)).path(certificate.serial_number).unlink()

    def status(self, root: Root, serial: int) -> store.Status | None:
        """The record of one serial number, None when this root never issued it."""
        return self._book(root).read(serial)

    def crl(self, root: Root, *, this_update: datetime | None = None) -> bytes:
        """The root's CRL in DER, valid for 25 hours (JPKI updates it daily)."""
        start = this_update or store.now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(root.certificate.subject)
            .last_update(start)
            .next_update(start + timedelta(hours=25))
            .add_extension(x509.CRLNumber(int(start.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root.pair.key.public_key()), critical=False
            )
        )
        for status in self._book(root).revoked():
            builder = builder.add_revoked_certificate(_crl_entry(status))
        return builder.sign(root.pair.key, store.digest_for(root.pair.key)).public_bytes(Encoding.DER)

    def responder(self, root: Root) -> store.KeyPair:
        """The root's OCSP responder, entitled to answer by the root itself."""
        return self._responders[root.id]

    def impostor(self, root: Root) -> store.KeyPair:
        """A certificate of the same root without the right to answer OCSP requests."""
        return self._impostors[root.id]

    def _load_or_create(self) -> None:
        self.auth_roots = tuple(self._root(f"auth-{number}", number) for number in GENERATIONS)
        self.sign_roots = (self._root("sign-1", CURRENT_GENERATION),)
        self.next_auth_root = self._root("auth-3", _NEXT_GENERATION)
        self.next_sign_root = self._root("sign-2", _NEXT_GENERATION)
        self._responders = {root.id: self._responder(root, "responder", delegated=True) for root in self.roots}
        self._impostors = {root.id: self._responder(root, "impostor", delegated=False) for root in self.roots}

    def _root(self, root_id: str, generation: int) -> Root:
        kind = root_id.partition("-")[0]
        purpose = "user authentication" if kind == "auth" else "digital signature"
        pair = store.load_pair(self._private, root_id)
        if pair is None:
            key = store.new_p384_key() if generation == _NEXT_GENERATION else store.new_key()
            start = store.now() - _GENERATION_AGE[generation]
            certificate = profiles.build_root(key, profiles.root_name(purpose), _serial(), start, start + _TEN_YEARS)
            pair = store.KeyPair(key, certificate)
            store.save_pair(self._private, root_id, pair)
        trusted = self.directory / "trust" / kind / f"{root_id}.pem"
        if not trusted.exists():
            store.replace_file(trusted, pair.certificate.public_bytes(Encoding.PEM))
        return Root(root_id, pair)

    def _responder(self, root: Root, role: str, *, delegated: bool) -> store.KeyPair:
        name = f"{root.id}-{role}"
        pair = store.load_pair(self._private, name)
        if pair is None:
            key = store.new_key() if isinstance(root.pair.key, rsa.RSAPrivateKey) else store.new_p384_key()
            certificate = profiles.build_responder(
                root.certificate, root.pair.key, key.public_key(), _serial(), delegated=delegated
            )
            pair = store.KeyPair(key, certificate)
            store.save_pair(self._private, name, pair)
        return pair

    def _book(self, root: Root) -> store.StatusBook:
        return store.StatusBook(self.directory / "issued" / root.id)

    def _issuer(self, certificate: x509.Certificate) -> Root:
        for root in self.roots:
            try:
                certificate.verify_directly_issued_by(root.certificate)
            except (InvalidSignature, ValueError):
                continue
            return root
        raise UnknownIssuerError(f"serial {certificate.serial_number:x}")


def _lifetime(root: Root) -> timedelta:
    return _FIVE_YEARS if isinstance(root.pair.key, rsa.RSAPrivateKey) else _TEN_YEARS


def _common_name() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(14)) + _COUNTER_CODE


def _serial() -> int:
    return secrets.randbelow(2**31 - 1) + 1


def _crl_entry(status: store.Status) -> x509.RevokedCertificate:
    revoked_at = status.revoked_at or store.now()
    builder = x509.RevokedCertificateBuilder(status.serial, revoked_at)
    if status.reason is not None:
        builder = builder.add_extension(x509.CRLReason(status.reason), critical=False)
    return builder.build()
