"""Which programs run, in which version."""

import tomllib

import sqlalchemy as sa

from kiosk import portal_client
from portal import database, running
from portal.ground import Ground
from portal.running import Name, Program, Voice
from print_agent import front
from tests.conftest import CHECKOUT
from tests.portal.conftest import MovableClock


def board(ground: Ground) -> tuple[Program, ...]:
    with database.transaction(ground.engine) as connection:
        return running.board(connection, ground.clock.now())


def test_every_program_of_the_project_tells_the_version_of_the_project() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {running.VERSION, portal_client.VERSION, front.VERSION} == {project}


def test_processes_of_one_program_are_counted_and_another_version_stands_apart(ground: Ground) -> None:
    voices = [Voice(ground, Name.STAFF), Voice(ground, Name.STAFF), Voice(ground, Name.STAFF, "0.0.9")]
    for voice in (*voices, voices[0]):
        voice.say()
    told = [(program.name, program.version, program.processes) for program in board(ground)]
    assert told == [(Name.STAFF, "0.0.9", 1), (Name.STAFF, running.VERSION, 2)]


def test_a_program_that_falls_silent_is_no_longer_shown_and_its_row_goes(ground: Ground, clock: MovableClock) -> None:
    Voice(ground, Name.WORKER).say()
    clock.advance(minutes=2)
    assert board(ground) == ()
    Voice(ground, Name.TERMINAL).say()
    with database.transaction(ground.engine) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM programs")).scalar_one() == 1
