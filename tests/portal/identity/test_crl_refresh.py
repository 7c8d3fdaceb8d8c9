"""Lists are fetched by a process of their own, one at a time; what is refused leaves what is kept in its place."""

import fcntl
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from portal.identity import TrustStoreUnusable
from portal.identity.revocation import Standing, refresh
from portal.identity.revocation.refresh import RefreshAtWork, Taken, due
from tests.portal.conftest import MovableClock
from tests.portal.identity.crl_world import Machine, http_server, machine
from tests.world.jpki import AUTH_PROFILE, Authority, Root, lists, store
from tests.world.jpki.lists import ListOrder, build, entry, prepare
from tests.world.jpki.server import RevocationServer

__all__ = ["machine"]


@pytest.fixture
def root(authority: Authority) -> Root:
    return authority.auth_roots[-1]


@pytest.fixture
def alone(machine: Machine, responder: RevocationServer, root: Root) -> Machine:
    """A machine that knows the list of the current generation only."""
    return machine.with_urls(f"{responder.url}crl/{root.id}.crl")


def refused(machine: Machine) -> str:
    (result,) = machine.refresh()
    assert isinstance(result, str)
    return result


def test_every_list_is_fetched_and_filed_under_the_root_that_signed_it(machine: Machine) -> None:
    authority = machine.authority
    gone = [authority.issue_leaf(root, AUTH_PROFILE) for root in authority.auth_roots]
    for leaf in gone:
        authority.revoke(leaf)

    assert [type(result) for result in machine.refresh()] == [Taken] * len(authority.roots)

    for root, own, other in zip(authority.auth_roots, gone, reversed(gone), strict=True):
        assert machine.kept(root).standing(own.serial_number) is Standing.REVOKED
        assert machine.kept(root).standing(other.serial_number) is Standing.GOOD


def test_the_order_of_the_addresses_says_nothing(machine: Machine) -> None:
    mixed = machine.with_urls(*reversed(machine.settings.trust.crl_urls))

    assert all(isinstance(result, Taken) for result in mixed.refresh())
    assert {mixed.kept(root).root for root in machine.authority.roots} == {
        result.root for result in mixed.refresh() if isinstance(result, Taken)
    }


def test_a_newer_list_takes_the_place_of_the_one_that_is_kept(alone: Machine, root: Root) -> None:
    prepare(alone.authority.directory, root, build(root, ListOrder(entry(7), number=1)))
    alone.refresh()
    prepare(alone.authority.directory, root, build(root, ListOrder(entry(8), number=2)))
    alone.refresh()

    assert alone.kept(root).number == 2
    assert alone.kept(root).standing(7) is Standing.GOOD
    assert alone.kept(root).standing(8) is Standing.REVOKED


def test_an_older_list_never_takes_the_place_of_the_one_that_is_kept(alone: Machine, root: Root) -> None:
    prepare(alone.authority.directory, root, build(root, ListOrder(entry(7), number=2)))
    alone.refresh()
    prepare(alone.authority.directory, root, build(root, ListOrder(number=1)))

    assert "older" in refused(alone)
    assert alone.kept(root).standing(7) is Standing.REVOKED


def test_another_list_under_the_same_number_is_refused(alone: Machine, root: Root) -> None:
    prepare(alone.authority.directory, root, build(root, ListOrder(entry(7), number=2)))
    alone.refresh()
    prepare(alone.authority.directory, root, build(root, ListOrder(number=2)))

    assert "another one under the number" in refused(alone)
    assert alone.kept(root).standing(7) is Standing.REVOKED


def test_numbers_are_compared_in_their_whole_length(alone: Machine, root: Root) -> None:
    prepare(alone.authority.directory, root, build(root, ListOrder(entry(7), number=1 << 120)))
    alone.refresh()
    prepare(alone.authority.directory, root, build(root, ListOrder(number=(1 << 64) - 1)))

    assert "older" in refused(alone)


def test_the_very_list_that_is_kept_is_not_written_again(alone: Machine, root: Root) -> None:
    alone.refresh()
    before = alone.kept(root).root, next(alone.folder.glob("*.list")).stat().st_ino
    assert isinstance(alone.refresh()[0], Taken)

    assert (alone.kept(root).root, next(alone.folder.glob("*.list")).stat().st_ino) == before


def test_a_damaged_list_is_made_anew(alone: Machine, root: Root) -> None:
    alone.refresh()
    next(alone.folder.glob("*.list")).write_bytes(b"half a list")

    assert isinstance(alone.refresh()[0], Taken)
    assert alone.kept(root).number > 0


def test_a_forged_list_leaves_the_one_that_is_kept(alone: Machine, root: Root) -> None:
    alone.refresh()
    forger = Root("forged", store.KeyPair(store.new_key(), root.certificate))
    prepare(alone.authority.directory, root, build(root, ListOrder(number=1 << 60), signer=forger))
    number = alone.kept(root).number

    assert "no pinned root" in refused(alone)
    assert alone.kept(root).number == number


def test_one_list_that_fails_does_not_keep_the_others_away(machine: Machine) -> None:
    broken = machine.with_urls("http://127.0.0.1:9/", *machine.settings.trust.crl_urls)

    assert [type(result) for result in broken.refresh()] == [str, *[Taken] * len(machine.authority.roots)]


def test_the_trust_stores_must_be_usable(machine: Machine, tmp_path: Path) -> None:
    trust = replace(machine.settings.trust, signature_roots=tmp_path)
    empty = replace(machine.settings, trust=trust)

    with pytest.raises(TrustStoreUnusable):
        refresh.refresh(empty, now=machine.ground.clock.now())


def test_what_is_kept_is_for_its_owner_only(alone: Machine) -> None:
    alone.refresh()

    assert alone.folder.stat().st_mode & 0o077 == 0


Behave = Callable[[BaseHTTPRequestHandler], None]


def sends(body: bytes, status: int = 200, **headers: str) -> Behave:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize("status", [204, 206, 302, 304, 404, 500, 503])
def test_only_status_200_brings_a_list(machine: Machine, root: Root, status: int) -> None:
    body = b"" if status in {204, 304} else build(root)
    with http_server(sends(body, status, Location="http://127.0.0.1:9/")) as url:
        assert refused(machine.with_urls(url)) == f"HTTP status {status}"


@pytest.mark.parametrize("body", [b"", b"<html>maintenance</html>", b"-----BEGIN X509 CRL-----\nMIIB\n"])
def test_a_page_instead_of_a_list_is_refused(machine: Machine, body: bytes) -> None:
    with http_server(sends(body)) as url:
        assert "no list in DER" in refused(machine.with_urls(url))


def test_a_list_whose_sender_hangs_up_in_the_middle_is_refused(machine: Machine, root: Root) -> None:
    data = build(root)
    with http_server(sends(data[:100], Content_Length=str(len(data)))) as url:
        assert refused(machine.with_urls(url)) == "RemoteProtocolError"


def test_a_list_without_an_end_is_cut_off(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "LARGEST_LIST", 100_000)
    sent = 0

    def flood(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(10_000):
                handler.wfile.write(bytes(4096))
                sent += 4096
        except OSError:
            return

    with http_server(flood) as url:
        assert "too long" in refused(machine.with_urls(url))
    assert sent < 20_000_000


def test_a_list_that_trickles_is_given_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "PATIENCE_SECONDS", 0.4)
    done = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not done.wait(0.05):
            try:
                handler.wfile.write(b"0")
            except OSError:
                return

    began = time.monotonic()
    with http_server(trickle) as url:
        assert "too slow" in refused(machine.with_urls(url))
    done.set()
    assert time.monotonic() - began < 5


def test_a_silent_server_is_given_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "_WAIT_SECONDS", 0.2)
    done = threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> None:
        done.wait(10)

    with http_server(silent) as url:
        assert refused(machine.with_urls(url)) == "ReadTimeout"
        done.set()


def test_a_server_that_is_away_is_named_by_its_cause_and_not_by_its_address(machine: Machine) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    assert refused(machine.with_urls(f"http://127.0.0.1:{port}/secret")) == "ConnectError"


@pytest.fixture
def slow(root: Root) -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A server that holds its list back: address, "somebody asks", "go on"."""
    asked, go_on = threading.Event(), threading.Event()
    data = build(root)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        go_on.wait(20)
        sends(data)(handler)

    with http_server(answer) as url:
        yield url, asked, go_on
        go_on.set()


def test_of_two_refreshes_at_once_the_second_goes_away(
    machine: Machine, slow: tuple[str, threading.Event, threading.Event]
) -> None:
    url, asked, go_on = slow
    waiting = machine.with_urls(url)
    results: list[list[Taken | str]] = []
    first = threading.Thread(target=lambda: results.append(waiting.refresh()))
    first.start()
    assert asked.wait(10)

    with pytest.raises(RefreshAtWork):
        waiting.refresh()
    go_on.set()
    first.join(10)
    assert [type(result) for result in results[0]] == [Taken]


def test_a_refresh_that_was_killed_leaves_no_lock_behind(alone: Machine) -> None:
    alone.folder.mkdir(parents=True)
    child = os.fork()
    if child == 0:
        fcntl.flock((alone.folder / "lock").open("w"), fcntl.LOCK_EX)
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)

    assert isinstance(alone.refresh()[0], Taken)


def test_what_a_killed_refresh_has_left_half_written_is_written_over(alone: Machine, root: Root) -> None:
    alone.folder.mkdir(parents=True)
    (alone.folder / ".draft").write_bytes(b"half" * 10_000)

    alone.refresh()
    assert alone.kept(root).number > 0
    assert not (alone.folder / ".draft").exists()


def test_the_next_refresh_is_due_after_an_hour(alone: Machine, clock: MovableClock) -> None:
    assert due(alone.folder, now=clock.now())
    alone.refresh()

    assert not due(alone.folder, now=clock.now())
    clock.advance(minutes=59)
    assert alone.refresh(when_due=True) == []
    clock.advance(minutes=1)
    assert isinstance(alone.refresh(when_due=True)[0], Taken)


def test_after_a_failure_the_next_refresh_is_due_after_a_minute(machine: Machine, clock: MovableClock) -> None:
    alone = machine.with_urls("http://127.0.0.1:9/", *machine.settings.trust.crl_urls)
    alone.refresh()

    clock.advance(seconds=59)
    assert not due(alone.folder, now=clock.now())
    clock.advance(seconds=1)
    assert due(alone.folder, now=clock.now())


@pytest.mark.parametrize(("left", "pause"), [(30, 15), (200, 60), (1, 1)])
def test_a_list_that_ends_soon_is_asked_for_more_often(
    alone: Machine, root: Root, clock: MovableClock, left: int, pause: int
) -> None:
    clock.set(clock.now().replace(microsecond=0))
    ending = ListOrder(this_update=clock.now(), next_update=clock.now() + timedelta(minutes=left))
    prepare(alone.authority.directory, root, build(root, ending))
    alone.refresh()

    clock.advance(minutes=pause, seconds=-1)
    assert not due(alone.folder, now=clock.now())
    clock.advance(seconds=1)
    assert due(alone.folder, now=clock.now())


def test_a_clock_that_was_set_back_does_not_put_the_next_refresh_off(alone: Machine, clock: MovableClock) -> None:
    alone.refresh()
    clock.advance(days=-3)

    assert due(alone.folder, now=clock.now())


@pytest.mark.parametrize("text", ["", "soon", "2026-11-24T10:00:00", "2026-13-01T00:00:00+00:00"])
def test_a_due_date_that_is_none_is_now(alone: Machine, clock: MovableClock, text: str) -> None:
    alone.folder.mkdir(parents=True)
    (alone.folder / "due").write_text(text)

    assert due(alone.folder, now=clock.now())


def test_a_million_are_kept_in_order(alone: Machine, root: Root) -> None:
    """A small million: the whole one is measured by `make bench`."""
    numbers = lists.serials(20_000)
    prepare(alone.authority.directory, root, build(root, ListOrder(lists.entries(numbers))))
    (result,) = alone.refresh()

    assert isinstance(result, Taken)
    assert result.entries == 20_000
    kept = alone.kept(root)
    assert all(kept.standing(serial) is Standing.REVOKED for serial in numbers)
    assert not any(kept.standing(serial) is Standing.REVOKED for serial in lists.serials(500, seed=2))
