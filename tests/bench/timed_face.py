"""The terminal face with a watch: how long the application takes over each answer, without wire and queue before it.

Run by `python -m tests.proof.face tests.bench.timed_face:application ADDRESS PORT`; writes a line
`STATUS MILLISECONDS` for each answer into the file that the environment names.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask

from portal import settings, terminal
from portal.ground import open_ground

TIMES_VARIABLE = "BENCH_TIMES"


def application() -> Flask:
    """The product's face, watched."""
    app = terminal.create_app(open_ground(settings.load()))
    honest, times = app.wsgi_app, Path(os.environ[TIMES_VARIABLE]).open("a", buffering=1)  # noqa: SIM115 - for life

    def watched(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen: list[str] = []

        def started(status: str, *rest: Any) -> Any:
            seen.append(status.partition(" ")[0])
            return start_response(status, *rest)

        begun = time.perf_counter()
        answer = honest(environ, started)
        times.write(f"{seen[0]} {(time.perf_counter() - begun) * 1000:.3f}\n")
        return answer

    app.wsgi_app = watched  # type: ignore[method-assign]
    return app
