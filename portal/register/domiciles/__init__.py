"""戸籍の附票: where the persons of a family register (戸籍) of this municipality live and have lived."""

from portal.register.domiciles.model import (
    DomicileEntry,
    FamilyMember,
    FamilyRegister,
    MemberEntry,
    UsageRegistration,
)
from portal.register.domiciles.reading import family_register_of
from portal.register.domiciles.storing import forget_others, store

__all__ = [
    "DomicileEntry",
    "FamilyMember",
    "FamilyRegister",
    "MemberEntry",
    "UsageRegistration",
    "family_register_of",
    "forget_others",
    "store",
]
