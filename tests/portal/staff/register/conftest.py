"""The register desk under test."""

from collections.abc import Sequence
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal import database
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import Role
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk
from tests.portal.staff.town import settle_family


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    """An officer of the counter."""
    return sit_down("ito", Role.DESK, name="伊藤 葵")


@pytest.fixture
def family(ground: Ground) -> list[UUID]:
    """本間 さくら and her two children."""
    return settle_family(ground)


def find(desk: Desk, **typed: str) -> TestResponse:
    """Search as the form does, for a reason unless another is given."""
    return desk.post("/register", {"why": "counter", **typed}, page="/register")


def events(ground: Ground, action: Action) -> Sequence[sa.Row[tuple[object, ...]]]:
    """The audit of this action, in order."""
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events).where(audit_events.c.action == action.value).order_by(audit_events.c.id)
        return connection.execute(query).all()
