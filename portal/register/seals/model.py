"""The registration of a seal as a value."""

from dataclasses import dataclass, field
from datetime import date


class SealNumberTaken(Exception):
    """Raised when another resident's seal already has the 印鑑登録番号."""


@dataclass(frozen=True, repr=False, kw_only=True)
class SealRegistration:
    """印鑑登録 of one resident. `number` is the 印鑑登録番号, `cancelled_on` the day of 廃印.

    `picture` is the 印影: a PNG of one bit a pixel, black on white, that shows a square of 30 mm with the seal in its
    true size. `version` is 0 until it is stored and says nothing about whether two registrations are the same.
    """

    number: str
    registered_on: date
    cancelled_on: date | None
    picture: bytes
    version: int = field(default=0, compare=False)
