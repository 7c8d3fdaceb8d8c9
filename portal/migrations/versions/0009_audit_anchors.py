"""What the sealer remembers, anchors and verifications beside the book, and indexes for whoever reads it.

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op

import portal.database

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Before any event of a statement gets its number, its transaction gets one: the sealer relies on that order.
    op.execute(
        """CREATE FUNCTION number_transaction_of_audit_events() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_current_xact_id(); RETURN NULL; END $$"""
    )
    op.execute(
        """CREATE TRIGGER audit_events_number_their_transaction BEFORE INSERT ON audit_events
        FOR EACH STATEMENT EXECUTE FUNCTION number_transaction_of_audit_events()"""
    )
    op.create_index('ix_audit_events_at', 'audit_events', ['at', 'id'])
    op.create_index('ix_audit_events_actor', 'audit_events', ['actor_id', 'at', 'id'])
    op.add_column('audit_seals', sa.Column('last_event', sa.BigInteger(), nullable=True))
    op.add_column('audit_seals', sa.Column('next_transaction', sa.BigInteger(), nullable=True))
    op.add_column('audit_seals', sa.Column('settled', sa.BigInteger(), nullable=True))
    op.create_table('audit_anchors',
    sa.Column('serial', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seal', sa.BigInteger(), nullable=False),
    sa.Column('at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('serial', name=op.f('pk_audit_anchors'))
    )
    op.create_table('audit_verifications',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('events', sa.BigInteger(), nullable=False),
    sa.Column('seals', sa.BigInteger(), nullable=False),
    sa.Column('faults', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_verifications'))
    )
    for table in ("audit_anchors", "audit_verifications"):
        for statement in portal.database.refuse_changes_sql(table):
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")
