"""Alembic's environment: runs on the connection that the `database migrate` command opened."""

from alembic import context

from portal.migrations.models import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
