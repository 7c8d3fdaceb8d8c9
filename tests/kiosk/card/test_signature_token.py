"""The 署名用 token through a reader process of its own, with pcscd, OpenSC and a virtual card."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kiosk.card import client
from kiosk.card.payload import authentication_payload
from kiosk.card.settings import Settings, SettingsError, load
from kiosk.card.tokens import TokenKind
from tests.kiosk.card.conftest import Bench, bench_over, restored

PAYLOAD = authentication_payload("https://portal.example.test", bytes(32), "identify")
PASSWORD = "ABC123"


@pytest.fixture(scope="module")
def process(runtime: Path, cards: Path) -> Iterator[Bench]:
    with bench_over(runtime / "signature", cards, TokenKind.SIGNATURE) as started:
        yield started


@pytest.fixture
def bench(process: Bench) -> Iterator[Bench]:
    yield process
    restored(process)


def signed(bench: Bench, presence: int, password: str = PASSWORD) -> client.Signed:
    bench.type_pin(password, presence)
    return bench.reader.sign(presence, PAYLOAD)


def check(answer: client.Signed, card: Path) -> None:
    assert answer.der == (card / "sign.der").read_bytes()
    key = x509.load_der_x509_certificate(answer.der).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(answer.signature, PAYLOAD, padding.PKCS1v15(), hashes.SHA256())


def test_the_password_signs_and_the_certificate_comes_with_the_signature(bench: Bench) -> None:
    status = bench.insert("hanako")
    assert (status.tries, status.tries_left) == ("full", None)
    for typed in (PASSWORD, "abc123", "ＡｂＣ１２3"):
        check(signed(bench, status.presence, typed), bench.cards / "hanako")


def test_the_certificate_is_refused_without_the_password(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    with pytest.raises(client.PinNeededError):
        bench.reader.certificate(presence)


def test_the_card_forgets_the_password_after_each_signature(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    signed(bench, presence)
    bench.reader.reset()
    state = bench.world.state("hanako")
    assert (state["password_verified"], state["pin_verified"]) == (False, False)


@pytest.mark.parametrize(
    ("left", "word", "state"), [(4, "reduced", "ready"), (1, "last", "ready"), (0, "blocked", "blocked")]
)
def test_tries_are_told_in_words_before_the_first_key(bench: Bench, left: int, word: str, state: str) -> None:
    bench.world.set_sign_tries("hanako", left)
    status = bench.insert("hanako", state)
    assert (status.tries, status.tries_left) == (word, None)
    assert bench.world.state("hanako")["checks"] == 0


def test_wrong_passwords_count_down_to_blocked_and_never_touch_the_other_counter(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    for word in ("reduced", "reduced", "reduced", "last"):
        error = bench.refusal("WRONG1", presence, PAYLOAD)
        assert (error.code, error.tries, error.tries_left) == ("pin_wrong", word, None)
    assert bench.refusal("WRONG1", presence, PAYLOAD).code == "pin_blocked"
    assert bench.wait_for("blocked").tries == "blocked"
    with pytest.raises(client.PinBlockedError):
        bench.reader.pin_begin(presence)
    state = bench.world.state("hanako")
    assert (state["checks"], state["tries"], state["sign_tries"]) == (5, 3, 0)


@pytest.mark.parametrize("word", [0x6983, 0x6984])
def test_a_password_blocked_by_the_last_try_is_called_blocked(bench: Bench, word: int) -> None:
    bench.world.set_faults("hanako", blocked_verify=word)
    bench.world.set_sign_tries("hanako", 1)
    presence = bench.insert("hanako").presence
    assert bench.refusal("WRONG1", presence, PAYLOAD).code == "pin_blocked"


def test_a_password_of_the_wrong_form_never_reaches_the_card(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    assert bench.refusal("ABC12", presence, PAYLOAD).code == "pin_incomplete"
    bench.type_pin("A" * 16, presence)
    with pytest.raises(client.PinFullError):
        bench.reader.pin_key("A")
    for sign in ("-", "あ", " ", "é"):
        with pytest.raises(client.BadRequestError):
            bench.reader.pin_key(sign)
    assert bench.world.state("hanako")["checks"] == 0


def test_a_card_pulled_at_a_command_of_the_signature_is_removed_and_costs_no_try(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    for how, command in (("remove_at", 1), ("remove_after", 6), ("remove_at", 9)):
        bench.type_pin(PASSWORD, presence)
        bench.world.set_faults("hanako", **{how: command})
        with pytest.raises(client.CardRemovedError):
            bench.reader.sign(presence, PAYLOAD)
        bench.wait_for("no_card")
        bench.world.set_faults("hanako")
        assert bench.world.state("hanako")["sign_tries"] == 5, f"after command {command}"
        presence = bench.insert("hanako").presence
    check(signed(bench, presence), bench.cards / "hanako")


def test_a_swap_changes_presence_and_gets_no_password_of_the_other(bench: Bench) -> None:
    first = bench.insert("hanako").presence
    bench.type_pin(PASSWORD, first)
    bench.world.remove()
    bench.world.insert("taro")
    second = bench.wait_until(lambda status: status.state == "ready" and status.presence != first).presence
    with pytest.raises(client.PinIncompleteError):
        bench.reader.sign(second, PAYLOAD)
    check(signed(bench, second), bench.cards / "taro")
    assert bench.world.state("hanako")["checks"] == 0


def test_a_card_of_another_kind_noise_and_slowness_are_what_they_are(bench: Bench) -> None:
    bench.world.set_faults("hanako", not_jpki=True)
    bench.insert("hanako", "not_jpki")
    bench.world.remove()
    bench.wait_for("no_card")
    bench.world.set_faults("taro", apdu_delay=0.02, sign_delay=0.3)
    bench.world.insert("taro")
    bench.wait_for("reading")
    presence = bench.wait_for("ready").presence
    check(signed(bench, presence), bench.cards / "taro")
    bench.world.set_faults("taro", garbage_at=1)
    bench.type_pin(PASSWORD, presence)
    with pytest.raises((client.CardFailedError, client.CardChangedError)):
        bench.reader.sign(presence, PAYLOAD)
    assert bench.world.state("taro")["sign_tries"] == 5


def test_a_reader_of_the_other_token_is_no_reader_for_the_kiosk(bench: Bench) -> None:
    bench.insert("hanako")
    with pytest.raises(client.ReaderUnavailableError):
        client.Reader(Path(bench.reader._path)).status()


def test_the_token_is_authentication_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    file.write_text('socket = "s"\n')
    assert load(file) == Settings(tmp_path / "s", TokenKind.AUTHENTICATION)
    file.write_text('socket = "s"\ntoken = "signature"\n')
    assert load(file).token is TokenKind.SIGNATURE
    file.write_text('socket = "s"\ntoken = "both"\n')
    with pytest.raises(SettingsError):
        load(file)
