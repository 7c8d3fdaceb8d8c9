"""Why somebody is not let in: one exception class per cause, each with its stable code."""

from typing import ClassVar


class IdentityError(Exception):
    """Base of every refusal of a person's identity. `code` is the word of the terminal API for it."""

    code: ClassVar[str]


class ChallengeUnknown(IdentityError):
    """Raised when the challenge was never given out, was used before, or has been swept away."""

    code = "challenge_spent"


class ChallengeExpired(IdentityError):
    """Raised when the answer comes later than two minutes after the challenge was given out."""

    code = "challenge_spent"


class ChallengeOfAnotherAsker(IdentityError):
    """Raised when a challenge is answered through another terminal or browser session than the one that asked."""

    code = "challenge_spent"


class CertificateUnreadable(IdentityError):
    """Raised when what came as the certificate is not one X.509 certificate in DER of a plausible size."""

    code = "certificate_untrusted"


class CertificateUntrusted(IdentityError):
    """Raised when no pinned root has signed the certificate, or the root itself is not usable now."""

    code = "certificate_untrusted"


class CertificateNotYetValid(IdentityError):
    """Raised when the certificate's notBefore is still to come."""

    code = "certificate_untrusted"


class CertificateExpired(IdentityError):
    """Raised when the certificate's notAfter has passed (有効期限切れ)."""

    code = "certificate_expired"


class WrongCertificateKind(IdentityError):
    """Raised when a pinned root signed the certificate, but it is no 利用者証明用電子証明書 of a card generation
    we know: policy, key usage, key, basic constraints or a subjectAltName (署名用) say otherwise."""

    code = "card_not_mynumber"


class SignatureWrong(IdentityError):
    """Raised when the signature is not the card's over origin, nonce and purpose of this challenge."""

    code = "signature_wrong"


class CertificateRevoked(IdentityError):
    """Raised when the authority says that the certificate is revoked for good."""

    code = "certificate_revoked"


class CertificateOnHold(IdentityError):
    """Raised when the authority says that the certificate is suspended (一時停止), as after a reported loss."""

    code = "certificate_on_hold"


class CertificateUnknown(IdentityError):
    """Raised when the authority says that it knows nothing about the certificate."""

    code = "certificate_untrusted"


class RevocationUnavailable(IdentityError):
    """Raised when no fresh, authentic answer about revocation could be had; nobody is let in without one."""

    code = "revocation_unavailable"


class CertificateStopped(IdentityError):
    """Raised when the municipality itself has stopped the certificate (利用停止), as after a loss told to it."""

    code = "certificate_stopped"


class NotLinked(IdentityError):
    """Raised when the certificate is genuine but was never linked to a resident of this municipality, and when a link
    that is named is not there or not open."""

    code = "not_linked"


class LinkEnded(IdentityError):
    """Raised when the certificate was linked to a resident once and the link has been ended."""

    code = "not_linked"


class TooManyAttempts(IdentityError):
    """Raised when a terminal, a card, an address or a staff login has used up its attempts for the present."""

    code = "too_many_attempts"


class AttemptsUncountable(IdentityError):
    """Raised when the attempt could not be counted; an attempt that is not counted is refused."""

    code = "service_unavailable"


class SessionEnded(IdentityError):
    """Raised when a kiosk session is closed, idle too long, over, unknown, or belongs to another terminal, and when
    the link or the certificate it was opened with has been ended or stopped."""

    code = "session_ended"


class LoginRefused(IdentityError):
    """Raised when a staff log-in fails. It never says which of login, password and one-time code was wrong."""

    code = "login_refused"


class AlreadyLinked(IdentityError):
    """Raised when a certificate is to be linked to a resident while it is linked to another one."""

    code = "already_linked"


class NotLivingHere(IdentityError):
    """Raised when a card is to be linked to somebody who has moved out or died."""

    code = "not_living_here"


class NotLinkable(IdentityError):
    """Raised when an officer's link from afar is refused: the resident has died, has left, or is under protection
    (支援措置). Which of the three is not said; with the card at the counter the officer in charge decides."""

    code = "not_linkable"


class LinkRequestUnknown(IdentityError):
    """Raised when there is no request of this id to link a card."""

    code = "link_request_unknown"


class LinkRequestDecided(IdentityError):
    """Raised when the request was decided by another officer, or replaced by its visitor, in the meantime."""

    code = "link_request_decided"


class AccountInvalid(IdentityError):
    """Raised when a staff account is to be made with an unfit login, password or set of roles."""

    code = "account_invalid"


class TrustStoreUnusable(Exception):
    """Raised at start when the pinned roots are missing, unreadable, not roots, or not the national ones in
    production. It is a fault of the installation, never of the person at the reader."""


class DeviceLoginUnknown(IdentityError):
    """Raised when the code of a log-in with a second device was never given out, has logged a browser in, was
    replaced by a newer one of its browser, or has been swept away."""

    code = "device_login_unknown"


class DeviceLoginExpired(IdentityError):
    """Raised when the code of a log-in with a second device is older than two minutes."""

    code = "device_login_expired"


class DeviceLoginClaimed(IdentityError):
    """Raised when a second bridge asks for the challenge of a code that another one has asked for before."""

    code = "device_login_claimed"


class DeviceLoginUnclaimed(IdentityError):
    """Raised when an answer comes to a code for which no bridge has asked the challenge."""

    code = "device_login_unclaimed"


class DeviceLoginUsed(IdentityError):
    """Raised when a second answer comes to a code, whatever became of the first."""

    code = "device_login_used"


class DeviceLoginOfAnotherSession(IdentityError):
    """Raised when a browser asks about, or wants to enter with, a code that was shown in another session."""

    code = "device_login_of_another_session"


class DeviceLoginUnanswered(IdentityError):
    """Raised when a browser wants to enter before the card on the second device has answered."""

    code = "device_login_unanswered"


class RelayedOrigin(IdentityError):
    """Raised when the bridge on the second device believes to be talking to another site than this one: somebody
    stands between."""

    code = "relayed_origin"
