"""Every press on a screen is one of these forms; each carries the token that ties it to the page it was on."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length

from kiosk.payment.nexo import MEANS
from kiosk.portal_answers import Offer

LANGUAGES = {"ja": "日本語", "en": "English"}
CONTRASTS = ("normal", "high")
KEYS = (*"1234567890", "erase")
SCOPES = {"self": _("本人だけ"), "household": _("世帯の全員"), "family": _("同じ戸籍の全員")}


class KioskForm(FlaskForm):  # type: ignore[misc]  # the library is untyped
    """A form that may stand on a page several times: its hidden field has no id."""

    def hidden_tag(self, *_fields: str) -> Markup:
        """The token against forged posts."""
        return Markup(self.csrf_token(id=False))  # noqa: S704  # made by the form library, escaped there


class PressForm(KioskForm):
    """A button that says all by its address."""


class CertificateForm(KioskForm):
    """Which paper."""

    kind = StringField(validators=[DataRequired(), Length(max=64)])


class MeansForm(KioskForm):
    """How to pay."""

    means = StringField(validators=[DataRequired(), AnyOf(MEANS)])


class KeyForm(KioskForm):
    """One key of the PIN pad. The digit is passed on to the reader process and kept nowhere."""

    key = StringField(validators=[DataRequired(), AnyOf(KEYS)])


class LanguageForm(KioskForm):
    """Language of the screens."""

    language = StringField(validators=[AnyOf(tuple(LANGUAGES))])


class ContrastForm(KioskForm):
    """Light or dark screen."""

    contrast = StringField(validators=[AnyOf(CONTRASTS)])


class ContentForm(KioskForm):
    """Whose record, and which entries are printed besides those every copy has."""

    scope = RadioField(validators=[InputRequired(message=_("だれの分が必要か、えらんでください"))])
    items = SelectMultipleField()

    def offer(self, offer: Offer) -> None:
        """Allow what the portal offers this person, nothing else."""
        self.scope.choices = [(scope, SCOPES[scope]) for scope in offer.scopes if scope in SCOPES]
        self.items.choices = [(item.id, item.name) for item in offer.items]
