"""Mutation testing of the validator: change one thing in its code, and some test must notice."""
