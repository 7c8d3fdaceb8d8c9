"""Individual Number Cards, a reader and a tray to put them on it, in software."""

from tests.world.card.chip import Faults
from tests.world.card.control import TrayClient, TrayError
from tests.world.card.driver import DriverUnavailableError, fetch_driver
from tests.world.card.world import ReaderWorld, RoomUnavailableError

__all__ = [
    "DriverUnavailableError",
    "Faults",
    "ReaderWorld",
    "RoomUnavailableError",
    "TrayClient",
    "TrayError",
    "fetch_driver",
]
