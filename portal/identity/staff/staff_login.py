"""Log-in of staff. Whoever guesses learns nothing: same answer, same work, and every guess is counted first."""

import logging
from datetime import datetime
from uuid import UUID

import argon2
import sqlalchemy as sa

from portal import audit, database
from portal.ground import Ground
from portal.identity import attempts
from portal.identity.errors import IdentityError, LoginRefused
from portal.identity.staff import second_factor
from portal.identity.staff.accounts import HASHER, LONGEST_PASSWORD, StaffMember, staff_member
from portal.identity.tables import Scope, staff_accounts

_LOG = logging.getLogger(__name__)
# What an unknown login is compared with: a random password nobody has kept, at the cost of a real one.
_NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$/w+2cxTsUDe4FJpKkEPw1g$fIeTcVB6w8ls/oQNUphOGRId5nPdqPOqeZjMHdJaCzM"
_NOBODYS_CODE = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

_BY_LOGIN = sa.select(
    staff_accounts.c.id, staff_accounts.c.password_hash, staff_accounts.c.totp_secret, staff_accounts.c.active
).where(staff_accounts.c.login == sa.bindparam("of_login"))
# One statement: of two log-ins with the same code at the same moment one gets in.
_TAKE_STEP = (
    sa.update(staff_accounts)
    .where(
        staff_accounts.c.id == sa.bindparam("of_account"),
        sa.or_(staff_accounts.c.totp_step.is_(None), staff_accounts.c.totp_step < sa.bindparam("step")),
    )
    .values(totp_step=sa.bindparam("step"))
)


def log_in_staff(
    connection: sa.Connection,
    ground: Ground,
    *,
    login: str,
    password: str,
    totp: str,
    address: str,
    now: datetime,
) -> StaffMember:
    """The member of staff who holds login, password and one-time code.

    Raises TooManyAttempts or AttemptsUncountable before anything is looked at, else LoginRefused for every cause.
    The one-time code is spent even when the caller's transaction is rolled back.
    """
    name = login.strip().lower()
    attempts.count(ground, Scope.STAFF_ADDRESS, address, now=now)
    attempts.count(ground, Scope.STAFF_LOGIN, name, now=now)
    try:
        account_id = _judge(connection, ground, login=name, password=password, totp=totp, now=now)
    except IdentityError:
        _record_refusal(ground, address, now)
        raise
    attempts.forget(connection, ground, Scope.STAFF_LOGIN, name)
    member = staff_member(connection, account_id)
    if member is None:
        raise LoginRefused
    actor = audit.Actor(audit.ActorKind.STAFF, str(account_id))
    audit.record(connection, at=now, actor=actor, action=audit.Action.LOGGED_IN)
    return member


def _judge(connection: sa.Connection, ground: Ground, *, login: str, password: str, totp: str, now: datetime) -> UUID:
    row = connection.execute(_BY_LOGIN, {"of_login": login}).one_or_none()
    password_hash = _NOBODYS_HASH if row is None else row.password_hash
    secret = _NOBODYS_CODE if row is None else second_factor.unseal(ground.fields, row.id, row.totp_secret)
    password_right = _password_right(password_hash, password)
    step = second_factor.step_of(secret, totp, now=now)
    if row is None or not row.active or not password_right or step is None:
        raise LoginRefused
    with database.transaction(ground.engine) as own:
        taken = own.execute(_TAKE_STEP, {"of_account": row.id, "step": step}).rowcount
    if taken != 1:
        raise LoginRefused
    account_id: UUID = row.id
    return account_id


def _password_right(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password[: LONGEST_PASSWORD + 1])
    except argon2.exceptions.VerifyMismatchError:
        return False


def _record_refusal(ground: Ground, address: str, now: datetime) -> None:
    _LOG.info("staff log-in refused")
    origin = ground.fields.blind_index(address, column="staff_address").hex()[:16]
    actor = audit.Actor(audit.ActorKind.SYSTEM, "identity")
    with database.transaction(ground.engine) as own:
        audit.record(own, at=now, actor=actor, action=audit.Action.LOGIN_REFUSED, detail={"address": origin})
