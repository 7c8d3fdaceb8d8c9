"""Every word with which a printer says why it is as it is, and what it means for the next resident.

The keywords are those of ``printer-state-reasons``: RFC 8011, 5.4.12; PWG 5100.9 (alerts of the Printer MIB, and each
finishing device with its conditions); PWG 5100.11, 5100.13 and 5100.22 (holding, identifying, powering). The suffix
of the severity (``-report``, ``-warning``, ``-error``) is not trusted to be right, printers differ in it; so the bare
keyword decides first. Some keywords end like a suffix themselves (``input-media-tray-feed-error``): a word is looked
up whole before anything is taken from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SUFFIXES = ("-report", "-warning", "-error")
MOST_REASONS, LONGEST_KEYWORD = 28, 64
"""The portal takes 32, ours among them, of 64 characters: a printer that says more must not silence its kiosk."""


class Gravity(StrEnum):
    """What a keyword does to the counter."""

    BLOCKS = "blocks"
    """nothing may be started, and what was started does not go on, until a person has been there"""
    BLOCKS_AS_ERROR = "blocks_as_error"
    """blocks with ``-error`` or while the printer is stopped; else it is told"""
    TOLD = "told"
    """told to the staff; paper still comes"""


class Kind(StrEnum):
    """What a person has to do about it, in one word; residents and staff read it in their own words."""

    PAPER = "paper"
    JAM = "jam"
    OPEN = "open"
    SUPPLY = "supply"
    OUTPUT = "output"
    SERVICE = "service"
    PAUSED = "paused"
    STARTING = "starting"
    BUSY = "busy"
    OFFLINE = "offline"


@dataclass(frozen=True)
class Reason:
    """One word on why; ``blocking`` = printing cannot start or go on."""

    keyword: str
    blocking: bool
    kind: Kind


@dataclass(frozen=True)
class Meaning:
    """What a keyword stands for."""

    gravity: Gravity
    kind: Kind


UNKNOWN = Meaning(Gravity.BLOCKS_AS_ERROR, Kind.SERVICE)
"""Of a keyword that is in no table."""

OTHER_JOB, NOT_ACCEPTING, WRONG_FORMAT = "other-job", "not-accepting-jobs", "no-pdf"
UNREACHABLE = Reason("offline", blocking=True, kind=Kind.OFFLINE)
"""Reasons of our own: a job is in the printer, it takes none, it cannot read what we have, it does not answer."""

_BLOCKS = {
    Kind.PAPER: """input-cannot-feed-size-selected input-manual-input-request input-tray-missing media-empty
        media-needed media-path-input-empty media-path-input-request""",
    Kind.JAM: """input-media-tray-feed-error input-media-tray-jam media-jam media-path-input-feed-error
        media-path-input-jam media-path-jam media-path-output-feed-error media-path-output-jam
        output-media-tray-feed-error output-media-tray-jam""",
    Kind.OPEN: "cover-open door-open interlock-open",
    Kind.SUPPLY: """marker-ink-empty marker-ink-missing marker-print-ribbon-empty marker-print-ribbon-missing
        marker-supply-empty marker-supply-missing marker-toner-cartridge-missing marker-toner-missing toner-empty""",
    Kind.OUTPUT: """media-path-media-tray-full media-path-media-tray-missing media-path-output-full output-area-full
        output-tray-missing""",
    Kind.SERVICE: """cleaner-life-over developer-empty fan-failure fuser-over-temp input-media-tray-failure
        input-pick-roller-failure input-pick-roller-missing input-tray-elevation-failure input-tray-position-failure
        lamp-failure laser-failure marker-cleaner-missing marker-developer-empty marker-developer-missing
        marker-fuser-missing marker-fuser-thermistor-failure marker-fuser-timing-failure marker-opc-missing
        marker-waste-full marker-waste-ink-receptacle-full marker-waste-ink-receptacle-missing marker-waste-missing
        marker-waste-toner-receptacle-full marker-waste-toner-receptacle-missing media-path-failure
        media-path-pick-roller-failure media-path-pick-roller-missing motor-failure opc-life-over
        output-mailbox-select-failure output-media-tray-failure spool-area-full stopped-partly""",
    Kind.PAUSED: "deactivated deleted hold-new-jobs moving-to-paused paused power-down shutdown stopping",
    Kind.STARTING: "power-up resuming testing",
    Kind.OFFLINE: "timed-out",
}
_BLOCKS_AS_ERROR = {
    Kind.PAPER: "material-empty material-needed media-path-cannot-duplex-media-selected",
    Kind.JAM: "extruder-jam scan-media-path-input-feed-error scan-media-path-input-jam scan-media-path-jam "
    "scan-media-path-output-feed-error scan-media-path-output-jam",
    Kind.OUTPUT: "scan-media-path-output-full scan-media-path-tray-full",
    Kind.SERVICE: """camera-failure chamber-failure chamber-temperature-high chamber-temperature-low extruder-failure
        extruder-temperature-high extruder-temperature-low fax-modem-life-over fax-modem-missing
        input-pick-roller-life-over interpreter-complex-page-encountered interpreter-resource-unavailable lamp-at-eol
        laser-at-eol media-path-pick-roller-life-over other platform-failure platform-temperature-high
        platform-temperature-low scan-media-path-failure scan-media-path-input-empty scan-media-path-input-request
        scan-media-path-pick-roller-failure scan-media-path-pick-roller-life-over scan-media-path-pick-roller-missing
        scan-media-path-tray-missing scanner-light-failure scanner-light-life-over scanner-light-missing
        scanner-sensor-failure scanner-sensor-life-over scanner-sensor-missing service-needed unknown""",
    Kind.STARTING: "chamber-cooling chamber-heating extruder-cooling extruder-heating media-drying platform-cooling "
    "platform-heating",
    Kind.OFFLINE: "connecting-to-device",
}
_TOLD = {
    Kind.PAPER: """input-media-color-change input-media-form-parts-change input-media-size-change
        input-media-type-change input-media-weight-change material-low media-low""",
    Kind.OPEN: "interlock-closed",
    Kind.SUPPLY: """marker-ink-almost-empty marker-print-ribbon-almost-empty marker-supply-almost-empty
        marker-supply-low toner-low""",
    Kind.OUTPUT: "media-path-media-tray-almost-full output-area-almost-full scan-media-path-tray-almost-full",
    Kind.SERVICE: """alert-removal-of-binary-change-entry cleaner-life-almost-over configuration-change developer-low
        fax-modem-life-almost-over fax-modem-turned-off fax-modem-turned-on identify-printer-requested
        input-pick-roller-life-warn interpreter-cartridge-added interpreter-cartridge-deleted
        interpreter-memory-decrease interpreter-memory-increase interpreter-resource-added
        interpreter-resource-deleted lamp-near-eol laser-near-eol marker-developer-almost-empty
        marker-waste-almost-full marker-waste-ink-receptacle-almost-full marker-waste-toner-receptacle-almost-full
        media-path-pick-roller-life-warn opc-near-eol printer-manual-reset printer-nms-reset printer-ready-to-print
        scan-media-path-pick-roller-life-warn scanner-light-life-almost-over scanner-sensor-life-almost-over""",
    Kind.STARTING: "fuser-under-temp hibernate marker-adjusting-print-quality standby suspend",
    Kind.BUSY: "cups-waiting-for-job-completed",
}

FINISHERS = (
    *("bander", "binder", "die-cutter", "folder", "imprinter", "inserter", "make-envelope", "perforater", "puncher"),
    *("separation-cutter", "sheet-rotator", "slitter", "stacker", "stapler", "stitcher", "subunit", "trimmer"),
    "wrapper",
)
"""Devices behind the printer. A certificate is not finished by any of them, but passes through what is built in."""
_FINISHER_BLOCKS = {Kind.JAM: "jam", Kind.OPEN: "cover-open interlock-open opened"}
_FINISHER_BLOCKS_AS_ERROR = {
    Kind.SUPPLY: "empty",
    Kind.OUTPUT: "at-limit full",
    Kind.SERVICE: """life-over memory-exhausted missing motor-failure offline over-temperature recoverable-failure
        recoverable-storage removed thermistor-failure timing-failure turned-off under-temperature
        unrecoverable-failure unrecoverable-storage-error""",
}
_FINISHER_TOLD = {
    Kind.OPEN: "closed cover-closed interlock-closed",
    Kind.SUPPLY: "almost-empty",
    Kind.OUTPUT: "almost-full near-limit",
    Kind.SERVICE: "added configuration-change life-almost-over resource-added resource-removed turned-on",
    Kind.STARTING: "cooling-down power-saver warming-up",
}


def _meanings() -> dict[str, Meaning]:
    tables = {
        Gravity.BLOCKS: (_BLOCKS, _FINISHER_BLOCKS),
        Gravity.BLOCKS_AS_ERROR: (_BLOCKS_AS_ERROR, _FINISHER_BLOCKS_AS_ERROR),
        Gravity.TOLD: (_TOLD, _FINISHER_TOLD),
    }
    found: dict[str, Meaning] = {}
    for gravity, (own, finishing) in tables.items():
        for kind, words in own.items():
            found |= dict.fromkeys(words.split(), Meaning(gravity, kind))
        for kind, words in finishing.items():
            conditions = [f"{device}-{word}" for device in FINISHERS for word in words.split()]
            found |= dict.fromkeys(conditions, Meaning(gravity, kind))
    return found


MEANINGS = _meanings()
"""Keyword without suffix -> what it stands for."""


def reasons_of(words: tuple[str, ...], *, stopped: bool) -> tuple[Reason, ...]:
    """The printer's words as ours: without suffix, each once, judged by the table, ``none`` left out, blocking first.

    ``stopped``: whether the printer calls its state stopped (5); then something blocks, whatever it says.
    """
    found: dict[str, Reason] = {}
    for word in words:
        keyword, is_error = _split(word)
        if keyword in found and found[keyword].blocking:
            continue
        if keyword != "none":
            meaning = MEANINGS.get(keyword, UNKNOWN)
            blocking = meaning.gravity is Gravity.BLOCKS or (
                meaning.gravity is Gravity.BLOCKS_AS_ERROR and (is_error or stopped)
            )
            found[keyword] = Reason(keyword, blocking, meaning.kind)
    if stopped and not any(reason.blocking for reason in found.values()):
        # Stopped is stopped, whatever harmless word stands beside it.
        found["paused"] = Reason("paused", blocking=True, kind=Kind.PAUSED)
    return tuple(sorted(found.values(), key=lambda reason: not reason.blocking)[:MOST_REASONS])


def _split(word: str) -> tuple[str, bool]:
    """The keyword, and whether the printer calls it an error. What is no keyword at all becomes ``other``."""
    if not word.isascii() or not word.isprintable() or not 0 < len(word) <= LONGEST_KEYWORD:
        return "other", word.endswith("-error")
    if word not in MEANINGS:
        for suffix in SUFFIXES:
            if word.endswith(suffix):
                return word.removesuffix(suffix), suffix == "-error"
    return word, False
