"""Log-in of staff: whoever guesses learns nothing, and a one-time code is good for one time."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import argon2
import pyotp
import pytest
import sqlalchemy as sa

from portal import database
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import (
    AccountInvalid,
    LoginRefused,
    Role,
    StaffMember,
    TooManyAttempts,
    add_account,
    log_in_staff,
    staff_member,
)
from portal.identity.staff import accounts, staff_login
from portal.identity.tables import staff_accounts
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER

PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LogIn = Callable[..., StaffMember]


@pytest.fixture(autouse=True)
def cheap_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full cost only where the cost itself is tested."""
    if "full_cost" in request.fixturenames:
        return
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "HASHER", cheap)
    monkeypatch.setattr(staff_login, "HASHER", cheap)
    monkeypatch.setattr(staff_login, "_NOBODYS_HASH", cheap.hash("nobody's"))


@pytest.fixture
def full_cost() -> argon2.PasswordHasher:
    return accounts.HASHER


def add(ground: Ground, **changed: object) -> str:
    values: dict[str, object] = {
        "login": "hanako", "display_name": "佐藤 花子", "roles": [Role.REVIEWER], "password": PASSWORD,
        "totp_secret": SECRET,
    }  # fmt: skip
    with database.transaction(ground.engine) as connection:
        made = add_account(connection, ground, actor=TESTER, now=ground.clock.now(), **{**values, **changed})  # type: ignore[arg-type]
    return made.otpauth_uri


@pytest.fixture
def code(clock: MovableClock) -> Callable[..., str]:
    """The one-time code of this moment, or of some steps beside it."""
    return lambda steps=0: pyotp.TOTP(SECRET).at(clock.now() + timedelta(seconds=30 * steps))


@pytest.fixture
def log_in(ground: Ground, code: Callable[..., str]) -> LogIn:
    def logged(login: str = "hanako", password: str = PASSWORD, totp: str | None = None) -> StaffMember:
        with database.transaction(ground.engine) as connection:
            return log_in_staff(
                connection, ground, login=login, password=password, totp=code() if totp is None else totp,
                address="192.0.2.1", now=ground.clock.now(),
            )  # fmt: skip

    return logged


def test_the_right_three_come_in_with_their_roles(ground: Ground, log_in: LogIn) -> None:
    add(ground, roles=[Role.REVIEWER, Role.OPERATOR])

    member = log_in()

    assert (member.login, member.display_name) == ("hanako", "佐藤 花子")
    assert member.roles == {Role.REVIEWER, Role.OPERATOR}


def test_a_wrong_password_is_refused(ground: Ground, log_in: LogIn) -> None:
    add(ground)

    for wrong in ("", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), "x" * 5000):
        with pytest.raises(LoginRefused):
            log_in(password=wrong)


@pytest.mark.parametrize("wrong", ["", "000000", "12345", "abcdef", "１２３", "0" * 500])
def test_a_wrong_code_is_refused(ground: Ground, log_in: LogIn, wrong: str) -> None:
    add(ground)

    with pytest.raises(LoginRefused):
        log_in(totp=wrong)


def test_an_unknown_login_gets_the_same_answer_as_a_wrong_password(ground: Ground, log_in: LogIn) -> None:
    add(ground)
    with pytest.raises(LoginRefused) as unknown:
        log_in("nobody")
    with pytest.raises(LoginRefused) as wrong:
        log_in(password="something else entirely")

    assert (str(unknown.value), unknown.value.code) == (str(wrong.value), wrong.value.code)


def test_an_unknown_login_costs_one_password_check_of_full_price(
    ground: Ground, log_in: LogIn, full_cost: argon2.PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    class Watching:
        def verify(self, password_hash: str, password: str) -> bool:
            checked.append(password_hash)
            return full_cost.verify(password_hash, password)

    monkeypatch.setattr(staff_login, "HASHER", Watching())
    with pytest.raises(LoginRefused):
        log_in("nobody")

    assert len(checked) == 1
    assert argon2.extract_parameters(checked[0]) == argon2.extract_parameters(full_cost.hash("x"))
    assert not full_cost.check_needs_rehash(checked[0])


def test_a_code_is_checked_even_when_the_password_is_wrong(
    ground: Ground, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ground)
    asked: list[str] = []

    def watched(secret: str, code: str, **rest: object) -> None:
        asked.append(code)

    monkeypatch.setattr("portal.identity.staff.second_factor.step_of", watched)
    with pytest.raises(LoginRefused):
        log_in(password="wrong wrong wrong", totp="123456")

    assert asked == ["123456"]


def test_a_code_used_once_is_refused_the_second_time(ground: Ground, log_in: LogIn) -> None:
    add(ground)
    log_in()

    with pytest.raises(LoginRefused):
        log_in()


def test_an_earlier_code_is_refused_after_a_later_one(
    ground: Ground, log_in: LogIn, code: Callable[..., str]
) -> None:
    add(ground)
    log_in(totp=code(1))

    for steps in (1, 0, -1):
        with pytest.raises(LoginRefused):
            log_in(totp=code(steps))


def test_a_spent_code_stays_spent_when_the_caller_rolls_back(
    ground: Ground, log_in: LogIn, code: Callable[..., str]
) -> None:
    add(ground)
    with ground.engine.connect() as connection, connection.begin() as transaction:
        log_in_staff(
            connection, ground, login="hanako", password=PASSWORD, totp=code(), address="192.0.2.1",
            now=ground.clock.now(),
        )  # fmt: skip
        transaction.rollback()

    with pytest.raises(LoginRefused):
        log_in()


def test_a_wrong_password_does_not_spend_the_code(ground: Ground, log_in: LogIn) -> None:
    add(ground)
    with pytest.raises(LoginRefused):
        log_in(password="wrong wrong wrong")

    assert log_in()


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_off(
    ground: Ground, log_in: LogIn, code: Callable[..., str], steps: int, accepted: bool
) -> None:
    add(ground)

    if accepted:
        assert log_in(totp=code(steps))
    else:
        with pytest.raises(LoginRefused):
            log_in(totp=code(steps))


def test_full_width_digits_and_spaces_are_folded(ground: Ground, log_in: LogIn, code: Callable[..., str]) -> None:
    add(ground)
    typed = code().translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})

    assert log_in(" Hanako ", totp=f"{typed[:3]}　{typed[3:]}")


def test_a_switched_off_account_does_not_come_in(ground: Ground, log_in: LogIn) -> None:
    add(ground)
    with database.transaction(ground.engine) as connection:
        account: UUID = connection.execute(
            sa.update(staff_accounts).values(active=False).returning(staff_accounts.c.id)
        ).scalar_one()

    with pytest.raises(LoginRefused):
        log_in()
    with database.transaction(ground.engine) as connection:
        assert staff_member(connection, account) is None
        assert staff_member(connection, uuid4()) is None


def test_guessing_at_one_login_is_stopped_even_with_the_right_answer(ground: Ground, log_in: LogIn) -> None:
    add(ground)
    for _ in range(10):
        with pytest.raises(LoginRefused):
            log_in(password="guess guess guess")

    with pytest.raises(TooManyAttempts):
        log_in()


def test_guessing_at_a_login_that_does_not_exist_is_stopped_alike(ground: Ground, log_in: LogIn) -> None:
    for _ in range(10):
        with pytest.raises(LoginRefused):
            log_in("nobody")

    with pytest.raises(TooManyAttempts):
        log_in("nobody")


def test_guessing_at_many_logins_from_one_address_is_stopped(ground: Ground, log_in: LogIn) -> None:
    for number in range(100):
        with pytest.raises(LoginRefused):
            log_in(f"nobody{number}")

    with pytest.raises(TooManyAttempts):
        log_in("nobody-else")


def test_coming_in_clears_the_slips_before_it(ground: Ground, log_in: LogIn, clock: MovableClock) -> None:
    add(ground)
    for _ in range(2):
        for _ in range(9):
            with pytest.raises(LoginRefused):
                log_in(password="slip slip slip")
        log_in()
        clock.advance(seconds=30)


def test_refusals_and_log_ins_are_audited_without_what_was_typed(ground: Ground, log_in: LogIn) -> None:
    add(ground)
    with pytest.raises(LoginRefused):
        log_in("mistyped-password-as-login", password="secret secret secret")
    log_in()

    with database.transaction(ground.engine) as connection:
        rows = connection.execute(sa.select(audit_events).order_by(audit_events.c.id)).all()
    assert [row.action for row in rows][-2:] == [Action.LOGIN_REFUSED, Action.LOGGED_IN]
    assert "mistyped" not in str(rows)
    assert "secret secret" not in str(rows)


def test_neither_password_nor_secret_is_in_the_database(ground: Ground) -> None:
    add(ground)

    with database.transaction(ground.engine) as connection:
        row = str(connection.execute(sa.select(staff_accounts)).one())
    assert PASSWORD not in row
    assert SECRET not in row


def test_a_real_password_hash_is_argon2id_with_64_mib(full_cost: argon2.PasswordHasher) -> None:
    parameters = argon2.extract_parameters(full_cost.hash("x"))

    assert (parameters.type, parameters.memory_cost, parameters.time_cost) == (argon2.Type.ID, 65536, 3)


@pytest.mark.parametrize(
    "changed",
    [
        {"login": ""},
        {"login": "H"},
        {"login": "Hanako"},
        {"login": "花子"},
        {"login": "a" * 33},
        {"login": "hana ko"},
        {"login": "1hanako"},
        {"display_name": " "},
        {"roles": []},
        {"password": "elevenchars"},
        {"password": "x" * 257},
        {"totp_secret": "not base32!"},
        {"totp_secret": "JBSWY3DP"},
    ],
)
def test_an_unfit_account_is_not_made(ground: Ground, changed: dict[str, object]) -> None:
    with pytest.raises(AccountInvalid):
        add(ground, **changed)


def test_a_login_is_given_out_once(ground: Ground) -> None:
    add(ground)

    with pytest.raises(AccountInvalid, match="taken"):
        add(ground)


def test_a_new_account_gets_a_secret_of_its_own(ground: Ground) -> None:
    uris = {add(ground, login=login, totp_secret=None) for login in ("hanako", "taro")}

    secrets = {pyotp.parse_uri(uri).secret for uri in uris}
    assert len(secrets) == 2
    assert all(len(secret) == 32 for secret in secrets)
