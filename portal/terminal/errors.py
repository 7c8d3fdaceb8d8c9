"""What a terminal is told when something cannot be done: status, code and log level of each expected failure.

The words for the person are the kiosk's: it speaks the languages. The code is all that travels, with a reference.
"""

import logging

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from portal import certificates, identity, terminals
from portal.certificates import RefusalCode
from portal.keys import KeyUnavailable
from portal.municipality import MunicipalityMissing
from portal.terminal.reading import Unreadable
from portal.web import ErrorWords, reference
from portal.web.errors import DATABASE_AWAY, describe_by


def _row(status: int, code: str, level: int = logging.INFO) -> ErrorWords:
    return ErrorWords(status=status, code=code, title="", text="", level=level)


_LOG = logging.getLogger(__name__)
_AWAY = _row(503, "service_unavailable", logging.ERROR)
_UNEXPECTED = _row(500, "unexpected", logging.ERROR)

_DEVICE_REFUSED = (
    terminals.TerminalUnknown,
    terminals.TerminalRevoked,
    terminals.SignatureInvalid,
    terminals.RequestStale,
    terminals.RequestReplayed,
)
_CARD_REFUSED = (
    identity.ChallengeUnknown,
    identity.ChallengeExpired,
    identity.ChallengeOfAnotherAsker,
    identity.CertificateUnreadable,
    identity.CertificateUntrusted,
    identity.CertificateNotYetValid,
    identity.CertificateExpired,
    identity.WrongCertificateKind,
    identity.SignatureWrong,
    identity.CertificateRevoked,
    identity.CertificateOnHold,
    identity.CertificateStopped,
    identity.CertificateUnknown,
    identity.NotLinked,
    identity.LinkEnded,
)

ERRORS: dict[type[Exception], ErrorWords] = {
    **{kind: _row(401, kind.code, logging.WARNING) for kind in _DEVICE_REFUSED},
    **{kind: _row(422, kind.code) for kind in _CARD_REFUSED},
    terminals.TerminalLocked: _row(409, terminals.TerminalLocked.code),
    identity.RevocationUnavailable: _row(503, identity.RevocationUnavailable.code, logging.ERROR),
    identity.AttemptsUncountable: _AWAY,
    identity.TooManyAttempts: _row(429, identity.TooManyAttempts.code, logging.WARNING),
    identity.SessionEnded: _row(409, identity.SessionEnded.code),
    certificates.UnknownKind: _row(400, "unfit_request"),
    certificates.UnfitRequest: _row(400, "unfit_request"),
    certificates.KeyReused: _row(409, "request_reused", logging.WARNING),
    certificates.WrongAmount: _row(400, "wrong_amount", logging.WARNING),
    certificates.NotAuthorisable: _row(409, "not_payable", logging.WARNING),
    certificates.NotPaid: _row(409, "not_paid", logging.WARNING),
    certificates.NotAbandonable: _row(409, "released", logging.WARNING),
    certificates.CaptureNotDecided: _row(409, "not_decided", logging.ERROR),
    certificates.VoidNotDecided: _row(409, "not_decided", logging.ERROR),
    certificates.IssuanceUnknown: _row(404, "issuance_unknown"),
    certificates.PageUnknown: _row(404, "page_unknown"),
    certificates.NotReleasable: _row(409, "not_ready"),
    certificates.NotReportable: _row(409, "not_released", logging.WARNING),
    MunicipalityMissing: _AWAY,
    KeyUnavailable: _AWAY,
    Unreadable: _row(400, "bad_request", logging.WARNING),
    BadRequest: _row(400, "bad_request", logging.WARNING),
    Forbidden: _row(403, "forbidden", logging.WARNING),
    NotFound: _row(404, "not_found"),
    MethodNotAllowed: _row(405, "method_not_allowed"),
    RequestEntityTooLarge: _row(413, "too_large", logging.WARNING),
    HTTPException: _row(400, "bad_request", logging.WARNING),
    **dict.fromkeys(DATABASE_AWAY, _AWAY),
}

describe = describe_by(ERRORS, _UNEXPECTED)


def respond(words: ErrorWords) -> ResponseReturnValue:
    """The code for the kiosk, the reference for the staff."""
    return flask.jsonify(error=words.code, reference=reference()), words.status


def overloaded(seconds: int | None) -> ResponseReturnValue:
    """The answer at the door of a full queue: how long those who wait will take, or null when nobody can say."""
    _LOG.warning("%s overloaded", reference())
    answer = flask.jsonify(error="overloaded", reference=reference(), wait_seconds=seconds)
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer, 503


def refused(code: RefusalCode) -> ResponseReturnValue:
    """The answer to a paper that may not be issued."""
    return flask.jsonify(error=code.value, reference=reference()), 409
