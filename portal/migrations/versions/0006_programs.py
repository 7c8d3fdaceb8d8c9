"""The programs that run, with their versions.

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op

import portal.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('programs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Enum('resident', 'staff', 'terminal', 'verify', 'worker', name='name', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('version', sa.String(length=32), nullable=False),
    sa.Column('started_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('seen_at', portal.database.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programs'))
    )


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")
