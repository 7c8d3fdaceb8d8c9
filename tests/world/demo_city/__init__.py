"""みさき市, a municipality that does not exist: its file and the people of its register, made from a seed."""
