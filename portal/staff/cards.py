"""The links desk (カードの登録): find a resident, see their cards, register the card that is on the reader.

A link is made here only with the card present: its holder types the PIN on the PC's own bridge, and the answer counts
for this member's session and for the resident of this page alone.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

import flask
from flask.typing import ResponseReturnValue

from portal import database, identity, register
from portal.identity import IdentityError, LinkedCard
from portal.register import FoundPage, ResidentRecord, SearchTooWide
from portal.staff import words
from portal.staff.errors import describe
from portal.staff.forms import FindResidentForm, LinkForm
from portal.staff.member import actor, member
from portal.web import ErrorWords, ground_of

pages = flask.Blueprint("cards", __name__, url_prefix="/cards")

SHOWN_AT_MOST = 50
_ASKER = "asker"
_WHY = "cards.desk"
_DONE = frozenset({"linked", "ended", "stopped", "lifted"})


@dataclass(frozen=True)
class Holder:
    """A resident and every card they have or had here. `gone`: moved out or died, no card can be registered."""

    record: ResidentRecord
    cards: tuple[LinkedCard, ...]

    @property
    def gone(self) -> bool:
        return self.record.status not in register.LIVING_HERE

    @property
    def open_cards(self) -> tuple[LinkedCard, ...]:
        """Those whose link has not ended."""
        return tuple(card for card in self.cards if card.ended_at is None)


@pages.get("")
def find() -> ResponseReturnValue:
    """The search, empty."""
    return flask.render_template("cards.html", tab="cards", form=FindResidentForm(formdata=None), found=None)


@pages.post("")
def search() -> ResponseReturnValue:
    """Everybody to whom all that was typed applies. By POST: no name ever stands in an address or a log."""
    form = FindResidentForm()
    if not form.validate_on_submit():
        return _not_found(form)
    try:
        found = find_residents(form)
    except SearchTooWide:
        form.name.errors = [words.SEARCH_TOO_WIDE]
        return _not_found(form)
    if found.too_many:
        form.name.errors = [words.TOO_MANY_FOUND]
        return _not_found(form)
    return flask.render_template("cards.html", tab="cards", form=form, found=found.residents, more=found.more)


@pages.get("/<uuid:resident_id>")
def show(resident_id: UUID) -> ResponseReturnValue:
    """The cards of one resident, and the card reader."""
    return _page(holder(resident_id), LinkForm(formdata=None))


@pages.post("/<uuid:resident_id>/challenge")
def challenge(resident_id: UUID) -> ResponseReturnValue:
    """What the card on the reader is to sign, asked for when its holder is ready: it lives two minutes only."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        begun = identity.begin_challenge(
            connection,
            purpose=identity.LINK_PURPOSE,
            asker=_asker(resident_id),
            origin=ground.settings.origins.staff,
            now=ground.clock.now(),
        )
    return {
        "challenge": str(begun.id),
        "nonce": base64.b64encode(begun.nonce).decode("ascii"),
        "purpose": begun.purpose,
    }, 201


@pages.post("/<uuid:resident_id>/link")
def link(resident_id: UUID) -> ResponseReturnValue:
    """Register the card that answered, for the resident of this page and nobody else."""
    form = LinkForm()
    if not form.validate_on_submit():
        return _refused(resident_id, form, describe(identity.SignatureWrong()))
    ground = ground_of()
    now = ground.clock.now()
    try:
        answer = identity.Answer(
            challenge_id=UUID(form.challenge.data),
            asker=_asker(resident_id),
            certificate=base64.b64decode(form.certificate.data, validate=True),
            signature=base64.b64decode(form.signature.data, validate=True),
            address=flask.request.remote_addr,
        )
        shown = identity.prove(ground, answer, now=now)
        with database.transaction(ground.engine) as connection:
            identity.link_card(
                connection, shown, resident_id, actor=actor(), now=now, supersedes=_identifier(form.supersedes.data)
            )
    except (ValueError, binascii.Error):
        return _refused(resident_id, form, describe(identity.SignatureWrong()))
    except IdentityError as refusal:
        return _refused(resident_id, form, describe(refusal))
    return flask.redirect(flask.url_for("cards.show", resident_id=resident_id, done="linked"), 303)


def holder(resident_id: UUID) -> Holder:
    """The resident with their cards; one audit event. Raises UnknownResident."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        record = register.resident(connection, resident_id, reader=actor(), why=_WHY, now=ground.clock.now())
        return Holder(record, identity.cards_of(connection, ground, resident_id))


def find_residents(form: FindResidentForm) -> FoundPage:
    """The residents to whom everything in the form applies. Raises SearchTooWide."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        return register.search(
            connection,
            name=form.name.data,
            reading=form.reading.data,
            birth_date=words.typed_date(form.birth_date.data),
            address=form.address.data,
            reader=actor(),
            why=_WHY,
            now=ground.clock.now(),
            limit=SHOWN_AT_MOST,
        )


def _not_found(form: FindResidentForm) -> ResponseReturnValue:
    return flask.render_template("cards.html", tab="cards", form=form, found=None), 422


def _refused(resident_id: UUID, form: LinkForm, refused: ErrorWords) -> ResponseReturnValue:
    return _page(holder(resident_id), form, refused=refused), refused.status


def _page(of: Holder, form: LinkForm, *, refused: ErrorWords | None = None) -> str:
    bridge = ground_of().settings.origins.bridge
    if not of.gone:
        flask.g.may_connect_to = bridge
    done = flask.request.args.get("done")
    return flask.render_template(
        "card_holder.html",
        tab="cards",
        holder=of,
        form=form,
        bridge=bridge,
        refused=refused,
        done=done if refused is None and done in _DONE else None,
        now=ground_of().clock.now(),
    )


def _asker(resident_id: UUID) -> str:
    """Names member, browser session and resident to the challenge: an answer for one page is none for another."""
    if _ASKER not in flask.session:
        flask.session[_ASKER] = secrets.token_hex(16)
    asked_by = f"{flask.session[_ASKER]}:{member().id}:{resident_id}"
    return hashlib.sha256(asked_by.encode()).hexdigest()


def _identifier(text: str | None) -> UUID | None:
    """The id in a field that may be left empty. Raises ValueError."""
    return UUID(text) if text else None
