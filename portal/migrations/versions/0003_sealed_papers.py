"""Keys that seal certificates, and what is kept about issued sheets.

Revision: 0003
After: 0002
"""

import sqlalchemy as sa
from alembic import op

import portal.database

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('seal_keys',
    sa.Column('key_id', sa.String(length=16), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('certificate', sa.LargeBinary(), nullable=True),
    sa.Column('valid_from', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('retired_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('revoked_at', portal.database.Instant(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('key_id', name=op.f('pk_seal_keys'))
    )
    op.create_table('issuance_contents',
    sa.Column('issuance_id', sa.Uuid(), nullable=False),
    sa.Column('access_sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('ciphertext', sa.LargeBinary(), nullable=False),
    sa.Column('stored_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('erase_at', portal.database.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['issuance_id'], ['issuances.id'], name=op.f('fk_issuance_contents_issuance_id')),
    sa.PrimaryKeyConstraint('issuance_id', name=op.f('pk_issuance_contents'))
    )
    op.create_index(op.f('ix_issuance_contents_erase_at'), 'issuance_contents', ['erase_at'], unique=False)
    op.create_table('paper_checks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('issuance_id', sa.Uuid(), nullable=False),
    sa.Column('checked_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('result', sa.Enum('current', 'withdrawn', 'altered', 'different_sets', name='result', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.ForeignKeyConstraint(['issuance_id'], ['issuances.id'], name=op.f('fk_paper_checks_issuance_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_checks'))
    )
    op.create_index(op.f('ix_paper_checks_issuance_id'), 'paper_checks', ['issuance_id'], unique=False)
    op.create_table('paper_withdrawals',
    sa.Column('issuance_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Enum('replaced', 'misprint', 'issued_in_error', 'officer', name='reason', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('withdrawn_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('withdrawn_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['issuance_id'], ['issuances.id'], name=op.f('fk_paper_withdrawals_issuance_id')),
    sa.PrimaryKeyConstraint('issuance_id', name=op.f('pk_paper_withdrawals'))
    )
    for statement in portal.database.refuse_changes_sql('paper_checks'):
        op.execute(sa.text(statement))


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")
