"""The card taken away at every single command of a log-in, and what the resident, the card and the next one get.

``python -m tests.bench.removals`` (``make removals``) pulls a card at each command from the first after it was put
down to the last of the signature, before the command and after it, in front of a real reader process with the kiosk's
own journey behind it.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.card.client import Reader
from kiosk.journey.failures import page_for
from kiosk.journey.states import State
from kiosk.portal_answers import PortalSession
from tests.bench.residents import CHECKOUT, Counter, ResidentNotServedError, counter_with, issue
from tests.kiosk.journey.doubles import FakePortal
from tests.kiosk.journey.stage import Stage
from tests.world.runtime import runtime_folder

MANNERS = ("remove_at", "remove_after")
"""Before the command is carried out, and after it but before its answer arrives."""
PATIENCE_S = 15.0
_UNDER_WAY = frozenset({State.PLACE_CARD, State.ENTER_PIN, State.CHECKING_CARD})


@dataclass
class Findings:
    """What went wrong, one line for each; empty is the goal."""

    tries_lost: list[str] = field(default_factory=list)
    wrong_messages: list[str] = field(default_factory=list)
    next_not_served: list[str] = field(default_factory=list)
    pulls: int = 0


@dataclass
class WatchingPortal(FakePortal):
    """Remembers whose certificate it was shown."""

    certificates: list[bytes] = field(default_factory=list)

    def open_session(self, challenge: str, certificate: bytes, signature: bytes) -> PortalSession:
        self.certificates.append(certificate)
        return super().open_session(challenge, certificate, signature)


class Visit:
    """One resident in front of a kiosk whose reader is real; everything behind it is played."""

    def __init__(self, reader: Reader) -> None:
        self.portal = WatchingPortal()
        self._stage = Stage(reader=reader, portal=self.portal)  # type: ignore[arg-type]  # the real one for once
        self._stage.to_card()
        self._typed = False
        self.messages: set[str] = set()

    @property
    def state(self) -> State:
        """Where the journey stands."""
        return self._stage.state

    @property
    def over(self) -> bool:
        """Whether the person is known, or the journey has ended with a page that says why."""
        return self.state not in _UNDER_WAY

    def move(self) -> None:
        """One step of the kiosk, and of the resident when it is their turn. The stage's clock stands still: here
        it is the card that decides, not the patience of the kiosk."""
        self._stage.step(seconds=0.0)
        if self._stage.failure is not None:
            self.messages.add(page_for(self._stage.failure))
        if self.state is State.ENTER_PIN and not self._typed:
            self._typed = True
            self._stage.type_pin()
            self._stage.press("pin")


def pull_at(counter: Counter, cards: tuple[str, str], how: str, command: int, findings: Findings) -> bool:
    """Pull the first card at this command of its log-in, then serve the second.

    Returns whether the card was pulled at all: a log-in that ends before the command is the last of a sweep.
    """
    unlucky, following = cards
    case = f"{how} {command}"
    counter.world.set_faults(unlucky, **{how: command})
    visit = Visit(counter.reader)
    counter.world.insert(unlucky)
    pulled = _watch(counter, visit, unlucky)
    if pulled:
        findings.pulls += 1
    allowed = {"card_pulled"} if pulled else set()
    if not visit.messages <= allowed or (not pulled and visit.state is not State.CHOOSE_CONTENT):
        findings.wrong_messages.append(f"{case}: {sorted(visit.messages)} at {visit.state}")
    if counter.world.state(unlucky)["tries"] != 3:
        findings.tries_lost.append(case)
    counter.world.remove()
    counter.world.set_faults(unlucky)
    counter.wait(lambda status: status.state == "no_card")
    seen = _serve(counter, following)
    if seen is not None:
        findings.next_not_served.append(f"{case}: {seen}")
    return pulled


def sweep(counter: Counter, cards: tuple[str, str], commands: Iterable[int]) -> Findings:
    """Pull at each of these commands, in both manners, as far as a log-in goes."""
    findings = Findings()
    wanted = list(commands)
    # A reader that has only just started shows a closed kiosk.
    counter.wait(lambda status: status.state == "no_card")
    for how in MANNERS:
        for command in wanted:
            if not pull_at(counter, cards, how, command, findings):
                break
    return findings


def _watch(counter: Counter, visit: Visit, card: str) -> bool:
    """Until the visit is over, or the card has gone before the kiosk could use it. Whether the card was pulled."""
    deadline = time.monotonic() + PATIENCE_S
    while not visit.over:
        visit.move()
        lies = counter.world.state(card)["inserted"]
        if not lies and visit.state is State.PLACE_CARD and counter.reader.status().state == "no_card":
            visit.move()
            return True
        if time.monotonic() > deadline:
            raise ResidentNotServedError(f"the kiosk still shows {visit.state}")
        time.sleep(0.02)
    return not counter.world.state(card)["inserted"]


def _serve(counter: Counter, card: str) -> str | None:
    """Serve this card; what was seen instead, or None when it was served."""
    visit = Visit(counter.reader)
    counter.world.insert(card)
    _watch(counter, visit, card)
    counter.world.remove()
    counter.wait(lambda status: status.state == "no_card")
    if visit.state is not State.CHOOSE_CONTENT:
        return f"{sorted(visit.messages)} at {visit.state}"
    return None if visit.portal.certificates == [counter.certificate_of(card)] else "somebody else's certificate"


def main() -> int:
    """Every command, in both manners; the exit code is 0 when nothing went wrong."""
    base = CHECKOUT / ".state" / "tmp"
    base.mkdir(parents=True, exist_ok=True)
    folder, runtime = Path(tempfile.mkdtemp(prefix="removals-", dir=base)), runtime_folder()
    try:
        unlucky, following = issue(folder, 2)
        with counter_with(folder, runtime) as counter:
            findings = sweep(counter, (unlucky, following), range(1, 200))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)
    wrong = (findings.tries_lost, findings.wrong_messages, findings.next_not_served)
    print(f"pulled {findings.pulls} times", *(line for lines in wrong for line in lines), sep="\n", file=sys.stderr)
    print(f"bench: removals_tries_lost {len(findings.tries_lost)} count")
    print(f"bench: removals_wrong_messages {len(findings.wrong_messages)} count")
    print(f"bench: removals_next_not_served {len(findings.next_not_served)} count")
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
