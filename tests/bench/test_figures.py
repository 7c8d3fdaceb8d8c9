"""The lines that other programs read keep their form, and small values keep what they say."""

import pytest

from tests.bench.figures import Figure


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0.0"),
        (412.26, "412.3"),
        (1, "1.0"),
        (1.87, "1.9"),
        (0.987, "0.987"),
        (0.15, "0.150"),
        (0.0349, "0.0349"),
        (-0.02, "-0.0200"),
    ],
)
def test_a_value_has_one_decimal_and_never_less_than_three_significant_digits(value: float, shown: str) -> None:
    assert Figure("crl_lookup_us", value, "us").line() == f"bench: crl_lookup_us {shown} us"
