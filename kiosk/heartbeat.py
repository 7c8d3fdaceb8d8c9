"""Once a second: look at printer and reader, tell the portal, take its news and commands, deliver outcomes."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from kiosk.agent_client import OFFLINE, AgentRefused, AgentStatus, AgentUnreachable
from kiosk.card.client import ReaderError
from kiosk.journey.aftercare import Aftercare
from kiosk.journey.ports import Agent, Clock, Portal, Reader, Till
from kiosk.journey.situation import Situation
from kiosk.payment.commands import CommandRefused, is_about_money
from kiosk.portal_client import PortalRefused, PortalUnreachable, TerminalRefused
from kiosk.wire import Table

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


class Heartbeat:
    """Keeps `situation`, the last news of all parts; `beat` is one round, `run` goes on until stopped."""

    def __init__(
        self, *, reader: Reader, portal: Portal, agent: Agent, till: Till | None, aftercare: Aftercare, clock: Clock
    ) -> None:
        self._reader = reader
        self._portal = portal
        self._agent = agent
        self._till = till
        self._started = True
        self._aftercare = aftercare
        self._clock = clock
        self._situation = Situation()
        self._wake = threading.Event()
        self._stopped = threading.Event()

    @property
    def situation(self) -> Situation:
        """The last news."""
        return self._situation

    def hurry(self) -> None:
        """There is something to deliver: do not wait for the next second."""
        self._wake.set()

    def stop(self) -> None:
        """Let `run` return after the present round."""
        self._stopped.set()
        self._wake.set()

    def run(self) -> None:
        """Beat until stopped."""
        while not self._stopped.is_set():
            self.beat()
            self._wake.wait(INTERVAL_SECONDS)
            self._wake.clear()

    def beat(self) -> None:
        """One round. What this machine can see itself is known before the portal is asked."""
        agent = self._ask_agent()
        reader_state, tries_left = self._ask_reader()
        till = None if self._till is None else self._till.condition()
        self._situation = replace(self._situation, agent=agent, reader=reader_state, till=till, seen_at=self._clock())
        if agent is not None:
            self._aftercare.hear(agent)
            self._aftercare.look_for_unseen(self._agent)
        reader: Table = {"state": reader_state or "no_reader", "tries_left": tries_left}
        try:
            bulletin = self._portal.heartbeat(reader, OFFLINE if agent is None else agent.wire, started=self._started)
        except TerminalRefused as refusal:
            logger.warning("this terminal is refused: %s", refusal.code)
            self._situation = replace(self._situation, refused=refusal.code)
            return
        except (PortalUnreachable, PortalRefused) as error:
            logger.info("no news from the portal: %s", error)
            return
        self._started = False
        self._situation = replace(self._situation, bulletin=bulletin, heard_at=self._clock(), refused=None)
        for command in bulletin.commands:
            if not is_about_money(command):
                self._relay(command)
            elif self._till is not None and till is not None:
                self._obey(self._till, command)
        self._aftercare.deliver(self._portal)

    def _ask_agent(self) -> AgentStatus | None:
        try:
            return self._agent.status()
        except AgentUnreachable:
            return None
        except AgentRefused as refusal:
            logger.warning("print agent refuses to tell its state: %s", refusal.code)
            return None

    def _ask_reader(self) -> tuple[str | None, int | None]:
        try:
            status = self._reader.status()
        except ReaderError as error:
            logger.info("reader: %s", error.code)
            return None, None
        return status.state, status.tries_left

    def _obey(self, till: Till, command: str) -> None:
        """Keep or give back a fee, and say so. Whatever fails is commanded again with the next heartbeat."""
        try:
            ended = till.obey(command)
            if ended is not None:
                self._portal.end_payment(ended)
        except (CommandRefused, PortalUnreachable, PortalRefused) as error:
            logger.warning("command about money not done: %s", error)

    def _relay(self, command: str) -> None:
        try:
            self._agent.unlock(command)
        except (AgentUnreachable, AgentRefused) as error:
            logger.warning("device command not taken: %s", error)
