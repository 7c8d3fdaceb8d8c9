"""Who is this: challenge, certificate validation, revocation, serial links, sessions, staff accounts (本人確認)."""

from portal.identity.accounts import Provisioning, StaffMember, add_account, staff_member
from portal.identity.authenticate import Answer, Authenticated, ProvenCard, authenticate, prove
from portal.identity.chain import demand_trust_stores, trust_store
from portal.identity.challenge import LIFETIME as CHALLENGE_LIFETIME
from portal.identity.challenge import Challenge, begin_challenge
from portal.identity.errors import (
    AccountInvalid,
    AlreadyLinked,
    AttemptsUncountable,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateOnHold,
    CertificateRevoked,
    CertificateUnknown,
    CertificateUnreadable,
    CertificateUntrusted,
    ChallengeExpired,
    ChallengeOfAnotherAsker,
    ChallengeUnknown,
    IdentityError,
    LinkEnded,
    LoginRefused,
    NotLinked,
    RevocationUnavailable,
    SessionEnded,
    SignatureWrong,
    TooManyAttempts,
    TrustStoreUnusable,
    WrongCertificateKind,
)
from portal.identity.kiosk_sessions import ABSOLUTE as KIOSK_SESSION_LIFETIME
from portal.identity.kiosk_sessions import KioskSession, close_kiosk_session, kiosk_session, open_kiosk_session
from portal.identity.links import end_links, link_card
from portal.identity.payload import LOGIN_PURPOSE, kiosk_purpose, payload
from portal.identity.revocation import prepare as prepare_revocation
from portal.identity.staff_login import log_in_staff
from portal.identity.tables import LinkEnd, Role

__all__ = [
    "CHALLENGE_LIFETIME",
    "KIOSK_SESSION_LIFETIME",
    "LOGIN_PURPOSE",
    "AccountInvalid",
    "AlreadyLinked",
    "Answer",
    "AttemptsUncountable",
    "Authenticated",
    "CertificateExpired",
    "CertificateNotYetValid",
    "CertificateOnHold",
    "CertificateRevoked",
    "CertificateUnknown",
    "CertificateUnreadable",
    "CertificateUntrusted",
    "Challenge",
    "ChallengeExpired",
    "ChallengeOfAnotherAsker",
    "ChallengeUnknown",
    "IdentityError",
    "KioskSession",
    "LinkEnd",
    "LinkEnded",
    "LoginRefused",
    "NotLinked",
    "ProvenCard",
    "Provisioning",
    "RevocationUnavailable",
    "Role",
    "SessionEnded",
    "SignatureWrong",
    "StaffMember",
    "TooManyAttempts",
    "TrustStoreUnusable",
    "WrongCertificateKind",
    "add_account",
    "authenticate",
    "begin_challenge",
    "close_kiosk_session",
    "demand_trust_stores",
    "end_links",
    "kiosk_purpose",
    "kiosk_session",
    "link_card",
    "log_in_staff",
    "open_kiosk_session",
    "payload",
    "prepare_revocation",
    "prove",
    "staff_member",
    "trust_store",
]
