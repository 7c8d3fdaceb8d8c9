"""A printer, an agent and a portal's key for each test that wants them."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.print_agent.agent import Agent
from tests.print_agent.signer import Signer
from tests.world.printer import Printer


@pytest.fixture
def folder(scratch: Path) -> Path:
    """An empty folder of this test."""
    return Path(tempfile.mkdtemp(prefix="print-", dir=scratch))


@pytest.fixture
def sockets(runtime: Path) -> Path:
    """The same for sockets, with a short path."""
    return Path(tempfile.mkdtemp(prefix="p", dir=runtime))


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The portal's ticket key."""
    return Signer()


@pytest.fixture
def order() -> str:
    """A new order's id."""
    return str(uuid.uuid4())


@pytest.fixture
def printer(folder: Path, sockets: Path) -> Iterator[Printer]:
    """A printer that is on and has paper."""
    with Printer(folder / "printer", page_seconds=0.01, runtime=sockets) as machine:
        yield machine


@pytest.fixture
def make_agent(folder: Path, sockets: Path, printer: Printer, signer: Signer) -> Iterator[Callable[..., Agent]]:
    """Makes the agent beside the printer; whatever runs of it at the end is killed."""
    made: list[Agent] = []

    def make(uri: str = printer.uri, **settings: float | str | Path | None) -> Agent:
        agent = Agent(folder / "agent", sockets, uri, signer, **settings)  # type: ignore[arg-type]
        made.append(agent)
        return agent

    yield make
    for agent in made:
        agent.kill()


@pytest.fixture
def agent(make_agent: Callable[..., Agent]) -> Agent:
    """An agent that runs and can print."""
    made = make_agent()
    made.start().until_able()
    return made
