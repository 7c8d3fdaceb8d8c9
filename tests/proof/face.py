"""A terminal face made by another factory than the product's, `python -m tests.proof.face FACTORY ADDRESS PORT`.

Here: one with a deliberate break. Honest campaigns run `python -m portal serve terminal`.
"""

import os
import sys

from flask import Flask
from granian.constants import Interfaces
from granian.server import Server as Granian

from portal import settings, terminal
from portal.ground import open_ground
from tests.proof.breaks import break_face
from tests.proof.plan import Manner
from tests.proof.worker import MANNER_VARIABLE


def application() -> Flask:
    """The broken face, made in granian's worker process."""
    break_face(Manner.read(os.environ[MANNER_VARIABLE]).broken)
    return terminal.create_app(open_ground(settings.load()))


def main(factory: str, address: str, port: int) -> None:
    """Serve as `python -m portal serve terminal` does."""
    tls = settings.load().tls
    Granian(
        factory,
        factory=True,
        interface=Interfaces.WSGI,
        address=address,
        port=port,
        workers=1,
        blocking_threads=4,
        respawn_failed_workers=True,
        ssl_cert=tls.certificate,
        ssl_key=tls.key,
        log_access=False,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
