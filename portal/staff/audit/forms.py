"""What an auditor looks for. What is empty is not asked for, but for the days."""

from datetime import date

from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.validators import AnyOf, Length, ValidationError

from portal.staff.audit.words import ACTION
from portal.staff.words import typed_date


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class SeekForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Days, who, about whom (宛名番号), what."""

    first = StringField("この日から", filters=[_stripped], validators=[Length(max=20)])
    last = StringField("この日まで", filters=[_stripped], validators=[Length(max=20)])
    who = StringField("だれが", filters=[_stripped], validators=[Length(max=64, message="長すぎます。")])
    number = StringField(
        "だれの（宛名番号）", filters=[_stripped], validators=[Length(max=20, message="長すぎます。")]
    )
    action = StringField("何を", validators=[AnyOf(["", *ACTION], "一覧から選んでください。")])

    def validate_first(self, field: Field) -> None:
        """A day that cannot be read is told, and not left out."""
        _demand_day(field)

    def validate_last(self, field: Field) -> None:
        """The last day is the first one or after it."""
        _demand_day(field)
        first = typed_date(self.first.data)
        if first is not None and self.days()[1] < date.fromisoformat(first):
            raise ValidationError("この日までは、この日からよりあとの日にしてください。")

    def days(self) -> tuple[date, date]:
        """Both days, once they are valid."""
        first, last = (typed_date(field.data) or "" for field in (self.first, self.last))
        return date.fromisoformat(first), date.fromisoformat(last)


def _demand_day(field: Field) -> None:
    if typed_date(field.data) is None:
        raise ValidationError("日付は、2026-11-24 のように西暦で入力してください。")
