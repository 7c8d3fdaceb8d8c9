"""Accounts of the staff (職員) and how they log in."""
