"""A render worker of the proof, `python -m tests.proof.worker`: the product's own, with small documents."""

import logging
import os
import sys
from pathlib import Path

from portal import settings
from portal.ground import open_ground
from portal.jobs import Queue
from portal.worker import supervision, work
from tests.proof.breaks import break_worker, replace
from tests.proof.paper import SmallPress
from tests.proof.plan import Manner

MANNER_VARIABLE = "PROOF_MANNER"


def main() -> None:
    """Work as the environment says."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    manner = Manner.read(os.environ[MANNER_VARIABLE])
    loaded = settings.load()
    break_worker(manner.broken, loaded.state_dir)

    def small_press(folder: Path) -> SmallPress:
        return SmallPress(folder, real_share=manner.real_share, slow_share=manner.slow_share, slow_s=manner.slow_s)

    replace(supervision, "Press", small_press)
    work(open_ground(loaded), [Queue.RENDER])


if __name__ == "__main__":
    main()
