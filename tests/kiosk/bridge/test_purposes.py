"""What the signature is for decides which key of the card makes it, what is asked for, and what the page says."""

import base64

import pytest
from flask.testing import FlaskClient

from kiosk.bridge.operation import PURPOSES
from kiosk.card.payload import authentication_payload
from kiosk.card.tokens import TokenKind
from tests.kiosk.bridge.test_bridge import NONCE, SITE, FakeReader, begin, client, now, press, reader, report

__all__ = ["client", "now", "reader"]
PASSWORD = "ABC123"


def shown(client: FlaskClient, operation: str, language: str = "ja") -> str:
    return client.get(f"/pin/{operation}", headers={"Accept-Language": language}).get_data(as_text=True)


@pytest.mark.parametrize(("purpose", "pin"), [("login", "1234"), ("link", "1234"), ("identify", PASSWORD)])
def test_each_purpose_is_signed_with_its_own_key_and_stands_in_what_is_signed(
    client: FlaskClient, reader: FakeReader, purpose: str, pin: str
) -> None:
    operation = begin(client, purpose=purpose)
    shown(client, operation)
    assert reader.token is PURPOSES[purpose].kind
    press(client, operation, pin=pin, sign="y")
    assert base64.b64decode(report(client, operation)["signature"]) == b"signature"
    assert reader.payloads == [authentication_payload(SITE, NONCE, purpose)]


@pytest.mark.parametrize(
    ("purpose", "japanese", "english"),
    [
        ("login", "カードでログインする（利用者証明）", "Log in with the card"),
        ("link", "窓口で、このカードをあなたの記録に結びつける", "Link this card to your record"),
        ("identify", "氏名・住所・生年月日・性別がサイトに伝わります。", "The site will learn your name"),
    ],
)
def test_the_page_says_what_is_signed_for(client: FlaskClient, purpose: str, japanese: str, english: str) -> None:
    operation = begin(client, purpose=purpose)
    assert japanese in shown(client, operation)
    assert english in shown(client, operation, "en")


@pytest.mark.parametrize(
    "typed", ["", "ABC12", "A" * 17, "ABC-123", "ABC 123", "ABCあ12", "ABC12é", "ＡＢＣ１２", "ABC①23", "ABC12\0"]
)
def test_a_password_of_the_wrong_form_never_reaches_the_card(
    client: FlaskClient, reader: FakeReader, typed: str
) -> None:
    reader.tries = 5
    page = press(client, begin(client, purpose="identify"), pin=typed, sign="y")
    assert "英字と数字、6文字から16文字で入れてください" in page
    assert (reader.tries, reader.digits, reader.payloads) == (5, "", [])


@pytest.mark.parametrize("typed", ["abc123", "ＡＢＣ１２３", "ａｂｃ１２３", "aBc１23"])
def test_small_and_full_width_letters_are_folded(client: FlaskClient, reader: FakeReader, typed: str) -> None:
    press(client, begin(client, purpose="identify"), pin=typed, sign="y")
    assert len(reader.payloads) == 1


@pytest.mark.parametrize(
    ("tries", "words"),
    [
        (5, "5回続けてまちがえると、ロックされます。"),
        (4, "あと2回から4回"),
        (2, "あと2回から4回"),
        (1, "あと1回です"),
    ],
)
def test_tries_are_told_as_far_as_they_are_known(
    client: FlaskClient, reader: FakeReader, tries: int, words: str
) -> None:
    reader.tries = tries
    assert words in shown(client, begin(client, purpose="identify"))


def test_the_last_password_try_needs_a_consent_of_its_own(client: FlaskClient, reader: FakeReader) -> None:
    reader.tries = 1
    operation = begin(client, purpose="identify")
    assert 'name="pin"' not in shown(client, operation)
    press(client, operation, pin="WRONG1", sign="y")
    assert reader.tries == 1, "a password sent without consent must not cost the last try"
    page = press(client, operation, consent="y")
    assert 'name="pin"' in page
    assert "これが最後の1回です。" in page
    press(client, operation, pin=PASSWORD, sign="y")
    assert report(client, operation)["state"] == "signed"


def test_a_password_locked_by_the_last_try_is_called_so(client: FlaskClient, reader: FakeReader) -> None:
    reader.tries = 1
    operation = begin(client, purpose="identify")
    press(client, operation, consent="y")
    assert "署名用パスワードがロックされています" in press(client, operation, pin="WRONG1", sign="y")
    assert report(client, operation)["error"] == "pin_blocked"


@pytest.mark.parametrize("code", ["card_removed", "card_changed", "no_card"])
def test_a_pulled_card_is_not_called_a_wrong_password(client: FlaskClient, reader: FakeReader, code: str) -> None:
    reader.fails = code
    page = press(client, begin(client, purpose="identify"), pin=PASSWORD, sign="y")
    assert "パスワードのまちがいにはなっていません" in page
    assert "署名用パスワードがちがいました" not in page


def test_a_reader_that_is_changing_its_token_is_reading_and_not_missing(
    client: FlaskClient, reader: FakeReader
) -> None:
    reader.state, reader.fresh = "no_reader", True
    operation = begin(client, purpose="identify")
    assert "カードを読み取っています" in shown(client, operation)
    reader.fresh = False
    assert "カードリーダーが見つかりません" in shown(client, operation)


@pytest.mark.parametrize("end", [{"pin": PASSWORD, "sign": "y"}, {"refuse": "y"}])
def test_when_it_is_over_the_reader_goes_back_to_the_other_token(
    client: FlaskClient, reader: FakeReader, end: dict[str, str]
) -> None:
    operation = begin(client, purpose="identify")
    shown(client, operation)
    tokens = [reader.token]
    press(client, operation, **end)
    assert [*tokens, reader.token] == [TokenKind.SIGNATURE, TokenKind.AUTHENTICATION]


def test_a_page_of_one_token_cannot_spend_a_try_of_the_other(client: FlaskClient, reader: FakeReader) -> None:
    page = press(client, begin(client, purpose="identify"), pin="1234", sign="y")
    assert "6文字から16文字" in page
    assert "数字4けた" in press(client, begin(client), pin=PASSWORD, sign="y")
    assert reader.tries == 3
