"""Log-in with a second device when everybody comes at once: of each step, one wins."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest

from portal.ground import Ground
from portal.identity import (
    Authenticated,
    DeviceLoginClaimed,
    DeviceLoginUnknown,
    DeviceLoginUsed,
    DeviceQuestion,
    IdentityError,
)
from tests.portal.identity.cards import Card
from tests.portal.identity.two_devices import TwoDevices


@pytest.fixture
def both(ground: Ground) -> TwoDevices:
    return TwoDevices(ground)


def _at_once(number: int, attempt: object) -> list[object]:
    start = Barrier(number)

    def one(_: int) -> object:
        start.wait()
        try:
            return attempt()  # type: ignore[operator]
        except IdentityError as refused:
            return type(refused)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_of_many_entering_at_once_one_wins(both: TwoDevices, card: Card, linked: UUID) -> None:
    for _ in range(3):
        begun = both.begin()
        both.answer(begun, both.claim(begun), card)
        results = _at_once(8, lambda code=begun: both.enter(code))
        assert [type(one) for one in results].count(Authenticated) == 1
        assert results.count(DeviceLoginUnknown) == 7


def test_of_many_bridges_claiming_at_once_one_gets_the_challenge(both: TwoDevices) -> None:
    begun = both.begin()
    results = _at_once(8, lambda: both.claim(begun))
    assert [type(one) for one in results].count(DeviceQuestion) == 1
    assert results.count(DeviceLoginClaimed) == 7


def test_of_many_answers_at_once_one_is_judged(both: TwoDevices, card: Card, linked: UUID) -> None:
    begun = both.begin()
    question = both.claim(begun)
    results = _at_once(6, lambda: both.answer(begun, question, card))
    assert results.count(None) == 1
    assert results.count(DeviceLoginUsed) == 5
    assert both.resident(begun) == linked
