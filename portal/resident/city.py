"""The municipality as the pages show it, read once a request."""

import flask

from portal import database, municipality
from portal.municipality import Municipality
from portal.web import ground_of


def city() -> Municipality:
    """The municipality of this portal."""
    found: Municipality | None = flask.g.get("city")
    if found is None:
        with database.transaction(ground_of().engine) as connection:
            found = municipality.current(connection)
        flask.g.city = found
    return found


def known_city() -> Municipality | None:
    """What this request has read already: an error page never goes to the database again."""
    found: Municipality | None = flask.g.get("city")
    return found
