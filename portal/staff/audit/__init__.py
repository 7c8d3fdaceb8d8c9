"""The auditor's room: who looked at what, when and why, and how the book stands under its seals."""

from portal.staff.audit import book

__all__ = ["book"]
