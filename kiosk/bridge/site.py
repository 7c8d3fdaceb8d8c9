"""The portal as the bridge of a second device calls it: two questions over HTTPS, see the package's docstring."""

import base64
import binascii
import json
import logging
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from kiosk.card.payload import NONCE_LENGTH

logger = logging.getLogger(__name__)
PATH = "/device"
PURPOSE = "login"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"[A-Z0-9]{4,6}")
_REFERENCE = re.compile(r"[a-z_]{1,64}")
# The portal asks the revocation service before it answers.
_TIMEOUT = httpx.Timeout(12.0, connect=4.0)
_LONGEST_ANSWER = 8192


class AddressUnfit(Exception):
    """Raised when what was handed over as the address of a waiting page is not one."""


class RelayedAddress(AddressUnfit):
    """Raised when the address belongs to a site that is not in the settings, however much it looks like one of them.

    `origin` may be logged: it holds neither token nor user name, and nothing but printable ASCII.
    """

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin


class SiteUnreachable(Exception):
    """Raised when the portal did not answer in time, did not prove that it is the site of the settings, or answered
    something that is not of the contract."""


class SiteRefused(Exception):
    """Raised when the portal answered with an error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Address:
    """What the QR code of a waiting page holds. The origin is one of the settings; the token is a secret."""

    origin: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Question:
    """What the portal asks, and the code that the waiting page shows."""

    challenge: str = field(repr=False)
    nonce: bytes = field(repr=False)
    code: str = field(repr=False)


def read_address(text: str, sites: Iterable[str]) -> Address:
    """Take `https://host[:port]/device#token` apart. Only a site of the settings, character by character, is one.

    Raises AddressUnfit, RelayedAddress.
    """
    for origin in sites:
        if text.startswith(f"{origin}/"):
            head, _, token = text.partition("#")
            if head != f"{origin}{PATH}" or not _TOKEN.fullmatch(token):
                raise AddressUnfit("not the address of a waiting page")
            return Address(origin, token)
    raise RelayedAddress(_origin_of(text))


def _origin_of(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise AddressUnfit("not an address") from None
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in {"http", "https"} or not host:
        raise AddressUnfit("not an address")
    shown = f"{parts.scheme}://{host}"
    return "".join(sign if "!" <= sign <= "~" else f"\\u{ord(sign):04x}" for sign in shown)[:200]


class Site:
    """The wire to one site of the settings. It follows no redirect: the origin that was checked is the one asked."""

    def __init__(self, address: Address, ca: Path | None, transport: httpx.BaseTransport | None = None) -> None:
        """`ca` names further authorities (PEM) beside the machine's own; `transport` replaces the network."""
        trust = ssl.create_default_context()
        if ca is not None:
            trust.load_verify_locations(cafile=str(ca))
        self._address = address
        self._http = httpx.Client(
            base_url=address.origin, transport=transport, verify=trust, timeout=_TIMEOUT, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(self) -> Question:
        """Claim the code: its challenge is given out once. Raises SiteRefused, SiteUnreachable."""
        answer = self._post("challenge", {"token": self._address.token})
        try:
            challenge, code = answer["challenge"], answer["code"]
            nonce = base64.b64decode(str(answer["nonce"]), validate=True)
        except (KeyError, binascii.Error):
            raise SiteUnreachable("answer not of the contract") from None
        fits = isinstance(challenge, str) and isinstance(code, str) and _CODE.fullmatch(code)
        if not fits or len(nonce) != NONCE_LENGTH or answer.get("purpose") != PURPOSE:
            raise SiteUnreachable("answer not of the contract")
        return Question(str(challenge), nonce, str(code))

    def answer(self, question: Question, certificate: bytes, signature: bytes) -> None:
        """Bring the card's answer. Raises SiteRefused, SiteUnreachable."""
        self._post(
            "answer",
            {
                "token": self._address.token,
                "challenge": question.challenge,
                "certificate": base64.b64encode(certificate).decode("ascii"),
                "signature": base64.b64encode(signature).decode("ascii"),
                "origin": self._address.origin,
            },
        )

    def _post(self, name: str, body: Mapping[str, str]) -> dict[str, object]:
        try:
            response = self._http.post(f"{PATH}/{name}", json=dict(body))
        except httpx.HTTPError as error:
            logger.warning("%s cannot be reached: %s", self._address.origin, type(error).__name__)
            raise SiteUnreachable(type(error).__name__) from None
        if response.status_code == httpx.codes.NO_CONTENT:
            return {}
        answer = _table(response.content)
        if response.is_success:
            return answer
        code = answer.get("error")
        if not isinstance(code, str) or not _REFERENCE.fullmatch(code):
            raise SiteUnreachable(f"status {response.status_code}")
        raise SiteRefused(code)


def _table(content: bytes) -> dict[str, object]:
    try:
        answer = json.loads(content) if len(content) <= _LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise SiteUnreachable("answer not of the contract")
    return answer
