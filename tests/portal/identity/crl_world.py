"""A machine that learns from lists who is revoked: settings, the stand-in's server, a face's lists, a refresh."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from portal.ground import Ground
from portal.identity import revocation
from portal.identity.revocation import compact, lists
from portal.identity.revocation.compact import CompactList
from portal.identity.revocation.lists import Lists
from portal.identity.revocation.refresh import Taken, folder_of, refresh
from portal.settings import RevocationSource, Settings
from tests.world.jpki import Authority, Root
from tests.world.jpki.lists import prepared
from tests.world.jpki.server import RevocationServer


@dataclass(frozen=True)
class Machine:
    """One machine of the portal with the source `crl`; its lists are fetched and looked at when a test says so."""

    ground: Ground
    authority: Authority

    @property
    def settings(self) -> Settings:
        return self.ground.settings

    @property
    def folder(self) -> Path:
        return folder_of(self.settings.state_dir)

    def with_urls(self, *urls: str) -> "Machine":
        trust = replace(self.settings.trust, crl_urls=urls)
        return Machine(replace(self.ground, settings=replace(self.settings, trust=trust)), self.authority)

    def refresh(self, *, when_due: bool = False) -> list[Taken | str]:
        return refresh(self.settings, now=self.ground.clock.now(), when_due=when_due)

    def kept(self, root: Root) -> CompactList:
        return compact.load(compact.path_of(self.folder, compact.fingerprint(root.certificate)))

    def fetch_and_look(self) -> None:
        assert all(isinstance(result, Taken) for result in self.refresh())
        lists.held(self.settings.state_dir).look()


def never() -> None:
    """In place of a refresh by another process."""
    raise OSError


@pytest.fixture
def machine(
    ground: Ground,
    authority: Authority,
    responder: RevocationServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Machine]:
    """Pins every root and knows every list; no process is started and no thread looks by itself."""
    monkeypatch.setattr(Lists, "keep", lambda _: None)
    monkeypatch.setattr(revocation.refresh, "start", never)
    trust = replace(
        ground.settings.trust,
        ocsp_url="",
        revocation=RevocationSource.CRL,
        crl_urls=tuple(f"{responder.url}crl/{root.id}.crl" for root in authority.roots),
    )
    settings = replace(ground.settings, trust=trust, state_dir=tmp_path / "state")
    yield Machine(replace(ground, settings=settings), authority)
    let_go(settings.state_dir)
    for root in authority.roots:
        prepared(authority.directory, root).unlink(missing_ok=True)


def let_go(state_dir: Path) -> None:
    """End what this process holds of a machine that is over."""
    held = lists._OF_FOLDER.pop(state_dir, None)
    if held is not None:
        held.close()


@contextmanager
def http_server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server of lists that behaves as the test says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
