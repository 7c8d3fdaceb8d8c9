"""手数料: the money of an issuance, a state of its own beside that of the paper, and always decided by the paper."""
