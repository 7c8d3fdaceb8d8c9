"""A desk under test: members of staff with their roles, logged in or not, over a loaded municipality."""

from collections.abc import Callable

import argon2
import flask
import pytest
from flask.testing import FlaskClient

from portal import database, municipality
from portal.audit import Actor, ActorKind
from portal.ground import Ground
from portal.identity import Role, StaffMember, add_account, staff_member
from portal.identity.login import sessions
from portal.identity.staff import accounts, staff_login
from portal.staff import create_app
from tests.portal.staff.desk import Desk
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TESTER = Actor(ActorKind.SYSTEM, "tests")
Browse = Callable[[Callable[[Ground], flask.Flask], str], FlaskClient]
Employ = Callable[..., StaffMember]
SitDown = Callable[..., Desk]


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a password hash is proved in identity's own tests."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "HASHER", cheap)
    monkeypatch.setattr(staff_login, "HASHER", cheap)


@pytest.fixture
def city(ground: Ground) -> municipality.Municipality:
    """みさき市, loaded."""
    with database.transaction(ground.engine) as connection:
        return municipality.load(connection, MUNICIPALITY_TOML, ground.clock.now())


@pytest.fixture
def employ(ground: Ground, city: municipality.Municipality) -> Employ:
    """Makes an account: `employ("hanako", Role.REVIEWER, name="佐藤 花子")`."""

    def employed(login: str, *roles: Role, name: str = "佐藤 花子") -> StaffMember:
        now = ground.clock.now()
        with database.transaction(ground.engine) as connection:
            made = add_account(
                connection, ground, login=login, display_name=name, roles=roles, password=PASSWORD,
                actor=TESTER, now=now, totp_secret=SECRET,
            )  # fmt: skip
            member = staff_member(connection, made.account_id)
        assert member is not None
        return member

    return employed


@pytest.fixture
def visitor(ground: Ground, browse: Browse, city: municipality.Municipality) -> Desk:
    """A browser in which nobody has logged in."""
    return Desk(browse(create_app, ground.settings.origins.staff))


@pytest.fixture
def sit_down(ground: Ground, browse: Browse, employ: Employ) -> SitDown:
    """Logs a new member in, past the form: `desk = sit_down("hanako", Role.REVIEWER)`."""

    def seated(login: str, *roles: Role, name: str = "佐藤 花子") -> Desk:
        member = employ(login, *roles, name=name)
        desk = Desk(browse(create_app, ground.settings.origins.staff), member)
        with database.transaction(ground.engine) as connection:
            data = {"account": str(member.id)}
            token = sessions.create(connection, face="staff", data=data, now=ground.clock.now())
        desk.client.set_cookie("__Host-staff", token, domain="staff.test", secure=True)
        return desk

    return seated
