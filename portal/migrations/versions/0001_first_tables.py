"""The first tables of every package, the job queue, and what may never be changed.

Revision: 0001
After: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import portal.database
from procrastinate.schema import SchemaManager

revision = '0001'
down_revision = None
INSERT_ONLY = ("audit_events", "resident_history", "filing_events")
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attempts',
    sa.Column('scope', sa.Enum('asker', 'address', 'card', 'staff_login', 'staff_address', name='scope', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('subject', sa.LargeBinary(length=32), nullable=False),
    sa.Column('window_start', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'subject', name=op.f('pk_attempts'))
    )
    op.create_index(op.f('ix_attempts_window_start'), 'attempts', ['window_start'], unique=False)
    op.create_table('audit_events',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.String(length=16), nullable=False),
    sa.Column('actor_id', sa.String(length=64), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.Uuid(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_events'))
    )
    op.create_index(op.f('ix_audit_events_subject'), 'audit_events', ['subject'], unique=False)
    op.create_table('challenges',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nonce_sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('asker', sa.Text(), nullable=False),
    sa.Column('expires_at', portal.database.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_challenges'))
    )
    op.create_index(op.f('ix_challenges_expires_at'), 'challenges', ['expires_at'], unique=False)
    op.create_table('households',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('postal_code', sa.String(length=7), nullable=True),
    sa.Column('address', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_households')),
    sa.UniqueConstraint('number', name=op.f('uq_households_number'))
    )
    op.create_table('municipality',
    sa.Column('id', sa.SmallInteger(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('loaded_at', portal.database.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_municipality'))
    )
    op.create_table('municipality_switches',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('set_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.String(length=16), nullable=False),
    sa.Column('actor_id', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_municipality_switches'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('counterpart', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('moving_out_certificate', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('filing_id', sa.Uuid(), nullable=False),
    sa.Column('posted_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('delivered_at', portal.database.Instant(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('filing_id', 'kind', 'counterpart', name='uq_outbox_once')
    )
    op.create_index('ix_outbox_waiting', 'outbox', ['posted_at'], unique=False, postgresql_where=sa.text('delivered_at IS NULL'))
    op.create_table('staff_accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('login', sa.Text(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('totp_secret', sa.LargeBinary(), nullable=False),
    sa.Column('totp_step', sa.BigInteger(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', portal.database.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_accounts')),
    sa.UniqueConstraint('login', name=op.f('uq_staff_accounts_login'))
    )
    op.create_table('terminals',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('public_key', sa.Text(), nullable=False),
    sa.Column('enrolled_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('revoked_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('last_seen_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('reader_state', sa.Text(), nullable=True),
    sa.Column('printer', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('version', sa.Text(), nullable=True),
    sa.Column('locked_order', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_terminals'))
    )
    op.create_table('web_sessions',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('face', sa.String(length=16), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('created_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('seen_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('ends_at', portal.database.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_web_sessions'))
    )
    op.create_index(op.f('ix_web_sessions_ends_at'), 'web_sessions', ['ends_at'], unique=False)
    op.create_table('device_commands',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('terminal_id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('answer', sa.Enum('printed', 'not_printed', 'partly_printed', name='answer', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('jws', sa.Text(), nullable=False),
    sa.Column('issued_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('expires_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('done_at', portal.database.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['terminal_id'], ['terminals.id'], name=op.f('fk_device_commands_terminal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_commands'))
    )
    op.create_index(op.f('ix_device_commands_terminal_id'), 'device_commands', ['terminal_id'], unique=False)
    op.create_table('request_nonces',
    sa.Column('terminal_id', sa.Text(), nullable=False),
    sa.Column('nonce', sa.Text(), nullable=False),
    sa.Column('seen_at', portal.database.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['terminal_id'], ['terminals.id'], name=op.f('fk_request_nonces_terminal_id')),
    sa.PrimaryKeyConstraint('terminal_id', 'nonce', name=op.f('pk_request_nonces'))
    )
    op.create_index(op.f('ix_request_nonces_seen_at'), 'request_nonces', ['seen_at'], unique=False)
    op.create_table('residents',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('household_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('resident', 'planned_departure', 'removed', 'deceased', name='status', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('reading', sa.Text(), nullable=True),
    sa.Column('reading_registered', sa.Boolean(), nullable=False),
    sa.Column('former_surname', sa.Text(), nullable=True),
    sa.Column('common_name', sa.Text(), nullable=True),
    sa.Column('birth_date', sa.String(length=10), nullable=False),
    sa.Column('sex', sa.Enum('male', 'female', name='sex', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('relationship', sa.Text(), nullable=False),
    sa.Column('is_head', sa.Boolean(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('became_resident_on', sa.Date(), nullable=True),
    sa.Column('address_since', sa.Date(), nullable=True),
    sa.Column('notified_on', sa.Date(), nullable=True),
    sa.Column('previous_address', sa.Text(), nullable=True),
    sa.Column('domicile', sa.Text(), nullable=True),
    sa.Column('family_head', sa.Text(), nullable=True),
    sa.Column('foreign', sa.Boolean(), nullable=False),
    sa.Column('nationality', sa.Text(), nullable=True),
    sa.Column('residence_status', sa.Text(), nullable=True),
    sa.Column('period_of_stay', sa.Text(), nullable=True),
    sa.Column('stay_expires_on', sa.Date(), nullable=True),
    sa.Column('residence_card_number', sa.Text(), nullable=True),
    sa.Column('planned_departure_on', sa.Date(), nullable=True),
    sa.Column('destination', sa.Text(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('name_key', sa.Text(), nullable=False),
    sa.Column('former_surname_key', sa.Text(), nullable=True),
    sa.Column('common_name_key', sa.Text(), nullable=True),
    sa.Column('reading_key', sa.Text(), nullable=True),
    sa.Column('address_key', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['household_id'], ['households.id'], name=op.f('fk_residents_household_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_residents')),
    sa.UniqueConstraint('number', name=op.f('uq_residents_number'))
    )
    op.create_index('ix_residents_address_key', 'residents', ['address_key'], unique=False, postgresql_ops={'address_key': 'text_pattern_ops'})
    op.create_index('ix_residents_birth_reading', 'residents', ['birth_date', 'reading_key'], unique=False, postgresql_ops={'reading_key': 'text_pattern_ops'})
    op.create_index('ix_residents_common_name_key', 'residents', ['common_name_key'], unique=False, postgresql_ops={'common_name_key': 'text_pattern_ops'})
    op.create_index(op.f('ix_residents_household_id'), 'residents', ['household_id'], unique=False)
    op.create_index('ix_residents_name_key', 'residents', ['name_key'], unique=False, postgresql_ops={'name_key': 'text_pattern_ops'})
    op.create_index('ix_residents_planned_departure', 'residents', ['planned_departure_on'], unique=False, postgresql_where=sa.text("status = 'planned_departure'"))
    op.create_index('ix_residents_reading_key', 'residents', ['reading_key'], unique=False, postgresql_ops={'reading_key': 'text_pattern_ops'})
    op.create_table('staff_roles',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('reviewer', 'desk', 'operator', 'auditor', 'administrator', name='role', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['staff_accounts.id'], name=op.f('fk_staff_roles_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'role', name=op.f('pk_staff_roles'))
    )
    op.create_table('domicile_entries',
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.SmallInteger(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('since', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_domicile_entries_resident_id')),
    sa.PrimaryKeyConstraint('resident_id', 'sequence', name=op.f('pk_domicile_entries'))
    )
    op.create_table('drafts',
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('moving_out', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('submission_key', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('answers', sa.Text(), nullable=False),
    sa.Column('saved_at', portal.database.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_drafts_resident_id')),
    sa.PrimaryKeyConstraint('resident_id', 'kind', name=op.f('pk_drafts')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_drafts_submission_key'))
    )
    op.create_table('filings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('receipt_number', sa.String(length=32), nullable=False),
    sa.Column('submission_key', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('moving_out', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('state', sa.Enum('submitted', 'in_review', 'accepted', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('applicant_name', sa.Text(), nullable=False),
    sa.Column('applicant_reading', sa.Text(), nullable=True),
    sa.Column('proof', sa.Enum('log_in', name='proof', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('submitted_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('promised_on', sa.Date(), nullable=False),
    sa.Column('changed_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('claimed_by', sa.Uuid(), nullable=True),
    sa.Column('claimed_by_name', sa.Text(), nullable=True),
    sa.Column('claim_ends_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_by_name', sa.Text(), nullable=True),
    sa.Column('decided_at', portal.database.Instant(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'accepted') = (decided_at IS NOT NULL)", name=op.f('ck_filings_accepted_is_decided')),
    sa.CheckConstraint('(claimed_by IS NULL) = (claim_ends_at IS NULL)', name=op.f('ck_filings_claim_is_whole')),
    sa.CheckConstraint('(decided_by IS NULL) = (decided_at IS NULL)', name=op.f('ck_filings_decision_is_whole')),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_filings_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filings')),
    sa.UniqueConstraint('number', name=op.f('uq_filings_number')),
    sa.UniqueConstraint('receipt_number', name=op.f('uq_filings_receipt_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_filings_submission_key'))
    )
    op.create_index('ix_filings_queue', 'filings', ['state', 'promised_on', 'number'], unique=False)
    op.create_index(op.f('ix_filings_resident_id'), 'filings', ['resident_id'], unique=False)
    op.create_table('holds',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Enum('filing', 'import', 'officer', name='reason', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('placed_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('placed_by_kind', sa.String(length=16), nullable=False),
    sa.Column('placed_by', sa.String(length=64), nullable=False),
    sa.Column('lifted_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('lifted_by_kind', sa.String(length=16), nullable=True),
    sa.Column('lifted_by', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_holds_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_holds'))
    )
    op.create_index('ix_holds_open_source', 'holds', ['source'], unique=False, postgresql_where=sa.text('lifted_at IS NULL'))
    op.create_index('uq_holds_open', 'holds', ['resident_id', 'source'], unique=True, postgresql_where=sa.text('lifted_at IS NULL'))
    op.create_table('issuances',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('terminal_id', sa.String(length=64), nullable=False),
    sa.Column('request_key', sa.Uuid(), nullable=False),
    sa.Column('session', sa.String(length=64), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('scope', sa.String(length=16), nullable=False),
    sa.Column('persons', sa.ARRAY(sa.Uuid()), nullable=False),
    sa.Column('items', sa.ARRAY(sa.String(length=40)), nullable=False),
    sa.Column('copies', sa.SmallInteger(), nullable=False),
    sa.Column('fee', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('requested', 'rendering', 'ready', 'released', 'printed', 'not_printed', 'unknown', 'settled', 'failed', 'expired', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('repeated', sa.Boolean(), nullable=False),
    sa.Column('refusal', sa.Enum('hours', 'maintenance', 'stopped', 'moved_out', 'moving', 'in_progress', 'deceased', 'under_age', 'too_long', 'too_long_character', 'record_changed', name='refusal', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('issue_number', sa.String(length=24), nullable=False),
    sa.Column('record_versions', sa.Text(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('pages', sa.SmallInteger(), nullable=True),
    sa.Column('ticket', sa.Text(), nullable=True),
    sa.Column('sheets', sa.SmallInteger(), nullable=True),
    sa.Column('sheets_expected', sa.SmallInteger(), nullable=True),
    sa.Column('detail', sa.String(length=120), nullable=True),
    sa.Column('answer', sa.Enum('printed', 'not_printed', 'partly_printed', name='answer', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('statement', sa.Text(), nullable=True),
    sa.Column('settled_by', sa.String(length=64), nullable=True),
    sa.Column('requested_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('ready_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('released_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('ended_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('settled_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('due_at', portal.database.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_issuances_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issuances')),
    sa.UniqueConstraint('issue_number', name=op.f('uq_issuances_issue_number')),
    sa.UniqueConstraint('terminal_id', 'request_key', name='uq_issuances_request')
    )
    op.create_index('ix_issuances_due', 'issuances', ['due_at'], unique=False, postgresql_where=sa.text("state IN ('requested', 'rendering', 'ready', 'released')"))
    op.create_index('ix_issuances_open_cases', 'issuances', ['ended_at'], unique=False, postgresql_where=sa.text("state = 'unknown' OR (state = 'failed' AND refusal IS NULL)"))
    op.create_index(op.f('ix_issuances_resident_id'), 'issuances', ['resident_id'], unique=False)
    op.create_index('ix_issuances_waiting', 'issuances', ['state'], unique=False, postgresql_where=sa.text("state IN ('requested', 'rendering')"))
    op.create_table('notices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('filing.received', 'filing.accepted', 'filing.withdrawn', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('filing_id', sa.Uuid(), nullable=True),
    sa.Column('told_at', portal.database.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_notices_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    op.create_index('ix_notices_inbox', 'notices', ['resident_id', 'told_at'], unique=False)
    op.create_table('protections',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('placed_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('placed_by_kind', sa.String(length=16), nullable=False),
    sa.Column('placed_by', sa.String(length=64), nullable=False),
    sa.Column('ended_at', portal.database.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_protections_resident_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_protections'))
    )
    op.create_index('uq_protections_open', 'protections', ['resident_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('resident_history',
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('known_from', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.String(length=16), nullable=False),
    sa.Column('actor_id', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.Enum('import', 'moving_out', 'moving_out_cancelled', 'removal', 'correction', name='reason', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('filing_id', sa.Uuid(), nullable=True),
    sa.Column('changes', sa.Text(), nullable=False),
    sa.Column('record', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_resident_history_resident_id')),
    sa.PrimaryKeyConstraint('resident_id', 'version', name=op.f('pk_resident_history'))
    )
    op.create_index(op.f('ix_resident_history_filing_id'), 'resident_history', ['filing_id'], unique=False)
    op.create_table('resident_numbers',
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('individual_number', sa.LargeBinary(), nullable=False),
    sa.Column('individual_number_index', sa.LargeBinary(), nullable=False),
    sa.Column('resident_code', sa.LargeBinary(), nullable=False),
    sa.Column('resident_code_index', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_resident_numbers_resident_id')),
    sa.PrimaryKeyConstraint('resident_id', name=op.f('pk_resident_numbers')),
    sa.UniqueConstraint('individual_number_index', name=op.f('uq_resident_numbers_individual_number_index')),
    sa.UniqueConstraint('resident_code_index', name=op.f('uq_resident_numbers_resident_code_index'))
    )
    op.create_table('seals',
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('seal_number', sa.String(length=20), nullable=False),
    sa.Column('registered_on', sa.Date(), nullable=False),
    sa.Column('cancelled_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_seals_resident_id')),
    sa.PrimaryKeyConstraint('resident_id', name=op.f('pk_seals')),
    sa.UniqueConstraint('seal_number', name=op.f('uq_seals_seal_number'))
    )
    op.create_table('serial_links',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('issuer_sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('issuer', sa.LargeBinary(), nullable=False),
    sa.Column('serial', sa.Text(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('algorithm', sa.Text(), nullable=False),
    sa.Column('supersedes', sa.Uuid(), nullable=True),
    sa.Column('valid_from', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('ended_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('ended_reason', sa.Enum('moved_out', 'deceased', 'superseded', 'withdrawn', 'officer', name='ended_reason', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.CheckConstraint('(ended_at IS NULL) = (ended_reason IS NULL)', name=op.f('ck_serial_links_end_has_reason')),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_serial_links_resident_id')),
    sa.ForeignKeyConstraint(['supersedes'], ['serial_links.id'], name=op.f('fk_serial_links_supersedes')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_serial_links'))
    )
    op.create_index(op.f('ix_serial_links_resident_id'), 'serial_links', ['resident_id'], unique=False)
    op.create_index('uq_serial_links_open', 'serial_links', ['issuer_sha256', 'serial'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('tax_records',
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('fiscal_year', sa.SmallInteger(), nullable=False),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('income_yen', sa.BigInteger(), nullable=False),
    sa.Column('deductions_yen', sa.BigInteger(), nullable=False),
    sa.Column('municipal_tax_yen', sa.BigInteger(), nullable=False),
    sa.Column('prefectural_tax_yen', sa.BigInteger(), nullable=False),
    sa.Column('unpaid_yen', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_tax_records_resident_id')),
    sa.PrimaryKeyConstraint('resident_id', 'fiscal_year', name=op.f('pk_tax_records'))
    )
    op.create_table('filing_events',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('filing_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('event', sa.Enum('submit', 'open', 'release', 'accept', 'withdraw', name='event', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('from_state', sa.Enum('submitted', 'in_review', 'accepted', 'withdrawn', name='from_state', native_enum=False, create_constraint=True, length=40), nullable=True),
    sa.Column('to_state', sa.Enum('submitted', 'in_review', 'accepted', 'withdrawn', name='to_state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('actor_kind', sa.String(length=16), nullable=False),
    sa.Column('actor_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_filing_events_filing_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filing_events')),
    sa.UniqueConstraint('filing_id', 'version', name=op.f('uq_filing_events_filing_id_version'))
    )
    op.create_index(op.f('ix_filing_events_filing_id'), 'filing_events', ['filing_id'], unique=False)
    op.create_table('filing_movers',
    sa.Column('filing_id', sa.Uuid(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('record_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filings.id'], name=op.f('fk_filing_movers_filing_id')),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_filing_movers_resident_id')),
    sa.PrimaryKeyConstraint('filing_id', 'resident_id', name=op.f('pk_filing_movers'))
    )
    op.create_index(op.f('ix_filing_movers_resident_id'), 'filing_movers', ['resident_id'], unique=False)
    op.create_table('issuance_documents',
    sa.Column('issuance_id', sa.Uuid(), nullable=False),
    sa.Column('ciphertext', sa.LargeBinary(), nullable=False),
    sa.Column('page_hashes', sa.Text(), nullable=False),
    sa.Column('stored_at', portal.database.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['issuance_id'], ['issuances.id'], name=op.f('fk_issuance_documents_issuance_id')),
    sa.PrimaryKeyConstraint('issuance_id', name=op.f('pk_issuance_documents'))
    )
    op.create_table('kiosk_sessions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('terminal_id', sa.Text(), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('link_id', sa.Uuid(), nullable=False),
    sa.Column('opened_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('seen_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('expires_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('closed_at', portal.database.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['link_id'], ['serial_links.id'], name=op.f('fk_kiosk_sessions_link_id')),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_kiosk_sessions_resident_id')),
    sa.ForeignKeyConstraint(['terminal_id'], ['terminals.id'], name=op.f('fk_kiosk_sessions_terminal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kiosk_sessions')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_kiosk_sessions_token_sha256'))
    )
    op.create_index(op.f('ix_kiosk_sessions_terminal_id'), 'kiosk_sessions', ['terminal_id'], unique=False)
    for table in INSERT_ONLY:
        for statement in portal.database.refuse_changes_sql(table):
            op.execute(sa.text(statement))
    # The queue engine's own schema, as of the pinned version; its later changes are later migrations.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first tables")
