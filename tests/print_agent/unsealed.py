"""`python -m tests.print_agent.unsealed`: the print agent without its seal, so that tests may look into it."""

import sys

from print_agent import __main__ as program

if __name__ == "__main__":
    program.harden_process = lambda: None  # type: ignore[attr-defined]
    sys.exit(program.main())
