"""The search of the register desk: by 4情報 in any combination, or by a number. Nothing of it stands in a URL."""

from uuid import UUID

import flask
from flask.typing import ResponseReturnValue

from portal import database, register
from portal.register import FoundPage, NoSuchDay, SearchTooWide
from portal.staff import words
from portal.staff.member import actor
from portal.staff.register.dates import typed_period
from portal.staff.register.forms import FindForm, NumberForm
from portal.staff.register.inquiry import WORDS, Inquiry
from portal.web import ground_of

pages = flask.Blueprint("register_finding", __name__, url_prefix="/register")

_A_PAGE = 50


@pages.get("")
def find() -> ResponseReturnValue:
    """Both searches, empty."""
    return _page(FindForm(formdata=None), NumberForm(formdata=None, prefix="number"))


@pages.post("")
def search() -> ResponseReturnValue:
    """Those to whom everything typed applies, fifty at a time."""
    form = FindForm()
    numbers = NumberForm(formdata=None, prefix="number")
    if not form.validate_on_submit():
        return _page(form, numbers), 422
    try:
        found = _found(form)
    except SearchTooWide:
        form.name.errors = [words.SEARCH_TOO_WIDE]
        return _page(form, numbers), 422
    except NoSuchDay:
        form.born_until.errors = ["終わりの日が、はじめの日より前です。"]
        return _page(form, numbers), 422
    return _page(form, numbers, found=found)


@pages.post("/number")
def by_number() -> ResponseReturnValue:
    """Lead to the record whose number this is; one event, whoever is found."""
    form = NumberForm(prefix="number")
    searched = FindForm(formdata=None)
    if form.validate_on_submit():
        inquiry = Inquiry(form.why.data)
        found = _resident_with(form.number.data, inquiry)
        if found is not None:
            return flask.redirect(flask.url_for("register_record.show", resident_id=found, why=inquiry.value), 303)
        form.number.errors = ["この番号の人は、記録にいません。番号を確かめてください。"]
    return _page(searched, form), 422


def _resident_with(number: str, inquiry: Inquiry) -> UUID | None:
    ground = ground_of()
    find_one = (
        register.find_by_individual_number
        if register.is_individual_number(number)
        else register.find_by_resident_code
    )
    with database.transaction(ground.engine) as connection:
        return find_one(connection, ground.fields, number, reader=actor(), why=inquiry.why, now=ground.clock.now())


def _found(form: FindForm) -> FoundPage:
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        return register.search(
            connection,
            name=form.name.data,
            reading=form.reading.data,
            birth_date=typed_period(form.born.data),
            born_until=typed_period(form.born_until.data),
            address=form.address.data,
            after=_identifier(form.after.data),
            reader=actor(),
            why=Inquiry(form.why.data).why,
            now=ground.clock.now(),
            limit=_A_PAGE,
        )


def _page(form: FindForm, numbers: NumberForm, *, found: FoundPage | None = None) -> str:
    return flask.render_template(
        "register_find.html",
        tab="register",
        form=form,
        numbers=numbers,
        reasons=WORDS,
        found=found,
        most=register.MOST_FOUND,
        continued=bool(form.after.data),
    )


def _identifier(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
