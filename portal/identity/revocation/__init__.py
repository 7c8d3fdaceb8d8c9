"""Is the certificate still good? Asked every time, of the source that the settings name; without an answer, refused.

`ocsp` asks the authority's responder at each log-in. `crl` looks into the authority's list of revoked certificates,
which a child process (`refresh`) fetches, proves and writes into a compact file; each face maps the file (`lists`).
"""

from datetime import datetime

from cryptography import x509

from portal.identity.revocation import lists, ocsp
from portal.identity.revocation.standing import Standing
from portal.settings import RevocationSource, Settings

__all__ = ["Standing", "ask", "prepare"]


def ask(settings: Settings, certificate: x509.Certificate, root: x509.Certificate, *, now: datetime) -> Standing:
    """What the authority says at this moment about `certificate`, which `root` has signed.

    Raises RevocationUnavailable when the source has no fresh and authentic word about it. A list names only what is
    revoked or on hold: from the source `crl` a certificate that the authority does not know comes back as good,
    never as UNKNOWN.
    """
    if settings.trust.revocation is RevocationSource.CRL:
        return lists.held(settings.state_dir).standing(root, certificate.serial_number, now=now)
    return ocsp.ask(settings.trust.ocsp_url, certificate, root, now=now)


def prepare(settings: Settings) -> None:
    """For the start of a face: with the source `crl`, load the lists now and keep them fresh from now on."""
    if settings.trust.revocation is RevocationSource.CRL:
        lists.held(settings.state_dir)
