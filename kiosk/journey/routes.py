"""The screens over HTTP, for the one browser of this terminal.

`GET /` shows where the journey stands; each press is a form that answers 303 to it. With scripts the same forms
are sent by htmx and only the screen is exchanged; `GET /screen` brings it anew when it would look different, and
answers 204 when not.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from kiosk.card.client import ReaderError
from kiosk.journey.conductor import Conductor
from kiosk.journey.failures import FAILURES, page_for
from kiosk.journey.forms import (
    CONTRASTS,
    LANGUAGES,
    SCOPES,
    CertificateForm,
    ContentForm,
    ContrastForm,
    KeyForm,
    LanguageForm,
    MeansForm,
    PressForm,
)
from kiosk.journey.journey import View
from kiosk.journey.papers import PAPERS
from kiosk.journey.parts import Parts
from kiosk.journey.screens import SCREENS, STEPS, is_slow, seconds_left, stamp
from kiosk.journey.situation import obstacle, paper_obstacle
from kiosk.journey.states import HOLDS_NOTHING, Event, IllegalTransition, State
from kiosk.portal_client import PortalRefused, PortalUnreachable

logger = logging.getLogger(__name__)

PRESSES: dict[str, Event] = {
    "begin": Event.BEGUN,
    "back": Event.BACK,
    "quit": Event.QUIT,
    "continue": Event.CONTINUED,
    "last-try": Event.LAST_TRY_ACCEPTED,
    "pin": Event.PIN_SUBMITTED,
    "confirm": Event.CONFIRMED,
    "paper-taken": Event.PAPER_TAKEN,
    "finish": Event.FINISHED,
    "start-over": Event.START_OVER,
}
_OPEN_TO_ALL = frozenset({"journey.start", "journey.unit", "static"})
_LET_FINISH = frozenset({State.PRINTING, State.TAKE_PAPER})


@dataclass(frozen=True, slots=True)
class Routes:
    """What the views need."""

    parts: Parts
    conductor: Conductor

    def fire(self, event: Event, **changes: object) -> None:
        """A press that came too late or twice changes nothing: the screen shows where the journey stands."""
        try:
            self.parts.journey.fire(event, epoch=None, failure=None, **changes)
        except IllegalTransition as refused:
            logger.info("press ignored: %s", refused)
        self.conductor.hurry()


def create_blueprint(parts: Parts, conductor: Conductor) -> Blueprint:
    """All routes of the journey."""
    blueprint = Blueprint("journey", __name__)
    routes = Routes(parts, conductor)
    _guard(blueprint, parts)
    _add_pages(blueprint, parts)
    _add_presses(blueprint, routes)
    _add_choices(blueprint, routes)
    _add_pin_pad(blueprint, routes)
    _add_payment(blueprint, routes)
    _add_sheets(blueprint, parts)
    return blueprint


def _guard(blueprint: Blueprint, parts: Parts) -> None:
    @blueprint.before_request
    def one_browser() -> ResponseReturnValue | None:
        if request.endpoint in _OPEN_TO_ALL:
            return None
        known = session.get("browser")
        view = parts.journey.view
        if known is None:
            _abandon(parts, view)
            session["browser"] = parts.journey.view.browser
        elif known != view.browser:
            return _go(url_for("journey.start"))
        if request.method == "POST":
            parts.journey.touch()
        return None


def _abandon(parts: Parts, view: View) -> None:
    """The browser of this visit is gone, and a fresh one came: it must see nothing of it. Paper may still finish."""
    if view.state in HOLDS_NOTHING | _LET_FINISH or view.visit.released:
        return
    try:
        parts.journey.fire(Event.QUIT, epoch=view.epoch)
    except IllegalTransition as refused:
        logger.info("nothing to abandon: %s", refused)


def _add_pages(blueprint: Blueprint, parts: Parts) -> None:
    @blueprint.get("/")
    def screen() -> ResponseReturnValue:
        return _page(parts)

    @blueprint.get("/screen")
    def news() -> ResponseReturnValue:
        view = parts.journey.view
        if request.args.get("seen") == stamp(view, parts.situation(), parts.clock()):
            return Response(status=204)
        return _page(parts)

    @blueprint.get("/time")
    def time() -> ResponseReturnValue:
        left = seconds_left(parts.journey.view, parts.settings.limits, parts.clock())
        return Response(status=204) if left is None else render_template("_time.html", **_words(parts))

    @blueprint.get("/help")
    @blueprint.get("/help/<topic>")
    def help_page(topic: str = "staff") -> ResponseReturnValue:
        return render_template("help.html", topic=topic if topic == "pin" else "staff", **_words(parts))

    @blueprint.get("/start")
    def start() -> ResponseReturnValue:
        session.clear()
        response = redirect(url_for("journey.screen"), 303)
        response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response

    @blueprint.get("/unit.css")
    def unit() -> ResponseReturnValue:
        # 1 rem is 2.48 mm on any display: 10 px on the reference one (21.5 inch, 4.03 px per mm).
        css = f":root {{ font-size: {10 * parts.settings.px_per_mm / 4.03:.4f}px; }}\n"
        return Response(css, mimetype="text/css")


def _add_presses(blueprint: Blueprint, routes: Routes) -> None:
    @blueprint.post("/press/<name>")
    def press(name: str) -> ResponseReturnValue:
        event = PRESSES.get(name)
        if event is None or not PressForm().validate_on_submit():
            return _go(url_for("journey.screen"))
        if event is Event.PIN_SUBMITTED and routes.parts.journey.view.visit.digits < 4:
            routes.parts.journey.note(pin_too_short=True)
        elif event is Event.CONFIRMED:
            routes.fire(event, request=str(uuid.uuid4()))
        else:
            routes.fire(event)
        return _go(url_for("journey.screen"))

    @blueprint.post("/language")
    def language() -> ResponseReturnValue:
        form = LanguageForm()
        if form.validate_on_submit():
            routes.parts.journey.prefer(language=form.language.data)
        return redirect(url_for("journey.screen"), 303)

    @blueprint.post("/contrast")
    def contrast() -> ResponseReturnValue:
        form = ContrastForm()
        if form.validate_on_submit():
            routes.parts.journey.prefer(contrast=form.contrast.data)
        return redirect(url_for("journey.screen"), 303)


def _add_choices(blueprint: Blueprint, routes: Routes) -> None:
    parts = routes.parts

    @blueprint.post("/certificate")
    def certificate() -> ResponseReturnValue:
        form = CertificateForm()
        view = parts.journey.view
        situation = parts.situation()
        found = paper_obstacle(situation, parts.clock())
        if view.state is State.CHOOSE_CERTIFICATE and found is not None:
            parts.fail(view, found)
        elif form.validate_on_submit() and situation.available(form.kind.data):
            name = next(row.name for row in situation.certificates if row.kind == form.kind.data)
            routes.fire(Event.CERTIFICATE_CHOSEN, kind=form.kind.data, kind_name=name)
        return _go(url_for("journey.screen"))

    @blueprint.post("/content")
    def content() -> ResponseReturnValue:
        view = parts.journey.view
        offer = view.visit.offer
        if view.state is not State.CHOOSE_CONTENT or offer is None:
            return _go(url_for("journey.screen"))
        form = ContentForm()
        form.offer(offer)
        if not form.validate_on_submit():
            return _page(parts, content=form), 422
        routes.fire(Event.CONTENT_CHOSEN, scope=form.scope.data, items=frozenset(form.items.data or ()))
        return _go(url_for("journey.screen"))


def _add_pin_pad(blueprint: Blueprint, routes: Routes) -> None:
    parts = routes.parts

    @blueprint.get("/pin")
    def dots() -> ResponseReturnValue:
        if parts.journey.view.state is not State.ENTER_PIN:
            return Response(status=204)
        return render_template("_pin.html", **_words(parts))

    @blueprint.post("/pin")
    def key() -> ResponseReturnValue:
        view = parts.journey.view
        form = KeyForm()
        if view.state is State.ENTER_PIN and form.validate_on_submit():
            try:
                digits = _press_key(parts, view, form.key.data)
            except ReaderError as error:
                parts.fail(view, error.code if error.code != "bad_state" else "reader_unavailable")
            else:
                parts.journey.note(epoch=view.epoch, digits=digits, pin_too_short=False)
        return _go(url_for("journey.dots" if _is_htmx() else "journey.screen"))


def _add_payment(blueprint: Blueprint, routes: Routes) -> None:
    parts = routes.parts

    @blueprint.post("/means")
    def means() -> ResponseReturnValue:
        form = MeansForm()
        view = parts.journey.view
        if (
            view.state is State.CHOOSE_MEANS
            and form.validate_on_submit()
            and form.means.data in parts.situation().means
        ):
            routes.fire(Event.MEANS_CHOSEN, means=form.means.data, inserted=0, problem=None, cancelling=False)
        return _go(url_for("journey.screen"))

    @blueprint.post("/cancel-payment")
    def cancel_payment() -> ResponseReturnValue:
        view = parts.journey.view
        if view.state is State.PAYING and PressForm().validate_on_submit():
            parts.journey.note(epoch=view.epoch, cancelling=True)
            routes.conductor.hurry()
        return _go(url_for("journey.screen"))


def _add_sheets(blueprint: Blueprint, parts: Parts) -> None:
    """The paper as marked pictures, from when it is ready until it is paid for. Nothing of them is kept here."""

    @blueprint.get("/sheet/<int:page>")
    def sheet(page: int) -> ResponseReturnValue:
        view = parts.journey.view
        if view.state is not State.CHOOSE_MEANS or not 1 <= page <= view.visit.of:
            return _go(url_for("journey.screen"))
        return render_template("sheet.html", page=page, **_words(parts))

    @blueprint.get("/sheet/<int:page>.png")
    def sheet_picture(page: int) -> ResponseReturnValue:
        visit = parts.journey.view.visit
        if parts.journey.view.state is not State.CHOOSE_MEANS or visit.portal is None:
            return Response(status=404)
        try:
            picture = parts.portal.picture(visit.portal.token, visit.order, page)
        except (PortalUnreachable, PortalRefused) as error:
            logger.info("no picture of a sheet: %s", error)
            return Response(status=404)
        return Response(picture, mimetype="image/png")


def _press_key(parts: Parts, view: View, key: str) -> int:
    """Pass one key on to the reader process; how many digits it holds now."""
    held = view.visit.digits
    if key == "erase":
        return parts.reader.pin_erase() if held else 0
    if held >= 4 or view.visit.presence is None:
        return held
    if held == 0:
        parts.reader.pin_begin(view.visit.presence)
    return parts.reader.pin_key(key)


def _page(parts: Parts, content: ContentForm | None = None) -> str:
    words = _words(parts, content)
    screen = SCREENS[parts.journey.view.state]
    return render_template(screen.template, **words)


def _words(parts: Parts, content: ContentForm | None = None) -> dict[str, object]:
    view, situation, now = parts.journey.view, parts.situation(), parts.clock()
    code = obstacle(situation, now) or "stopped"
    return {
        "layout": "_fragment.html" if _is_htmx() else "_page.html",
        "view": view,
        "visit": view.visit,
        "screen": SCREENS[view.state],
        "steps": STEPS,
        "step": SCREENS[view.warned_in or view.state].step,
        "slow": is_slow(view, now),
        "left": seconds_left(view, parts.settings.limits, now),
        "stamp": stamp(view, situation, now),
        "city": situation.municipality,
        "elsewhere": situation.elsewhere,
        "hours": situation.bulletin.hours if situation.bulletin else "",
        "kinds": situation.certificates,
        "obstacle": code,
        "obstacle_words": FAILURES[page_for(code)],
        "failure": view.failure,
        "failure_words": FAILURES[page_for(view.failure.code)] if view.failure else None,
        "help_place": parts.settings.help_place,
        "help_phone": parts.settings.help_phone,
        "terminal": parts.settings.terminal_id,
        "means": sorted(situation.means),
        "payable": situation.payable,
        "problem_words": FAILURES[page_for(view.visit.problem)] if view.visit.problem else None,
        "means_form": MeansForm(),
        "press": PressForm(),
        "certificate_form": CertificateForm(),
        "key_form": KeyForm(),
        "content_form": content or _content_form(view),
        "language_form": LanguageForm(),
        "contrast_form": ContrastForm(),
        "languages": LANGUAGES,
        "contrasts": CONTRASTS,
        "scopes": SCOPES,
        "failures": FAILURES,
        "papers": PAPERS,
    }


def _content_form(view: View) -> ContentForm | None:
    offer = view.visit.offer
    if offer is None:
        return None
    chosen = view.visit.items or frozenset(item.id for item in offer.items if item.default)
    scope = view.visit.scope or (offer.scopes[0] if len(offer.scopes) == 1 else None)
    form = ContentForm(formdata=None, scope=scope, items=sorted(chosen))
    form.offer(offer)
    return form


def _is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


def _go(address: str) -> ResponseReturnValue:
    """Show `address` next. A page of an ended session is left as a whole, never patched."""
    if _is_htmx() and address == url_for("journey.start"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)
