"""The long campaigns of ``make residents`` and ``make removals``, small."""

import pytest

from tests.bench.removals import sweep
from tests.bench.residents import Counter, serve
from tests.kiosk.card.conftest import Bench

# While the certificate is read, at a counter, and while the card signs.
COMMANDS = (12, 38, 46)


@pytest.fixture
def counter(bench: Bench) -> Counter:
    return Counter(bench.reader, bench.world, bench.cards, bench.process.pid)


def test_residents_in_turn_are_never_taken_for_one_another(counter: Counter) -> None:
    tally = serve(counter, ["hanako", "taro"], residents=6)
    assert (tally.served, tally.wrong_identities) == (6, 0)


def test_a_card_pulled_anywhere_costs_no_try_says_nothing_wrong_and_the_next_is_served(counter: Counter) -> None:
    findings = sweep(counter, ("hanako", "taro"), COMMANDS)
    assert findings.pulls == 2 * len(COMMANDS)
    assert (findings.tries_lost, findings.wrong_messages, findings.next_not_served) == ([], [], [])
