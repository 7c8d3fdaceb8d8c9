"""The review desk: where officers decide filings and operators watch the kiosks."""

from portal.staff.app import create_app

__all__ = ["create_app"]
