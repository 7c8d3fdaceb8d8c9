"""Only a fresh, authentic "good" lets a card in; whoever does not answer so lets nobody in."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from portal.identity import RevocationUnavailable
from portal.identity.revocation import Standing
from portal.identity.revocation import ocsp as revocation
from portal.identity.revocation.ocsp import ask
from tests.portal.identity.ocsp_bench import Bench, bench
from tests.world.jpki import Authority, Mode
from tests.world.jpki.server import RevocationServer, set_mode

__all__ = ["bench"]

Ask = Callable[[], Standing]


@pytest.fixture
def asking(bench: Bench, responder: RevocationServer) -> Ask:
    """Asks the real responder about the good card."""
    return lambda: ask(responder.url, bench.certificate, bench.root.certificate, now=bench.now)


def test_a_good_card_is_good(asking: Ask) -> None:
    assert asking() is Standing.GOOD


@pytest.mark.parametrize(
    "reason",
    [
        x509.ReasonFlags.cessation_of_operation,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.key_compromise,
    ],
)
def test_a_revoked_card_is_revoked_whatever_the_reason(bench: Bench, asking: Ask, reason: x509.ReasonFlags) -> None:
    bench.authority.revoke(bench.certificate, reason)

    assert asking() is Standing.REVOKED


def test_a_card_on_hold_is_not_called_revoked(bench: Bench, asking: Ask) -> None:
    bench.authority.revoke(bench.certificate, x509.ReasonFlags.certificate_hold)
    assert asking() is Standing.ON_HOLD

    bench.authority.release(bench.certificate)
    assert asking() is Standing.GOOD


def test_a_card_the_authority_does_not_know_is_unknown(bench: Bench, asking: Ask) -> None:
    bench.authority.forget(bench.certificate)

    assert asking() is Standing.UNKNOWN


def test_a_revoked_card_without_a_reason_is_revoked(bench: Bench) -> None:
    assert bench.judge(bench.answer(status=ocsp.OCSPCertStatus.REVOKED)) is Standing.REVOKED


@pytest.mark.parametrize("mode", [Mode.STALE, Mode.NO_NONCE, Mode.WRONG_NONCE, Mode.IMPOSTOR, Mode.TRY_LATER])
def test_a_responder_that_misbehaves_lets_nobody_in(authority: Authority, asking: Ask, mode: Mode) -> None:
    set_mode(authority.directory, mode)

    with pytest.raises(RevocationUnavailable):
        asking()


def test_a_responder_that_is_away_lets_nobody_in(bench: Bench) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"

    with pytest.raises(RevocationUnavailable):
        ask(url, bench.certificate, bench.root.certificate, now=bench.now)


def test_a_silent_responder_is_waited_for_only_so_long(
    authority: Authority, asking: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_mode(authority.directory, Mode.SILENT)
    monkeypatch.setattr(revocation._client(), "timeout", 0.3)

    began = time.monotonic()
    with pytest.raises(RevocationUnavailable, match="ReadTimeout"):
        asking()

    assert time.monotonic() - began < 2
    assert revocation.PATIENCE_SECONDS == 3


@contextmanager
def http_server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_responder_that_trickles_cannot_hold_a_person_for_long(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not done.wait(0.05):
            try:
                handler.wfile.write(b"0")
            except OSError:
                return

    monkeypatch.setattr(revocation, "PATIENCE_SECONDS", 0.5)
    with http_server(trickle) as url, pytest.raises(RevocationUnavailable, match="too slow"):
        ask(url, bench.certificate, bench.root.certificate, now=bench.now)
    done.set()


def test_an_endless_answer_is_cut_off(bench: Bench) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b"0" * 4096)
        except OSError:
            return

    with http_server(flood) as url, pytest.raises(RevocationUnavailable, match="too long"):
        ask(url, bench.certificate, bench.root.certificate, now=bench.now)


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_only_status_200_is_an_answer(bench: Bench, status: int) -> None:
    def refuse(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", "http://127.0.0.1:9/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with http_server(refuse) as url, pytest.raises(RevocationUnavailable, match=str(status)):
        ask(url, bench.certificate, bench.root.certificate, now=bench.now)
