"""What one campaign is to do, and the chance by which each thing happens. The same seed plans the same things."""

import json
import random
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Self


class Break(StrEnum):
    """The deliberate breaks that the proof must find. They exist in the proof's own processes only."""

    SHARED_SLOT = "shared-slot"
    """documents kept in a slot that a later request overwrites (川崎市, 2023-05)"""
    FREED_LOCK = "freed-lock"
    """the lock freed on time-out while its job lives (横浜市, 2023-03)"""
    NO_RECHECK = "no-recheck"
    """entitlement and record not looked at again at release (宗像市, 2023-06)"""


class Wreck(StrEnum):
    """What happens to the processes and their connections."""

    KILL_WORKER = "kill-worker"
    PAUSE_WORKER = "pause-worker"
    KILL_FACE = "kill-face"
    PAUSE_FACE = "pause-face"
    DROP_CONNECTIONS = "drop-connections"


@dataclass(frozen=True)
class Chances:
    """How often a thing happens: to a visit at a kiosk, unless it says otherwise."""

    duplicate: float = 0.15
    """the same request sent twice in the same millisecond, to different processes"""
    twice: float = 0.25
    """the document fetched twice, half of these in the same millisecond"""
    aligned: float = 0.35
    """requests held until the next tick, together with those of the other kiosks"""
    cut: float = 0.08
    """of the requests: the connection cut before the answer is there, or the answer lost on the way"""
    thief: float = 0.1
    """somebody else asks for this person's document"""
    leaves: float = 0.05
    """the person goes away while it is rendered"""
    time_out: float = 0.35
    """of the requests that a worker takes long over: their time is over meanwhile"""
    takeover: float = 0.45
    """of the same: a second worker is set to them"""
    time_out_when_ready: float = 0.02
    """the time is over while the document waits to be fetched"""
    change: float = 0.12
    """a record on the paper changes between rendering and release, or at the very moment of the release"""
    restriction: float = 0.1
    """a hold, a protection (支援措置) or a planned departure at those same moments"""
    arrival: float = 0.01
    """somebody joins the household after rendering"""
    stop: float = 0.004
    """all kiosks are stopped for a moment"""
    unknown: float = 0.03
    """nobody knows what became of the paper; staff must look"""


@dataclass(frozen=True)
class Plan:
    """One campaign."""

    seed: int = 1
    deliveries: int = 300
    minutes: float | None = None
    """go on for this long instead of counting deliveries"""
    workers: int = 4
    faces: int = 2
    kiosks: int = 6
    households: int = 120
    visits_between_wrecks: int = 40
    real_share: float = 0.01
    slow_share: float = 0.05
    slow_s: float = 0.3
    broken: Break | None = None
    wrecks: tuple[Wreck, ...] = tuple(Wreck)
    chances: Chances = field(default_factory=Chances)

    def dice(self, *of: object) -> random.Random:
        """The chance that decides for one part of the campaign, the same in every run."""
        return random.Random("/".join(map(str, (self.seed, *of))))

    def for_processes(self) -> str:
        """What the proof's own worker and face processes need to know, as text for their environment."""
        known = asdict(self)
        return json.dumps({name: known[name] for name in ("broken", "real_share", "slow_share", "slow_s")})


@dataclass(frozen=True)
class Manner:
    """How a process of the proof behaves: the part of the plan that its environment carries."""

    broken: Break | None
    real_share: float
    slow_share: float
    slow_s: float

    @classmethod
    def read(cls, text: str) -> Self:
        """From `Plan.for_processes`."""
        known = json.loads(text)
        broken = known.pop("broken")
        return cls(broken=None if broken is None else Break(broken), **known)
