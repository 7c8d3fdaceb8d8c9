"""From a request to paper and its outcome, once whole."""

import hashlib
import json
from base64 import urlsafe_b64decode

from portal import certificates, database
from portal.certificates import State
from tests.portal.certificates.conftest import TERMINAL, Kiosk, Visit


def test_a_resident_gets_one_certificate_and_the_document_is_erased_when_it_is_printed(
    real_kiosk: Kiosk, visit: Visit
) -> None:
    issuance, released = real_kiosk.released(visit)
    assert released.document.startswith(b"%PDF-1.7")
    payload = json.loads(urlsafe_b64decode(released.ticket.split(".")[1] + "=="))
    assert payload["order"] == str(issuance)
    assert payload["terminal"] == TERMINAL
    assert payload["sha256"] == hashlib.sha256(released.document).hexdigest()
    assert (payload["pages"], payload["copies"], len(payload["page_hashes"])) == (1, 1, 1)
    assert payload["expires"] - payload["issued"] == 120
    assert payload["subjects"] == [str(visit.resident_id)]
    assert real_kiosk.report(issuance, "printed") is State.PRINTED
    assert real_kiosk.stored() == []
    with database.transaction(real_kiosk.ground.engine) as connection:
        [line] = certificates.history_of(connection, visit.resident_id)
    assert (line.issuance, line.state) == (issuance, State.PRINTED)
