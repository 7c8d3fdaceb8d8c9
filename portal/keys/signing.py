"""Signatures by keys that never leave their PKCS#11 token (ES256 only: every HSM and every browser can do it)."""

import base64
import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from portal.keys.purposes import Purpose
from portal.settings import TokenSettings

_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.3)
"""Seconds between tries to open a token; a token that is not there at all is told after one second."""
_PASSING = (pkcs11.NoSuchToken, pkcs11.GeneralError, pkcs11.UserPinNotInitialized)
# Modules with which this process has sessions.
_IN_USE: set[Path] = set()
_P256_OID = "1.2.840.10045.3.1.7"


# python-pkcs11 initialises modules as single-threaded: unsynchronised calls crash the process.
_MODULE_LOCK = threading.Lock()


class KeyUnavailable(Exception):
    """Raised when the token is missing or holds no key for the purpose."""


class OpenedBeforeFork(Exception):
    """Raised when a process uses a token that its parent opened before the fork: PKCS#11 sessions do not pass on."""


class SigningKeys:
    """Keys of one token. Opened on first use, so that a process forked before owns its own session.

    The session and the handle of every key that has signed are kept: a signature looks nothing up.
    """

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings
        self._lock = _MODULE_LOCK
        self._session: pkcs11.Session | None = None
        self._opened_by: int | None = None
        self._active: dict[Purpose, tuple[str, pkcs11.SignMixin]] = {}
        self._named: dict[tuple[Purpose, str], pkcs11.SignMixin] = {}

    def create(self, purpose: Purpose, at: datetime) -> str:
        """Make a new key pair for `purpose`, active from now on; returns its key id."""
        with self._lock:
            session = self._open()
            # Public and private half are found by their label: it must be nobody else's.
            label = f"{purpose.value}/{at:%Y%m%d%H%M%S%f}/{secrets.token_hex(4)}"
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC,
                {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(_P256_OID)},
                local=True,
            )
            public, _ = parameters.generate_keypair(store=True, label=label)
            self._active.pop(purpose, None)
            return _key_id(encode_ec_public_key(public))

    def sign(self, purpose: Purpose, data: bytes) -> tuple[str, bytes]:
        """(key id, 64 byte r||s signature) over SHA-256 of `data` by the newest key of `purpose`."""
        with self._lock:
            key_id, key = self._key(purpose)
            return key_id, _signature(key, data)

    def sign_by(self, purpose: Purpose, key_id: str, data: bytes) -> bytes:
        """64 byte r||s signature over SHA-256 of `data` by this key of `purpose`; raises KeyUnavailable."""
        with self._lock:
            self._open()
            key = self._named.get((purpose, key_id))
            if key is None:
                key = self._named[purpose, key_id] = self._find(purpose, key_id)
            return _signature(key, data)

    def jws(self, purpose: Purpose, kind: str, payload: Mapping[str, object]) -> str:
        """`payload` as canonical JSON in a JWS compact serialisation (RFC 7515), alg ES256, typ `kind`."""
        with self._lock:
            key_id, _ = self._key(purpose)
        header = {"alg": "ES256", "typ": kind, "kid": key_id}
        signing_input = f"{_segment(_canonical(header))}.{_segment(_canonical(payload))}"
        used, signature = self.sign(purpose, signing_input.encode("ascii"))
        if used != key_id:
            return self.jws(purpose, kind, payload)
        return f"{signing_input}.{_segment(signature)}"

    def newest(self, purpose: Purpose) -> str:
        """Id of the newest key of `purpose` in the token; raises KeyUnavailable."""
        with self._lock:
            public = max(self._public(purpose), key=lambda key: key.label, default=None)
        if public is None:
            raise KeyUnavailable(f"the token holds no key for {purpose.value}")
        return _key_id(encode_ec_public_key(public))

    def public_keys(self, purpose: Purpose) -> dict[str, str]:
        """Every key of `purpose`, active and retired: key id → SubjectPublicKeyInfo as PEM."""
        with self._lock:
            encoded = [encode_ec_public_key(key) for key in self._public(purpose)]
        return {_key_id(der): _pem(der) for der in encoded}

    def _public(self, purpose: Purpose) -> list[pkcs11.PublicKey]:
        found = self._open().get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY})
        return [key for key in found if isinstance(key, pkcs11.PublicKey) and _serves(key.label, purpose)]

    def _find(self, purpose: Purpose, key_id: str) -> pkcs11.SignMixin:
        for public in self._public(purpose):
            if _key_id(encode_ec_public_key(public)) == key_id:
                private = self._open().get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=public.label)
                if isinstance(private, pkcs11.SignMixin):
                    return private
        raise KeyUnavailable(f"the token holds no key {key_id} for {purpose.value}")

    def _key(self, purpose: Purpose) -> tuple[str, pkcs11.SignMixin]:
        session = self._open()
        if purpose not in self._active:
            found = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
            labels = sorted(
                key.label for key in found if isinstance(key, pkcs11.PrivateKey) and _serves(key.label, purpose)
            )
            if not labels:
                raise KeyUnavailable(f"the token holds no key for {purpose.value}")
            private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=labels[-1])
            public = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=labels[-1])
            if not isinstance(private, pkcs11.SignMixin) or not isinstance(public, pkcs11.PublicKey):
                raise KeyUnavailable(f"the key for {purpose.value} cannot sign")
            self._active[purpose] = (_key_id(encode_ec_public_key(public)), private)
        return self._active[purpose]

    def _open(self) -> pkcs11.Session:
        if self._session is None:
            self._session = _session(self._settings)
            self._opened_by = os.getpid()
        if self._opened_by != os.getpid():
            raise OpenedBeforeFork
        return self._session


def _session(settings: TokenSettings) -> pkcs11.Session:
    """A session with the token, logged in; raises KeyUnavailable.

    A software token is rewritten by every log-in: a process that looks at that moment sees a broken one or none.
    """
    module = pkcs11.lib(str(settings.module))
    for pause in (*_PAUSES, None):
        try:
            session = _log_in(module.get_token(token_label=settings.label), settings.pin)
        except pkcs11.PKCS11Error as error:
            # Looking anew would end the sessions that this process has already.
            if pause is None or settings.module in _IN_USE or not isinstance(error, _PASSING):
                raise KeyUnavailable(f"token {settings.label}: {type(error).__name__}") from error
        else:
            _IN_USE.add(settings.module)
            return session
        # Not in step with whoever else is waiting.
        time.sleep(pause * (0.5 + secrets.randbelow(1000) / 1000))
        module.reinitialize()
    raise AssertionError


def _log_in(token: pkcs11.Token, pin: str) -> pkcs11.Session:
    try:
        return token.open(rw=True, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        # PKCS#11 logs in the process, not the session: another holder of this token did it already.
        return token.open(rw=True)


def _signature(key: pkcs11.SignMixin, data: bytes) -> bytes:
    return bytes(key.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA))


def _serves(label: str, purpose: Purpose) -> bool:
    return label.startswith(f"{purpose.value}/")


def _key_id(spki: bytes) -> str:
    return hashlib.sha256(spki).hexdigest()[:16]


def _pem(spki: bytes) -> str:
    key = serialization.load_der_public_key(spki)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise KeyUnavailable("a key of the token is not an elliptic curve key")
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(
        "ascii"
    )


def _canonical(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
