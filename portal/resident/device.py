"""Log-in with the card reader of another device: the page that waits, and the way in once the card has answered."""

import base64
import io

import flask
import qrcode
import qrcode.constants
import qrcode.image.svg
from flask.typing import ResponseReturnValue

from portal import database, identity
from portal.identity import DeviceStanding, IdentityError
from portal.resident import entrance, person
from portal.resident.city import city
from portal.resident.errors import describe
from portal.resident.forms import DeviceEnterForm, DeviceForm, LogInForm
from portal.web import ErrorWords, ground_of, polling

pages = flask.Blueprint("device", __name__)
# The log-in page holds this form beside its own.
_PREFIX = "device-"


@pages.get("/login/device")
def again() -> ResponseReturnValue:
    """A code is shown once: a page loaded anew, or in another language, starts at the log-in."""
    return flask.redirect(flask.url_for("entrance.log_in"), 303)


@pages.post("/login/device")
def begin() -> ResponseReturnValue:
    """Show a new code: as a QR code and an address for the bridge, and as a short text for the person to compare."""
    form = DeviceForm(prefix=_PREFIX)
    ground = ground_of()
    place = city()
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        begun = identity.begin_device_login(connection, asker=person.asker(), now=now)
    # Behind "#": a browser or a proxy that meets this address never sends or logs the token.
    address = f"{ground.settings.origins.resident}{flask.url_for('device.explain')}#{begun.token}"
    standing = DeviceStanding(claimed=False, judged=False, expires_at=begun.expires_at)
    return flask.render_template(
        "device.html",
        city=place,
        address=address,
        code=begun.code,
        qr=_qr(address),
        **_waiting(standing, begun.login, form.to.data or ""),
    )


@pages.get("/login/device/standing")
@polling
def standing() -> ResponseReturnValue:
    """The part of the waiting page that changes, for the page that asks by itself."""
    ground = ground_of()
    login, to = flask.request.args.get("login", ""), flask.request.args.get("to", "")
    try:
        with database.transaction(ground.engine) as connection:
            found = identity.device_standing(connection, login=login, asker=person.asker(), now=ground.clock.now())
    except IdentityError as over:
        return _over(describe(over), to)
    fragment = flask.make_response(flask.render_template("device_waiting.html", **_waiting(found, login, to)))
    if found.judged:
        # Code and address have served: the whole panel gives way.
        fragment.headers["HX-Retarget"] = "#device"
    return fragment


@pages.post("/login/device/enter")
def enter() -> ResponseReturnValue:
    """Go in with what the card on the other device answered: once, in time, and in the session that waited."""
    form = DeviceEnterForm()
    ground = ground_of()
    try:
        known = identity.enter_device_login(
            ground, login=form.login.data or "", asker=person.asker(), now=ground.clock.now()
        )
    except IdentityError as refusal:
        to = form.to.data or ""
        words = describe(refusal)
        return _over(words, to) if _asked_by_page() else entrance.log_in_page(LogInForm(formdata=None, to=to), words)
    goes_on = entrance.let_in(known, form.to.data)
    if _asked_by_page():
        # A redirect would be followed and swapped into the page as a fragment.
        return "", 204, {"HX-Redirect": goes_on}
    return flask.redirect(goes_on, 303)


@pages.get("/device")
def explain() -> ResponseReturnValue:
    """What somebody reads who opens the bridge's address in a browser, as a phone's camera does."""
    return flask.render_template("device_explain.html", city=city())


def _over(words: ErrorWords, to: str) -> ResponseReturnValue:
    """In place of the panel: the words, and the way to another try. The page asks no more."""
    fragment = flask.make_response(
        flask.render_template("device_over.html", words=words, form=DeviceForm(formdata=None, prefix=_PREFIX, to=to))
    )
    fragment.headers["HX-Retarget"] = "#device"
    return fragment


def _waiting(standing: DeviceStanding, login: str, to: str) -> dict[str, object]:
    left = max(0, int((standing.expires_at - ground_of().clock.now()).total_seconds()))
    form = DeviceEnterForm(formdata=None, login=login, to=to)
    return {"standing": standing, "form": form, "login": login, "to": to, "minutes": left // 60, "seconds": left % 60}


def _asked_by_page() -> bool:
    return flask.request.headers.get("HX-Request") == "true"


def _qr(text: str) -> str:
    """The QR code as an SVG in a data URL: nothing of it is ever a file or an address of its own."""
    made = qrcode.make(
        text, image_factory=qrcode.image.svg.SvgPathImage, error_correction=qrcode.constants.ERROR_CORRECT_M, border=4
    )
    drawn = io.BytesIO()
    made.save(drawn)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode('ascii')}"
