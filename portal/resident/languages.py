"""The language of the page: chosen by link, else the browser's wish, else Japanese (the source language)."""

from pathlib import Path

import flask
import flask_babel

from portal.resident.person import LANGUAGE

LANGUAGES = {"ja": "日本語", "en": "English"}
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


def install(app: flask.Flask) -> None:
    """Choose the language of every request."""
    flask_babel.Babel(
        app, default_locale="ja", default_translation_directories=str(CATALOGUES), locale_selector=_select
    )

    @app.before_request
    def remember() -> None:
        wished = flask.request.args.get("lang")
        if wished in LANGUAGES:
            flask.session[LANGUAGE] = wished


def _select() -> str:
    chosen = flask.request.args.get("lang") or flask.session.get(LANGUAGE)
    if chosen in LANGUAGES:
        return str(chosen)
    return flask.request.accept_languages.best_match(list(LANGUAGES)) or "ja"


def current() -> str:
    """The code of the page's language."""
    locale = flask_babel.get_locale()
    return "ja" if locale is None else str(locale.language)
