"""Agents that are killed and printers that lose power: `python -m tests.print_agent.crash [deaths [power cuts]]`.

`make crash N=500`. A real agent process beside a real printer process on a slow cable. Three deaths in four are
SIGKILLs from outside at a random moment, every fourth is at the next labelled point of its work (``doomed``); every
third order sees its agent die a second time. Then the order is presented again, as a kiosk does, until it has ended.
The first half speaks ipp, the second ipps. Behind that the printer's power is cut in the middle of orders, and in a
third of them the agent dies too.

The judge is the engine's tray log, with the SHA-256 of what arrived – never the agent. Prints one line for each
figure, and leaves with 1 when one that must be 0 is not, or when a labelled point was never met.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from tests.print_agent.agent import Agent, until
from tests.print_agent.doomed import POINTS, RECOVERY_POINTS
from tests.print_agent.paper import paper
from tests.print_agent.signer import Signer
from tests.world.printer import Cable, Printer
from tests.world.runtime import runtime_folder

CHECKOUT = Path(__file__).resolve().parents[2]
DEATHS, POWER_CUTS = 500, 120
LONGEST_LIFE_SECONDS = 0.35
"""An order on the slow cable takes about this long."""
CUT_PAGE_SECONDS = 0.05
REFILL_EVERY = 20
SAID_EVERY = 50


@dataclass
class Scene:
    """One agent, one slow cable, one printer, and every document that was ever presented."""

    agent: Agent
    cable: Cable
    printer: Printer
    signer: Signer
    presented: set[str] = field(default_factory=set)

    def present(self, order: str, document: bytes, pages: int) -> str:
        """Presents the order and says what became of it, or of the request."""
        self.presented.add(digest(document))
        try:
            _, answer = self.agent.door.put(order, document, self.signer.ticket(order, document, pages))
        except (OSError, http.client.HTTPException):
            return "no_answer"
        return str(answer.get("state", answer.get("error")))

    def present_until_ended(self, order: str, document: bytes, pages: int) -> str:
        """As a kiosk does after a crash: again and again, until the order has ended for good."""

        def ended() -> str | None:
            self.present(order, document, pages)
            state: str = self.agent.door.until_ended(order)["state"] if self.known(order) else "refused"
            return state if state in {"printed", "unknown"} else None

        return until("the order ends", ended)

    def sheets_of(self, document: bytes) -> list[int]:
        """Sheets of each time the document came out."""
        until("the engine has ended", lambda: not self.printer.running or self._engine_ended())
        return self.sheets_in_log(document)

    def sheets_in_log(self, document: bytes) -> list[int]:
        """The same, without waiting for an engine that may have lost its power."""
        return [seen.sheets for seen in self.printer.documents() if seen.sha256 == digest(document)]

    def strangers(self) -> int:
        """How many documents arrived at the engine that are none of those presented, byte for byte."""
        return sum(seen.sha256 not in self.presented for seen in self.printer.documents())

    def known(self, order: str) -> bool:
        """Whether the agent has it in its journal."""
        return self.agent.door.ask("GET", f"/orders/{order}")[0] == 200

    def _engine_ended(self) -> bool:
        return all(seen.ended for seen in self.printer.documents()[-1:])


@dataclass
class Figures:
    """What was counted. ``zero`` holds what must not happen; ``points`` how often each labelled point was met."""

    counted: Counter[str] = field(default_factory=Counter)
    zero: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)

    MUST_NOT_HAPPEN = (
        "printed_twice",
        "cut_off",
        "wrong_claims",
        "not_served",
        "power_cut_printed_twice",
        "power_cut_cut_off",
        "power_cut_wrong_claims",
    )

    @property
    def wrong(self) -> list[str]:
        """Every broken bound, and every labelled point at which nobody died though there were deaths for all."""
        broken = [f"{name}: {count}" for name, count in self.zero.items() if count]
        if self.counted["kills_at_points"] >= len(POINTS):
            broken += [f"nobody died at {point}" for point in POINTS if not self.points[point]]
        return broken

    def lines(self) -> list[str]:
        """One line for each figure."""
        counted = [f"crash: {name} {count}" for name, count in self.counted.items()]
        return [*counted, *(f"crash: {name} {self.zero[name]}" for name in self.MUST_NOT_HAPPEN)]


class Deaths:
    """Orders whose agent is killed."""

    def __init__(self, scene: Scene, figures: Figures, chance: random.Random) -> None:
        self._scene = scene
        self._figures = figures
        self._chance = chance
        self._points = cycle(POINTS)

    def one(self, number: int, point: str | None = None, again_at: str | None = None) -> None:
        """One order through one death or two; every fourth dies at a point, others at a random moment."""
        scene, order, pages = self._scene, str(uuid.uuid4()), self._chance.choice([1, 2])
        document = paper(order, pages, padding=self._chance.choice([20_000, 200_000]))
        if point is None and number % 4 == 0:
            point = next(self._points)
        self._figures.counted["orders"] += 1
        self._lived(order, document, pages, point)
        if again_at is None and number % 3 == 0:
            again_at = self._chance.choice(RECOVERY_POINTS)
        if again_at is not None:
            self._lived(order, document, pages, again_at, again=True)
        scene.agent.start()
        self._check_claim(order, document, pages)
        claim = scene.present_until_ended(order, document, pages)
        self._judge(claim, document, pages)
        scene.agent.kill()

    def _lived(self, order: str, document: bytes, pages: int, point: str | None, *, again: bool = False) -> None:
        """One life of the agent with this order in hand, from its start to its death."""
        agent = self._scene.agent
        agent.start(dies_at=point)
        if not agent.dead():
            self._give_order(order, document, pages, point, again=again)
        if point is not None and agent.dead():
            self._figures.points[point] += 1
            self._figures.counted["kills_at_points"] += 1
        agent.kill()
        self._figures.counted["kills"] += 1

    def _give_order(self, order: str, document: bytes, pages: int, point: str | None, *, again: bool) -> None:
        scene = self._scene
        if not again:
            scene.agent.door.until_able()
        if point is None:
            killer = threading.Timer(self._chance.uniform(0, LONGEST_LIFE_SECONDS), scene.agent.strike)
            killer.start()
            scene.present(order, document, pages)
            killer.join()
            return
        scene.present(order, document, pages)
        until("the agent has died or wants the next order", lambda: scene.agent.dead() or self._is_idle())

    def _is_idle(self) -> bool:
        try:
            return bool(self._scene.agent.door.status()["able"])
        except (OSError, http.client.HTTPException):
            return False

    def _check_claim(self, order: str, document: bytes, pages: int) -> None:
        """What the restarted agent says before anybody presents the order again."""
        if not self._scene.known(order):
            return
        claim = self._scene.agent.door.until_ended(order)["state"]
        self._figures.zero["wrong_claims"] += _is_wrong(claim, self._scene.sheets_of(document), pages)

    def _judge(self, claim: str, document: bytes, pages: int) -> None:
        sheets, figures = self._scene.sheets_of(document), self._figures
        figures.counted[claim] += 1
        figures.zero["printed_twice"] += len(sheets) > 1
        figures.zero["wrong_claims"] += _is_wrong(claim, sheets, pages)
        figures.zero["not_served"] += claim != "printed"


class PowerCuts:
    """Orders in the middle of which the printer loses its power: at any moment, and while sheets come."""

    def __init__(self, scene: Scene, figures: Figures, chance: random.Random) -> None:
        self._scene = scene
        self._figures = figures
        self._chance = chance

    def one(self, number: int) -> None:
        """One order, one power cut at a random moment; every third time the agent dies too. Half of them print."""
        scene, order = self._scene, str(uuid.uuid4())
        document = paper(order, 2, padding=200_000)
        scene.agent.start().until_able()
        scene.present(order, document, 2)
        if number % 2:
            # However slow the machine is, half of the cuts fall between the first dot and the last sheet.
            until("the engine has it", lambda: scene.sheets_in_log(document) or self._ended(order))
            time.sleep(self._chance.uniform(0, 4 * CUT_PAGE_SECONDS))
        else:
            time.sleep(self._chance.uniform(0, 0.4))
        if number % 3 == 0:
            scene.agent.kill()
        scene.printer.power_cut()
        if number % 3 == 0:
            scene.agent.start()
        scene.printer.start()
        claim = scene.agent.door.until_ended(order)["state"]
        self._judge(claim, scene.sheets_in_log(document))
        if claim == "unknown":
            # Whatever is presented now, nothing may come before staff have answered.
            scene.present(order, document, 2)
            stranger, other = str(uuid.uuid4()), paper(f"after {order}")
            self._figures.zero["power_cut_wrong_claims"] += scene.present(stranger, other, 1) != "locked"
            scene.agent.door.unlock(scene.signer.unlock(order))
        scene.agent.door.until_able()
        self._figures.zero["power_cut_printed_twice"] += len(scene.sheets_in_log(document)) > 1
        scene.agent.kill()

    def _ended(self, order: str) -> bool:
        return self._scene.agent.state_in_journal(order) in {"printed", "not_printed", "unknown"}

    def _judge(self, claim: str, sheets: list[int]) -> None:
        paper_seen = "all" if sum(sheets) == 2 else "part" if sum(sheets) else "none"
        self._figures.counted["power_cuts"] += 1
        self._figures.counted[f"power_cut_{claim}_paper_{paper_seen}"] += 1
        self._figures.zero["power_cut_wrong_claims"] += _is_wrong(claim, sheets, 2)


def _is_wrong(claim: str, sheets: list[int], pages: int) -> bool:
    if claim == "printed":
        return sheets != [pages]
    return claim == "not_printed" and sum(sheets) > 0


def digest(document: bytes) -> str:
    """SHA-256, as the tray log has it."""
    return hashlib.sha256(document).hexdigest()


def die_often(scene: Scene, figures: Figures, numbers: range, seed: int = 20230327) -> None:
    """Runs the orders with these numbers through deaths of the agent; ``scene`` has the printer on and paper in."""
    deaths = Deaths(scene, figures, random.Random(f"{seed}.{numbers.start}"))
    for number in numbers:
        if number % REFILL_EVERY == 0:
            scene.printer.load_paper(250)
        deaths.one(number)
        if number % SAID_EVERY == SAID_EVERY - 1:
            print(
                f"after {number + 1} orders: {dict(figures.counted)} {dict(+figures.zero)}",
                file=sys.stderr,
                flush=True,
            )
    figures.zero["cut_off"] = scene.strangers()


def cut_power_often(scene: Scene, figures: Figures, count: int, seed: int = 20230502) -> None:
    """Runs this many orders through power cuts of the printer, which prints slowly from here on."""
    cuts, before = PowerCuts(scene, figures, random.Random(seed)), scene.strangers()
    scene.printer.page_seconds = CUT_PAGE_SECONDS
    scene.printer.power_cut()
    scene.printer.start()
    for number in range(count):
        cuts.one(number)
        if number % SAID_EVERY == SAID_EVERY - 1:
            print(f"after {number + 1} power cuts: {dict(figures.counted)}", file=sys.stderr, flush=True)
    figures.zero["power_cut_cut_off"] = scene.strangers() - before


def campaign(folder: Path, runtime: Path, deaths: int, power_cuts: int) -> Figures:
    """The whole of it. ``runtime`` takes the sockets."""
    signer, figures = Signer(), Figures()
    with Printer(folder / "printer", page_seconds=0.01, runtime=runtime) as printer:
        certificate = printer.certificate()
        with Cable(printer.port, pause=0.004) as cable:
            plain = Scene(Agent(folder / "plain", runtime, cable.uri, signer), cable, printer, signer)
            secure_agent = Agent(folder / "secure", runtime, cable.secure_uri, signer, certificate=certificate)
            secure = Scene(secure_agent, cable, printer, signer, plain.presented)
            try:
                die_often(plain, figures, range(deaths // 2))
                die_often(secure, figures, range(deaths // 2, deaths))
                cut_power_often(plain, figures, power_cuts)
            finally:
                plain.agent.kill()
                secure.agent.kill()
    return figures


def main(arguments: list[str]) -> int:
    """The campaign; the exit code is 0 when nothing happened that must not."""
    deaths, power_cuts = [*map(int, arguments), *(DEATHS, POWER_CUTS)[len(arguments) :]]
    base = CHECKOUT / ".state" / "tmp"
    base.mkdir(parents=True, exist_ok=True)
    folder, runtime = Path(tempfile.mkdtemp(prefix="crash-", dir=base)), runtime_folder()
    started = time.monotonic()
    try:
        figures = campaign(folder, runtime, deaths, power_cuts)
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
    print(*figures.lines(), sep="\n")
    print(f"crash: seconds {time.monotonic() - started:.0f}")
    print(*figures.wrong, sep="\n", file=sys.stderr)
    if not figures.wrong:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
