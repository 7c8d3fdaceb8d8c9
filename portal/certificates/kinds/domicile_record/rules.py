"""Who gets 戸籍の附票の写し: persons of a 戸籍 that is kept here, about themselves or everybody in it.

It is the paper that tells an abuser where somebody lives now: whoever is under 支援措置, here or as another
municipality has told, stands on nobody's paper from a kiosk, and the answer is that of any change under way.
"""

from portal.certificates.paper import Data, Facts, Member, Source
from portal.certificates.tables import RefusalCode
from portal.municipality import Municipality
from portal.register import IssueBlock, ResidentRecord
from portal.register.domiciles import FamilyRegister, family_register_of


def family_register(source: Source) -> Data:
    """The applicant's family register, if it is kept here, and everybody in it. `version` 0 stands for none."""
    found = family_register_of(
        source.connection,
        source.resident_id,
        reader=source.reader,
        why=source.why,
        now=source.now,
        audit_to=source.audit_to,
    )
    if found is None:
        return Data(versions={"family_register": 0})
    members = tuple(
        Member(member.ref, member.name, member.birth_date, IssueBlock.IN_PROGRESS if member.stopped else None)
        for member in found.members
    )
    return Data(record=found, versions={"family_register": found.version}, members=members)


def refuse(facts: Facts) -> RefusalCode | None:
    """Whether the 本籍 is here, and a 利用登録 complete where it is wanted: by whoever lives elsewhere."""
    register = facts.data.record
    if facts.own.foreign:
        return RefusalCode.NO_FAMILY_REGISTER
    if not isinstance(register, FamilyRegister):
        here = _domicile_here(facts.own, facts.municipality)
        return RefusalCode.IN_PROGRESS if here else RefusalCode.DOMICILE_ELSEWHERE
    member = next(member for member in register.members if member.resident_id == facts.own.id)
    if member.lives_here:
        return None
    completed = None if member.usage is None else member.usage.completed_on
    return None if completed is not None and completed <= facts.today else RefusalCode.REGISTRATION_PENDING


def _domicile_here(own: ResidentRecord, here: Municipality) -> bool:
    """Whether the record names a 本籍 in this municipality: a register that is missing then is one on its way."""
    return (own.domicile or "").startswith((f"{here.prefecture}{here.name}", here.name))
