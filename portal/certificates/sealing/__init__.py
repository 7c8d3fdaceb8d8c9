"""封印: what makes a sheet provable: the stamp on every page, the tie between pages, the document's signature."""

from portal.certificates.sealing.active import ActiveKeys, SealUnavailable
from portal.certificates.sealing.sealer import Sealed, Sealing

__all__ = ["ActiveKeys", "SealUnavailable", "Sealed", "Sealing"]
