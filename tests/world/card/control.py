"""The client's side of a tray's control socket."""

import json
import socket
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
_ANSWER_SECONDS = 15.0


class TrayError(Exception):
    """Raised for a request the tray refuses; its text is the error code."""


class TrayClient:
    """Commands to a tray over its control socket. Methods raise :class:`TrayError` with the code."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, **request: Json) -> dict[str, Json]:
        """Send one request and return the fields of its answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            connection.connect(str(self._path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as answers:
                answer: dict[str, Json] = json.loads(answers.readline())
        if not answer.pop("ok"):
            raise TrayError(str(answer["error"]))
        return answer

    def insert(self, card_id: str) -> None:
        """Put a card on the reader."""
        self.ask(op="insert", card=card_id)

    def remove(self) -> None:
        """Take the card off."""
        self.ask(op="remove")

    def cards(self) -> list[dict[str, Json]]:
        """Every card: ``card``, ``label``, ``tries``, ``inserted``."""
        cards = self.ask(op="list")["cards"]
        if not isinstance(cards, list):
            raise TypeError("cards")
        return [card for card in cards if isinstance(card, dict)]

    def state(self, card_id: str) -> dict[str, Json]:
        """What one card has been through."""
        return self.ask(op="state", card=card_id)

    def set_tries(self, card_id: str, tries: int) -> None:
        """Set the tries left of the 利用者証明用 PIN."""
        self.ask(op="tries", card=card_id, tries=tries)

    def set_sign_tries(self, card_id: str, tries: int) -> None:
        """Set the tries left of the 署名用 password."""
        self.ask(op="sign_tries", card=card_id, tries=tries)

    def set_faults(self, card_id: str, **faults: Json) -> None:
        """Replace the faults of a card; without any it is healthy again."""
        self.ask(op="faults", card=card_id, faults=dict(faults))
