"""A kiosk's till before a payment machine, with the portal's key to command it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from kiosk.payment.device import PaymentDevice
from kiosk.payment.till import Till
from kiosk.payment.wire import Address
from tests.world.payment.machine import Machine

NOW = 1_800_000_000
TERMINAL = "kiosk-01"


@dataclass
class Portal:
    """Signs commands as the portal does."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def keys(self) -> dict[str, ec.EllipticCurvePublicKey]:
        return {"k1": self.key.public_key()}

    def signs(self, order: str, command: str, **changed: object) -> str:
        payload = {
            "v": 1, "id": "c1", "terminal": TERMINAL, "command": command, "order": order,
            "issued": NOW - 5, "expires": NOW + 3600, **changed,
        }  # fmt: skip
        return self.signed({"alg": "ES256", "typ": "device-command", "kid": "k1"}, payload)

    def signed(self, header: dict[str, object], payload: dict[str, object]) -> str:
        text = ".".join(_segment(json.dumps(part).encode()) for part in (header, payload))
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_segment(r.to_bytes(32) + s.to_bytes(32))}"


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine that takes money."""
    made = Machine(tmp_path / "payment", patience=20)
    made.start()
    yield made
    made.power_cut()


@pytest.fixture
def device(machine: Machine) -> PaymentDevice:
    """The machine as the kiosk sees it."""
    return PaymentDevice(Address("127.0.0.1", machine.port), TERMINAL, "test")


@pytest.fixture
def portal() -> Portal:
    """Who commands."""
    return Portal()


@pytest.fixture
def till(device: PaymentDevice, portal: Portal) -> Till:
    """The till in front of the machine."""
    return Till(device, portal.keys, TERMINAL, lambda: NOW)
