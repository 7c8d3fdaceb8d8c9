"""The page on which anyone checks a certificate: public, without session or cookie; and once more as one file."""

from portal.verify.app import create_app

__all__ = ["create_app"]
