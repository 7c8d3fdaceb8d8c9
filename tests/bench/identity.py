"""What it costs to know who is at the reader: the log-in check without network and database, on one core.

The ratios compare with `openssl speed` in the same seconds, so that they mean the same on every machine: rounds of
ours and of openssl's alternate, and the best of each counts, which is the one that was disturbed least.
"""

import re
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from portal.identity import kiosk_purpose, payload
from portal.identity.card import chain
from portal.identity.card.payload import nonce_digest
from portal.identity.card.profile import RSA_2048
from portal.settings import Environment, TrustSettings
from tests.bench.figures import Figure
from tests.world.jpki import AUTH_PROFILE, Authority, store

ROUNDS = 9
ROUND_SECONDS = 0.5
_ORIGIN, _PURPOSE = "https://terminal.misaki.example:8443", kiosk_purpose("kiosk-01")


class OpensslMuteError(Exception):
    """Raised when `openssl speed` does not print the figure that ours are compared with."""


def measure() -> Iterator[Figure]:
    """The whole check a second, and its ratio and that of the bare signature to openssl's verifications."""
    with tempfile.TemporaryDirectory() as folder:
        whole, bare = _checks(Authority(Path(folder)))
        taken = [(_per_second(whole), _per_second(bare), _openssl()) for _ in range(ROUNDS)]
    whole_best, bare_best, openssl_best = (max(column) for column in zip(*taken, strict=True))
    yield Figure("identity_verify_per_s", whole_best, "1/s")
    yield Figure("identity_verify_ratio", whole_best / openssl_best, "ratio")
    yield Figure("identity_signature_ratio", bare_best / openssl_best, "ratio")


def _checks(authority: Authority) -> tuple[Callable[[], None], Callable[[], None]]:
    """The whole check of a card of the current generation, all roots pinned; and its signature alone."""
    key, now = store.new_key(), datetime.now(UTC)
    leaf = authority.issue_leaf(authority.auth_roots[-1], AUTH_PROFILE, key=key.public_key())
    der = leaf.public_bytes(Encoding.DER)
    digest = nonce_digest(secrets.token_bytes(32))
    signed = payload(origin=_ORIGIN, nonce_sha256=digest, purpose=_PURPOSE)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    trust = TrustSettings(authority.auth_trust, authority.sign_trust, "http://127.0.0.1:9/")
    public = key.public_key()

    def whole() -> None:
        roots = chain.trust_store(trust, Environment.DEVELOPMENT)
        trusted = chain.validate(chain.parse(der), roots, at=now)
        expected = payload(origin=_ORIGIN, nonce_sha256=digest, purpose=_PURPOSE)
        trusted.profile.verify(trusted.certificate.public_key(), signature, expected)

    def bare() -> None:
        RSA_2048.verify(public, signature, signed)

    return whole, bare


def _per_second(check: Callable[[], None]) -> float:
    # Time on the core, not on the wall: openssl counts so, too.
    done, begun = 0, time.process_time()
    while (spent := time.process_time() - begun) < ROUND_SECONDS:
        for _ in range(100):
            check()
        done += 100
    return done / spent


def _openssl() -> float:
    command = ["openssl", "speed", "-seconds", "1", "rsa2048"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^rsa\s+2048 bits .*\s([\d.]+)$", printed, re.MULTILINE)
    if found is None:
        raise OpensslMuteError(printed[-200:])
    return float(found[1])
