"""Stop list, link requests, and log-in with a second device.

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op

import portal.database

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# A link is never overwritten and never deleted: it ends once, with a reason, and stays.
LINKS_ONLY_END = (
    """CREATE FUNCTION links_only_end() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
            AND ROW(NEW.id, NEW.issuer_sha256, NEW.issuer, NEW.serial, NEW.resident_id, NEW.algorithm,
                    NEW.supersedes, NEW.valid_from)
            IS NOT DISTINCT FROM ROW(OLD.id, OLD.issuer_sha256, OLD.issuer, OLD.serial, OLD.resident_id,
                    OLD.algorithm, OLD.supersedes, OLD.valid_from)
        THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'a serial link is only ever ended';
    END $$""",
    """CREATE TRIGGER serial_links_only_end BEFORE UPDATE OR DELETE ON serial_links
    FOR EACH ROW EXECUTE FUNCTION links_only_end()""",
)


def upgrade() -> None:
    op.create_table('certificate_stops',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('issuer_sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('serial', sa.Text(), nullable=False),
    sa.Column('reason', sa.Enum('lost', 'stolen', 'misuse', 'officer', name='reason', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('stopped_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('lifted_at', portal.database.Instant(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_stops'))
    )
    op.create_index('uq_certificate_stops_open', 'certificate_stops', ['issuer_sha256', 'serial'], unique=True, postgresql_where=sa.text('lifted_at IS NULL'))
    op.create_table('link_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('issuer_sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('serial', sa.Text(), nullable=False),
    sa.Column('certificate', sa.LargeBinary(), nullable=False),
    sa.Column('four_items', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.Enum('open', 'linked', 'refused', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('made_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('decided_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('link_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['staff_accounts.id'], name=op.f('fk_link_requests_decided_by')),
    sa.ForeignKeyConstraint(['link_id'], ['serial_links.id'], name=op.f('fk_link_requests_link_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_link_requests'))
    )
    op.create_index(op.f('ix_link_requests_made_at'), 'link_requests', ['made_at'], unique=False)
    op.create_index('uq_link_requests_open', 'link_requests', ['issuer_sha256', 'serial'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_table('device_logins',
    sa.Column('token_sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('asker', sa.Text(), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('expires_at', portal.database.Instant(timezone=True), nullable=False),
    sa.Column('claimed_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('answered_at', portal.database.Instant(timezone=True), nullable=True),
    sa.Column('refusal', sa.Text(), nullable=True),
    sa.Column('resident_id', sa.Uuid(), nullable=True),
    sa.Column('link_id', sa.Uuid(), nullable=True),
    sa.Column('certificate', sa.LargeBinary(), nullable=True),
    sa.Column('fingerprint', sa.String(length=16), nullable=True),
    sa.ForeignKeyConstraint(['link_id'], ['serial_links.id'], name=op.f('fk_device_logins_link_id')),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], name=op.f('fk_device_logins_resident_id')),
    sa.PrimaryKeyConstraint('token_sha256', name=op.f('pk_device_logins'))
    )
    op.create_index(op.f('ix_device_logins_asker'), 'device_logins', ['asker'], unique=False)
    op.create_index(op.f('ix_device_logins_expires_at'), 'device_logins', ['expires_at'], unique=False)
    for statement in LINKS_ONLY_END:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the history of a register is never unmade; restore a backup instead")
