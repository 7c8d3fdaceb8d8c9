"""The residents' own face: start page, card log-in through the bridge, 転出届 one question a page, status."""

from portal.resident.app import create_app

__all__ = ["create_app"]
