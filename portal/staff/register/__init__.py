"""The register desk (住民記録の照会): finding a resident, and the record with its history."""

from portal.staff.register import finding, record

__all__ = ["finding", "record"]
