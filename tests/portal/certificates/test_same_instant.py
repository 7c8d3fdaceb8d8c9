"""Requests and changes that meet in one instant (川崎市, 2023-05: two requests within a second; 宗像市, 2023-06)."""

import json

import pytest

from portal import municipality
from portal.certificates import RefusalCode, Refused
from portal.municipality import Municipality
from tests.portal.certificates.conftest import Kiosk, Visit


def test_requests_of_one_instant_share_no_identifier(kiosk: Kiosk, visit: Visit) -> None:
    asked = [kiosk.asked(visit) for _ in range(20)]
    numbers = [kiosk.row(issuance).issue_number for issuance in asked]

    assert all(issuance.version == 4 for issuance in asked)
    assert len(set(asked)) == len(set(numbers)) == len(asked)
    # What counts, or is taken from a clock that stands still, would share its beginning or come in order.
    assert len({issuance.hex[:3] for issuance in asked}) > 15
    assert len({number.partition("-")[2][:2] for number in numbers}) > 10
    assert asked != sorted(asked)
    assert numbers != sorted(numbers)


def test_a_record_that_changes_while_it_is_read_is_not_half_read(
    kiosk: Kiosk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuance, honest = kiosk.asked(visit), municipality.current

    def read_and_something_changes(connection: object) -> Municipality:
        here = honest(connection)  # type: ignore[arg-type]
        kiosk.correct(visit.resident_id, name="渡辺　葵")
        return here

    with monkeypatch.context() as patch:
        patch.setattr(municipality, "current", read_and_something_changes)
        kiosk.render(issuance)

    assert json.loads(kiosk.row(issuance).record_versions) == {str(visit.resident_id): 1}
    assert kiosk.release(issuance, visit) == Refused(RefusalCode.RECORD_CHANGED)
