"""The forms of the residents' pages. What an answer may be is decided by `portal.filings`, not here."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from portal.filings import PREFECTURES


class IdField(HiddenField):  # type: ignore[misc]  # WTForms carries no types
    """A hidden UUID; anything else is an error of the field."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what came with the form."""
        try:
            self.data = UUID(valuelist[0]) if valuelist else None
        except ValueError:
            self.data = None
            raise


class LogOutForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Only the token: logging out is a change, so it is never a link."""


class CardAnswerForm(FlaskForm):  # type: ignore[misc]
    """What the card answered; filled in by the page's script."""

    challenge = IdField(validators=[InputRequired()])
    certificate = HiddenField(validators=[InputRequired()])
    signature = HiddenField(validators=[InputRequired()])


class LogInForm(CardAnswerForm):
    """The answer to a log-in, and the page that was asked for before it."""

    to = HiddenField()


class VisitorForm(FlaskForm):  # type: ignore[misc]
    """Only the token: what is confirmed stands in the session."""


class DeviceForm(FlaskForm):  # type: ignore[misc]
    """Asks for a code with which the card reader of another device can be used."""

    to = HiddenField()


class DeviceEnterForm(FlaskForm):  # type: ignore[misc]
    """Goes in once the card on the other device has answered. `login` names the code and opens nothing by itself."""

    login = HiddenField()
    to = HiddenField()


class WhoForm(FlaskForm):  # type: ignore[misc]
    """Who moves (異動者)."""

    movers = SelectMultipleField(validate_choice=False)


class WhenForm(FlaskForm):  # type: ignore[misc]
    """When (転出予定年月日), in three boxes."""

    year = StringField(_l("年"))
    month = StringField(_l("月"))
    day = StringField(_l("日"))


class WhereForm(FlaskForm):  # type: ignore[misc]
    """Where to (転出先)."""

    postal_code = StringField(_l("郵便番号"))
    prefecture = SelectField(_l("都道府県"), choices=["", *PREFECTURES], validate_choice=False)
    municipality = StringField(_l("市区町村"))
    address = StringField(_l("町名・番地・建物名"))


class CheckForm(FlaskForm):  # type: ignore[misc]
    """Submits exactly the draft that is on the screen, once."""

    draft_version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    submission_key = IdField(validators=[InputRequired()])


class WithdrawForm(FlaskForm):  # type: ignore[misc]
    """Only the token: the confirmation is the page itself."""
