"""The migrations make exactly the tables that the code knows."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from portal.ground import Ground
from portal.migrations.models import metadata


def _of_ours(name: str | None, kind: str, parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("procrastinate"))


def test_the_migrated_schema_equals_the_models(ground: Ground) -> None:
    with ground.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": _of_ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_every_history_is_insert_only(ground: Ground) -> None:
    with ground.engine.connect() as connection:
        triggers = connection.execute(
            sa.text(
                "SELECT event_object_table FROM information_schema.triggers WHERE trigger_name LIKE '%insert_only'"
            )
        ).scalars()
        assert {"audit_events", "resident_history", "filing_events"} <= set(triggers)
