"""The tray of demo cards beside the reader: a process that puts cards on the reader and takes them off.

``python -m tests.world.card.tray --socket S --cards D`` connects cards to a virtual reader driver that
listens on this machine's (or this namespace's) loopback. With ``--room R`` the process first arranges the
closed room (:mod:`tests.world.card.room`) around the runtime directory R and runs pcscd in it.

Control: Unix socket, one JSON object per line each way, ``{"ok": true, …}`` or
``{"ok": false, "error": "<code>"}``:

``{"op": "list"}`` → ``{"cards": [{"card", "label", "tries", "inserted"}]}`` ·
``{"op": "state", "card": id}`` → ``{"card", "inserted", "tries", "sign_tries", "commands", "checks",
"pin_verified", "password_verified"}`` · ``{"op": "insert", "card": id}`` (``reader_occupied``, ``card_unknown``) ·
``{"op": "remove"}`` (does nothing without a card) · ``{"op": "tries" or "sign_tries", "card": id, "tries": n}`` ·
``{"op": "faults", "card": id, "faults": {…}}`` (fields of :class:`tests.world.card.chip.Faults`) ·
``{"op": "pcscd", "run": true|false}`` (only in a room; false kills it).

The cards' counters are kept in memory: a new tray has the cards as their folders describe them.
"""

import argparse
import json
import logging
import os
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.world.card.chip import AUTH_PIN, SIGN_PIN, Chip, Faults, load_chip
from tests.world.card.control import Json, TrayError
from tests.world.card.link import Link
from tests.world.card.room import DRIVER_PORT, INSIDE, Pcscd, enter

log = logging.getLogger(__name__)
# pcscd asks for presence every 400 ms; a faster swap goes unnoticed and the reader stays dead.
SWAP_GAP_SECONDS = 0.6


class Tray:
    """The cards and the one reader they can lie on. Safe to call from several threads."""

    def __init__(self, cards_dir: Path, port: int = DRIVER_PORT) -> None:
        self._cards_dir = cards_dir
        self._port = port
        self._lock = threading.RLock()
        self._chips: dict[str, Chip] = {}
        self._inserted: tuple[str, Link] | None = None
        self._emptied_at = float("-inf")

    def cards(self) -> list[Json]:
        """Every card on the tray, in the order of their identifiers."""
        with self._lock:
            folders = sorted(path.parent.name for path in self._cards_dir.glob("*/card.json"))
            return [
                {
                    "card": card_id,
                    "label": self._chip(card_id).label,
                    "tries": self._chip(card_id).secrets[AUTH_PIN].left,
                    "inserted": self._lies(card_id),
                }
                for card_id in folders
            ]

    def state(self, card_id: str) -> dict[str, Json]:
        """What one card has been through."""
        with self._lock:
            chip = self._chip(card_id)
            return {
                "card": card_id,
                "inserted": self._lies(card_id),
                "tries": chip.secrets[AUTH_PIN].left,
                "sign_tries": chip.secrets[SIGN_PIN].left,
                "commands": chip.commands,
                "checks": chip.checks,
                "pin_verified": chip.pin_verified,
                "password_verified": chip.password_verified,
            }

    def insert(self, card_id: str) -> None:
        """Put a card on the reader. Waits out the swap gap. Raises :class:`TrayError`."""
        with self._lock:
            if self._inserted is not None:
                raise TrayError("reader_occupied")
            chip = self._chip(card_id)
            time.sleep(max(0.0, self._emptied_at + SWAP_GAP_SECONDS - time.monotonic()))
            chip.put_down()
            link = Link(chip, self._port, self._pulled)
            self._inserted = card_id, link
            link.start()

    def remove(self) -> None:
        """Take the card off the reader, if there is one."""
        with self._lock:
            inserted, self._inserted = self._inserted, None
            if inserted is not None:
                self._emptied_at = time.monotonic()
        if inserted is not None:
            inserted[1].remove()

    def set_tries(self, card_id: str, tries: int, secret: int = AUTH_PIN) -> None:
        """Set the retry counter of the 利用者証明用 PIN, 0 (blocked) to 3, or of the 署名用 password, 0 to 5."""
        with self._lock:
            counter = self._chip(card_id).secrets[secret]
            if not 0 <= tries <= counter.most:
                raise TrayError("bad_request")
            counter.left = tries

    def set_faults(self, card_id: str, faults: Faults) -> None:
        """Replace a card's faults; its commands are counted anew."""
        with self._lock:
            chip = self._chip(card_id)
        chip.set_faults(faults)

    def _lies(self, card_id: str) -> bool:
        return self._inserted is not None and self._inserted[0] == card_id

    def _pulled(self, link: Link) -> None:
        with self._lock:
            if self._inserted is not None and self._inserted[1] is link:
                self._inserted = None
                self._emptied_at = time.monotonic()

    def _chip(self, card_id: str) -> Chip:
        if card_id not in self._chips:
            folder = self._cards_dir / card_id
            if folder.parent != self._cards_dir or not (folder / "card.json").exists():
                raise TrayError("card_unknown")
            self._chips[card_id] = load_chip(folder)
        return self._chips[card_id]


class TrayServer(socketserver.ThreadingUnixStreamServer):
    """The control socket."""

    daemon_threads = True

    def __init__(self, path: Path, tray: Tray, pcscd: Pcscd | None = None) -> None:
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Control)
        self._tray = tray
        self._pcscd = pcscd

    def carry_out(self, line: bytes) -> dict[str, Json]:
        """Answer one request line."""
        try:
            request: Json = json.loads(line)
            if not isinstance(request, dict):
                return {"ok": False, "error": "bad_request"}
            return {"ok": True, **self._operation(request)}
        except TrayError as refusal:
            return {"ok": False, "error": str(refusal)}
        except (ValueError, KeyError, TypeError):
            return {"ok": False, "error": "bad_request"}

    def _operation(self, request: dict[str, Json]) -> dict[str, Json]:
        operations: dict[Json, Callable[[dict[str, Json]], dict[str, Json] | None]] = {
            "list": lambda _: {"cards": self._tray.cards()},
            "state": lambda asked: self._tray.state(str(asked["card"])),
            "insert": lambda asked: self._tray.insert(str(asked["card"])),
            "remove": lambda _: self._tray.remove(),
            "tries": lambda asked: self._tray.set_tries(str(asked["card"]), int(str(asked["tries"]))),
            "sign_tries": lambda asked: self._tray.set_tries(str(asked["card"]), int(str(asked["tries"])), SIGN_PIN),
            "faults": self._set_faults,
            "pcscd": self._switch_pcscd,
        }
        return operations[request["op"]](request) or {}

    def _set_faults(self, request: dict[str, Json]) -> None:
        fields = request["faults"]
        if not isinstance(fields, dict):
            raise TrayError("bad_request")
        self._tray.set_faults(str(request["card"]), Faults(**fields))  # type: ignore[arg-type]

    def _switch_pcscd(self, request: dict[str, Json]) -> None:
        if self._pcscd is None:
            raise TrayError("no_room")
        if request["run"]:
            self._pcscd.start()
        else:
            self._pcscd.kill()


class _Control(socketserver.StreamRequestHandler):
    server: TrayServer

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(json.dumps(self.server.carry_out(line)).encode() + b"\n")


def main(arguments: list[str] | None = None) -> None:
    """Serve until standard input is closed: the tray never outlives whoever set it up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--cards", type=Path, required=True)
    parser.add_argument("--room", type=Path)
    options = parser.parse_args(arguments)
    pcscd, socket_path = None, options.socket
    if options.room is not None:
        enter(options.room)
        socket_path = INSIDE / options.socket.name
        pcscd = Pcscd()
        pcscd.start()
    server = TrayServer(socket_path, Tray(options.cards), pcscd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    if pcscd is not None:
        pcscd.kill()
    os._exit(0)


if __name__ == "__main__":
    main()
