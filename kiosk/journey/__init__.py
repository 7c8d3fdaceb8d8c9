"""The order of the screens: one explicit state machine, one screen = one state = one template."""
