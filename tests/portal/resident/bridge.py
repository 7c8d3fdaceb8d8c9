"""The card bridge's wire in software: what the page's script meets on a resident's own computer."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from portal.identity import payload
from portal.identity.card.payload import nonce_digest
from tests.portal.identity.cards import Card


@dataclass
class BridgeStandIn:
    """Answers a request with the card's signature, or with `state` and `error` from the start."""

    card: Card
    origin: str
    # The 署名用 half of the same card: it answers what is not asked for a log-in.
    signing: Card | None = None
    state: str = "signed"
    error: str | None = None
    pin_typed: threading.Event = field(default_factory=threading.Event)
    asked: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self) -> dict[str, str | None]:
        """What GET /requests/<id> says now."""
        if not self.pin_typed.is_set():
            return {"state": "waiting", "error": None, "certificate": None, "signature": None}
        if self.state != "signed":
            return {"state": self.state, "error": self.error, "certificate": None, "signature": None}
        nonce = base64.b64decode(self.asked[-1]["nonce"])
        card = self.signing if self.signing and self.asked[-1]["purpose"] != "login" else self.card
        signed = payload(origin=self.origin, nonce_sha256=nonce_digest(nonce), purpose=self.asked[-1]["purpose"])
        return {
            "state": "signed",
            "error": None,
            "certificate": base64.b64encode(card.certificate).decode(),
            "signature": base64.b64encode(card.sign(signed)).decode(),
        }


@contextmanager
def serving(bridge: BridgeStandIn, port: int) -> Iterator[BridgeStandIn]:
    """The bridge, listening."""

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self._send(HTTPStatus.NO_CONTENT, b"", "text/plain")

        def do_POST(self) -> None:
            bridge.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._json(HTTPStatus.CREATED, {"request": "r1", "pin_page": f"{bridge.url}/pin/r1"})

        def do_GET(self) -> None:
            if self.path.startswith("/pin/"):
                bridge.pin_typed.set()
                self._send(HTTPStatus.OK, b"<!doctype html><title>PIN</title>", "text/html")
            else:
                self._json(HTTPStatus.OK, bridge.answer())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

        def _json(self, status: HTTPStatus, value: object) -> None:
            self._send(status, json.dumps(value).encode(), "application/json")

        def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Access-Control-Allow-Origin", bridge.origin)
            self.send_header("Access-Control-Allow-Headers", "Content-Type")
            self.send_header("Access-Control-Allow-Private-Network", "true")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    bridge.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield bridge
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
