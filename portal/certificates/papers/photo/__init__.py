"""A photo or scan of a sheet: the codes on it, and whether its texts are those that were issued."""

from portal.certificates.papers.photo.reading import Found, PhotoBroken, PhotoTooLarge, open_photo, read

__all__ = ["Found", "PhotoBroken", "PhotoTooLarge", "open_photo", "read"]
