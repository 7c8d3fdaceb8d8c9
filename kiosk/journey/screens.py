"""One screen for each state: its template, its place among the five steps, how often it looks for news."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from kiosk.journey.conductor import idle_limit
from kiosk.journey.journey import View
from kiosk.journey.situation import Situation, obstacle
from kiosk.journey.states import State
from kiosk.settings import Limits

SLOW_SECONDS = 8.0
"""A screen that waits says so, and offers a way out, before ten seconds are over."""

STEPS: tuple[LazyString, ...] = (
    _("証明書"),
    _("カード"),
    _("暗証番号"),
    _("内容の確認"),
    _("支払いと受け取り"),
)


@dataclass(frozen=True, slots=True)
class Screen:
    """How one state is shown."""

    template: str
    step: int | None
    """which of `STEPS` this is, from 1; none outside the row of steps"""
    poll_ms: int
    """how often the page asks for news, with scripts"""
    refresh_seconds: int
    """the same for a browser without scripts"""


def _screen(state: State, step: int | None, poll_ms: int, refresh_seconds: int) -> Screen:
    return Screen(f"screens/{state.value}.html", step, poll_ms, refresh_seconds)


S = State
SCREENS: dict[State, Screen] = {
    S.ATTRACT: _screen(S.ATTRACT, None, 1000, 10),
    S.UNAVAILABLE: _screen(S.UNAVAILABLE, None, 1000, 5),
    S.CHOOSE_CERTIFICATE: _screen(S.CHOOSE_CERTIFICATE, 1, 1000, 20),
    S.PLACE_CARD: _screen(S.PLACE_CARD, 2, 400, 1),
    S.LAST_TRY: _screen(S.LAST_TRY, 3, 600, 20),
    S.ENTER_PIN: _screen(S.ENTER_PIN, 3, 600, 20),
    S.CHECKING_CARD: _screen(S.CHECKING_CARD, 3, 200, 1),
    S.CHOOSE_CONTENT: _screen(S.CHOOSE_CONTENT, 4, 600, 30),
    S.CONFIRM: _screen(S.CONFIRM, 4, 600, 30),
    S.TAKE_CARD: _screen(S.TAKE_CARD, 5, 300, 1),
    S.PREPARING: _screen(S.PREPARING, 5, 300, 1),
    S.CHOOSE_MEANS: _screen(S.CHOOSE_MEANS, 5, 600, 10),
    S.PAYING: _screen(S.PAYING, 5, 300, 1),
    S.PRINTING: _screen(S.PRINTING, 5, 300, 1),
    S.TAKE_PAPER: _screen(S.TAKE_PAPER, 5, 1000, 10),
    S.DONE: _screen(S.DONE, 5, 1000, 10),
    S.RETURN_CARD: _screen(S.RETURN_CARD, None, 400, 1),
    S.CARD_LEFT: _screen(S.CARD_LEFT, None, 400, 1),
    S.IDLE_WARNING: _screen(S.IDLE_WARNING, None, 500, 5),
    S.FAILED: _screen(S.FAILED, None, 500, 5),
    S.WAIT_FOR_STAFF: _screen(S.WAIT_FOR_STAFF, None, 1000, 5),
}

_SLOWS = frozenset({S.CHECKING_CARD, S.TAKE_CARD, S.PREPARING, S.PRINTING, S.RETURN_CARD, S.PLACE_CARD})


def is_slow(view: View, now: float) -> bool:
    """Whether this screen must say that it takes longer than it should."""
    return view.state in _SLOWS and now - view.entered_at >= SLOW_SECONDS


def seconds_left(view: View, limits: Limits, now: float) -> int | None:
    """Until the idle warning, or until the session ends; None where nobody is hurried."""
    if view.state is State.IDLE_WARNING:
        return max(0, round(limits.warning - (now - view.entered_at)))
    idle = idle_limit(view.state, limits)
    return None if idle is None else max(0, round(idle - (now - view.touched_at)))


def stamp(view: View, situation: Situation, now: float) -> str:
    """Changes exactly when the screen would look different, so that a page under a finger is never redrawn idly."""
    shown: tuple[object, ...] = ()
    visit = view.visit
    if view.state in {S.ATTRACT, S.UNAVAILABLE, S.CHOOSE_CERTIFICATE}:
        kinds = tuple((row.kind, row.available and situation.payable(row)) for row in situation.certificates)
        told = (obstacle(situation, now), situation.municipality, situation.elsewhere)
        shown = (*told, kinds, sorted(situation.means))
    elif view.state in {S.CHOOSE_MEANS, S.PAYING}:
        shown = (visit.inserted, visit.silent, visit.cancelling, visit.problem, sorted(situation.means))
    elif view.state in {S.PLACE_CARD, S.FAILED}:
        shown = (view.reader,)
    elif view.state is S.ENTER_PIN:
        shown = (visit.pin_was_wrong, visit.pin_too_short)
    elif view.state in {S.PRINTING, S.PREPARING}:
        shown = (visit.sheets, visit.of, visit.printer, visit.printer_seconds, visit.released, visit.paid)
    parts = (view.epoch, view.preferences.language, view.preferences.contrast, is_slow(view, now), *shown)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
