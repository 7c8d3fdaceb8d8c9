"""Hands of people: what residents and staff press and type, in a real browser. Used by the demo and by tests."""
