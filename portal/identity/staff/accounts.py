"""Accounts of the staff (職員): password and one-time code, both always judged, roles from a closed set."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import argon2
import pyotp
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit
from portal.ground import Ground
from portal.identity.errors import AccountInvalid
from portal.identity.staff import second_factor
from portal.identity.tables import Role, staff_accounts, staff_roles

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_ISSUER = "Madoguchi"
# RFC 9106, second recommended option (64 MiB of memory).
HASHER = argon2.PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)


@dataclass(frozen=True)
class StaffMember:
    """An active member of staff with the roles of this moment."""

    id: UUID
    login: str
    display_name: str
    roles: frozenset[Role]


@dataclass(frozen=True, repr=False)
class Provisioning:
    """What a new member of staff needs once: the otpauth URI holds the secret of the second factor."""

    account_id: UUID
    otpauth_uri: str


_NEW = insert(staff_accounts).on_conflict_do_nothing(index_elements=[staff_accounts.c.login])
_ADD = _NEW.returning(staff_accounts.c.id)
_ADD_ROLE = staff_roles.insert()
_BY_ID = sa.select(staff_accounts.c.id, staff_accounts.c.login, staff_accounts.c.display_name).where(
    staff_accounts.c.id == sa.bindparam("of_account"), staff_accounts.c.active
)
_NAMES = sa.select(staff_accounts.c.id, staff_accounts.c.display_name).where(
    staff_accounts.c.id == sa.func.any(sa.bindparam("wanted", type_=sa.ARRAY(sa.Uuid)))
)
_BY_LOGIN = sa.select(staff_accounts.c.id).where(staff_accounts.c.login == sa.bindparam("named"))
_ROLES = sa.select(staff_roles.c.role).where(staff_roles.c.account_id == sa.bindparam("of_account"))


def add_account(
    connection: sa.Connection,
    ground: Ground,
    *,
    login: str,
    display_name: str,
    roles: Collection[Role],
    password: str,
    actor: audit.Actor,
    now: datetime,
    totp_secret: str | None = None,
) -> Provisioning:
    """Make an account. Raises AccountInvalid for an unfit or taken login, a short password, no role, a bad secret."""
    _demand_fit(login, display_name, roles, password)
    secret = pyotp.random_base32() if totp_secret is None else totp_secret
    second_factor.demand_secret(secret)
    account_id = uuid4()
    added = connection.execute(
        _ADD,
        {
            "id": account_id,
            "login": login,
            "display_name": display_name,
            "password_hash": HASHER.hash(password),
            "totp_secret": second_factor.seal(ground.fields, account_id, secret),
            "totp_step": None,
            "active": True,
            "created_at": now,
        },
    ).scalar_one_or_none()
    if added is None:
        raise AccountInvalid("the login is taken")
    connection.execute(_ADD_ROLE, [{"account_id": account_id, "role": role} for role in sorted(set(roles))])
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=audit.Action.ACCOUNT_CHANGED,
        detail={"account": str(account_id), "roles": ",".join(sorted(set(roles)))},
    )
    uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)
    return Provisioning(account_id, uri)


def staff_member(connection: sa.Connection, account_id: UUID) -> StaffMember | None:
    """The active account with its present roles; None when it is unknown or has been switched off."""
    row = connection.execute(_BY_ID, {"of_account": account_id}).one_or_none()
    if row is None:
        return None
    roles = connection.execute(_ROLES, {"of_account": account_id}).scalars()
    return StaffMember(row.id, row.login, row.display_name, frozenset(roles))


def staff_names(connection: sa.Connection, account_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these accounts, of those as well that have been switched off."""
    return {row.id: row.display_name for row in connection.execute(_NAMES, {"wanted": list(account_ids)})}


def account_of(connection: sa.Connection, login: str) -> UUID | None:
    """Whose login it is, or was; None when nobody ever had it."""
    found: UUID | None = connection.execute(_BY_LOGIN, {"named": login}).scalar_one_or_none()
    return found


def _demand_fit(login: str, display_name: str, roles: Collection[Role], password: str) -> None:
    if not _LOGIN.fullmatch(login):
        raise AccountInvalid("the login must be 2 to 32 small letters, digits and . _ -")
    if not display_name.strip():
        raise AccountInvalid("the name is missing")
    if not roles:
        raise AccountInvalid("at least one role is needed")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountInvalid(f"the password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
