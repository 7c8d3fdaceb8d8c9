"""The forms of the register desk."""

import re
import unicodedata

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField
from wtforms.validators import AnyOf, Length, ValidationError

from portal import register
from portal.staff.register.dates import typed_period
from portal.staff.register.inquiry import Inquiry

_PERIOD = "生年月日は、1991年4月8日、平成3年4月、1991 のように入力してください。"


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def _digits(value: str | None) -> str | None:
    return re.sub(r"[\s‐‑–—−ー-]", "", unicodedata.normalize("NFKC", value)) if value else value


class InquiryForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Why the register is looked into."""

    why = StringField("照会の理由", validators=[AnyOf(list(Inquiry), "照会の理由を選んでください。")])


class FindForm(InquiryForm):
    """4情報, or fragments of them: what is empty is not asked for. `after`: the last one of the page before."""

    name = StringField("氏名", filters=[_stripped], validators=[Length(max=100)])
    reading = StringField("フリガナ", filters=[_stripped], validators=[Length(max=100)])
    born = StringField("生年月日", filters=[_stripped], validators=[Length(max=20)])
    born_until = StringField("生年月日の終わり", filters=[_stripped], validators=[Length(max=20)])
    address = StringField("住所", filters=[_stripped], validators=[Length(max=200)])
    after = HiddenField()

    def validate_born(self, field: Field) -> None:
        """A date that cannot be read is told, and not left out of the search."""
        if field.data and typed_period(field.data) is None:
            raise ValidationError(_PERIOD)

    def validate_born_until(self, field: Field) -> None:
        """The end of a time without its beginning is told."""
        if field.data and typed_period(field.data) is None:
            raise ValidationError(_PERIOD)
        if field.data and not self.born.data:
            raise ValidationError("期間でさがすときは、はじめの日も入力してください。")


class NumberForm(InquiryForm):
    """An 個人番号 or a 住民票コード: it travels in the body, and no page ever shows it again."""

    number = StringField("個人番号か住民票コード", filters=[_digits])

    def validate_number(self, field: Field) -> None:
        """What is neither is told before anything is looked up."""
        number = field.data or ""
        if not register.is_individual_number(number) and not register.is_resident_code(number):
            raise ValidationError("個人番号（12けた）か住民票コード（11けた）を、まちがいなく入力してください。")
