"""One token of the card through PKCS#11. Every call must come from one and the same thread.

python-pkcs11 tells the module that its caller has a single thread, and releases the interpreter lock:
calls from two threads crash the process. Defects of python-pkcs11 0.10.1 and OpenSC 0.23 this module
works around, each seen on a running system:

* ``wait_for_slot_event`` raises ``TypeError`` when an event arrives: presence is polled.
* ``get_slots(token_present=True)`` can raise ``SlotIDInvalid`` in the moment a card is pulled: all slots
  are listed and filtered.
* Objects of a pulled card keep answering from memory until the slots are listed: no ``Slot``, ``Token`` or session
  outlives a method, but for the one session that is kept because it ends with the card it was opened for.
* ``Session.close`` raises when the card is gone, which would hide the real cause.
* The readers of a pcscd that has died stay listed, empty: an empty list is made anew now and then.
* Logging out does not make the card forget the PIN; ``reinitialise`` resets it.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NoReturn

import pkcs11
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pkcs11.constants import Attribute, ObjectClass, SlotFlag, TokenFlag
from pkcs11.exceptions import PinIncorrect, PinLocked, PKCS11Error, TokenNotPresent, TokenNotRecognised
from pkcs11.mechanisms import Mechanism

from kiosk.card.pin import SpentPin
from kiosk.card.tokens import PUBLIC_CERTIFICATE_ID, TokenRules, Tries

log = logging.getLogger(__name__)
# pcscd looks for the card every 400 ms: only after that a failed call can be told from a pulled card.
_SETTLE_SECONDS = 0.7
_SETTLE_STEP = 0.1
_EMPTY_LOOKS = 4


class Sight(Enum):
    """What the slots show."""

    NO_READER = "no reader"
    EMPTY = "empty"
    CARD = "card"


class ReaderMissingError(Exception):
    """Raised when the reader, or pcscd, is gone."""


class CardMissingError(Exception):
    """Raised when the card is no longer on the reader."""


class ForeignCardError(Exception):
    """Raised when the card shows no JPKI token. A card that answers the counter query oddly because
    its PIN is blocked can look like this, too."""


class CardSwappedError(Exception):
    """Raised when another card lies there than the one that was announced."""


class CardFaultError(Exception):
    """Raised when a present card fails. ``tries`` was read after the failure, None if unreadable."""

    def __init__(self, tries: Tries | None = None) -> None:
        super().__init__(f"tries: {tries}")
        self.tries = tries


class PinWrongError(Exception):
    """Raised when the card itself refused the PIN and is still there; ``tries`` is reduced or last."""

    def __init__(self, tries: Tries) -> None:
        super().__init__(f"tries: {tries}")
        self.tries = tries


class PinBlockedError(Exception):
    """Raised when no try is left, before or after the attempt."""


@dataclass(frozen=True)
class CardFacts:
    """What can be read without a PIN."""

    certificate: bytes
    """利用者証明用電子証明書 in DER, whichever token is served: it is what the card is recognised by."""
    tries: Tries


@dataclass(frozen=True)
class Signature:
    """A signature and the certificate (DER) of the token it was verified with."""

    value: bytes
    certificate: bytes


class Token:
    """The card through the PKCS#11 module. Belongs to the thread that made it."""

    def __init__(self, module: str, rules: TokenRules, pcsc_socket: Path | None = None) -> None:
        # Both are read by the C libraries when they are loaded and never again.
        os.environ["OPENSC_CONF"] = str(rules.opensc_conf)
        if pcsc_socket is not None:
            os.environ["PCSCLITE_CSOCK_NAME"] = str(pcsc_socket)
        self._rules = rules
        self._library = pkcs11.lib(module)
        self._empty_looks = 0
        self._witness: _Witness | None = None

    def look(self) -> Sight:
        """Whether there is a reader and something on it. Never raises; costs 2 to 50 ms, and the reading
        of the card's files when it has just been put down."""
        sight = self._sight()
        if sight is Sight.EMPTY:
            # The first empty look after a card lets paper out: a pcscd that died must not pass for a card taken.
            if self._empty_looks % _EMPTY_LOOKS == 0:
                self.reinitialise()
                sight = self._sight()
            self._empty_looks += 1
        if sight is Sight.CARD:
            self._empty_looks = 0
        return sight

    def read(self) -> CardFacts:
        """Certificate and counter.

        Raises :class:`ReaderMissingError`, :class:`CardMissingError`, :class:`ForeignCardError`,
        :class:`CardFaultError`.
        """
        try:
            token = self._token()
            return CardFacts(self._read_public(token), _tries(token))
        except TokenNotPresent:
            raise CardMissingError from None
        except PKCS11Error as error:
            log.info("reading failed: %s", type(error).__name__)
            raise CardFaultError from None

    def is_still(self, certificate: bytes) -> bool:
        """Whether the card with this certificate has been lying there all the time since the last call of
        :meth:`read` or of this method. Costs no command.

        Between two looks a card can be taken and put down again, or change places with another one; presence
        alone would not show it. When the card cannot be asked the next look will say why, so that counts as
        still there.
        """
        try:
            if self._witness is not None:
                return self._witness.shows(certificate)
            return self._read_public(self._token()) == certificate
        except (ForeignCardError, TokenNotRecognised):
            return False
        except (CardMissingError, ReaderMissingError):
            return True
        except PKCS11Error as error:
            log.info("the card cannot be recognised: %s", type(error).__name__)
            return True

    def sign(self, pin: SpentPin, payload: bytes, announced: bytes) -> Signature:
        """Check the PIN on the card and sign. ``announced`` is the certificate the caller knows the card
        by; the signature is verified with the token's own certificate before it is given out.

        Raises all of :meth:`read`, :class:`CardSwappedError`, :class:`PinWrongError`,
        :class:`PinBlockedError`. An unsuccessful call has used a try only if the card said so.
        """
        facts = self.read()
        if facts.certificate != announced:
            raise CardSwappedError
        if facts.tries is Tries.BLOCKED:
            raise PinBlockedError
        try:
            with _session(self._token(), pin) as session:
                own = _find(session, self._rules.object_id)
                certificate = b"" if own is None else bytes(own[Attribute.VALUE])
                signature = _sign(session, self._rules.object_id, payload)
        except (PinIncorrect, PinLocked):
            self._settle_refusal()
        except PKCS11Error as error:
            log.info("signing failed: %s", type(error).__name__)
            self._settle_failure()
        if not _verifies(certificate, signature, payload):
            raise CardFaultError(self._counter_after_failure())
        return Signature(signature, certificate)

    def reinitialise(self) -> None:
        """Reset the card, which makes it forget the PIN, and forget the card."""
        self._witness = None  # it ends with the library
        try:
            self._library.reinitialize()
        except PKCS11Error as error:
            log.warning("reinitialising failed: %s", type(error).__name__)

    def close(self) -> None:
        """Let go of card and reader."""
        try:
            self._library.finalize()
        except PKCS11Error as error:
            log.warning("finalising failed: %s", type(error).__name__)

    def _read_public(self, token: pkcs11.Token) -> bytes:
        """The certificate the card is known by, from a session that stays open as its witness."""
        if self._witness is not None:
            _close(self._witness.session)
            self._witness = None
        session = token.open()
        certificate = _find(session, PUBLIC_CERTIFICATE_ID)
        if certificate is None:
            _close(session)
            raise ForeignCardError
        self._witness = _Witness(session, certificate)
        return bytes(certificate[Attribute.VALUE])

    def _settle_refusal(self) -> NoReturn:
        """The card said that the PIN is wrong, or blocked. Say so only if it is still there."""
        tries = self._counter()
        if tries is None:
            self._settle_failure()
        if self.look() is not Sight.CARD:
            raise CardMissingError
        if tries is Tries.BLOCKED:
            raise PinBlockedError
        raise PinWrongError(tries)

    def _settle_failure(self) -> NoReturn:
        """A call failed: was the card pulled, is it blocked, or is it faulty?"""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < deadline and self.look() is Sight.CARD:
            time.sleep(_SETTLE_STEP)
        tries = self._counter_after_failure()
        if tries is Tries.BLOCKED:
            raise PinBlockedError
        raise CardFaultError(tries)

    def _counter_after_failure(self) -> Tries | None:
        self.reinitialise()
        return self._counter()

    def _counter(self) -> Tries | None:
        """The counter, asked of the card now. Raises :class:`ReaderMissingError`,
        :class:`CardMissingError`."""
        try:
            return _tries(self._token())
        except (ForeignCardError, PKCS11Error) as error:
            log.info("the counter cannot be read: %s", type(error).__name__)
            return None

    def _sight(self) -> Sight:
        slots = self._slots()
        if not slots:
            return Sight.NO_READER
        return Sight.CARD if any(_occupied(slot) for slot in slots) else Sight.EMPTY

    def _token(self) -> pkcs11.Token:
        slots = self._slots()
        if not slots:
            raise ReaderMissingError
        occupied = next((slot for slot in slots if _occupied(slot)), None)
        if occupied is None:
            raise ReaderMissingError if self.look() is Sight.NO_READER else CardMissingError
        try:
            return occupied.get_token()
        except TokenNotRecognised:
            raise ForeignCardError from None

    def _slots(self) -> list[pkcs11.Slot]:
        try:
            return list(self._library.get_slots())
        except PKCS11Error as error:
            log.warning("listing the readers failed: %s", type(error).__name__)
            self.reinitialise()
            return []


@dataclass(frozen=True)
class _Witness:
    """A session, and the certificate found in it, that end when the card they were opened for leaves the reader."""

    session: pkcs11.Session
    certificate: pkcs11.Object

    def shows(self, certificate: bytes) -> bool:
        """Whether the card has stayed, and this is its certificate."""
        try:
            return bytes(self.certificate[Attribute.VALUE]) == certificate
        except PKCS11Error as error:
            log.info("the card was gone for a moment: %s", type(error).__name__)
            return False


@contextmanager
def _session(token: pkcs11.Token, pin: SpentPin) -> Iterator[pkcs11.Session]:
    session = token.open(user_pin=pin)
    try:
        yield session
    finally:
        _close(session)


def _close(session: pkcs11.Session) -> None:
    try:
        session.close()
    except PKCS11Error as error:
        log.debug("closing failed: %s", type(error).__name__)


def _occupied(slot: pkcs11.Slot) -> bool:
    return bool(slot.flags & SlotFlag.TOKEN_PRESENT)


def _tries(token: pkcs11.Token) -> Tries:
    """PKCS#11 shows flags only."""
    flags = token.flags
    if flags & TokenFlag.USER_PIN_LOCKED:
        return Tries.BLOCKED
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return Tries.LAST
    return Tries.REDUCED if flags & TokenFlag.USER_PIN_COUNT_LOW else Tries.FULL


def _find(session: pkcs11.Session, object_id: bytes) -> pkcs11.Object | None:
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: object_id}
    # All of them, because a search that is left half-way ends by itself later, when the session may be gone.
    found = list(session.get_objects(wanted))
    return found[0] if found else None


def _sign(session: pkcs11.Session, object_id: bytes, payload: bytes) -> bytes:
    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=object_id)
    if not isinstance(key, pkcs11.SignMixin):
        raise CardFaultError
    return bytes(key.sign(payload, mechanism=Mechanism.SHA256_RSA_PKCS))


def _verifies(certificate: bytes, signature: bytes, payload: bytes) -> bool:
    """Ties certificate, key and PIN to one card: a signature the certificate does not verify is worthless."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        key.verify(signature, payload, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, x509.InvalidVersion):
        return False
    return True
