"""A whole kiosk with doubles around it, moved on by the test: no thread, no sleep."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from kiosk.app import Kiosk, create_app, kiosk_of
from kiosk.journey.states import State
from kiosk.settings import Settings
from tests.kiosk.journey.doubles import ORIGIN, PIN, FakeAgent, FakePortal, FakeReader, FakeTill, Time


class Compiled(BytecodeCache):
    """Templates are compiled once for all stages of a test run."""

    known: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


SETTINGS = Settings(
    terminal_id="k1",
    portal_url=ORIGIN,
    portal_ca=Path("unused"),
    terminal_key=Path("unused"),
    reader_socket=Path("unused"),
    agent_socket=Path("unused"),
    listen_port=1,
    help_place="市民課 1番窓口",
    help_phone="000-111-2222",
)


@dataclass
class Stage:
    reader: FakeReader = field(default_factory=FakeReader)
    portal: FakePortal = field(default_factory=FakePortal)
    agent: FakeAgent = field(default_factory=FakeAgent)
    till: FakeTill | None = field(default_factory=FakeTill)
    time: Time = field(default_factory=Time)
    settings: Settings = SETTINGS

    def __post_init__(self) -> None:
        self.app: Flask = create_app(
            self.settings, reader=self.reader, portal=self.portal, agent=self.agent, till=self.till, clock=self.time
        )
        self.app.jinja_env.bytecode_cache = Compiled()
        self.browser: FlaskClient = self.app.test_client()

    @property
    def kiosk(self) -> Kiosk:
        return kiosk_of(self.app)

    @property
    def state(self) -> State:
        return self.kiosk.journey.view.state

    def at(self, state: State) -> bool:
        """Whether the journey stands there now."""
        return self.state is state

    @property
    def failure(self) -> str | None:
        failure = self.kiosk.journey.view.failure
        return failure.code if failure else None

    def beat(self) -> None:
        self.kiosk.heartbeat.beat()

    def step(self, times: int = 1, seconds: float = 0.1) -> None:
        for _ in range(times):
            self.time.now += seconds
            self.kiosk.conductor.step()

    def wait(self, seconds: float) -> None:
        """Time passes, every second with a heartbeat."""
        for _ in range(int(seconds)):
            self.time.now += 1
            self.beat()
            self.kiosk.conductor.step()

    def page(self) -> str:
        """What the browser shows now, as a whole page."""
        return self.browser.get("/", follow_redirects=True).text

    def post(self, path: str, **data: str | list[str]) -> TestResponse:
        """A form sent from the page the browser shows now, with its token."""
        token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', self.page())
        assert token is not None
        return self.browser.post(path, data={"csrf_token": token[1], **data})

    def press(self, name: str) -> None:
        assert self.post(f"/press/{name}").status_code == 303

    def open(self) -> Stage:
        self.beat()
        self.step()
        assert self.at(State.ATTRACT)
        return self

    def to_card(self) -> Stage:
        self.open()
        self.press("begin")
        self.post("/certificate", kind="resident_record")
        assert self.at(State.PLACE_CARD)
        return self

    def to_pin(self, tries_left: int | None = 3) -> Stage:
        self.to_card()
        self.reader.put(tries_left=tries_left)
        self.step()
        return self

    def type_pin(self, pin: str = PIN) -> None:
        for digit in pin:
            self.post("/pin", key=digit)

    def to_content(self) -> Stage:
        self.to_pin()
        self.type_pin()
        self.press("pin")
        self.step()
        assert self.at(State.CHOOSE_CONTENT), (self.state, self.failure)
        return self

    def to_confirm(self, scope: str = "household", *items: str) -> Stage:
        self.to_content()
        self.post("/content", scope=scope, items=list(items))
        assert self.at(State.CONFIRM)
        return self

    def to_take_card(self) -> Stage:
        self.to_confirm()
        self.press("confirm")
        assert self.at(State.TAKE_CARD)
        return self

    def to_means(self) -> Stage:
        """Card taken, paper ready, fee due."""
        self.portal.fee = 300
        self.to_take_card()
        self.step(3)
        self.reader.take()
        self.step(3)
        assert self.at(State.CHOOSE_MEANS), (self.state, self.failure)
        return self

    def to_paying(self, means: str = "cash") -> Stage:
        self.to_means()
        self.post("/means", means=means)
        self.step()
        assert self.at(State.PAYING)
        return self

    def to_printing(self) -> Stage:
        self.to_take_card()
        self.step(3)
        self.reader.take()
        self.step(3)
        assert self.at(State.PRINTING), (self.state, self.failure)
        return self
