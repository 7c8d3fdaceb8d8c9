"""The money of an issuance, and the commands about it.

Revision: 0005
After: 0004
"""

import sqlalchemy as sa
from alembic import op

import portal.database

revision = '0005'
down_revision = "0004"
branch_labels = None
depends_on = None

_STATES = ('requested', 'rendering', 'ready', 'authorised', 'released', 'printed', 'not_printed', 'unknown', 'settled', 'failed', 'expired')


def upgrade() -> None:
    op.create_table('payments',
    sa.Column('issuance_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('none', 'authorised', 'held', 'capturing', 'captured', 'voiding', 'voided', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('means', sa.Enum('cash', 'contactless', name='means', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('reference', sa.String(length=64), nullable=True),
    sa.Column('end_reference', sa.String(length=64), nullable=True),
    sa.Column('authorised_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('decided_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('ended_at', portal.database.Instant(timezone=True), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_payments_amount')),
    sa.ForeignKeyConstraint(['issuance_id'], ['issuances.id'], name=op.f('fk_payments_issuance_id')),
    sa.PrimaryKeyConstraint('issuance_id', name=op.f('pk_payments'))
    )
    op.create_index(op.f('ix_payments_state'), 'payments', ['state'], unique=False)
    op.create_table('reconciliations',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('begun_at', portal.database.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_reconciliations'))
    )
    op.create_table('reconciliation_gaps',
    sa.Column('issuance_id', sa.Uuid(), nullable=False),
    sa.Column('gap', sa.Enum('request_missing', 'rendering_missing', 'delivery_missing', 'delivery_twice', 'outcome_missing', 'statement_missing', 'payment_missing', 'amount_differs', 'fee_not_kept', 'fee_not_returned', 'fee_without_paper', 'paper_without_fee', name='gap', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('found_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('gone_at', portal.database.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['issuance_id'], ['issuances.id'], name=op.f('fk_reconciliation_gaps_issuance_id')),
    sa.PrimaryKeyConstraint('issuance_id', 'gap', name=op.f('pk_reconciliation_gaps'))
    )
    op.create_index('ix_reconciliation_gaps_open', 'reconciliation_gaps', ['found_at'], unique=False, postgresql_where=sa.text('gone_at IS NULL'))
    op.add_column('terminals', sa.Column('stopped_at', portal.database.Instant(timezone=True), nullable=True))
    op.drop_constraint(op.f('ck_issuances_state'), 'issuances', type_='check')
    op.create_check_constraint(op.f('ck_issuances_state'), 'issuances', sa.column('state').in_(_STATES))
    op.drop_index('ix_issuances_due', table_name='issuances')
    op.create_index('ix_issuances_due', 'issuances', ['due_at'], unique=False, postgresql_where=sa.text("state IN ('requested', 'rendering', 'ready', 'authorised', 'released')"))
    op.create_index('ix_issuances_ready', 'issuances', ['ready_at'], unique=False)
    op.add_column('device_commands', sa.Column('command', sa.String(length=40), nullable=False, server_default='unlock'))
    op.alter_column('device_commands', 'command', server_default=None)
    op.create_check_constraint(op.f('ck_device_commands_command'), 'device_commands', sa.column('command').in_(('unlock', 'capture', 'void')))
    op.alter_column('device_commands', 'answer', nullable=True)
    op.alter_column('device_commands', 'jws', nullable=True)


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")
