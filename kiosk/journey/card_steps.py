"""What the kiosk does with the card: wait for it, watch over it, let it sign, see it gone."""

from __future__ import annotations

import logging
from dataclasses import replace

from kiosk.card.client import ReaderError
from kiosk.journey.journey import View
from kiosk.journey.parts import Parts
from kiosk.journey.ports import ReaderStatus, Signed
from kiosk.journey.states import Event
from kiosk.portal_answers import Challenge
from kiosk.portal_client import PortalRefused, PortalUnreachable

logger = logging.getLogger(__name__)

UNAVAILABLE = "unavailable"
"""the word for a reader process that does not answer; it may well hold a card"""
_HICCUP_SECONDS = 2.0
_STOPPERS = frozenset({"not_jpki", "card_error", "no_reader"})


class CardSteps:
    """The steps of the screens on which a card matters."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._silent_since: float | None = None
        self._reset_due = False

    def wait_for_card(self, view: View) -> None:
        """PLACE_CARD: go on as soon as a card that can be used lies there."""
        self._reset_due = True
        status = self._status(view)
        if status is None:
            return
        if status.state == "blocked":
            self._parts.fail(view, "pin_blocked")
        elif status.state in _STOPPERS:
            self._parts.fail(view, status.state)
        elif status.state == "ready":
            self._parts.journey.fire(
                Event.CARD_READY,
                epoch=view.epoch,
                presence=status.presence,
                tries_left=status.tries_left,
                digits=0,
                pin_was_wrong=False,
                pin_too_short=False,
            )

    def guard_card(self, view: View) -> None:
        """The card must stay while its owner types and chooses: without it the session ends."""
        status = self._status(view)
        if status is None or view.visit.presence is None:
            return
        if status.state == "no_reader":
            self._parts.fail(view, "no_reader")
        elif status.presence != view.visit.presence:
            self._parts.fail(view, "card_pulled")

    def wait_until_taken(self, view: View) -> None:
        """TAKE_CARD: go on when the reader says that it is empty.

        A reader that cannot tell ends the journey, and so does another card: nothing was printed yet.
        """
        status = self._status(view)
        if status is None:
            return
        if status.state == "no_reader":
            self._parts.fail(view, "no_reader")
        elif status.state == "no_card":
            # One removal is expected. Whatever else the reader has counted meanwhile, or counts from now on, is
            # somebody's new card.
            before = view.visit.presence
            gone = None if before is None else before + 1
            self._parts.journey.fire(Event.CARD_TAKEN, epoch=view.epoch, presence=gone)
        elif status.presence != view.visit.presence:
            self._parts.fail(view, "card_again")

    def came_again(self, view: View) -> bool:
        """Whether any card was put down since this resident's was taken, and be it for a moment.

        The reader's count says so, not its state: a look that takes long is shown as a card being read, card or none.
        """
        status = self._look()
        if status is None or view.visit.presence is None:
            return False
        return status.presence > view.visit.presence

    def watch(self, _: View) -> None:
        """Only look, so that the screen can say what lies on the reader."""
        self._look()

    def wait_until_gone(self, view: View) -> None:
        """RETURN_CARD, CARD_LEFT: nothing is kept any more; go on when no card can be lying there."""
        self._look()
        now = self._parts.journey.view
        if now.epoch == view.epoch and not now.facts().card_in:
            self._parts.journey.fire(Event.CARD_TAKEN, epoch=view.epoch)

    def forget_card(self) -> None:
        """After a visit: no digit and no key handle of it stays in the reader process."""
        if not self._reset_due:
            return
        try:
            self._parts.reader.reset()
        except ReaderError as error:
            logger.info("reader not reset yet: %s", error.code)
            return
        self._reset_due = False

    def check(self, view: View) -> None:
        """CHECKING_CARD: nonce from the portal, signature from the card, answer of the portal."""
        try:
            challenge = self._parts.portal.challenge()
            signed = self._sign(view, challenge)
            if signed is None:
                return
            session = self._parts.portal.open_session(challenge.challenge, signed.der, signed.signature)
        except PortalUnreachable:
            self._parts.fail(view, "portal_unreachable")
            return
        except PortalRefused as refusal:
            self._parts.refuse(view, refusal)
            return
        known = replace(view.visit, portal=session)
        scope = known.offer.scopes[0] if known.offer is not None and not known.choice else None
        if not self._parts.journey.fire(Event.PERSON_KNOWN, epoch=view.epoch, portal=session, scope=scope):
            # The resident gave up while the portal was answering.
            self._parts.aftercare.session_over(session.token)
            return
        self._refuse_early(self._parts.journey.view)

    def _refuse_early(self, view: View) -> None:
        offer = view.visit.offer
        if offer is None:
            self._parts.fail(view, "stopped")
        elif offer.refusal is not None:
            self._parts.fail(view, offer.refusal)

    def _sign(self, view: View, challenge: Challenge) -> Signed | None:
        settings = self._parts.settings
        presence = view.visit.presence
        if presence is None:
            self._parts.fail(view, "card_pulled")
            return None
        # Origin and purpose are this terminal's own: a signature made here is of no use anywhere else.
        payload = self._parts.payload(settings.portal_url, challenge.nonce, f"kiosk:{settings.terminal_id}")
        try:
            return self._parts.reader.sign(presence, payload)
        except ReaderError as error:
            self._card_said(view, error)
            return None

    def _card_said(self, view: View, error: ReaderError) -> None:
        if error.code != "pin_wrong":
            self._parts.fail(view, "reader_unavailable" if error.code == "bad_state" else error.code)
            return
        tries_left = self._tries_left() if error.tries_left is None else error.tries_left
        if tries_left == 0:
            self._parts.fail(view, "pin_blocked")
            return
        self._parts.journey.fire(
            Event.PIN_WRONG,
            epoch=view.epoch,
            tries_left=tries_left,
            digits=0,
            pin_was_wrong=True,
            pin_too_short=False,
        )

    def _tries_left(self) -> int | None:
        try:
            return self._parts.reader.status().tries_left
        except ReaderError:
            return None

    def _look(self) -> ReaderStatus | None:
        try:
            status = self._parts.reader.status()
        except ReaderError:
            self._parts.journey.reader_says(UNAVAILABLE)
            return None
        self._silent_since = None
        self._parts.journey.reader_says(status.state)
        return status

    def _status(self, view: View) -> ReaderStatus | None:
        """What the reader sees; after two seconds of silence the journey ends."""
        status = self._look()
        if status is not None:
            return status
        now = self._parts.clock()
        if self._silent_since is None:
            self._silent_since = now
        elif now - self._silent_since > _HICCUP_SECONDS:
            self._silent_since = None
            self._parts.fail(view, "reader_unavailable")
        return None
