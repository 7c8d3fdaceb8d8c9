"""Seals over the audit.

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op

import portal.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_seals',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sealed_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('events', sa.Integer(), nullable=False),
    sa.Column('head', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_seals'))
    )
    op.create_table('audit_leaves',
    sa.Column('seal', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('leaf', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('seal', 'event_id', name=op.f('pk_audit_leaves')),
    sa.UniqueConstraint('event_id', name=op.f('uq_audit_leaves_event_id'))
    )
    for table in ("audit_seals", "audit_leaves"):
        for statement in portal.database.refuse_changes_sql(table):
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")
