"""`python -m tests.world.forms FOLDER`: lay out the forms of every certificate, as `portal worker --prepare` does.

A process of its own, because the press points fontconfig at the one approved font.
"""

import sys
from pathlib import Path

from portal.certificates.press import Press
from portal.certificates.seal import all_seals

if __name__ == "__main__":
    Press(Path(sys.argv[1])).warm_up(all_seals())
