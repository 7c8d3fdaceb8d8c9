"""What is measured, and printed as `bench: NAME VALUE UNIT`."""
