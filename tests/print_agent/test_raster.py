"""A printer that reads no PDF gets grey raster, made in memory, with the pages of the order and no others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from print_agent import raster
from print_agent.raster import NotRasterised, pages_of, rasterised
from print_agent.vault import HeldDocument
from tests.print_agent.agent import Agent, until
from tests.print_agent.paper import paper
from tests.print_agent.signer import Signer
from tests.world.printer import RASTER, Printer

DOTS = 300


def held(content: bytes) -> HeldDocument:
    document = HeldDocument(len(content))
    document.view[:] = content
    return document


@pytest.fixture(scope="module")
def pages() -> Iterator[bytes]:
    """Two pages as raster."""
    with held(paper("raster", pages=2)) as document, rasterised(document, 2, DOTS) as made:
        yield bytes(made.view)


def test_a_printer_that_reads_no_pdf_prints_exactly_the_raster_of_the_signed_pages(
    folder: Path, sockets: Path, signer: Signer, order: str
) -> None:
    document = paper("no pdf", pages=2)
    with Printer(folder / "printer", page_seconds=0.01, runtime=sockets, formats=(RASTER,)) as printer:
        agent = Agent(folder / "agent", sockets, printer.uri, signer)
        try:
            agent.start().until_able()
            assert agent.door.put(order, document, signer.ticket(order, document, 2, 2))[0] == 202
            ended = agent.door.until_ended(order)
        finally:
            agent.kill()
        (came_out,) = printer.documents()
    assert (ended["state"], ended["sheets"]) == ("printed", 4)
    with held(document) as again, rasterised(again, 2, 600) as expected:
        assert came_out.sha256 == hashlib.sha256(expected.view).hexdigest()
    assert came_out.sheets == 4


def test_a_printer_that_reads_nothing_we_can_make_is_never_able(folder: Path, sockets: Path, signer: Signer) -> None:
    with Printer(folder / "printer", runtime=sockets, formats=("image/jpeg",)) as printer:
        agent = Agent(folder / "agent", sockets, printer.uri, signer)
        try:
            door = agent.start()
            until("the printer is looked at", lambda: door.status()["state"] == "blocked")
            assert {"keyword": "no-pdf", "blocking": True, "kind": "service"} in door.status()["reasons"]
        finally:
            agent.kill()


def test_a_document_with_other_pages_than_the_order_names_is_not_sent() -> None:
    with held(paper("two", pages=2)) as document, pytest.raises(NotRasterised, match="2 pages instead of 1"):
        rasterised(document, 1, DOTS)


def test_what_ghostscript_cannot_read_is_refused() -> None:
    with held(b"%PDF-1.7 no more than this") as document, pytest.raises(NotRasterised):
        rasterised(document, 1, DOTS)


def test_a_conversion_that_takes_too_long_or_too_much_room_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with held(paper("large", pages=2)) as document:
        monkeypatch.setattr(raster, "LARGEST_RASTER", 4096)
        with pytest.raises(NotRasterised, match="too large"):
            rasterised(document, 2, DOTS)
        monkeypatch.setattr(raster, "LARGEST_RASTER", 1024 * 1024)
        monkeypatch.setattr(raster, "CONVERSION_SECONDS", 0)
        with pytest.raises(NotRasterised):
            rasterised(document, 2, DOTS)


def test_ghostscript_can_write_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without room for a page in memory it wants temporary files; the limit of their size ends it."""
    start = raster.subprocess.Popen  # type: ignore[attr-defined]

    def cramped(command: list[str], **options: object) -> object:
        environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)}
        small = [word for word in command if not word.startswith("-dMaxBitmap")]
        return start(small, **{**options, "env": environment})

    monkeypatch.setattr(raster.subprocess, "Popen", cramped)  # type: ignore[attr-defined]
    with held(paper("cramped")) as document, pytest.raises(NotRasterised, match="ended with"):
        rasterised(document, 1, 600)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*")) == 0


def test_raster_is_read_to_its_end_and_nothing_else_passes(pages: bytes) -> None:
    assert pages_of(memoryview(pages), DOTS) == 2
    for damaged in (pages[:-1], pages[:5000], pages + b"\x00", b"RaS3" + pages[4:], b"", pages[:4] + pages[5:]):
        with pytest.raises(NotRasterised):
            pages_of(memoryview(damaged), DOTS)
    with pytest.raises(NotRasterised, match="A4"):
        pages_of(memoryview(pages), 600)
