"""The virtual card answers as the real one is described, and goes wrong on command."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.card import Faults, TrayError
from tests.world.card.chip import AUTH_PIN, SIGN_PIN, Chip, Pulled, load_chip, parse
from tests.world.card.tray import Tray
from tests.world.jpki import Authority, CardOrder
from tests.world.jpki.store import load_key

SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_PIN = bytes.fromhex("00A4020C020018")
SELECT_KEY = bytes.fromhex("00A4020C020017")
SELECT_AUTH = bytes.fromhex("00A4020C02000A")
SELECT_SIGN = bytes.fromhex("00A4020C020001")
COUNTER = bytes.fromhex("00200080")
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    authority = Authority(scratch / "chip-jpki")
    return authority.issue_card(scratch / "chip-cards", CardOrder("hanako", sign_password="ABC123")).folder


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Chip:
    return load_chip(folder)


@pytest.fixture
def chip(loaded: Chip) -> Chip:
    return fresh(loaded)


def fresh(chip: Chip) -> Chip:
    chip.set_faults(Faults())
    chip.power_cycle()
    chip.secrets[AUTH_PIN].left = 3
    chip.answer(SELECT)
    return chip


def say(chip: Chip, *commands: bytes) -> str:
    for command in commands[:-1]:
        chip.answer(command)
    return chip.answer(commands[-1]).hex().upper()


def verify(pin: bytes) -> bytes:
    return COUNTER + bytes([len(pin)]) + pin


def sign(message: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(message)
    info = DIGEST_INFO + digest.finalize()
    return bytes.fromhex("802A0080") + bytes([len(info)]) + info + b"\0"


def test_another_application_is_not_found(chip: Chip) -> None:
    assert say(chip, bytes.fromhex("00A4040C05A000000001")) == "6A82"


def test_before_the_application_is_selected_nothing_is_known(chip: Chip) -> None:
    chip.power_cycle()
    assert say(chip, SELECT_PIN) == "6D00"


def test_the_authentication_certificate_is_read_without_a_pin(chip: Chip, folder: Path) -> None:
    chip.answer(SELECT_AUTH)
    content = (folder / "auth.der").read_bytes()
    read, offset = b"", 0
    while len(read) < len(content):
        part = chip.answer(bytes([0x00, 0xB0, offset >> 8, offset & 0xFF, 0x00]))
        read, offset = read + part[:-2], offset + len(part) - 2
    assert read == content
    assert say(chip, bytes([0x00, 0xB0, offset >> 8, offset & 0xFF, 0x00])) == "6B00"


def test_the_signature_certificate_needs_its_password(chip: Chip) -> None:
    assert say(chip, SELECT_SIGN, bytes.fromhex("00B0000004")) == "6982"


def test_asking_for_the_counter_costs_nothing_even_after_a_correct_pin(chip: Chip) -> None:
    assert say(chip, SELECT_PIN, COUNTER) == "63C3"
    assert say(chip, verify(b"1234")) == "9000"
    assert say(chip, COUNTER) == "63C3"


def test_wrong_pins_count_down_then_the_card_is_locked_for_the_right_one_too(chip: Chip) -> None:
    chip.answer(SELECT_PIN)
    assert [say(chip, verify(b"9999")) for _ in range(4)] == ["63C2", "63C1", "63C0", "6984"]
    assert say(chip, verify(b"1234")) == "6984"


def test_a_correct_pin_fills_the_counter_again(chip: Chip) -> None:
    assert say(chip, SELECT_PIN, verify(b"0000")) == "63C2"
    chip.answer(verify(b"1234"))
    assert say(chip, COUNTER) == "63C3"


def test_signing_needs_the_pin_and_gives_a_plain_rsa_signature(chip: Chip, folder: Path) -> None:
    assert say(chip, SELECT_KEY, sign(b"message")) == "6982"
    chip.answer(SELECT_PIN)
    chip.answer(verify(b"1234"))
    chip.answer(SELECT_KEY)
    answer = chip.answer(sign(b"message"))
    key = load_key(folder / "auth.key").public_key()
    key.verify(answer[:-2], b"message", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("again", [SELECT, None])
def test_selecting_the_application_or_a_reset_forgets_the_pin(chip: Chip, again: bytes | None) -> None:
    chip.answer(SELECT_PIN)
    chip.answer(verify(b"1234"))
    if again is None:
        chip.power_cycle()
        chip.answer(SELECT)
    else:
        chip.answer(again)
    assert say(chip, SELECT_KEY, sign(b"message")) == "6982"


def test_a_card_pulled_before_a_command_has_not_carried_it_out(chip: Chip) -> None:
    chip.set_faults(Faults(remove_at=2))
    chip.answer(SELECT_PIN)
    with pytest.raises(Pulled):
        chip.answer(verify(b"9999"))
    chip.set_faults(Faults())
    assert say(chip, COUNTER) == "63C3"


def test_a_card_pulled_after_a_command_has_carried_it_out(chip: Chip) -> None:
    chip.set_faults(Faults(remove_after=2))
    chip.answer(SELECT_PIN)
    with pytest.raises(Pulled):
        chip.answer(verify(b"9999"))
    chip.set_faults(Faults())
    assert say(chip, COUNTER) == "63C2"


def test_the_password_has_five_tries_of_its_own_and_opens_the_certificate(chip: Chip) -> None:
    select_password = bytes.fromhex("00A4020C02001B")
    assert say(chip, select_password, verify(b"WRONG1")) == "63C4"
    assert say(chip, verify(b"ABC123")) == "9000"
    assert (chip.password_verified, chip.pin_verified) == (True, False)
    assert say(chip, COUNTER) == "63C5"
    assert say(chip, SELECT_SIGN, bytes.fromhex("00B0000004"))[-4:] == "9000"


def test_noise_in_a_file_leaves_its_header_and_length(chip: Chip, folder: Path) -> None:
    chip.set_faults(Faults(garbage_files=True))
    read = bytes.fromhex(say(chip, SELECT, SELECT_AUTH, bytes.fromhex("00B0000000")))[:-2]
    content = (folder / "auth.der").read_bytes()[:256]
    assert (read[:4], len(read)) == (content[:4], 256)
    assert read != content


def test_a_counter_can_answer_nonsense_and_still_counts(chip: Chip) -> None:
    chip.set_faults(Faults(counter_word=0x6A88))
    assert say(chip, SELECT_PIN, COUNTER) == "6A88"
    assert say(chip, verify(b"9999")) == "63C2"


def test_a_card_of_another_kind_does_not_know_the_application(chip: Chip) -> None:
    chip.set_faults(Faults(not_jpki=True))
    assert say(chip, SELECT) == "6A82"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_command_gets_at_least_a_status_word(loaded: Chip, apdu: bytes) -> None:
    assert len(fresh(loaded).answer(apdu)) >= 2


@pytest.mark.parametrize("apdu", ["", "00A4", "00A4040C0AD392", "00200080053132333435363738"])
def test_lengths_that_contradict_each_other_are_refused(apdu: str) -> None:
    assert parse(bytes.fromhex(apdu)) is None


def test_the_tray_refuses_cards_it_does_not_have_and_paths_that_lead_away(folder: Path) -> None:
    tray = Tray(folder.parent)
    for card in ("nobody", "../chip-cards/hanako", "", ".."):
        with pytest.raises(TrayError, match="card_unknown"):
            tray.insert(card)
    with pytest.raises(TrayError, match="bad_request"):
        tray.set_tries("hanako", 4)
    tray.set_tries("hanako", 4, SIGN_PIN)
    assert tray.state("hanako")["sign_tries"] == 4
