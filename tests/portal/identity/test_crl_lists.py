"""A face answers from the lists it has mapped: in microseconds, never from a stale or damaged one, never waiting."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.identity import RevocationUnavailable
from portal.identity.revocation import Standing, compact
from portal.identity.revocation.compact import CompactListDamaged
from portal.identity.revocation.crl import RevocationList
from portal.identity.revocation.lists import Lists
from tests.portal.conftest import MovableClock
from tests.world.jpki import Authority, Root

SERIALS = [0, 1, 5, 2**31 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1, 2**100, 2**159 - 1]


class Process:
    """A refresh by another process, as far as a face sees it: it runs until it has a code."""

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def wait(self) -> int:
        return 0


class Face:
    """One face's lists over a folder of its own, and what it has begun."""

    def __init__(self, folder: Path, root: Root, now: datetime) -> None:
        folder.mkdir()
        self.folder = folder
        self.root = root.certificate
        self.now = now.replace(microsecond=0)
        self.begun: list[Process] = []
        self.lists = Lists(folder, self._begin)

    def _begin(self) -> subprocess.Popen[bytes]:
        self.begun.append(Process())
        return self.begun[-1]  # type: ignore[return-value]

    def write(self, entries: dict[int, Standing] | None = None, number: int = 1, **changed: object) -> Path:
        made = RevocationList(
            root=self.root,
            number=number,
            this_update=self.now,
            next_update=self.now + timedelta(hours=25),
            digest=bytes(32),
            entries=entries or {},
        )
        return compact.write(self.folder, replace(made, **changed))  # type: ignore[arg-type]

    def ask(self, serial: int = 7, root: x509.Certificate | None = None, at: datetime | None = None) -> Standing:
        return self.lists.standing(root or self.root, serial, now=at or self.now)

    def refuses(self, why: str, **asked: object) -> None:
        with pytest.raises(RevocationUnavailable, match=why):
            self.ask(**asked)  # type: ignore[arg-type]


@pytest.fixture
def face(authority: Authority, clock: MovableClock, tmp_path: Path) -> Iterator[Face]:
    made = Face(tmp_path / "lists", authority.auth_roots[-1], clock.now())
    yield made
    made.begun.clear()
    made.lists.close()


def test_a_face_without_a_list_lets_nobody_in(face: Face) -> None:
    face.lists.look()

    face.refuses("no list of this root")


def test_a_list_that_appears_is_used_at_the_next_look(face: Face) -> None:
    face.lists.look()
    face.write({7: Standing.REVOKED, 8: Standing.ON_HOLD})
    face.lists.look()

    assert [face.ask(serial) for serial in (7, 8, 9)] == [Standing.REVOKED, Standing.ON_HOLD, Standing.GOOD]


def test_the_list_of_the_other_generation_says_nothing_about_this_one(face: Face, authority: Authority) -> None:
    face.write({7: Standing.REVOKED})
    face.lists.look()

    face.refuses("no list of this root", root=authority.auth_roots[0].certificate)


def test_a_list_that_was_replaced_is_replaced_in_the_face(face: Face) -> None:
    face.write({7: Standing.ON_HOLD})
    face.lists.look()
    face.write({}, number=2)
    assert face.ask() is Standing.ON_HOLD
    face.lists.look()
    assert face.ask() is Standing.GOOD


def test_a_list_that_is_taken_away_lets_nobody_in(face: Face) -> None:
    path = face.write()
    face.lists.look()
    path.unlink()
    face.lists.look()

    face.refuses("no list of this root")


def test_a_list_is_good_until_its_next_update_and_not_a_second_longer(face: Face) -> None:
    face.write()
    face.lists.look()
    end = face.now + timedelta(hours=25)

    assert face.ask(at=end) is Standing.GOOD
    face.refuses("not of this time", at=end + timedelta(seconds=1))


def test_a_list_of_the_future_lets_nobody_in(face: Face) -> None:
    face.write(this_update=face.now + timedelta(seconds=61))
    face.lists.look()

    face.refuses("not of this time")
    assert face.ask(at=face.now + timedelta(seconds=1)) is Standing.GOOD


@pytest.mark.parametrize("serial", [-1, -(2**70), 1 << 160])
def test_a_serial_number_that_no_list_could_name_is_not_called_good(face: Face, serial: int) -> None:
    face.write()
    face.lists.look()

    face.refuses("no list could name", serial=serial)


def test_serial_numbers_of_every_length_are_found_and_their_neighbours_are_not(face: Face) -> None:
    said = {serial: (Standing.ON_HOLD if place % 3 else Standing.REVOKED) for place, serial in enumerate(SERIALS)}
    face.write(said)
    face.lists.look()

    assert {serial: face.ask(serial) for serial in SERIALS} == said
    for serial in {2, 4, 6, 2**31, 2**63 - 1, 2**63 + 1, 2**64 + 2, 2**100 - 1, 2**100 + 1, 2**159 - 2, 2**159}:
        assert face.ask(serial) is Standing.GOOD


@given(
    st.dictionaries(
        st.integers(0, 2**66) | st.integers(0, 2**159 - 1), st.sampled_from([Standing.REVOKED, Standing.ON_HOLD])
    ),
    st.lists(st.integers(0, 2**66) | st.integers(0, 2**159 - 1)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_what_was_written_is_what_is_found(face: Face, said: dict[int, Standing], others: list[int]) -> None:
    kept = compact.load(face.write(said))

    assert len(kept) == len(said)
    for serial in [*said, *others]:
        assert kept.standing(serial) is said.get(serial, Standing.GOOD)


def test_a_file_says_whose_list_it_is_and_of_when(face: Face) -> None:
    kept = compact.load(face.write(number=(1 << 159) - 1, digest=b"d" * 32))

    assert (kept.number, kept.digest) == ((1 << 159) - 1, b"d" * 32)
    assert (kept.this_update, kept.next_update) == (face.now, face.now + timedelta(hours=25))
    assert kept.root == compact.fingerprint(face.root)


def test_a_file_cut_off_anywhere_is_damaged(face: Face) -> None:
    path = face.write({7: Standing.REVOKED, 2**80: Standing.ON_HOLD})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CompactListDamaged):
            compact.load(path)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
def test_a_file_with_one_changed_octet_is_damaged(face: Face, data: st.DataObject) -> None:
    path = face.write({7: Standing.REVOKED, 2**80: Standing.ON_HOLD})
    whole = bytearray(path.read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)

    with pytest.raises(CompactListDamaged):
        compact.load(path)


def test_a_file_under_the_name_of_another_root_is_damaged(face: Face, authority: Authority) -> None:
    other = compact.path_of(face.folder, compact.fingerprint(authority.auth_roots[0].certificate))
    face.write().rename(other)
    with pytest.raises(CompactListDamaged, match="another root"):
        compact.load(other)
    face.lists.look()

    face.refuses("no list of this root")
    face.refuses("no list of this root", root=authority.auth_roots[0].certificate)


def test_a_damaged_file_lets_nobody_in_and_is_fetched_again_at_once(face: Face) -> None:
    not_due(face)
    face.write().write_bytes(b"damaged")
    face.lists.look()

    face.refuses("no list of this root")
    assert len(face.begun) == 1


def not_due(face: Face) -> None:
    """As a refresh of this moment leaves it."""
    (face.folder / "due").write_text((datetime.now(UTC) + timedelta(minutes=50)).isoformat())


def test_a_face_that_misses_its_lists_begins_one_refresh(face: Face) -> None:
    for _ in range(5):
        face.lists.look()

    assert len(face.begun) == 1


def test_a_face_whose_lists_are_fresh_begins_none(face: Face) -> None:
    not_due(face)
    for _ in range(3):
        face.lists.look()

    assert face.begun == []


def test_a_refresh_that_dies_is_not_begun_again_at_once(
    face: Face, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    instant = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: instant)
    face.lists._not_before = instant
    face.lists.look()
    face.begun[0].code = -9
    face.lists.look()
    assert "ended with -9" in caplog.text
    instant += 59
    face.lists.look()
    assert len(face.begun) == 1
    instant += 1
    face.lists.look()
    assert len(face.begun) == 2


def test_a_refresh_that_cannot_even_begin_is_told_in_the_log(face: Face, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> subprocess.Popen[bytes]:
        raise BlockingIOError

    lists = Lists(face.folder, fails)
    lists.look()

    assert "cannot begin (BlockingIOError)" in caplog.text


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_thread_finds_a_new_list_by_itself(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.identity.revocation.lists.LOOK_EVERY_SECONDS", 0.02)
    not_due(face)
    face.lists.keep()
    face.write({7: Standing.REVOKED})

    until(lambda: len(face.lists) == 1)
    assert face.ask() is Standing.REVOKED


def test_a_thread_that_was_lost_in_a_fork_is_started_again(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.identity.revocation.lists.LOOK_EVERY_SECONDS", 0.02)
    not_due(face)
    face.lists.keep()
    face.write({7: Standing.REVOKED})
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            face.lists.keep()
            until(lambda: len(face.lists) == 1)
            os._exit(0)
        os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_folder_that_cannot_be_looked_at_does_not_end_the_thread(
    face: Face, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("portal.identity.revocation.lists.LOOK_EVERY_SECONDS", 0.02)
    not_due(face)
    path = face.write()
    path.unlink()
    path.symlink_to(face.folder / "nowhere")
    face.lists.keep()
    until(lambda: "cannot be looked at" in caplog.text)
    path.unlink()
    face.write({7: Standing.REVOKED})

    until(lambda: len(face.lists) == 1)


def test_readers_never_see_half_a_list_while_it_is_replaced(face: Face) -> None:
    """Every list names 0…99 and its own number: a mixture of two would show."""
    said = dict.fromkeys(range(100), Standing.REVOKED)
    face.write({**said, 1000: Standing.ON_HOLD}, number=0)
    face.lists.look()
    over = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not over.is_set():
            try:
                found = [face.ask(serial) for serial in (0, 50, 99, 500)]
            except RevocationUnavailable as error:
                wrong.append(error)
                return
            if found != [Standing.REVOKED] * 3 + [Standing.GOOD]:
                wrong.append(found)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 40):
        face.write({**said, 1000 + number: Standing.ON_HOLD}, number=number)
        face.lists.look()
    over.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert face.ask(1039) is Standing.ON_HOLD


def test_who_has_an_old_list_mapped_keeps_it_whole(face: Face) -> None:
    old = compact.load(face.write({7: Standing.REVOKED}))
    face.write({}, number=2).unlink()

    assert old.standing(7) is Standing.REVOKED


_LOADS = """
import sys
from pathlib import Path
from portal.identity.revocation import compact
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
kept = compact.load(Path(sys.argv[1]))
assert sum(kept.standing(serial) == "revoked" for serial in range(0, 200_000, 2)) == 100_000
print((resident() - before) / 2**20)
"""


def test_a_mapped_list_costs_a_face_little_more_than_its_file(face: Face) -> None:
    path = face.write(dict.fromkeys(range(0, 400_000, 2), Standing.REVOKED))
    ran = subprocess.run([sys.executable, "-c", _LOADS, str(path)], check=True, capture_output=True, text=True)

    assert float(ran.stdout) < path.stat().st_size / 2**20 + 2
