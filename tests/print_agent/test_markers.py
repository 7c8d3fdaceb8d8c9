"""Nothing of a document stays: not in the agent's memory, not in its children's, not in a file, not in the log.

Each document carries a mark that nothing else in the world has. The memory of a real agent process is read mapping by
mapping, and every file under its folders byte by byte; the printer's own folder is the printer's affair.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.print_agent.agent import Agent, until
from tests.print_agent.paper import paper
from tests.print_agent.signer import Signer
from tests.world.printer import RASTER, Cable, Printer

LARGE = 4_900_000
UNSEALED = "tests.print_agent.unsealed"


@pytest.fixture
def mark() -> str:
    """Of one document."""
    return f"mark-{secrets.token_hex(16)}"


def spellings(mark: str) -> list[bytes]:
    """As it may lie in a memory: as bytes of the file, as Python's texts, as a PDF's."""
    return [mark.encode(), mark.encode("utf-16-le"), mark.encode("utf-16-be")]


def in_memory(pid: int, mark: str) -> list[str]:
    """Where it lies in the writable memory of the process and of its children, by the names of the mappings."""
    places = [f"{pid} {name}" for name, content in mappings(pid) if any(one in content for one in spellings(mark))]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return places + [place for child in children for place in in_memory(int(child), mark)]


def mappings(pid: int) -> Iterator[tuple[str, bytes]]:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw\S* \S+ \S+ \S+\s*(.*)", line)
            if found is None or found[3] in {"[vvar]", "[vsyscall]"}:
                continue
            start, end = int(found[1], 16), int(found[2], 16)
            memory.seek(start)
            try:
                yield found[3] or "anonymous", memory.read(end - start)
            except OSError:  # reserved and never touched
                continue


def in_files(mark: str, *folders: Path) -> list[str]:
    """Files that hold it, or are named after it."""
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return [
        str(file)
        for file in files
        if mark in file.name or any(one in content for content in [file.read_bytes()] for one in spellings(mark))
    ]


def print_and_forget(agent: Agent, signer: Signer, mark: str) -> None:
    order, document = str(uuid.uuid4()), paper(mark, padding=200_000)
    assert agent.door.put(order, document, signer.ticket(order, document))[0] == 202
    assert agent.door.until_ended(order)["state"] == "printed"
    agent.door.until_able()


def require_nothing_left(agent: Agent, mark: str) -> None:
    # The checker that has seen the document is being ended while the order goes on.
    until("nothing is left in memory", lambda: not in_memory(agent.pid, mark))
    assert in_files(mark, agent.directory, agent.door.path.parent) == []


def test_while_a_document_is_sent_it_lies_in_the_one_locked_mapping_and_the_search_finds_it(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, order: str, mark: str
) -> None:
    document = paper(mark, padding=LARGE)
    with Cable(printer.port, pause=0.02) as cable:
        agent = make_agent(uri=cable.uri, program=UNSEALED)
        agent.start().until_able()
        agent.door.put(order, document, signer.ticket(order, document))
        until("it is being sent", lambda: agent.state_in_journal(order) == "sending")
        until("the checker has ended", lambda: len(in_memory(agent.pid, mark)) <= 1)
        (place,) = in_memory(agent.pid, mark)
        assert "memfd:document" in place
        assert in_files(mark, agent.directory, agent.door.path.parent) == []
        cable.pause = 0
        assert agent.door.until_ended(order)["state"] == "printed"
        require_nothing_left(agent, mark)


@pytest.mark.parametrize("link", ["ipp", "ipps"])
def test_after_a_print_nothing_is_left(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, mark: str, link: str
) -> None:
    secure = {"uri": printer.secure_uri, "certificate": printer.certificate()} if link == "ipps" else {}
    agent = make_agent(program=UNSEALED, **secure)
    agent.start().until_able()
    print_and_forget(agent, signer, mark)
    require_nothing_left(agent, mark)


def test_after_a_print_by_way_of_raster_nothing_is_left(
    folder: Path, sockets: Path, signer: Signer, mark: str
) -> None:
    with Printer(folder / "raster", page_seconds=0.01, runtime=sockets / "raster", formats=(RASTER,)) as printer:
        agent = Agent(folder / "agent", sockets, printer.uri, signer, program=UNSEALED)
        try:
            agent.start().until_able()
            print_and_forget(agent, signer, mark)
            require_nothing_left(agent, mark)
        finally:
            agent.kill()


@pytest.mark.parametrize("wrong", ["another document", "damaged", "page", "cut off", "no ticket"])
def test_after_a_refusal_nothing_is_left(
    make_agent: Callable[..., Agent], signer: Signer, order: str, mark: str, wrong: str
) -> None:
    agent = make_agent(program=UNSEALED)
    agent.start().until_able()
    document = paper(mark, padding=200_000)
    ticket = signer.ticket(order, document)
    if wrong == "another document":
        ticket = signer.ticket(order, paper("another"))
    elif wrong == "damaged":
        document = document[:-40]
        ticket = signer.ticket(order, document)
    elif wrong == "page":
        ticket = signer.ticket(order, document, changed={"page_hashes": ["0" * 64]})
    elif wrong == "cut off":
        document = document[:-1000]
    else:
        ticket = "no.ticket.at.all"
    status, _ = agent.door.put(order, document, ticket)
    assert status in {401, 422}
    require_nothing_left(agent, mark)


def test_after_a_kill_and_a_new_start_nothing_is_left(
    make_agent: Callable[..., Agent], printer: Printer, signer: Signer, order: str, mark: str
) -> None:
    document = paper(mark, padding=LARGE)
    with Cable(printer.port, pause=0.02) as cable:
        agent = make_agent(uri=cable.uri, program=UNSEALED)
        agent.start().until_able()
        agent.door.put(order, document, signer.ticket(order, document))
        until("it is being sent", lambda: agent.state_in_journal(order) == "sending")
        agent.kill()
        assert in_files(mark, agent.directory, agent.door.path.parent) == []
        agent.start()
        agent.door.until_ended(order)
        require_nothing_left(agent, mark)
