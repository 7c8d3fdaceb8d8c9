"""Every table there is, for Alembic and for the test that compares it with the migrations."""

from portal.audit import tables as audit
from portal.certificates import tables as certificates
from portal.certificates.money import tables as money
from portal.certificates.papers import tables as papers
from portal.certificates.sealing import tables as sealing
from portal.database import metadata
from portal.exchange import tables as exchange
from portal.filings import tables as filings
from portal.identity import sessions
from portal.identity import tables as identity
from portal.municipality import tables as municipality
from portal.notices import tables as notices
from portal.register import tables as register
from portal.terminals import tables as terminals

__all__ = ["metadata"]

_PACKAGES = (
    audit,
    certificates,
    exchange,
    filings,
    identity,
    money,
    municipality,
    notices,
    papers,
    register,
    sealing,
    sessions,
    terminals,
)
