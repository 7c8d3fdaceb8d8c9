"""The language of the page: the one in the address, else the browser's wish, else Japanese. Nothing is remembered."""

from pathlib import Path

import flask
import flask_babel

LANGUAGES = {"ja": "日本語", "en": "English"}
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


def install(app: flask.Flask) -> None:
    """Choose the language of every request."""
    flask_babel.Babel(
        app, default_locale="ja", default_translation_directories=str(CATALOGUES), locale_selector=_select
    )


def _select() -> str:
    chosen = flask.request.args.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    return flask.request.accept_languages.best_match(list(LANGUAGES)) or "ja"


def current() -> str:
    """The code of the page's language."""
    locale = flask_babel.get_locale()
    return "ja" if locale is None else str(locale.language)
