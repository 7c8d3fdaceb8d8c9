"""Reader worlds stand side by side, keep their cards apart, and leave nothing behind."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.world.card import ReaderWorld, TrayClient, TrayError, fetch_driver
from tests.world.jpki import Authority, CardOrder


@pytest.fixture(scope="module")
def cards(scratch: Path) -> Path:
    authority = Authority(scratch / "world-jpki")
    for card in ("hanako", "taro"):
        authority.issue_card(scratch / "world-cards", CardOrder(card, label=f"{card}さん"))
    return scratch / "world-cards"


def card_type(world: ReaderWorld) -> str:
    environment = {**os.environ, **world.environment}
    shown = subprocess.run(
        ["opensc-tool", "-n"], env=environment, capture_output=True, text=True, check=False, timeout=10
    )
    return shown.stdout.strip()


def wait_for_card(world: ReaderWorld) -> None:
    deadline = time.monotonic() + 5
    while card_type(world) != "jpki":
        assert time.monotonic() < deadline, "no card in sight"


def test_two_worlds_hold_two_cards_at_once(runtime: Path, cards: Path) -> None:
    state = CHECKOUT / ".state"
    with ReaderWorld(runtime / "wa", state, cards) as first, ReaderWorld(runtime / "wb", state, cards) as second:
        first.insert("hanako")
        wait_for_card(first)
        assert card_type(second) == ""
        second.insert("taro")
        wait_for_card(second)
        assert [card["inserted"] for card in first.cards()] == [True, False]
        assert [card["inserted"] for card in second.cards()] == [False, True]


def test_the_tray_is_reached_from_another_process_by_its_socket(runtime: Path, cards: Path) -> None:
    with ReaderWorld(runtime / "wc", CHECKOUT / ".state", cards) as world:
        tray = TrayClient(world.tray_socket)
        assert [card["label"] for card in tray.cards()] == ["hanakoさん", "taroさん"]
        tray.set_tries("taro", 1)
        tray.insert("taro")
        with pytest.raises(TrayError, match="reader_occupied"):
            tray.insert("hanako")
        assert tray.state("taro")["tries"] == 1
        tray.remove()
        begun = time.monotonic()
        tray.insert("hanako")
        assert time.monotonic() - begun > 0.5, "pcscd does not notice a faster swap"


def test_a_card_still_lying_there_is_found_after_pcscd_came_back(runtime: Path, cards: Path) -> None:
    with ReaderWorld(runtime / "wd", CHECKOUT / ".state", cards) as world:
        world.insert("hanako")
        wait_for_card(world)
        world.kill_pcscd()
        assert card_type(world) == ""
        world.restart_pcscd()
        wait_for_card(world)


def test_a_stopped_world_leaves_no_process_behind(runtime: Path, cards: Path) -> None:
    before = running("tests.world.card.tray")
    with ReaderWorld(runtime / "we", CHECKOUT / ".state", cards) as world:
        assert running("tests.world.card.tray") - before
        assert world.pcsc_socket.is_socket()
    assert not running(str(runtime / "we"))


def running(part: str) -> set[str]:
    """Process ids whose command line contains the text."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if part in path.read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                found.add(path.parent.name)
        except OSError:  # it ended while we looked
            continue
    return found


def test_the_driver_is_unpacked_once_and_never_installed() -> None:
    driver = fetch_driver(CHECKOUT / ".state")
    before = driver.stat().st_mtime_ns
    assert fetch_driver(CHECKOUT / ".state") == driver
    assert driver.stat().st_mtime_ns == before
    assert driver.is_relative_to(CHECKOUT / ".state")
    assert not Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so").exists()
