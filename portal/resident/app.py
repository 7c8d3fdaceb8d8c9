"""The residents' face as a Flask app."""

import flask
from jinja2 import StrictUndefined

from portal.ground import Ground
from portal.identity import demand_trust_stores, prepare_revocation
from portal.resident import (
    device,
    device_wire,
    entrance,
    filing,
    languages,
    mine,
    moving_out,
    person,
    visitor,
    words,
)
from portal.resident.access import ACCESS
from portal.resident.city import known_city
from portal.resident.errors import describe, respond
from portal.resident.forms import LogOutForm
from portal.web import frame


def create_app(ground: Ground) -> flask.Flask:
    """The face for residents. The database is asked on the first request, not here.

    Raises TrustStoreUnusable in production when a pinned root is not a national one.
    """
    demand_trust_stores(ground.settings.trust, ground.settings.environment)
    prepare_revocation(ground.settings)
    app = flask.Flask(__name__, static_folder=str(ground.settings.static_dir), static_url_path="/static")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    frame(
        app,
        ground,
        face="resident",
        origin=ground.settings.origins.resident,
        access=ACCESS,
        authorise=person.authorise,
        describe=describe,
        respond=respond,
    )
    languages.install(app)
    # No cookie counts there, so there is nothing that a token could protect; see its docstring.
    app.extensions["csrf"].exempt(device_wire.wire)
    for pages in (
        entrance.pages,
        device.pages,
        device_wire.wire,
        visitor.pages,
        mine.pages,
        moving_out.pages,
        filing.pages,
    ):
        app.register_blueprint(pages)
    app.jinja_env.globals.update(
        known_city=known_city,
        language=languages.current,
        languages=languages.LANGUAGES,
        log_out_form=lambda: LogOutForm(prefix="out-"),
        present=person.present,
        visiting=person.visiting,
        states=words.STATES,
        state_kinds=words.STATE_KINDS,
        notice_words=words.NOTICES,
        check_words=words.CHECKS,
        check_kinds=words.CHECK_KINDS,
    )
    app.jinja_env.filters.update(
        day=words.day,
        short_day=words.short_day,
        moment=words.moment,
        birth_day=words.birth_day,
        sex=words.sex,
        postal_code=words.postal_code,
        masked=words.masked,
    )
    return app
