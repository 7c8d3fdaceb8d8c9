"""転出届, one question a page. Each page saves its answer in the draft before it leads to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from portal import database, filings
from portal.filings import Admission, Answers, ContentRefused, Field, FilingKind, MovingOut, drafts
from portal.filings.drafts import Draft
from portal.ground import Ground
from portal.resident import person, words
from portal.resident.city import city
from portal.resident.forms import CheckForm, WhenForm, WhereForm, WhoForm
from portal.web import ground_of

pages = flask.Blueprint("moving_out", __name__, url_prefix="/moving-out")

_KIND = FilingKind.MOVING_OUT


@dataclass(frozen=True)
class Question:
    """One page: its form, how a saved answer fills it, how what was typed becomes an answer."""

    name: str
    form: type[FlaskForm]
    fill: Callable[[Any, Answers], None]
    read: Callable[[Any, Admission], Answers]

    @property
    def endpoint(self) -> str:
        return f"moving_out.{self.name}"


@dataclass(frozen=True)
class Fault:
    """One line of the error summary: the field (its `fault` list), where the link leads, and the words."""

    field: str
    target: str
    text: str


def _fill_who(form: WhoForm, answers: Answers) -> None:
    form.movers.data = [str(mover) for mover in answers.movers or ()]


def _read_who(form: WhoForm, admission: Admission) -> Answers:
    return Answers(movers=filings.parse_movers(form.movers.data or [], admission.household))


def _fill_when(form: WhenForm, answers: Answers) -> None:
    if answers.planned_date is not None:
        form.year.data = str(answers.planned_date.year)
        form.month.data = str(answers.planned_date.month)
        form.day.data = str(answers.planned_date.day)


def _read_when(form: WhenForm, admission: Admission) -> Answers:
    typed = (form.year.data or "", form.month.data or "", form.day.data or "")
    return Answers(planned_date=filings.parse_planned_date(*typed, filed_on=admission.filed_on))


def _fill_where(form: WhereForm, answers: Answers) -> None:
    if answers.destination is not None:
        form.postal_code.data = answers.destination.postal_code or ""
        form.prefecture.data = answers.destination.prefecture
        form.municipality.data = answers.destination.municipality
        form.address.data = answers.destination.address


def _read_where(form: WhereForm, admission: Admission) -> Answers:
    destination = filings.parse_destination(
        postal_code=form.postal_code.data or "",
        prefecture=form.prefecture.data or "",
        municipality=form.municipality.data or "",
        address=form.address.data or "",
        leaving=admission.leaving,
    )
    return Answers(destination=destination)


WHO = Question("who", WhoForm, _fill_who, _read_who)
WHEN = Question("when", WhenForm, _fill_when, _read_when)
WHERE = Question("where", WhereForm, _fill_where, _read_where)
_BY_ENDPOINT = {question.endpoint: question for question in (WHO, WHEN, WHERE)}
_QUESTION_OF = {Field.MOVERS: WHO, Field.PLANNED_DATE: WHEN}
_TARGETS = {Field.MOVERS: "movers-0", Field.PLANNED_DATE: "year"}


@pages.get("/")
def begin() -> ResponseReturnValue:
    """Continue where the draft ends."""
    with database.transaction(ground_of().engine) as connection:
        draft = _draft(connection)
    return flask.redirect(_next_page(Answers() if draft is None else draft.answers), 303)


@pages.route("/who", methods=["GET", "POST"])
def who() -> ResponseReturnValue:
    """Who moves."""
    return _ask(WHO)


@pages.route("/when", methods=["GET", "POST"])
def when() -> ResponseReturnValue:
    """When."""
    return _ask(WHEN)


@pages.route("/where", methods=["GET", "POST"])
def where() -> ResponseReturnValue:
    """Where to."""
    return _ask(WHERE)


@pages.route("/check", methods=["GET", "POST"])
def check() -> ResponseReturnValue:
    """Check the answers and file them."""
    ground = ground_of()
    form = CheckForm()
    with database.transaction(ground.engine) as connection:
        if form.validate_on_submit() and form.submission_key.data is not None:
            return _file(connection, ground, form.submission_key.data, form.draft_version.data)
        draft = _draft(connection)
        if draft is None:
            return flask.redirect(flask.url_for(WHO.endpoint), 303)
        sent = form.is_submitted()
        return _check_page(draft, _admit(connection, ground), changed=sent), 422 if sent else 200


def kept_page() -> ResponseReturnValue | None:
    """The page of a form that came with an outdated token, with what was typed; None where nothing was typed."""
    question = _BY_ENDPOINT.get(flask.request.endpoint or "")
    if question is None or person.present() is None:
        return None
    with database.transaction(ground_of().engine) as connection:
        admission = _admit(connection, ground_of())
    text = _("画面が古くなっていました。内容を確かめて、もう一度「次へ進む」を押してください")
    return _question_page(question, question.form(), admission, [Fault("", "main", text)])


def _ask(question: Question) -> ResponseReturnValue:
    ground = ground_of()
    form = question.form()
    with database.transaction(ground.engine) as connection:
        admission = _admit(connection, ground)
        draft = _draft(connection)
        answers = Answers() if draft is None else draft.answers
        if flask.request.method == "GET":
            question.fill(form, answers)
            return _question_page(question, form, admission)
        try:
            answer = question.read(form, admission)
        except ContentRefused as refused:
            return _question_page(question, form, admission, _faults(refused, admission)), 422
        drafts.save(connection, resident_id=person.resident_id(), kind=_KIND, answers=answer, now=ground.clock.now())
    return flask.redirect(_next_page(answers.merged(answer)), 303)


def _file(connection: sa.Connection, ground: Ground, key: UUID, seen_version: int) -> ResponseReturnValue:
    """Submit the draft that was on the screen; a draft that has changed since is shown again instead."""
    resident_id = person.resident_id()
    earlier = filings.submitted_with(connection, key, resident_id=resident_id)
    if earlier is not None:
        return flask.redirect(flask.url_for("filing.receipt", filing_id=earlier.id), 303)
    draft = _draft(connection)
    if draft is None:
        return flask.redirect(flask.url_for(WHO.endpoint), 303)
    admission = _admit(connection, ground)
    if (draft.submission_key, draft.version) != (key, seen_version):
        return _check_page(draft, admission, changed=True), 409
    try:
        content = filings.complete(draft.answers, admission.household, filed_on=admission.filed_on)
        filing = filings.submit(
            connection,
            resident_id=resident_id,
            content=content,
            submission_key=draft.submission_key,
            now=ground.clock.now(),
        )
    except ContentRefused:
        return _check_page(draft, admission), 422
    return flask.redirect(flask.url_for("filing.receipt", filing_id=filing.id), 303)


def _admit(connection: sa.Connection, ground: Ground) -> Admission:
    city()
    return filings.admit(connection, resident_id=person.resident_id(), now=ground.clock.now())


def _draft(connection: sa.Connection) -> Draft | None:
    return drafts.load(connection, resident_id=person.resident_id(), kind=_KIND)


def _next_page(answers: Answers) -> str:
    """The first question that is still open; with none left, the check page."""
    if answers.movers is None:
        return flask.url_for(WHO.endpoint)
    if answers.planned_date is None:
        return flask.url_for(WHEN.endpoint)
    if answers.destination is None:
        return flask.url_for(WHERE.endpoint)
    return flask.url_for("moving_out.check")


def _faults(refused: ContentRefused, admission: Admission) -> list[Fault]:
    return [
        Fault(error.field, _TARGETS.get(error.field, error.field), words.problem(error, admission.filed_on))
        for error in refused.errors
    ]


def _question_page(
    question: Question, form: FlaskForm, admission: Admission, faults: list[Fault] | None = None
) -> str:
    return flask.render_template(
        f"{question.name}.html",
        form=form,
        admission=admission,
        faults=faults or [],
        wrong={fault.field: fault.text for fault in faults or []},
        days=words.days_open(admission.filed_on),
    )


def _check_page(draft: Draft, admission: Admission, *, changed: bool = False) -> str:
    """The answers as they will be filed, or what is missing or no longer right, each with its way to change it."""
    content: MovingOut | None = None
    faults: list[Fault] = []
    try:
        content = filings.complete(draft.answers, admission.household, filed_on=admission.filed_on)
    except ContentRefused as refused:
        faults = [
            Fault(
                error.field,
                flask.url_for(_QUESTION_OF.get(error.field, WHERE).endpoint),
                words.problem(error, admission.filed_on),
            )
            for error in refused.errors
        ]
    form = CheckForm(formdata=None, draft_version=draft.version, submission_key=draft.submission_key)
    chosen = frozenset(draft.answers.movers or ())
    return flask.render_template(
        "check.html",
        form=form,
        answers=draft.answers,
        chosen=[one for one in admission.household if one.resident_id in chosen],
        held=[one for one in admission.household if one.resident_id in admission.held_by(chosen)],
        whole_household=admission.holds_household,
        content=content,
        faults=faults,
        changed=changed,
        city=admission.municipality,
    )
