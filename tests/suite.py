"""The whole suite in two runs side by side, then the judges of every page (`make test`).

One run starts whole programs and mostly waits for them; the other is everything else and mostly computes. What both
have rendered is judged at the end. `pytest` alone still runs all of it, one after the other.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence

from tests.conftest import CHECKOUT

BESIDE = ("tests/whole", "tests/print_agent", "tests/proof", "tests/world", "tests/bench")
"""Whole programs, with much waiting: these take as long as everything else."""
JUDGES = "tests/whole/test_pages_last.py"


def main() -> int:
    """The exit code is 0 only if all three runs passed."""
    with tempfile.TemporaryDirectory(prefix="pages-") as pages, tempfile.TemporaryFile("w+") as of_house:
        house = _started([*BESIDE, f"--ignore={JUDGES}"], pages, of_house.fileno())
        try:
            rest = [f"--ignore={folder}" for folder in BESIDE]
            codes = [_started(["tests", *rest], pages, None).wait(), house.wait()]
        finally:
            # Interrupted: the house must not be left behind.
            house.terminate()
            house.wait()
        of_house.seek(0)
        sys.stdout.write(of_house.read())
        sys.stdout.flush()
        codes.append(_started([JUDGES], pages, None).wait())
    return max(codes)


def _started(paths: Sequence[str], pages: str, output: int | None) -> subprocess.Popen[bytes]:
    # The cache of what failed last has one file for all.
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pages", pages, *paths]
    return subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


if __name__ == "__main__":
    sys.exit(main())
