"""The systemd units close what the programs do not need, and keep what they hold off every disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from print_agent.front import LARGEST_DOCUMENT
from print_agent.raster import LARGEST_RASTER
from tests.conftest import CHECKOUT

AGENT = CHECKOUT / "print_agent" / "madoguchi-print-agent.service"
KIOSK = CHECKOUT / "kiosk" / "madoguchi-kiosk.service"
READER = CHECKOUT / "kiosk" / "card" / "madoguchi-card-reader.service"
UNITS = [AGENT, KIOSK, READER]
PROGRAMS = {AGENT: "print_agent", KIOSK: "kiosk", READER: "kiosk.card"}
CLOSED = {
    "ProtectSystem": "strict",
    "LimitCORE": "0",
    "MemorySwapMax": "0",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "Restart": "always",
    **dict.fromkeys(
        (
            "ProtectHome",
            "PrivateTmp",
            "PrivateDevices",
            "PrivateIPC",
            "ProtectKernelTunables",
            "ProtectKernelModules",
            "ProtectKernelLogs",
            "ProtectControlGroups",
            "ProtectClock",
            "ProtectHostname",
            "NoNewPrivileges",
            "RestrictNamespaces",
            "RestrictRealtime",
            "RestrictSUIDSGID",
            "LockPersonality",
        ),
        "yes",
    ),
}
MOST_EXPOSED = 20
"""Tenths, by ``systemd-analyze security``: 100 is a program without any of this."""


def service(unit: Path) -> dict[str, list[str]]:
    """Every assignment of [Service], in order."""
    section, found = "", dict[str, list[str]]()
    for line in unit.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif section == "Service" and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_closes_everything_that_its_program_does_not_need(unit: Path) -> None:
    said = service(unit)
    assert {name: said.get(name) for name in CLOSED} == {name: [value] for name, value in CLOSED.items()}
    assert said["SystemCallFilter"][0] == "@system-service"
    assert "@privileged" in said["SystemCallFilter"][1]
    assert said["User"] not in (["root"], None)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_the_program_of_its_folder(unit: Path) -> None:
    assert f"-m {PROGRAMS[unit]}" in service(unit)["ExecStart"][0]


def test_only_the_kiosk_reaches_out_and_it_alone_is_at_the_sockets_of_the_others() -> None:
    assert service(READER)["PrivateNetwork"] == ["yes"]
    assert service(AGENT)["IPAddressDeny"] == ["any"]
    assert service(AGENT)["IPAddressAllow"] == ["localhost"]
    assert service(KIOSK)["SupplementaryGroups"] == service(AGENT)["Group"]
    assert service(AGENT)["User"] != service(KIOSK)["User"]
    # The reader's socket is open to its own user alone.
    assert service(READER)["User"] == service(KIOSK)["User"]


def test_who_is_at_the_agents_socket_is_not_hidden_from_it() -> None:
    assert "PrivateUsers" not in service(AGENT)


def test_the_agent_may_lock_a_document_its_raster_and_the_next_document() -> None:
    allowed = int(service(AGENT)["LimitMEMLOCK"][0].removesuffix("M")) * 1024 * 1024
    assert allowed >= 2 * LARGEST_DOCUMENT + LARGEST_RASTER


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_itself_takes_the_units(unit: Path, tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        # A machine without systemd: what the unit says was read above.
        return
    copy = tmp_path / unit.name
    installed = unit.read_text("utf-8").replace("/opt/madoguchi/venv/bin/python", sys.executable)
    # Neighbours and users are not installed here.
    lines = [line for line in installed.splitlines() if not line.startswith(("After=", "Wants="))]
    copy.write_text("\n".join(lines), "utf-8")
    verified = subprocess.run([analyse, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)
    assert copy.name not in verified.stderr, verified.stderr
    judged = subprocess.run(
        [analyse, "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", "--no-pager", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout
