"""Who gets 所得・課税証明書 at a kiosk: the holder, for the current year alone, once there is an assessment."""

from portal.certificates.paper import Data, Facts, Source
from portal.certificates.tables import RefusalCode
from portal.clock import local_date
from portal.municipality import current_tax_year
from portal.register.taxes import TaxAssessment, tax_of


def current_assessment(source: Source) -> Data:
    """The assessment of the year that is current today, or none. Each year has a version of its own."""
    year = current_tax_year(source.municipality, local_date(source.now))
    found = tax_of(
        source.connection,
        source.resident_id,
        year,
        reader=source.reader,
        why=source.why,
        now=source.now,
        audit_to=source.audit_to,
    )
    return Data(record=found, versions={"tax": 0 if found is None else found.version})


def refuse(facts: Facts) -> RefusalCode | None:
    """NO_TAX_DATA: nothing was filed for the current year, or it has not been opened yet."""
    return None if isinstance(facts.data.record, TaxAssessment) else RefusalCode.NO_TAX_DATA
