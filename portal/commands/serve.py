"""`python -m portal serve FACE`: one web face behind granian, over TLS."""

import argparse
import os

from flask import Flask
from granian.constants import Interfaces
from granian.server import Server as Granian

from portal import resident, running, settings, staff, terminal, verify
from portal.ground import Ground, open_ground

_FACES = {
    "resident": resident.create_app,
    "staff": staff.create_app,
    "terminal": terminal.create_app,
    "verify": verify.create_app,
}
_FACE_VARIABLE = "PORTAL_FACE"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `serve`."""
    parser = subparsers.add_parser("serve", help="serve one web face")
    parser.add_argument("face", choices=sorted(_FACES))
    parser.add_argument("--bind", default="127.0.0.1:8443", help="address:port")
    parser.add_argument("--workers", type=int, default=1, help="processes (one a core)")
    parser.add_argument("--threads", type=int, default=4, help="threads of each process")
    parser.set_defaults(run=_serve)


def application() -> Flask:
    """The face named by the environment, for a worker process (granian or any other WSGI server)."""
    ground, face = open_ground(settings.load()), os.environ[_FACE_VARIABLE]
    app = _FACES[face](ground)
    running.Voice(ground, running.Name(face)).keep_saying()
    return app


def _serve(arguments: argparse.Namespace, ground: Ground) -> int:
    # The worker processes open their own connections and their own session with the key token.
    ground.engine.dispose()
    os.environ[_FACE_VARIABLE] = arguments.face
    if arguments.settings is not None:
        os.environ[settings.ENVIRONMENT_VARIABLE] = str(arguments.settings)
    address, _, port = arguments.bind.rpartition(":")
    Granian(
        "portal.commands.serve:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=address,
        port=int(port),
        workers=arguments.workers,
        blocking_threads=arguments.threads,
        respawn_failed_workers=True,
        ssl_cert=ground.settings.tls.certificate,
        ssl_key=ground.settings.tls.key,
        log_access=False,
        websockets=False,
    ).serve()
    return 0
