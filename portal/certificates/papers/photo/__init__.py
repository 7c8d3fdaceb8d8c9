"""A photo or scan of a sheet: the codes on it, and whether its texts are those that were issued."""

from portal.certificates.papers.photo.comparing import Difference, Sight, compare
from portal.certificates.papers.photo.locating import PageNotFound
from portal.certificates.papers.photo.reading import Found, PhotoBroken, PhotoTooLarge, open_photo, read

__all__ = [
    "Difference",
    "Found",
    "PageNotFound",
    "PhotoBroken",
    "PhotoTooLarge",
    "Sight",
    "compare",
    "open_photo",
    "read",
]
