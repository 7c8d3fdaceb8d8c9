"""The eight points at which a model of printer is judged, put to the printer process of the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from print_agent.accept import Examiner, Finding, Patience, Verdict, main
from tests.print_agent.agent import until
from tests.world.printer import Printer

QUICK = Patience(job=20, history=1.5, half_open=1)


class Attendant:
    """Does at the simulated printer what the command asks of the person beside a real one."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def __call__(self, request: str) -> None:
        if request.startswith("Take all paper out"):
            self._printer.load_paper(0)
        elif request.startswith("Put the paper back"):
            self._printer.load_paper(100)
            until("it is quiet", lambda: all(seen.ended for seen in self._printer.documents()))
        elif request.startswith("Pull the plug"):
            self._printer.power_cut()
            self._printer.start()


@pytest.fixture
def slow_printer(folder: Path, sockets: Path) -> Printer:
    """One whose sheets can be counted while they come."""
    return Printer(folder / "slow", page_seconds=0.15, runtime=sockets / "slow")


def findings(printer: Printer, *, secure: bool) -> dict[int, Finding]:
    uri, pinned = (printer.secure_uri, printer.certificate()) if secure else (printer.uri, None)
    return {found.point: found for found in Examiner(uri, pinned, Attendant(printer), QUICK).findings()}


def test_the_simulator_over_tls_fails_where_it_is_known_to(slow_printer: Printer) -> None:
    with slow_printer as printer:
        found = findings(printer, secure=True)
    failed = {point for point, finding in found.items() if finding.verdict is Verdict.FAILS}
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7, 8]
    # It prints a cancelled job when paper comes, counts nothing for life, and waits for ever: docs/operations.md.
    assert failed == {5, 7, 8}, [finding.line() for finding in found.values()]


def test_the_simulator_without_tls_prints_what_a_closed_connection_cut_off(slow_printer: Printer) -> None:
    with slow_printer as printer:
        found = findings(printer, secure=False)
    assert found[1].verdict is Verdict.FAILS
    assert found[2].verdict is Verdict.FAILS
    assert "FIN: PRINTS" in found[2].seen
    assert "RST: prints nothing" in found[2].seen


def test_what_needs_a_person_stays_open_where_nobody_is(
    slow_printer: Printer, capsys: pytest.CaptureFixture[str]
) -> None:
    with slow_printer as printer:
        waits = ["--alone", "--history-seconds", "0.5", "--half-open-seconds", "0.5", "--job-seconds", "20"]
        assert main([printer.uri, *waits]) == 1
    said = capsys.readouterr().out
    assert [line.split()[2] for line in said.splitlines()][4:7] == ["open:"] * 3


def test_a_printer_that_is_not_there_cannot_be_judged() -> None:
    command = [sys.executable, "-m", "print_agent", "accept", "ipp://127.0.0.1:9/ipp/print", "--alone"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "PrinterUnreachable" in ended.stderr
