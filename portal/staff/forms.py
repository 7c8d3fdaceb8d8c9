"""The forms of the desk. Each carries its CSRF token; each works without JavaScript."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, Regexp, ValidationError
from wtforms.widgets import HiddenInput

from portal.certificates import Answer
from portal.certificates.papers.tables import WithdrawalReason
from portal.identity import LinkEnd, RequestRefusal, StopReason
from portal.staff.words import typed_date

STATEMENT_LENGTH = 500
# 転出 and death end links by themselves.
ENDED_AT_THE_DESK = (LinkEnd.WITHDRAWN, LinkEnd.SUPERSEDED, LinkEnd.OFFICER)


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class LogInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Login, password and one-time code together: which of them was wrong is never said."""

    login = StringField(
        "職員ID", filters=[_stripped], validators=[DataRequired("職員IDを入力してください。"), Length(max=64)]
    )
    password = PasswordField(
        "パスワード", validators=[InputRequired("パスワードを入力してください。"), Length(max=256)]
    )
    code = StringField(
        "確認コード（6けた）",
        filters=[_stripped],
        validators=[
            DataRequired("確認コードを入力してください。"),
            Regexp(r"\A[0-9０-９]{6}\Z", message="確認コードは数字6けたで入力してください。"),
        ],
    )
    to = HiddenField()


class LogOutForm(FlaskForm):  # type: ignore[misc]
    """Only the token: logging out is a change, so it is never a link."""


class SearchForm(FlaskForm):  # type: ignore[misc]
    """Find one filing by its receipt number (受付番号)."""

    number = StringField(
        "受付番号",
        filters=[_stripped],
        validators=[DataRequired("受付番号を入力してください。"), Length(max=40, message="受付番号が長すぎます。")],
    )


class AcceptForm(FlaskForm):  # type: ignore[misc]
    """Accept a filing in the version that was on the screen."""

    seen_version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    checked = BooleanField(
        "申請の内容を住民記録と照らし合わせました",
        validators=[DataRequired("照らし合わせが済んだら、チェックを入れてください。")],
    )


class ReleaseForm(FlaskForm):  # type: ignore[misc]
    """Give a filing back to the others."""


class SettleForm(FlaskForm):  # type: ignore[misc]
    """What paper left the machine. "A later attempt worked" is not among the answers (incident of Adachi)."""

    answer = StringField(
        "機械から出た紙",
        validators=[AnyOf([known.value for known in Answer], "機械から出た紙を確認して、1つ選んでください。")],
    )
    statement = TextAreaField(
        "確認したこと",
        filters=[_stripped],
        validators=[
            DataRequired("だれが、いつ、何を見て確認したかを書いてください。"),
            Length(max=STATEMENT_LENGTH, message=f"{STATEMENT_LENGTH}文字以内で書いてください。"),
        ],
    )
    # Asked for only where a part of the paper came out and the fee for it is held.
    keep_fee = StringField(
        "手数料", default="", validators=[AnyOf(["", "yes", "no"], "手数料をどうするか選んでください。")]
    )


class FindPaperForm(FlaskForm):  # type: ignore[misc]
    """Find one issued certificate by the number that is printed on it (発行番号)."""

    number = StringField(
        "発行番号",
        filters=[_stripped],
        validators=[DataRequired("発行番号を入力してください。"), Length(max=40, message="発行番号が長すぎます。")],
    )


class WithdrawForm(FlaskForm):  # type: ignore[misc]
    """Why the paper does not count any more. There is no way back, so the consequence is confirmed."""

    reason = StringField("取り消す理由", validators=[AnyOf(list(WithdrawalReason), "取り消す理由を選んでください。")])
    confirmed = BooleanField(
        "取り消すと、もとに戻せないことを確かめました", validators=[DataRequired("確認のチェックを入れてください。")]
    )


class IssuanceSwitchForm(FlaskForm):  # type: ignore[misc]
    """Stop or resume issuance at every kiosk. The wished state is named, so that a double click changes nothing."""

    stopped = StringField(validators=[AnyOf(["yes", "no"], "画面を読み込み直してください。")])
    confirmed = BooleanField(validators=[DataRequired("確認のチェックを入れてください。")])


class StopOneForm(FlaskForm):  # type: ignore[misc]
    """Stop or resume one certificate or one terminal. The wished state is named."""

    stopped = StringField(validators=[AnyOf(["yes", "no"], "画面を読み込み直してください。")])


class FindResidentForm(FlaskForm):  # type: ignore[misc]
    """4情報, or a part of them: what is empty is not asked for."""

    name = StringField("氏名", filters=[_stripped], validators=[Length(max=100)])
    reading = StringField("フリガナ", filters=[_stripped], validators=[Length(max=100)])
    birth_date = StringField("生年月日", filters=[_stripped], validators=[Length(max=20)])
    address = StringField("住所", filters=[_stripped], validators=[Length(max=200)])

    def validate_birth_date(self, field: Field) -> None:
        """A date that cannot be read is told, and not left out of the search."""
        if field.data and typed_date(field.data) is None:
            raise ValidationError("生年月日は、1991年4月8日 のように西暦で入力してください。")


class LinkForm(FlaskForm):  # type: ignore[misc]
    """What the card on the reader answered, filled in by the page; the card it takes the place of, if any."""

    challenge = HiddenField(validators=[InputRequired()])
    certificate = HiddenField(validators=[InputRequired()])
    signature = HiddenField(validators=[InputRequired()])
    supersedes = StringField("前のカード")


class StopForm(FlaskForm):  # type: ignore[misc]
    """Why the card is stopped (利用停止)."""

    reason = StringField("止める理由", validators=[AnyOf(list(StopReason), "止める理由を選んでください。")])


class LiftForm(FlaskForm):  # type: ignore[misc]
    """The officer has the card and its holder before them."""

    confirmed = BooleanField(
        "カードが本人の手元にあることを確かめました", validators=[DataRequired("確認のチェックを入れてください。")]
    )


class EndLinkForm(FlaskForm):  # type: ignore[misc]
    """Why the registration of a card ends."""

    reason = StringField("終える理由", validators=[AnyOf(list(ENDED_AT_THE_DESK), "終える理由を選んでください。")])


class LinkRequestForm(FlaskForm):  # type: ignore[misc]
    """Register the visitor's card for the resident beside whom the officer has put the visitor's 4情報."""

    resident = HiddenField(validators=[InputRequired()])
    confirmed = BooleanField(
        "同じ人であることを確かめました",
        validators=[DataRequired("照らし合わせが済んだら、チェックを入れてください。")],
    )


class RefuseRequestForm(FlaskForm):  # type: ignore[misc]
    """Why the visitor's card is registered for nobody."""

    reason = StringField("断る理由", validators=[AnyOf(list(RequestRefusal), "断る理由を選んでください。")])


class RevokeForm(FlaskForm):  # type: ignore[misc]
    """Withdraw the enrolment of a kiosk. It is not given back, so the consequence is confirmed."""

    confirmed = BooleanField(
        "この端末を、もう使わないことを確かめました", validators=[DataRequired("確認のチェックを入れてください。")]
    )
