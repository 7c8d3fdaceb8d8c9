"""The token's session and handles: kept, never passed on to a child, and by key id as well as by purpose."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from portal.keys import KeyUnavailable, OpenedBeforeFork, Purpose, SigningKeys
from portal.settings import TokenSettings


def in_a_child(work: Callable[[], bool]) -> bool:
    """Whether `work` held in a forked child, which then ends without any clean-up of ours."""
    child = os.fork()
    if child == 0:
        try:
            held = work()
        except BaseException:  # noqa: BLE001 - nothing may leave the child but its code
            held = False
        os._exit(0 if held else 1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def test_a_named_key_signs_what_its_public_half_verifies(signing_keys: SigningKeys) -> None:
    for purpose in Purpose:
        for key_id, pem in signing_keys.public_keys(purpose).items():
            raw = signing_keys.sign_by(purpose, key_id, b"words")
            public = serialization.load_pem_public_key(pem.encode())
            assert isinstance(public, ec.EllipticCurvePublicKey)
            signature = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
            public.verify(signature, b"words", ec.ECDSA(hashes.SHA256()))


def test_a_key_of_another_purpose_or_none_does_not_sign(signing_keys: SigningKeys) -> None:
    stamp_key = signing_keys.newest(Purpose.PAGE_STAMP)
    for purpose, key_id in ((Purpose.DOCUMENT_SEAL, stamp_key), (Purpose.PAGE_STAMP, "0" * 16)):
        with pytest.raises(KeyUnavailable):
            signing_keys.sign_by(purpose, key_id, b"words")


def test_a_forked_child_may_not_use_the_session_of_its_parent(signing_keys: SigningKeys) -> None:
    key_id = signing_keys.newest(Purpose.PAGE_STAMP)
    signing_keys.sign_by(Purpose.PAGE_STAMP, key_id, b"words")

    def refused() -> bool:
        uses = (
            lambda: signing_keys.sign(Purpose.PAGE_STAMP, b"words"),
            lambda: signing_keys.sign_by(Purpose.PAGE_STAMP, key_id, b"words"),
            lambda: signing_keys.public_keys(Purpose.PAGE_STAMP),
        )
        for use in uses:
            try:
                use()
            except OpenedBeforeFork:
                continue
            return False
        return True

    assert in_a_child(refused)
    assert len(signing_keys.sign_by(Purpose.PAGE_STAMP, key_id, b"words")) == 64


def test_a_child_forked_before_anything_is_opened_has_a_session_of_its_own(token: TokenSettings) -> None:
    # A fresh interpreter: this one has had the module open since the first test.
    program = f"""
import os, sys
from pathlib import Path
from portal.keys import Purpose, SigningKeys
from portal.settings import TokenSettings
keys = SigningKeys(TokenSettings(Path({str(token.module)!r}), {token.label!r}, {token.pin!r}))
for _ in range(2):
    child = os.fork()
    if child == 0:
        signed = keys.sign(Purpose.PAGE_STAMP, b"words")[1]
        os._exit(0 if len(signed) == 64 else 1)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        sys.exit(1)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_processes_that_open_a_token_at_the_same_moment_all_sign(token: TokenSettings) -> None:
    program = f"""
import os, sys, time
from pathlib import Path
from portal.keys import Purpose, SigningKeys
from portal.settings import TokenSettings
settings = TokenSettings(Path({str(token.module)!r}), {token.label!r}, {token.pin!r})
for _ in range(8):
    at, children = time.monotonic() + 0.05, []
    for _ in range(4):
        children.append(os.fork())
        if children[-1] == 0:
            while time.monotonic() < at:
                pass
            SigningKeys(settings).sign(Purpose.PAGE_STAMP, b"words")
            os._exit(0)
    if any([os.waitpid(child, 0)[1] for child in children]):
        sys.exit(1)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_signature_looks_nothing_up(signing_keys: SigningKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    key_id = signing_keys.newest(Purpose.PAGE_STAMP)
    signing_keys.sign_by(Purpose.PAGE_STAMP, key_id, b"words")
    for looking in ("_find", "_public"):
        monkeypatch.delattr(SigningKeys, looking)
    began = time.perf_counter()
    for _ in range(50):
        signing_keys.sign_by(Purpose.PAGE_STAMP, key_id, b"words")
    assert time.perf_counter() - began < 0.5
