"""The review desk as a Flask app."""

import flask

from portal.ground import Ground
from portal.staff import (
    cards,
    cases,
    devices,
    entrance,
    filing,
    link_requests,
    one_card,
    one_device,
    papers,
    queue,
    switches,
    tabs,
    words,
)
from portal.staff.access import ACCESS
from portal.staff.audit import book
from portal.staff.errors import describe, respond
from portal.staff.member import authorise
from portal.staff.register import finding, record
from portal.web import frame


def create_app(ground: Ground) -> flask.Flask:
    """The face for staff. Raises nothing at build time: the database is asked on the first request."""
    app = flask.Flask(__name__, static_folder=str(ground.settings.static_dir), static_url_path="/static")
    frame(
        app, ground, face="staff", origin=ground.settings.origins.staff,
        access=ACCESS, authorise=authorise, describe=describe, respond=respond,
    )  # fmt: skip
    desk_pages = (entrance, tabs, queue, filing, cards, one_card, link_requests)
    for pages in (*desk_pages, finding, record, devices, one_device, cases, papers, switches):
        app.register_blueprint(pages.pages)
    app.register_blueprint(book.pages)
    app.jinja_env.globals.update(desk=tabs.desk)
    app.jinja_env.filters.update(
        day=words.day,
        moment=words.moment,
        short_moment=words.short_moment,
        clock_time=words.clock_time,
        registered=words.registered,
        fingerprint=words.fingerprint,
        link_end=words.LINK_END.__getitem__,
        stop_reason=words.STOP_REASON.__getitem__,
        standing=words.STANDING.__getitem__,
    )
    return app
