"""印鑑登録: the seal a resident has registered, and that it may have been cancelled (廃印)."""

from portal.register.seals.model import SealNumberTaken, SealRegistration
from portal.register.seals.registrations import Kept, cancel, seal_of, store

__all__ = ["Kept", "SealNumberTaken", "SealRegistration", "cancel", "seal_of", "store"]
