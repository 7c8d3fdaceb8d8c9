"""Every table there is, for Alembic and for the test that compares it with the migrations."""

from portal.audit import tables as audit
from portal.audit.sealing import tables as audit_sealing
from portal.certificates import tables as certificates
from portal.certificates.money import tables as money
from portal.certificates.papers import tables as papers
from portal.certificates.sealing import tables as sealing
from portal.database import metadata
from portal.exchange import tables as exchange
from portal.filings import tables as filings
from portal.identity import tables as identity
from portal.identity.login import sessions
from portal.municipality import tables as municipality
from portal.notices import tables as notices
from portal.register import tables as register
from portal.register.domiciles import tables as domiciles
from portal.register.seals import tables as seals
from portal.register.taxes import tables as taxes
from portal.running import tables as running
from portal.terminals import tables as terminals

__all__ = ["metadata"]

_PACKAGES = (
    audit,
    audit_sealing,
    certificates,
    domiciles,
    exchange,
    filings,
    identity,
    money,
    municipality,
    notices,
    papers,
    register,
    running,
    sealing,
    seals,
    sessions,
    taxes,
    terminals,
)
