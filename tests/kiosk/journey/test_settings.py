"""A terminal starts with complete and sensible settings, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.payment.wire import Address
from kiosk.settings import Limits, SettingsError, load, path_from_environment

GOOD = """
terminal_id = "k1"
portal_url = "https://127.0.0.1:8443/"
portal_ca = "ca.pem"
terminal_key = "key.pem"
reader_socket = "run/reader.sock"
agent_socket = "run/agent.sock"
listen_port = 8800
help_place = "市民課 1番窓口"

[limits]
choose = 90
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ca.pem").write_text("x")
    (tmp_path / "key.pem").write_text("x")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file_and_the_rest_has_usual_values(folder: Path) -> None:
    settings = load(written(folder, GOOD))
    assert settings.portal_url == "https://127.0.0.1:8443"
    assert settings.terminal_key == folder / "key.pem"
    assert settings.reader_socket == folder / "run/reader.sock"
    assert settings.px_per_mm == 4.03
    assert settings.limits == Limits(choose=90)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ('terminal_id = "k1"', ""),
        ('terminal_id = "k1"', 'terminal_id = ""'),
        ('terminal_key = "key.pem"', 'terminal_key = "absent.pem"'),
        ('portal_url = "https://127.0.0.1:8443/"', 'portal_url = "http://127.0.0.1:8443"'),
        ('portal_url = "https://127.0.0.1:8443/"', 'portal_url = "https://127.0.0.1:8443/v1"'),
        ("listen_port = 8800", "listen_port = true"),
        ("listen_port = 8800", "listen_port = 99999"),
        ("listen_port = 8800", 'listen_port = 8800\npx_per_mm = "4"'),
        ("listen_port = 8800", "listen_port = 8800\nunheard_of = 1"),
        ("choose = 90", "choose = 5"),
        ("choose = 90", "choos = 90"),
        ("[limits]\nchoose = 90", "limits = 3"),
        ("[limits]", "[limits"),
    ],
)
def test_anything_missing_unknown_or_senseless_refuses_to_start(folder: Path, line: str, instead: str) -> None:
    with pytest.raises(SettingsError):
        load(written(folder, GOOD.replace(line, instead)))


def test_the_file_must_be_named_and_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KIOSK_SETTINGS", raising=False)
    with pytest.raises(SettingsError):
        path_from_environment()
    monkeypatch.setenv("KIOSK_SETTINGS", str(tmp_path / "absent.toml"))
    with pytest.raises(SettingsError):
        load(path_from_environment())


def test_the_payment_device_and_the_keys_of_its_commands_come_together(folder: Path) -> None:
    (folder / "keys.json").write_text("{}")
    both = 'payment_device = "127.0.0.1:9100"\ncommand_keys = "keys.json"\n'
    found = load(written(folder, both + GOOD)).payment_device
    assert found == Address("127.0.0.1", 9100)
    for wrong in (
        'payment_device = "127.0.0.1:9100"\n',
        'command_keys = "keys.json"\n',
        both.replace(":9100", ""),
        both.replace("9100", "70000"),
        both.replace("keys.json", "absent.json"),
    ):
        with pytest.raises(SettingsError):
            load(written(folder, wrong + GOOD))
