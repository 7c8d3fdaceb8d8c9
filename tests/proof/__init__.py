"""The proof that nobody can get another person's paper: the whole issuance under faults, judged from outside."""
