"""What all kiosks of a campaign know together: every request ever made, and those that are under way."""

from dataclasses import dataclass, field
from uuid import UUID

from tests.proof.judge import Asked


@dataclass
class Board:
    """Appending and looking need no lock; nothing here decides anything."""

    asked: list[Asked] = field(default_factory=list)
    alive: dict[UUID, Asked] = field(default_factory=dict)

    def forget(self, asked: Asked) -> None:
        """This one has come to an end."""
        if asked.issuance is not None:
            self.alive.pop(asked.issuance, None)

    def some(self) -> list[UUID]:
        """Requests that are under way just now, or were never fetched."""
        return list(self.alive)[-20:]
