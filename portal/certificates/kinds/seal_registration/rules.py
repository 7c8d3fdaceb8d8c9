"""Who gets 印鑑登録証明書: the holder of a seal that is registered and not cancelled.

Cancelled seals (廃印) were certified in Niigata, Saitama and Kumamoto from 2020 to 2023: the rule is asked again at
release, under the lock a cancellation takes.
"""

from portal.certificates.paper import Data, Facts, Source
from portal.certificates.tables import RefusalCode
from portal.register.seals import SealRegistration, seal_of


def registered_seal(source: Source) -> Data:
    """The applicant's seal. `version` 0 stands for none."""
    seal = seal_of(
        source.connection,
        source.fields,
        source.resident_id,
        reader=source.reader,
        why=source.why,
        now=source.now,
        audit_to=source.audit_to,
    )
    return Data(record=seal, versions={"seal": 0 if seal is None else seal.version})


def refuse(facts: Facts) -> RefusalCode | None:
    """NO_SEAL without a registration; SEAL_CANCELLED once there is a day of 廃印, even one that is still to come."""
    seal = facts.data.record
    if not isinstance(seal, SealRegistration):
        return RefusalCode.NO_SEAL
    return None if seal.cancelled_on is None else RefusalCode.SEAL_CANCELLED
