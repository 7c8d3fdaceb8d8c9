"""`python -m tests.proof.small FOLDER`: the campaigns of the test-suite, one after the other in one world.

An honest one with a few faults of each kind, and one for each deliberate break, aimed at where it shows. Each begins
with a line `campaign NAME` and ends with a line `end`. A process of its own: a PKCS#11 module is one thing a process.
"""

import sys
from dataclasses import replace
from pathlib import Path

from tests.proof.campaign import run
from tests.proof.plan import Break, Chances, Plan
from tests.proof.world import World

_SMALL = Plan(deliveries=15, workers=2, faces=1, kiosks=6, households=25, real_share=0, wrecks=())
HONEST = "honest"
END = "end\n"
PLANS: dict[str, Plan] = {
    HONEST: Plan(
        deliveries=40,
        workers=2,
        faces=2,
        households=25,
        real_share=0.05,
        slow_share=0.15,
        visits_between_wrecks=8,
        chances=Chances(thief=0.3, arrival=0.05, stop=0.02, unknown=0.06),
    ),
    Break.SHARED_SLOT: replace(_SMALL, broken=Break.SHARED_SLOT, chances=Chances(aligned=0.8)),
    Break.FREED_LOCK: replace(_SMALL, broken=Break.FREED_LOCK, workers=1, slow_share=0.6),
    Break.NO_RECHECK: replace(
        _SMALL, broken=Break.NO_RECHECK, workers=1, chances=Chances(change=0.45, restriction=0.35)
    ),
}


def main(folder: Path) -> None:
    """Run them all."""
    world = World(folder)
    try:
        world.start()
        for name, plan in PLANS.items():
            report = run(world, plan)
            print(f"campaign {name}")
            print("\n".join(report.lines()))
            print(END, end="", flush=True)
            print("\n".join(report.findings.examples), file=sys.stderr, flush=True)
    finally:
        world.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
