"""Each cause of a refusal has one name, says when it is raised, and has its words on every face that meets it."""

import logging

import pytest

from portal.identity import (
    AttemptsUncountable,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateOnHold,
    CertificateRevoked,
    CertificateUnknown,
    IdentityError,
    RevocationUnavailable,
    SessionEnded,
    TooManyAttempts,
)
from portal.resident.errors import ERRORS as RESIDENT_WORDS
from portal.terminal.errors import ERRORS as TERMINAL_WORDS
from tests.portal.identity.refusals import AT_THE_DESK, OF_A_VISITOR, ON_THE_WEB, every

EVERY = sorted(every(), key=lambda kind: kind.__name__)
AT_A_KIOSK = [kind for kind in EVERY if kind not in AT_THE_DESK | ON_THE_WEB]
FOR_A_RESIDENT = [kind for kind in EVERY if kind not in AT_THE_DESK | OF_A_VISITOR | {SessionEnded}]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_refusal_says_when_it_is_raised(kind: type[IdentityError]) -> None:
    assert (kind.__doc__ or "").startswith(("Raised ", "Base of "))
    assert kind.code.replace("_", "").isalpha()


@pytest.mark.parametrize("kind", AT_A_KIOSK, ids=lambda kind: kind.__name__)
def test_every_refusal_at_a_kiosk_has_a_status_a_code_and_a_level_of_its_own(kind: type[IdentityError]) -> None:
    words = TERMINAL_WORDS[kind]

    assert words.code == kind.code
    assert 400 <= words.status < 600
    assert words.level >= (logging.WARNING if words.status >= 500 else logging.INFO)


@pytest.mark.parametrize("kind", FOR_A_RESIDENT, ids=lambda kind: kind.__name__)
def test_every_refusal_on_the_web_has_words_for_the_resident(kind: type[IdentityError]) -> None:
    words = RESIDENT_WORDS[kind]

    assert words.title
    assert words.text
    assert 400 <= words.status < 600
    assert words.level >= (logging.WARNING if words.status >= 500 else logging.INFO)


def test_good_revoked_expired_on_hold_and_unknown_are_five_answers() -> None:
    answers = (CertificateRevoked, CertificateExpired, CertificateOnHold, CertificateUnknown)

    assert len({TERMINAL_WORDS[kind].code for kind in answers}) == 4
    assert len({str(RESIDENT_WORDS[kind].title) for kind in answers}) == 4


def test_not_being_able_to_ask_is_never_called_a_fault_of_the_card() -> None:
    for table in (TERMINAL_WORDS, RESIDENT_WORDS):
        assert table[RevocationUnavailable].status == 503
        assert table[AttemptsUncountable].status == 503
        assert table[TooManyAttempts].status == 429
        assert table[CertificateNotYetValid].status == 422
