"""`python -m tests.mutation`: mutate the validator, run its tests, print `bench: mutation_killed_percent`.

Every survivor must stand in `docs/mutation.md` with the reason why it changes nothing; one that does not is printed
with a question mark.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation import trial
from tests.mutation.operators import Mutant, mutants
from tests.mutation.targets import CHECKOUT, TARGETS, Target

DEMANDED_PERCENT = 90
PATIENCE_SECONDS = 150
WORKERS = 2
_DOCUMENT = CHECKOUT / "docs" / "mutation.md"


@dataclass(frozen=True)
class _Running:
    target: Target
    mutant: Mutant
    log: Path
    until: float


def main() -> int:
    """The exit code is 0 when enough died."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="modules whose name ends so")
    parser.add_argument("--match", default="", help="mutants whose name holds this")
    arguments = parser.parse_args()
    chosen = [target for target in TARGETS if target.module.endswith(arguments.only)]
    folder = CHECKOUT / ".state" / "mutation"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    trial.prepare()
    for target in chosen:
        _demand_that_the_original_passes(target, folder)
    outcome: Counter[bool] = Counter()
    for target, mutant, survived in _campaign(chosen, arguments.match, folder):
        outcome[survived] += 1
        if survived:
            known = "" if f"`{mutant.name}`" in _DOCUMENT.read_text() else " ?"
            print(f"survived{known} {target.module} `{mutant.name}`", flush=True)
    percent = 100 * outcome[False] / max(1, outcome.total())
    print(f"{outcome[False]} of {outcome.total()} mutants killed", file=sys.stderr)
    print(f"bench: mutation_killed_percent {percent:.1f} %", flush=True)
    return 0 if percent >= DEMANDED_PERCENT else 1


def _demand_that_the_original_passes(target: Target, folder: Path) -> None:
    log = folder / f"{target.module}.log"
    _, status = os.waitpid(trial.begin(target, None, log), 0)
    if status:
        print(log.read_text(errors="replace")[-3000:], file=sys.stderr)
        raise SystemExit(f"{target.module}: its tests fail already without a mutation")


def _campaign(targets: list[Target], match: str, folder: Path) -> Iterator[tuple[Target, Mutant, bool]]:
    waiting = (
        (target, mutant)
        for target in targets
        for mutant in mutants(target.path.read_text(), str(target.path))
        if match in mutant.name
    )
    running: dict[int, _Running] = {}
    begun = 0
    while True:
        while len(running) < WORKERS and (following := next(waiting, None)) is not None:
            begun += 1
            log = folder / f"{begun:04}.log"
            pid = trial.begin(*following[:1], following[1].code, log)
            running[pid] = _Running(*following, log, time.monotonic() + PATIENCE_SECONDS)
        if not running:
            return
        for pid, one in list(running.items()):
            if (survived := _ended(pid, one)) is not None:
                del running[pid]
                yield one.target, one.mutant, survived
        time.sleep(0.02)


def _ended(pid: int, one: _Running) -> bool | None:
    """Whether the mutant survived; None while its tests run. One that makes them hang has been noticed."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended and time.monotonic() > one.until:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return False
    if not ended:
        return None
    one.log.with_suffix(".txt").write_text(f"{one.target.module} {one.mutant.name} {status}\n")
    return status == 0


if __name__ == "__main__":
    sys.exit(main())
