"""The print agent: the daemon beside the printer. It knows paper, and nothing about people."""
