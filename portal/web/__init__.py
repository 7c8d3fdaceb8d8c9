"""The frame every face wears: strict headers, server-side session, CSRF, deny-by-default, error pages."""

from portal.web.errors import ErrorWords, reference
from portal.web.frame import frame, ground_of, polling
from portal.web.session import sign_in, sign_out

__all__ = ["ErrorWords", "frame", "ground_of", "polling", "reference", "sign_in", "sign_out"]
