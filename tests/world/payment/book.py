"""The machine's own book: every answer it ever gave to a message that moves money, and every yen it holds."""

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (service TEXT PRIMARY KEY, category TEXT NOT NULL, response TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS moves (
  number INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT NOT NULL, held INTEGER NOT NULL, sale TEXT NOT NULL,
  yen INTEGER NOT NULL, means TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Move:
    """Money that moves: reserve, complete or reverse; `held` is the number of the reservation that ends."""

    act: str
    held: int | None
    sale: str
    yen: int
    means: str


@dataclass(frozen=True)
class Entry:
    """What the machine did with the money of one sale: yen held, and how often it was kept and given back."""

    sale: str
    means: str
    held: int
    captures: int
    reversals: int

    @property
    def kept(self) -> int:
        """Yen that stay in the box."""
        return self.held if self.captures else 0

    @property
    def open(self) -> bool:
        """Held, and neither kept nor given back."""
        return bool(self.held) and not self.captures and not self.reversals


class Book:
    """On disk before the machine says a word of it; safe to be used by several threads."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._data = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=30)
        self._data.execute("PRAGMA journal_mode=WAL")
        self._data.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._data.close()

    def answer(self, service: str) -> dict[str, object] | None:
        """What was answered under this service id, with its category; None when nothing was."""
        with self._lock:
            row = self._data.execute("SELECT response FROM answers WHERE service = ?", (service,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def keep(self, service: str, category: str, response: Mapping[str, object]) -> None:
        """Write an answer that moved nothing."""
        with self._lock:
            self._data.execute("INSERT INTO answers VALUES (?, ?, ?)", (service, category, json.dumps(response)))

    def move(self, move: Move, service: str, category: str, answer: Callable[[int], Mapping[str, object]]) -> None:
        """Write that money moved and what is answered (given the number of the move): both, or nothing."""
        with self._lock:
            self._data.execute("BEGIN IMMEDIATE")
            done = self._data.execute(
                "INSERT INTO moves (act, held, sale, yen, means) VALUES (?, ?, ?, ?, ?)",
                (move.act, move.held or 0, move.sale, move.yen, move.means),
            )
            response = json.dumps(answer(int(done.lastrowid or 0)))
            self._data.execute("INSERT INTO answers VALUES (?, ?, ?)", (service, category, response))
            self._data.execute("COMMIT")

    def reservation(self, number: int) -> tuple[str, int, str] | None:
        """Sale, yen and means of one reservation."""
        with self._lock:
            row = self._data.execute(
                "SELECT sale, yen, means FROM moves WHERE number = ? AND act = 'reserve'", (number,)
            ).fetchone()
        return None if row is None else (str(row[0]), int(row[1]), str(row[2]))

    def ended(self, number: int) -> bool:
        """Whether this reservation was kept or given back."""
        with self._lock:
            row = self._data.execute("SELECT 1 FROM moves WHERE held = ?", (number,)).fetchone()
        return row is not None

    def entries(self) -> dict[str, Entry]:
        """Every sale for which money was held, by its id."""
        with self._lock:
            rows = self._data.execute(
                "SELECT sale, max(means), sum(CASE act WHEN 'reserve' THEN yen ELSE 0 END),"
                " sum(act = 'complete'), sum(act = 'reverse') FROM moves GROUP BY sale"
            ).fetchall()
        return {str(row[0]): Entry(str(row[0]), str(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in rows}
