"""`python -m portal …`: web faces, worker and admin commands."""

import sys

from portal.commands.line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
