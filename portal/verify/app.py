"""The face for checking certificates as a Flask app."""

import flask
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined

from portal.ground import Ground
from portal.verify import asking, languages, offline, pages, words
from portal.verify.access import ACCESS, Access
from portal.verify.errors import describe, respond
from portal.web import frame

# An issue number, a key of 16 bytes and one word.
_LARGEST_REQUEST = 1024


def create_app(ground: Ground) -> flask.Flask:
    """The face for everybody who was handed a certificate."""
    app = flask.Flask(__name__, static_folder=str(ground.settings.static_dir), static_url_path="/static")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    frame(
        app,
        ground,
        face="verify",
        origin=ground.settings.origins.verify,
        access=ACCESS,
        authorise=_everybody,
        describe=describe,
        respond=respond,
        with_browser=False,
        with_camera=True,
    )
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    languages.install(app)
    app.jinja_env.globals.update(
        language=languages.current,
        languages=languages.LANGUAGES,
        verdicts=words.VERDICTS,
        reasons=words.REASONS,
        findings=words.FINDINGS,
        stylesheets=offline.STYLESHEETS,
        official=ground.settings.origins.verify,
    )
    app.jinja_env.filters["of_city"] = words.of_city
    for part in (pages.pages, asking.endpoints):
        app.register_blueprint(part)
    return app


def _everybody(access: Access) -> ResponseReturnValue | None:  # noqa: ARG001
    return None
