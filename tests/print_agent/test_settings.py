"""Settings: what is incomplete or contradicts itself refuses to start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from print_agent.settings import SettingsError, load

GOOD = {
    "terminal": '"K-0001"',
    "printer_uri": '"ipp://127.0.0.1:8631/ipp/print"',
    "socket": '"agent.sock"',
    "journal": '"journal.sqlite"',
    "ticket_keys": '"keys.json"',
    "allowed_uids": "[990]",
}


@pytest.fixture
def file(sockets: Path) -> Path:
    (sockets / "keys.json").write_text("{}")
    (sockets / "printer.pem").write_text("")
    return sockets / "agent.toml"


def write(file: Path, **changed: str | None) -> Path:
    lines = [f"{name} = {value}" for name, value in {**GOOD, **changed}.items() if value is not None]
    file.write_text("\n".join(lines))
    return file


def test_settings_are_complete_with_defaults_and_absolute_paths(file: Path) -> None:
    settings = load(write(file))
    assert settings.socket == file.parent / "agent.sock"
    assert settings.allowed_uids == {990}
    assert (settings.poll_seconds, settings.jam_clock_seconds) == (0.5, 180)


def test_a_secure_link_names_its_certificate(file: Path) -> None:
    write(file, printer_uri='"ipps://printer.test/ipp/print"', printer_certificate='"printer.pem"')
    assert load(file).printer_certificate == file.parent / "printer.pem"


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"terminal": None}, "terminal"),
        ({"terminal": '""'}, "terminal"),
        ({"colour": '"red"'}, "colour"),
        ({"printer_uri": '"ipp://printer.test/ipp/print"'}, "loopback"),
        ({"printer_uri": '"http://127.0.0.1/"'}, "printer_uri"),
        ({"printer_uri": '"ipps://printer.test/ipp/print"'}, "printer_certificate"),
        ({"printer_certificate": '"printer.pem"'}, "printer_certificate"),
        ({"printer_uri": '"ipps://p.test/"', "printer_certificate": '"gone.pem"'}, "gone.pem"),
        ({"ticket_keys": '"gone.json"'}, "gone.json"),
        ({"allowed_uids": "[]"}, "allowed_uids"),
        ({"allowed_uids": '["root"]'}, "allowed_uids"),
        ({"allowed_uids": "[true]"}, "allowed_uids"),
        ({"poll_seconds": "0"}, "poll_seconds"),
        ({"jam_clock_seconds": "-1"}, "jam_clock_seconds"),
        ({"jam_clock_seconds": "true"}, "jam_clock_seconds"),
        ({"socket": f'"{"x" * 120}"'}, "socket"),
        ({"socket": '"nowhere/agent.sock"'}, "socket"),
        ({"journal": '"nowhere/journal.sqlite"'}, "journal"),
        ({"terminal": "= broken"}, "agent.toml"),
    ],
)
def test_a_fault_in_the_settings_is_named(file: Path, changed: dict[str, str | None], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        load(write(file, **changed))


def test_the_agent_does_not_start_without_settings(file: Path) -> None:
    without = {name: value for name, value in os.environ.items() if name != "PRINT_AGENT_SETTINGS"}
    for environment in (without, {**without, "PRINT_AGENT_SETTINGS": str(file.parent / "none.toml")}):
        ended = subprocess.run(
            [sys.executable, "-m", "print_agent"], env=environment, capture_output=True, check=False, timeout=20
        )
        assert ended.returncode == 2
        assert b"Traceback" not in ended.stderr
