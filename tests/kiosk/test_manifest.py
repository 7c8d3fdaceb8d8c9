"""The last look: is the document that came the one this session asked for?"""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.manifest import ManifestContradicts, demand
from kiosk.portal_answers import Released
from tests.kiosk.journey.doubles import ticket

ORDER, PERSONS, DOCUMENT = "3f0c", ("p1", "p2"), b"%PDF-1.7 mine"


def test_the_document_of_this_session_passes_in_whatever_order_its_persons_stand() -> None:
    demand(Released(ticket(ORDER, PERSONS, DOCUMENT), DOCUMENT), order=ORDER, persons=("p2", "p1"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (ticket("another", PERSONS, DOCUMENT), "order"),
        (ticket(ORDER, ("p1",), DOCUMENT), "subjects"),
        (ticket(ORDER, ("p1", "p3"), DOCUMENT), "subjects"),
        (ticket(ORDER, ("p1", "p2", "p3"), DOCUMENT), "subjects"),
        (ticket(ORDER, ("p1", "p2", "p2"), DOCUMENT), "subjects"),
        (ticket(ORDER, PERSONS, b"%PDF-1.7 yours"), "sha256"),
        ("", "not a ticket"),
        ("e30.W10.c2ln", "not a ticket"),
        ("e30.!.c2ln", "not a ticket"),
    ],
)
def test_another_order_other_persons_or_other_bytes_are_named(given: str, field: str) -> None:
    with pytest.raises(ManifestContradicts, match=field):
        demand(Released(given, DOCUMENT), order=ORDER, persons=PERSONS)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_stands_in_a_ticket_it_passes_or_is_named(said: object) -> None:
    segment = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    with pytest.raises(ManifestContradicts):
        demand(Released(f"e30.{segment}.c2ln", DOCUMENT), order=ORDER, persons=PERSONS)
