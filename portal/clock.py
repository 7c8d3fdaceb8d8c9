"""The municipality's clock. Rules receive a time; only the edges ask for it."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

JAPAN = ZoneInfo("Asia/Tokyo")


class Clock(Protocol):
    """Source of the present instant."""

    def now(self) -> datetime:
        """The present instant, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The server's own clock. A terminal's clock is never asked (incident of Osaka, 2019-05-07)."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


def local_date(instant: datetime) -> date:
    """The calendar day in Japan on which `instant` falls."""
    return instant.astimezone(JAPAN).date()
