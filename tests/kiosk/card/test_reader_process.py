"""The reader process with pcscd, OpenSC and a virtual card: only the chip and the radio are not real."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pkcs11.constants import SlotFlag

from kiosk.card import client
from kiosk.card.payload import authentication_payload
from kiosk.card.pin import PinBuffer
from kiosk.card.settings import OPENSC_MODULE
from kiosk.card.token import CardSwappedError, Sight, Signature, Token
from kiosk.card.tokens import AUTHENTICATION
from tests.kiosk.card.conftest import Bench

PAYLOAD = authentication_payload("https://terminal.example.test", bytes(32), "kiosk:k1")
# Reading the counter, checking the PIN, signing. A card that is in its ninth command has signed already.
COMMANDS_OF_A_LOG_IN = 8


def verify(der: bytes, signature: bytes) -> None:
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, PAYLOAD, padding.PKCS1v15(), hashes.SHA256())


def test_the_certificate_is_read_without_a_pin(bench: Bench) -> None:
    status = bench.insert("hanako")
    assert status.tries_left == 3
    assert bench.reader.certificate(status.presence) == (bench.cards / "hanako" / "auth.der").read_bytes()
    assert bench.world.state("hanako")["checks"] == 0


def test_a_correct_pin_signs_and_the_certificate_verifies_it(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.type_pin("1234", presence)
    signed = bench.reader.sign(presence, PAYLOAD)
    assert signed.der == (bench.cards / "hanako" / "auth.der").read_bytes()
    verify(signed.der, signed.signature)


def test_the_card_forgets_the_pin_after_each_signature(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.type_pin("1234", presence)
    bench.reader.sign(presence, PAYLOAD)
    bench.reader.reset()
    assert bench.world.state("hanako")["pin_verified"] is False
    assert bench.reader.status().presence == presence


def test_full_width_digits_are_folded_and_corrections_work(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    reader = bench.reader
    reader.pin_begin(presence)
    assert [reader.pin_key(digit) for digit in "１２９"] == [1, 2, 3]
    assert reader.pin_erase() == 2
    assert [reader.pin_key(digit) for digit in "3４"] == [3, 4]
    with pytest.raises(client.PinFullError):
        reader.pin_key("5")
    verify(*_pair(reader.sign(presence, PAYLOAD)))


def _pair(signed: client.Signed) -> tuple[bytes, bytes]:
    return signed.der, signed.signature


def test_wrong_pins_count_down_to_blocked_and_nothing_is_tried_beyond(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    assert _said(bench.refusal("9999", presence, PAYLOAD)) == ("pin_wrong", 2)
    assert bench.reader.status().tries_left == 2
    assert _said(bench.refusal("9998", presence, PAYLOAD)) == ("pin_wrong", 1)
    assert bench.refusal("9997", presence, PAYLOAD).code == "pin_blocked"
    assert bench.wait_for("blocked").tries_left == 0
    checks = bench.world.state("hanako")["checks"]
    with pytest.raises(client.PinBlockedError):
        bench.reader.pin_begin(presence)
    assert bench.world.state("hanako")["checks"] == checks


def _said(error: client.ReaderError) -> tuple[str, int | None]:
    return error.code, error.tries_left


def test_a_correct_pin_gives_all_tries_back(bench: Bench) -> None:
    bench.world.set_tries("hanako", 1)
    status = bench.insert("hanako")
    assert status.tries_left == 1
    bench.type_pin("1234", status.presence)
    bench.reader.sign(status.presence, PAYLOAD)
    assert bench.reader.status().tries_left == 3


def test_a_pin_of_the_wrong_length_never_reaches_the_card(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    assert bench.refusal("123", presence, PAYLOAD).code == "pin_incomplete"
    with pytest.raises(client.BadStateError):
        bench.reader.pin_key("4")
    assert bench.world.state("hanako")["checks"] == 0


def test_the_buffer_is_empty_after_every_signature(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.type_pin("1234", presence)
    bench.reader.sign(presence, PAYLOAD)
    with pytest.raises(client.PinIncompleteError):
        bench.reader.sign(presence, PAYLOAD)


@pytest.mark.parametrize("word", [0x6983, 0x6984, 0x63C0])
def test_a_blocked_card_is_called_blocked_before_the_first_key(bench: Bench, word: int) -> None:
    bench.world.set_faults("blocked", blocked_verify=word)
    status = bench.insert("blocked", "blocked")
    assert status.tries_left == 0
    assert bench.reader.certificate(status.presence)


@pytest.mark.parametrize("word", [0x6983, 0x6984, 0x63C0])
def test_a_pin_blocked_by_the_third_try_is_called_blocked(bench: Bench, word: int) -> None:
    bench.world.set_faults("hanako", blocked_verify=word)
    bench.world.set_tries("hanako", 1)
    presence = bench.insert("hanako").presence
    assert bench.refusal("0000", presence, PAYLOAD).code == "pin_blocked"


def test_a_card_pulled_at_any_command_is_removed_never_a_wrong_pin_and_served_when_it_is_back(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    for command in range(1, COMMANDS_OF_A_LOG_IN + 1):
        bench.type_pin("1234", presence)
        bench.world.set_faults("hanako", remove_at=command)
        with pytest.raises(client.CardRemovedError):
            bench.reader.sign(presence, PAYLOAD)
        bench.wait_for("no_card")
        bench.world.set_faults("hanako")
        again = bench.insert("hanako")
        assert (again.tries_left, again.presence) == (3, presence + 2), f"after command {command}"
        presence = again.presence
    bench.type_pin("1234", presence)
    bench.world.set_faults("hanako", remove_at=COMMANDS_OF_A_LOG_IN + 1)
    verify(*_pair(bench.reader.sign(presence, PAYLOAD)))


def test_a_card_pulled_before_it_can_refuse_is_not_a_wrong_pin(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.type_pin("9999", presence)
    bench.world.set_faults("hanako", remove_after=6)
    with pytest.raises(client.CardRemovedError):
        bench.reader.sign(presence, PAYLOAD)
    bench.world.set_faults("hanako")
    assert bench.insert("hanako").tries_left == 2


def test_a_card_pulled_while_it_signs_is_removed(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.world.set_faults("hanako", remove_at=8, sign_delay=0.2, apdu_delay=0.02)
    assert bench.refusal("1234", presence, PAYLOAD).code == "card_removed"


def test_a_card_pulled_while_typing_ends_the_typing(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.reader.pin_begin(presence)
    bench.reader.pin_key("1")
    bench.world.remove()
    bench.wait_for("no_card")
    with pytest.raises(client.CardChangedError):
        bench.reader.pin_key("2")


def test_a_card_that_only_lies_there_is_not_asked_anything(bench: Bench) -> None:
    bench.insert("hanako")
    before, again = bench.world.state("hanako")["commands"], time.monotonic() + 1.0
    bench.wait_until(lambda _: time.monotonic() > again)
    assert bench.world.state("hanako")["commands"] == before


def test_a_swapped_card_changes_presence_and_gets_no_pin_of_the_other(bench: Bench) -> None:
    first = bench.insert("hanako").presence
    bench.type_pin("1234", first)
    bench.world.remove()
    bench.world.insert("taro")
    second = bench.wait_until(lambda status: status.state == "ready" and status.presence != first).presence
    with pytest.raises(client.CardChangedError):
        bench.reader.certificate(first)
    with pytest.raises(client.ReaderError) as caught:
        bench.reader.sign(second, PAYLOAD)
    assert caught.value.code == "pin_incomplete"
    assert bench.reader.certificate(second) == (bench.cards / "taro" / "auth.der").read_bytes()
    assert bench.world.state("taro")["checks"] == 0


@pytest.fixture
def token(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Token:
    """The token of the same reader in this process, beside the reader process."""
    monkeypatch.setenv("OPENSC_CONF", "")
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "")
    bench.insert("taro")
    return Token(OPENSC_MODULE, AUTHENTICATION, bench.world.pcsc_socket)


def sign_directly(token: Token, announced: Path) -> Signature:
    pin = PinBuffer(AUTHENTICATION)
    for digit in "1234":
        pin.add(digit)
    with pin.spend() as spent:
        return token.sign(spent, PAYLOAD, announced.read_bytes())


def test_a_swap_that_nobody_noticed_sends_no_pin_to_the_other_card(bench: Bench, token: Token) -> None:
    with pytest.raises(CardSwappedError):
        sign_directly(token, bench.cards / "hanako" / "auth.der")
    token.close()
    assert bench.world.state("taro")["checks"] == 0


@pytest.mark.parametrize("following", ["hanako", "taro"])
def test_a_card_gone_between_two_looks_is_missed_even_if_the_same_one_is_back(
    bench: Bench, token: Token, following: str
) -> None:
    taro = token.read().certificate
    assert token.is_still(taro)
    bench.world.remove()
    bench.wait_for("no_card")
    bench.insert(following)
    assert token.look() is Sight.CARD
    assert not token.is_still(taro)
    assert token.read().certificate == (bench.cards / following / "auth.der").read_bytes()
    token.close()


def test_letting_go_of_the_card_makes_it_forget_the_pin(bench: Bench, token: Token) -> None:
    sign_directly(token, bench.cards / "taro" / "auth.der")
    assert bench.world.state("taro")["pin_verified"] is True
    token.close()
    assert bench.world.state("taro")["pin_verified"] is False


def test_the_signature_password_is_out_of_reach(token: Token) -> None:
    present = [slot for slot in token._library.get_slots() if slot.flags & SlotFlag.TOKEN_PRESENT]
    token.close()
    assert len(present) == 1


def test_a_card_without_the_application_is_not_a_my_number_card(bench: Bench) -> None:
    bench.world.set_faults("taro", not_jpki=True)
    status = bench.insert("taro", "not_jpki")
    assert status.tries_left is None
    with pytest.raises(client.NotJpkiError):
        bench.reader.pin_begin(status.presence)
    bench.world.remove()
    bench.wait_for("no_card")
    assert bench.insert("hanako").tries_left == 3


def test_noise_from_the_card_is_a_card_error_and_costs_no_try(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.type_pin("1234", presence)
    bench.world.set_faults("hanako", garbage_at=1)
    with pytest.raises(client.ReaderError) as caught:
        bench.reader.sign(presence, PAYLOAD)
    assert caught.value.code in {"card_error", "card_changed"}
    assert bench.world.state("hanako")["tries"] == 3


def test_a_slow_card_is_shown_as_being_read_and_then_serves(bench: Bench) -> None:
    bench.world.set_faults("hanako", apdu_delay=0.02, sign_delay=0.3)
    bench.world.insert("hanako")
    bench.wait_for("reading")
    presence = bench.wait_for("ready").presence
    bench.type_pin("1234", presence)
    verify(*_pair(bench.reader.sign(presence, PAYLOAD)))


def test_pcscd_killed_is_no_reader_and_back_is_served_again(bench: Bench) -> None:
    before = bench.insert("hanako").presence
    seen = []
    bench.world.kill_pcscd()

    def gone(status: client.ReaderStatus) -> bool:
        seen.append(status.state)
        return status.state == "no_reader"

    assert bench.wait_until(gone).tries_left is None
    assert "no_card" not in seen, "a card that still lies there would let paper out"
    with pytest.raises(client.CardChangedError):
        bench.reader.pin_begin(before)
    bench.world.restart_pcscd()
    presence = bench.wait_for("ready").presence
    assert presence != before
    bench.type_pin("1234", presence)
    verify(*_pair(bench.reader.sign(presence, PAYLOAD)))


def test_pcscd_killed_with_nothing_on_the_reader_is_noticed_too(bench: Bench) -> None:
    bench.wait_for("no_card")
    bench.world.kill_pcscd()
    bench.wait_for("no_reader")
    bench.world.restart_pcscd()
    bench.wait_for("no_card")


def test_pcscd_killed_before_the_signature_is_not_a_wrong_pin(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.type_pin("1234", presence)
    bench.world.kill_pcscd()
    with pytest.raises(client.ReaderError) as caught:
        bench.reader.sign(presence, PAYLOAD)
    assert caught.value.code == "no_reader"
    assert bench.world.state("hanako")["checks"] == 0


def test_only_authentication_payloads_are_signed(bench: Bench) -> None:
    presence = bench.insert("hanako").presence
    bench.type_pin("1234", presence)
    with pytest.raises(client.BadRequestError):
        bench.reader.sign(presence, b"a contract".ljust(112))
    assert bench.world.state("hanako")["checks"] == 0


def test_the_socket_is_for_its_owner_only_and_the_process_leaves_no_core(bench: Bench) -> None:
    path = Path(bench.reader._path)
    assert path.stat().st_mode & 0o777 == 0o600
    limits = Path(f"/proc/{bench.process.pid}/limits").read_text()
    line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]


def test_nothing_of_the_virtual_reader_listens_in_the_host_network(bench: Bench) -> None:
    bench.insert("hanako")
    tables = "".join(Path(f"/proc/self/net/{table}").read_text() for table in ("tcp", "tcp6"))
    listening = {line.split()[1] for line in tables.splitlines() if " 0A " in line}
    assert not [address for address in listening if address.endswith((":8C7B", ":8C7C"))]
    assert not Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so").exists()


def test_a_stopped_reader_process_is_called_unavailable(tmp_path: Path) -> None:
    with pytest.raises(client.ReaderUnavailableError):
        client.Reader(tmp_path / "nobody.sock").status()


def test_settings_with_an_unknown_key_refuse_to_start(tmp_path: Path) -> None:
    settings = tmp_path / "reader.toml"
    settings.write_text('socket = "s"\npin = "1234"\n')
    ended = subprocess.run(
        [sys.executable, "-m", "kiosk.card", "--settings", str(settings)], capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
