"""支援措置 and 異動処理中 get the same answer: to the eye, to the byte, and to the clock."""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal import database, register
from portal.certificates.rendering import render
from portal.clock import local_date
from portal.ground import Ground
from portal.register import HoldReason
from portal.register.tables import protections
from tests.portal.certificates.conftest import SwiftPress
from tests.portal.certificates.sheets import software_sealing
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link
from tests.portal.register.people import TESTER
from tests.portal.terminal.conftest import Kiosk
from tests.portal.terminal.test_issuances import pay, wish
from tests.proof.timing import ANSWERS_VARIABLE, MOST, Heard, auc

ANSWERS = int(os.environ.get(ANSWERS_VARIABLE, "240"))
_PEOPLE = 6
_BOTH_TABLES = sa.text(
    "SELECT (SELECT count(*) FROM holds WHERE resident_id = :whose AND lifted_at IS NULL), "
    "(SELECT count(*) FROM protections WHERE resident_id = :whose AND ended_at IS NULL)"
)
_CALLS = ("offers", "request", "release")
# Of few answers chance alone makes more; the claim is made over 2,000.
_MOST = MOST if ANSWERS >= 2000 else 0.68


class Resident:
    """Somebody with a card whose paper is stopped in one of the two ways, and may be let go again."""

    def __init__(self, ground: Ground, card: Card, *, protected: bool) -> None:
        self.card, self.protected, self.ground = card, protected, ground
        self.id = link(ground, card)

    def stop(self) -> None:
        now, today = self.ground.clock.now(), local_date(self.ground.clock.now())
        with database.transaction(self.ground.engine) as connection:
            if self.protected:
                register.protect(
                    connection, self.id, starts_on=today, ends_on=today + timedelta(days=365), actor=TESTER, now=now
                )
            else:
                register.place_hold(
                    connection, [self.id], reason=HoldReason.IMPORT, source=str(self.id), actor=TESTER, now=now
                )

    def let_go(self) -> None:
        now = self.ground.clock.now()
        with database.transaction(self.ground.engine) as connection:
            if self.protected:
                connection.execute(
                    sa.update(protections).values(ended_at=now).where(protections.c.ended_at.is_(None))
                )
            else:
                register.lift_hold(connection, source=str(self.id), actor=TESTER, now=now)


@pytest.fixture
def heard(ground: Ground, kiosk: Kiosk, make_card: MakeCard, clock: MovableClock) -> list[Heard]:
    """Answers about both, in an order of chance."""
    dice = random.Random(5)
    people = [Resident(ground, make_card(), protected=bool(number % 2)) for number in range(2 * _PEOPLE)]
    warm = [answer for resident in people[:4] for answer in _visit(ground, kiosk, resident)]
    assert len(warm) == 4 * len(_CALLS)
    visits = [person for _ in range(ANSWERS // len(_CALLS) // len(people)) for person in people]
    dice.shuffle(visits)
    answers: list[Heard] = []
    for resident in visits:
        clock.advance(seconds=1)
        answers += _visit(ground, kiosk, resident)
    return answers


def _visit(ground: Ground, kiosk: Kiosk, resident: Resident) -> Iterator[Heard]:
    resident.stop()
    question = kiosk.question()
    yield _timed("offers", resident, lambda: kiosk.present(resident.card, question))
    yield _timed("request", resident, lambda: kiosk.call("POST", "/v1/issuances", wish(resident.id)))
    resident.let_go()
    issuance = kiosk.call("POST", "/v1/issuances", wish(resident.id)).get_json()["issuance"]
    render(ground, SwiftPress(), software_sealing(), UUID(issuance))  # type: ignore[arg-type]
    pay(kiosk, issuance)
    resident.stop()
    yield _timed("release", resident, lambda: kiosk.call("POST", f"/v1/issuances/{issuance}/release", {}))
    resident.let_go()


def _timed(call: str, resident: Resident, ask: Callable[[], TestResponse]) -> Heard:
    # What we did to place the restriction has warmed other tables for the one than for the other; whoever stands at a
    # kiosk did nothing of that. So the last thing before the question is the same for both.
    with database.transaction(resident.ground.engine) as connection:
        register.lock(connection, [resident.id])
        for _ in range(3):
            register.issue_block(connection, resident.id)
            connection.execute(_BOTH_TABLES, {"whose": resident.id})
    begun = time.perf_counter()
    answer = ask()
    taken = time.perf_counter() - begun
    said = json.dumps(answer.get_json())
    assert '"in_progress"' in said
    assert "protect" not in answer.get_data(as_text=True)
    headers = {name: value for name, value in answer.headers.items() if name != "Reference"}
    return Heard(call, resident.protected, taken, len(answer.get_data()), tuple(sorted(headers.items())))


def test_nobody_can_tell_a_protected_person_from_one_whose_record_is_being_changed(heard: list[Heard]) -> None:
    for call in _CALLS:
        seen = {
            protected: {(one.size, one.headers) for one in heard if (one.call, one.protected) == (call, protected)}
            for protected in (True, False)
        }
        assert seen[True] == seen[False]
        assert len(seen[True]) == 1
    features = ["seconds", "size", *{name for one in heard for name, _ in one.headers}]
    reached = {feature: auc(heard, feature) for feature in features}
    print(f"proof: timing_answers {len(heard)}")
    for call in _CALLS:
        print(f"proof: timing_auc_{call} {auc([one for one in heard if one.call == call], 'seconds'):.3f}")
    print(f"proof: timing_auc {max(reached.values()):.3f}")
    assert max(reached.values()) <= _MOST


def test_the_measure_finds_a_difference_where_there_is_one() -> None:
    dice = random.Random(1)
    alike = [Heard("offers", bool(place % 2), dice.gauss(1, 0.1), 10, ()) for place in range(2000)]
    slower = [
        Heard("offers", one.protected, one.seconds + (0.03 if one.protected else 0), one.size, ()) for one in alike
    ]
    longer = [Heard("offers", one.protected, 1, 10 + one.protected, ()) for one in alike]

    assert auc(alike, "seconds") < 0.53
    assert auc(slower, "seconds") > MOST
    assert auc(longer, "size") == 1
    assert auc(alike, "size") == 0.5
