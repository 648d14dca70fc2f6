"""Take up matches, allocate, keep reports and rulings on entries that look alike.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this revision."""
    op.create_table('stored_report',
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('audience', sa.String(length=20), nullable=False),
    sa.Column('made_from', sa.String(length=64), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('content', JSON, nullable=True),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('n_steps', sa.Integer(), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('kind', 'audience', name=op.f('pk_stored_report'))
    )
    op.create_table('allocation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=20), nullable=False),
    sa.Column('state', sa.Enum('queued', 'running', 'done', 'failed', 'cancelled', name='allocationstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('asked', JSON, nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('n_steps', sa.Integer(), nullable=False),
    sa.Column('inputs', JSON, nullable=True),
    sa.Column('inputs_hash', sa.String(length=64), nullable=True),
    sa.Column('result', JSON, nullable=True),
    sa.Column('fault', JSON, nullable=True),
    sa.Column('settings_version', sa.String(length=40), nullable=True),
    sa.Column('index_version', sa.String(length=80), nullable=True),
    sa.Column('is_cancel_asked', sa.Boolean(), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f('ck_allocation_result')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['account.id'], name=op.f('fk_allocation_asked_by_id_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation')),
    sa.UniqueConstraint('ref', name=op.f('uq_allocation_ref'))
    )
    with op.batch_alter_table('allocation', schema=None) as batch_op:
        batch_op.create_index('ix_allocation_state', ['state', 'id'], unique=False)

    op.create_table('same_entry_ruling',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_id', sa.Integer(), nullable=False),
    sa.Column('second_id', sa.Integer(), nullable=False),
    sa.Column('is_same', sa.Boolean(), nullable=False),
    sa.Column('texts_hash', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('ruled_by_id', sa.Integer(), nullable=True),
    sa.Column('ruled_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('first_id < second_id', name=op.f('ck_same_entry_ruling_ordered')),
    sa.ForeignKeyConstraint(['first_id'], ['entry.id'], name=op.f('fk_same_entry_ruling_first_id_entry')),
    sa.ForeignKeyConstraint(['ruled_by_id'], ['account.id'], name=op.f('fk_same_entry_ruling_ruled_by_id_account')),
    sa.ForeignKeyConstraint(['second_id'], ['entry.id'], name=op.f('fk_same_entry_ruling_second_id_entry')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_same_entry_ruling')),
    sa.UniqueConstraint('first_id', 'second_id', name=op.f('uq_same_entry_ruling_first_id_second_id'))
    )
    with op.batch_alter_table('same_entry_ruling', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_same_entry_ruling_first_id'), ['first_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_same_entry_ruling_second_id'), ['second_id'], unique=False)

    with op.batch_alter_table('match', schema=None) as batch_op:
        batch_op.add_column(sa.Column('requester_decline', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('partner_decline', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('starts_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('requester_result', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('partner_result', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('requester_outcome', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('partner_outcome', sa.Text(), nullable=True))

    op.execute(
        "UPDATE match SET proposed_at = updated_at WHERE state NOT IN ('suggested', 'shortlisted')"
    )
    for side in ("requester", "partner"):
        op.execute(f"UPDATE match SET {side}_decline = 'other' WHERE {side}_answer = 'no'")  # noqa: S608


def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table('match', schema=None) as batch_op:
        batch_op.drop_column('partner_outcome')
        batch_op.drop_column('requester_outcome')
        batch_op.drop_column('partner_result')
        batch_op.drop_column('requester_result')
        batch_op.drop_column('starts_on')
        batch_op.drop_column('proposed_at')
        batch_op.drop_column('partner_decline')
        batch_op.drop_column('requester_decline')

    with op.batch_alter_table('same_entry_ruling', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_same_entry_ruling_second_id'))
        batch_op.drop_index(batch_op.f('ix_same_entry_ruling_first_id'))

    op.drop_table('same_entry_ruling')
    with op.batch_alter_table('allocation', schema=None) as batch_op:
        batch_op.drop_index('ix_allocation_state')

    op.drop_table('allocation')
    op.drop_table('stored_report')
