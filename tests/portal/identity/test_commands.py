"""The admin commands for cards, staff and kiosks."""

import argparse
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa

from portal import database, terminals
from portal.commands import identity as identity_command
from portal.commands import staff as staff_command
from portal.commands import terminal as terminal_command
from portal.ground import Ground
from portal.identity import CertificateStopped, LinkEnd, Role, end_links, log_in_staff
from portal.identity.tables import serial_links, staff_accounts
from portal.register.tables import residents
from tests.portal.identity.cards import Card, MakeCard, link, log_in
from tests.portal.register.people import TESTER, put_resident
from tests.portal.terminals.devices import public_pem
from tests.world.jpki import SIGN_PROFILE

Run = Callable[..., int]


@pytest.fixture
def run(ground: Ground) -> Run:
    """Runs one command line as the portal's entry does."""

    def ran(*words: str) -> int:
        parser = argparse.ArgumentParser()
        topics = parser.add_subparsers(required=True)
        for topic in (identity_command, staff_command, terminal_command):
            topic.add_parser(topics)
        arguments = parser.parse_args(words)
        code: int = arguments.run(arguments, ground)
        return code

    return ran


def number_of(ground: Ground, resident: UUID) -> str:
    with database.transaction(ground.engine) as connection:
        number: str = connection.execute(sa.select(residents.c.number).where(residents.c.id == resident)).scalar_one()
    return number


def count(ground: Ground, table: sa.Table) -> int:
    with database.transaction(ground.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def write_list(folder: Path, *rows: tuple[bytes, str]) -> str:
    lines = ["certificate,resident_number"]
    for place, (certificate, number) in enumerate(rows):
        (folder / f"{place}.der").write_bytes(certificate)
        lines.append(f"{place}.der,{number}")
    (folder / "links.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder / "links.csv")


def new_resident(ground: Ground) -> UUID:
    with database.transaction(ground.engine) as connection:
        return put_resident(connection)


def test_a_list_links_cards_to_residents(
    ground: Ground, run: Run, card: Card, make_card: MakeCard, tmp_path: Path
) -> None:
    first, second = new_resident(ground), new_resident(ground)
    other = make_card()
    file = write_list(
        tmp_path, (card.certificate, number_of(ground, first)), (other.certificate, number_of(ground, second))
    )

    assert run("identity", "link", file) == 0
    assert run("identity", "link", file) == 0
    assert log_in(ground, card).resident_id == first
    assert log_in(ground, other).resident_id == second
    assert count(ground, serial_links) == 2


@pytest.fixture
def bad_lists(ground: Ground, card: Card, make_card: MakeCard, tmp_path: Path) -> dict[str, str]:
    """Lists whose first row is good and whose second is not, by the cause that is told."""
    number, other = (number_of(ground, new_resident(ground)) for _ in range(2))
    bad_rows = {
        "unknown resident": (make_card().certificate, "none"),
        "WrongCertificateKind": (make_card(profile=SIGN_PROFILE).certificate, number),
        "CertificateUnreadable": (b"no certificate", number),
        "AlreadyLinked": (card.certificate, other),
        "a value is missing": (b"x", ""),
    }
    lists = {}
    for place, (cause, row) in enumerate(bad_rows.items()):
        folder = tmp_path / str(place)
        folder.mkdir()
        lists[cause] = write_list(folder, (card.certificate, number), row)
    return lists


def test_one_bad_row_links_nobody(
    ground: Ground, run: Run, bad_lists: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for cause, file in bad_lists.items():
        assert run("identity", "link", file) == 1
        said = capsys.readouterr().err
        assert "row 3" in said
        assert cause in said
        assert "nothing was linked" in said
    assert count(ground, serial_links) == 0


def test_a_list_that_cannot_be_read_is_told(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "links.csv"
    for content in (b"a,b\n1,2\n", b"\xff\xfe\n", b"", b"certificate,resident_number\nmissing.der,1\n"):
        file.write_bytes(content)
        assert run("identity", "link", str(file)) == 1
        assert "nothing was linked" in capsys.readouterr().err

    assert run("identity", "link", str(tmp_path / "absent.csv")) == 1


def test_every_card_of_a_resident_is_stopped_and_freed_by_number(
    ground: Ground, run: Run, make_card: MakeCard, capsys: pytest.CaptureFixture[str]
) -> None:
    card, second, neighbours = make_card(), make_card(), make_card()
    linked = link(ground, card)
    link(ground, second, linked)
    link(ground, neighbours)
    by_number = ("--resident-number", number_of(ground, linked))

    assert run("identity", "stop", "--reason", "stolen", *by_number) == 0
    assert capsys.readouterr().out == "stopped 2 of 2\n"
    for stopped in (card, second):
        with pytest.raises(CertificateStopped):
            log_in(ground, stopped)
    assert log_in(ground, neighbours)

    assert run("identity", "lift", *by_number) == 0
    assert log_in(ground, card).resident_id == log_in(ground, second).resident_id == linked


def test_one_card_is_stopped_by_its_certificate_also_after_its_link_has_ended(
    ground: Ground, run: Run, card: Card, linked: UUID, tmp_path: Path
) -> None:
    file = tmp_path / "card.der"
    file.write_bytes(card.certificate)
    with database.transaction(ground.engine) as connection:
        end_links(connection, linked, LinkEnd.WITHDRAWN, actor=TESTER, now=ground.clock.now())

    assert run("identity", "stop", "--reason", "lost", "--certificate", str(file)) == 0
    with pytest.raises(CertificateStopped):
        log_in(ground, card)
    assert run("identity", "lift", "--certificate", str(file)) == 0


def test_a_stop_that_finds_no_card_is_told_and_fails(
    ground: Ground, run: Run, make_card: MakeCard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger, junk = tmp_path / "stranger.der", tmp_path / "junk.der"
    stranger.write_bytes(make_card().certificate)
    junk.write_bytes(b"junk")
    without_cards = number_of(ground, new_resident(ground))
    wrong = {
        "unknown resident": ("--resident-number", "none"),
        "stopped 0 of 0": ("--resident-number", without_cards),
        "NotLinked": ("--certificate", str(stranger)),
        "CertificateUnreadable": ("--certificate", str(junk)),
        "FileNotFoundError": ("--certificate", str(tmp_path / "absent.der")),
    }
    for cause, named in wrong.items():
        assert run("identity", "stop", "--reason", "lost", *named) == 1, cause
        said = capsys.readouterr()
        assert cause in said.out + said.err


def test_a_stop_names_its_reason_and_its_card(run: Run) -> None:
    for words in (("--resident-number", "1"), ("--reason", "lost"), ("--reason", "mood", "--resident-number", "1")):
        with pytest.raises(SystemExit):
            run("identity", "stop", *words)


def test_a_member_of_staff_can_log_in_with_what_the_command_printed(
    ground: Ground, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("staff", "add", "hanako", "--name", "佐藤 花子", "--role", "reviewer", "--role", "desk") == 0
    uri, password = capsys.readouterr().out.strip().split("\n")
    code = pyotp.TOTP(pyotp.parse_uri(uri).secret).at(ground.clock.now())

    with database.transaction(ground.engine) as connection:
        member = log_in_staff(
            connection,
            ground,
            login="hanako",
            password=password.removeprefix("first password: "),
            totp=code,
            address="192.0.2.1",
            now=ground.clock.now(),
        )
    assert member.roles == {Role.REVIEWER, Role.DESK}


def test_a_password_from_a_file_is_not_printed(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    password, secret = tmp_path / "password", tmp_path / "totp"
    password.write_text("correct horse battery staple\n")
    secret.write_text("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n")
    files = ("--password-file", str(password), "--totp-secret-file", str(secret))

    assert run("staff", "add", "taro", "--name", "山田 太郎", "--role", "operator", *files) == 0
    said = capsys.readouterr().out
    assert "correct horse" not in said
    assert "secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" in said


def test_an_empty_secret_file_never_turns_into_a_random_secret(ground: Ground, run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("")
    words = ("staff", "add", "taro", "--name", "山田 太郎", "--role", "operator")

    assert run(*words, "--password-file", str(empty)) == 1
    assert run(*words, "--totp-secret-file", str(empty)) == 1
    assert run(*words, "--password-file", str(tmp_path / "absent")) == 1
    assert count(ground, staff_accounts) == 0


def test_an_account_that_exists_is_not_made_again(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("staff", "add", "taro", "--name", "山田 太郎", "--role", "operator")

    assert run(*words) == 0
    assert run(*words) == 1
    assert "taken" in capsys.readouterr().err


def test_a_role_that_does_not_exist_is_refused(run: Run) -> None:
    with pytest.raises(SystemExit):
        run("staff", "add", "taro", "--name", "山田 太郎", "--role", "king")


def test_a_kiosk_is_enrolled_and_revoked(ground: Ground, run: Run, tmp_path: Path) -> None:
    key = tmp_path / "kiosk.pem"
    key.write_text(public_pem("kiosk-01"))
    enrol = ("terminal", "enrol", "kiosk-01", "--name", "窓口端末1", "--place", "1階", "--public-key", str(key))

    assert run(*enrol) == 0
    with database.transaction(ground.engine) as connection:
        assert terminals.terminal(connection, "kiosk-01").name == "窓口端末1"
    assert run(*enrol) == 1
    assert run("terminal", "revoke", "kiosk-01") == 0
    assert run("terminal", "revoke", "kiosk-01") == 1
    assert run("terminal", "revoke", "kiosk-99") == 1


def test_a_kiosk_without_a_usable_key_is_not_enrolled(run: Run, tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe", b"not a key"):
        (tmp_path / "kiosk.pem").write_bytes(content)
        words = ("--name", "窓口端末1", "--place", "1階", "--public-key", str(tmp_path / "kiosk.pem"))
        assert run("terminal", "enrol", "kiosk-01", *words) == 1
