"""The municipality's file: what it says, and what refuses it."""

from datetime import date

import pytest

from portal.municipality import HoldScope, MunicipalityFileError
from portal.municipality.reading import parse
from tests.world.demo_city.municipality import MUNICIPALITY_TOML


def test_the_file_of_the_demo_city_is_understood_whole() -> None:
    misaki = parse(MUNICIPALITY_TOML)
    assert (misaki.code, misaki.name, misaki.mayor_title) == ("982016", "みさき市", "みさき市長")
    assert misaki.kiosk_hours.text == "6:30–23:00"
    assert misaki.fees["resident_record"].on(date(2026, 11, 25)) == 300
    assert misaki.hold_scope is HoldScope.MOVERS
    assert date(2026, 5, 6) in misaki.holidays


@pytest.mark.parametrize(
    ("good", "bad", "key"),
    [
        ('code = "982016"', 'code = "982017"', "code"),
        ('code = "982016"', 'code = "98201"', "code"),
        ('name = "みさき市"\n', "", "name"),
        ("opens = 06:30:00", 'opens = "6:30"', "kiosk.opens"),
        ("closes = 23:00:00", "closes = 06:00:00", "kiosk.closes"),
        ('closed = ["12-29..01-03"]', 'closed = ["12-32..01-03"]', "kiosk.closed"),
        ("ends = 2026-12-14T00:00:00+09:00", "ends = 2026-12-14T00:00:00", "kiosk.maintenance"),
        ("ends = 2026-12-14T00:00:00+09:00", "ends = 2026-12-12T00:00:00+09:00", "kiosk.maintenance"),
        ("resident_record = 300", "resident_record = -1", "fees.resident_record"),
        ('hold_scope = "movers"', 'hold_scope = "everybody"', "switches.hold_scope"),
        ("kiosk_stopped = false", "kiosk_stopped = 0", "switches.kiosk_stopped"),
        ("stopped_certificates = []", "stopped_certificates = [1]", "switches.stopped_certificates"),
        ("[fees]", "[fees2]", "fees"),
        ("[switches]", "[switches]\nlottery = true", "switches.lottery"),
        ("  2025-01-01,", '  "2025-01-01",', "calendar.holidays"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_the_name_of_the_key(good: str, bad: str, key: str) -> None:
    assert good in MUNICIPALITY_TOML
    with pytest.raises(MunicipalityFileError, match=rf"^{key}: "):
        parse(MUNICIPALITY_TOML.replace(good, bad, 1))


def test_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(MunicipalityFileError, match="TOML"):
        parse("name = ")


def test_the_example_codes_of_real_municipalities_have_the_right_check_digit() -> None:
    for code in ("011002", "132217", "131016", "011011"):
        assert parse(MUNICIPALITY_TOML.replace("982016", code)).code == code
