"""What the two roles of the database may do, as `roles.sql` gives it."""

import random

import pytest
import sqlalchemy as sa

from portal import database
from portal.audit import sealing
from tests.conftest import CHECKOUT
from tests.portal.audit.book import record
from tests.portal.conftest import MORNING

ROLES = (CHECKOUT / "portal" / "migrations" / "roles.sql").read_text("utf-8")


@pytest.fixture
def governed(engine: sa.Engine) -> sa.Engine:
    """A book with a sealed event, and the roles."""
    with database.transaction(engine) as connection:
        connection.exec_driver_sql(ROLES)
        connection.exec_driver_sql(ROLES)
        record(connection, random.Random(1), MORNING)
        sealing.seal(connection, MORNING)
    return engine


def test_the_application_writes_events_and_reads_seals(governed: sa.Engine) -> None:
    with database.transaction(governed) as connection:
        connection.exec_driver_sql("SET LOCAL ROLE portal_app")
        record(connection, random.Random(2), MORNING)
        assert sealing.oldest_unsealed(connection) == MORNING


def test_the_sealer_seals_and_reads_nothing_else(governed: sa.Engine) -> None:
    with database.transaction(governed) as connection:
        record(connection, random.Random(2), MORNING)
    with database.transaction(governed) as connection:
        connection.exec_driver_sql("SET LOCAL ROLE portal_sealer")
        made = sealing.seal(connection, MORNING)
    assert made is not None
    assert made.number == 2


FORBIDDEN = [
    ("portal_app", "UPDATE audit_events SET actor_id = 'x'"),
    ("portal_app", "DELETE FROM audit_events"),
    ("portal_app", "TRUNCATE audit_events"),
    ("portal_app", "INSERT INTO audit_verifications (at, events, seals, faults) VALUES (now(), 1, 1, 0)"),
    ("portal_app", "DELETE FROM audit_verifications"),
    ("portal_app", "UPDATE resident_history SET version = 0"),
    ("portal_app", "DELETE FROM resident_history"),
    ("portal_app", "TRUNCATE resident_history"),
    *(
        ("portal_app", statement.format(table))
        for table in ("audit_seals", "audit_leaves", "audit_anchors")
        for statement in ("INSERT INTO {0} SELECT * FROM {0}", "DELETE FROM {0}", "TRUNCATE {0}")
    ),
    (
        "portal_sealer",
        "INSERT INTO audit_events (at, actor_kind, actor_id, action, detail) VALUES (now(),'','','','')",
    ),
    ("portal_sealer", "UPDATE audit_events SET actor_id = 'x'"),
    ("portal_sealer", "DELETE FROM audit_events"),
    ("portal_sealer", "UPDATE audit_seals SET events = 0"),
    ("portal_sealer", "DELETE FROM audit_leaves"),
    ("portal_sealer", "DELETE FROM audit_anchors"),
    ("portal_sealer", "UPDATE audit_verifications SET faults = 0"),
    ("portal_sealer", "SELECT nextval('audit_events_id_seq')"),
    ("portal_sealer", "SELECT * FROM residents"),
    ("portal_sealer", "SELECT * FROM issuance_documents"),
]


@pytest.mark.parametrize(("role", "statement"), FORBIDDEN, ids=range(len(FORBIDDEN)))
def test_what_a_role_may_not_do_is_denied(governed: sa.Engine, role: str, statement: str) -> None:
    with governed.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.exec_driver_sql(statement)
