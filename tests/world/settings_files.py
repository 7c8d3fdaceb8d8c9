"""The settings files of one house, as an installer would write them on each machine."""

import os
from pathlib import Path

from tests.world.city import TERMINAL, settings_text
from tests.world.printer.machine import Printer


def environment(folder: Path, runtime: Path) -> dict[str, str]:
    """Variables that point each program at its file, SoftHSM at the copied token, and sockets at a short folder."""
    return {
        "TMPDIR": str(runtime),
        "PORTAL_SETTINGS": str(folder / "portal.toml"),
        "KIOSK_SETTINGS": str(folder / "kiosk.toml"),
        "PRINT_AGENT_SETTINGS": str(folder / "agent.toml"),
        "SOFTHSM2_CONF": str(folder / "hsm" / "softhsm2.conf"),
        "PYTHONUNBUFFERED": "1",
    }


def write(folder: Path, runtime: Path, ports: dict[str, int], printer: Printer) -> None:
    """portal.toml, kiosk.toml, reader.toml, agent.toml, bridge.toml and the HSM's own file."""
    (folder / "hsm" / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder / 'hsm' / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n",
        encoding="utf-8",
    )
    files = {
        "portal.toml": settings_text(folder, runtime, ports, f"http://127.0.0.1:{ports['ocsp']}/"),
        "kiosk.toml": _kiosk(runtime, ports),
        "reader.toml": _reader(runtime),
        "agent.toml": _agent(folder, runtime, printer),
        "bridge.toml": _bridge(runtime, ports),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _kiosk(runtime: Path, ports: dict[str, int]) -> str:
    return f"""\
terminal_id = "{TERMINAL}"
portal_url = "https://127.0.0.1:{ports["terminal"]}"
portal_ca = "tls/ca.pem"
terminal_key = "secrets/terminal.key"
reader_socket = "{runtime / "reader.sock"}"
agent_socket = "{runtime / "agent.sock"}"
listen_port = {ports["kiosk"]}
help_place = "市民課 1番窓口"
help_phone = "000-000-0000"
payment_device = "127.0.0.1:{ports["payment"]}"
command_keys = "ticket-keys.json"
"""


def _reader(runtime: Path) -> str:
    return f'socket = "{runtime / "reader.sock"}"\n'


def _agent(folder: Path, runtime: Path, printer: Printer) -> str:
    return f"""\
terminal = "{TERMINAL}"
printer_uri = "{printer.uri}"
socket = "{runtime / "agent.sock"}"
journal = "journal.sqlite"
ticket_keys = "{folder / "ticket-keys.json"}"
allowed_uids = [{os.getuid()}]
poll_seconds = 0.25
jam_clock_seconds = 60
"""


def _bridge(runtime: Path, ports: dict[str, int]) -> str:
    return f"""\
port = {ports["bridge"]}
ca = "tls/ca.pem"

[[sites]]
origin = "https://127.0.0.1:{ports["resident"]}"
name = "みさき市"

[[sites]]
origin = "https://127.0.0.1:{ports["staff"]}"
name = "みさき市 窓口"
"""
