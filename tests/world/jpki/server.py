"""JPKI's servers in software: OCSP by POST to ``/``, CRLs by GET from ``/crl/<root>.crl``.

``python -m tests.world.jpki.server --directory D --port P`` serves the authority kept in D on loopback;
port 0 takes a free one. The line ``ready <port>`` on standard output says that it answers. ``/crl/auth.crl``
is the current generation's list. A list made ready by :func:`tests.world.jpki.lists.prepare` goes out instead of
the authority's own. The file ``<directory>/control`` holds one word of :class:`tests.world.jpki.ocsp.Mode` and is
read at every request.
"""

import argparse
import logging
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.world.jpki import lists, ocsp, store
from tests.world.jpki.authority import Authority, Root

log = logging.getLogger(__name__)
_LONGEST_REQUEST = 4096
_SILENCE_SECONDS = 60.0


def set_mode(directory: Path, mode: ocsp.Mode) -> None:
    """Tell the server that answers for ``directory`` how to behave from the next request on."""
    store.replace_file(directory / "control", mode.value.encode())


def read_mode(directory: Path) -> ocsp.Mode:
    """How the server behaves now."""
    try:
        return ocsp.Mode((directory / "control").read_text().strip())
    except FileNotFoundError:
        return ocsp.Mode.NORMAL


class RevocationServer(ThreadingHTTPServer):
    """The HTTP server of one authority; binds 127.0.0.1 only."""

    daemon_threads = True
    # A silent answer holds its thread for a minute; closing the server must not wait for it.
    block_on_close = False

    def __init__(self, authority: Authority, port: int = 0) -> None:
        self.authority = authority
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where OCSP requests are posted; CRLs are below ``crl/``."""
        return f"http://127.0.0.1:{self.server_port}/"

    def start(self) -> threading.Thread:
        """Serve from a thread of this process, for tests."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop serving and close the port."""
        self.closing.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: RevocationServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 < length <= _LONGEST_REQUEST:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "text/plain", b"")
            return
        body = self.rfile.read(length)
        mode = read_mode(self.server.authority.directory)
        if mode is ocsp.Mode.SILENT:
            self.server.closing.wait(_SILENCE_SECONDS)
            self.close_connection = True
            return
        if self.headers.get_content_type() != "application/ocsp-request":
            self._send(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "text/plain", b"")
            return
        answer = ocsp.answer(self.server.authority, body, mode)
        self._send(HTTPStatus.OK, "application/ocsp-response", answer)

    def do_GET(self) -> None:
        root = self._listed_root()
        if root is None:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"")
            return
        ready = lists.prepared(self.server.authority.directory, root)
        listed = ready.read_bytes() if ready.exists() else self.server.authority.crl(root)
        self._send(HTTPStatus.OK, "application/pkix-crl", listed)

    def _listed_root(self) -> Root | None:
        authority = self.server.authority
        names = {f"/crl/{root.id}.crl": root for root in authority.roots}
        names["/crl/auth.crl"] = authority.auth_roots[-1]
        names["/crl/sign.crl"] = authority.sign_roots[-1]
        return names.get(self.path)

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        log.debug(format, *args)


def main(arguments: list[str] | None = None) -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)
    server = RevocationServer(Authority(options.directory), options.port)
    sys.stdout.write(f"ready {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
