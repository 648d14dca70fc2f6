"""Ask whether offers that end soon still stand.

Revision: 0013
Follows: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "offer_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("days IN (0, 7, 30)", name=op.f("ck_offer_reminder_days")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_offer_reminder_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_reminder")),
        sa.UniqueConstraint("entry_id", "ends_on", "days", name=op.f("uq_offer_reminder_entry_id_ends_on_days")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_offer_reminder_token_hash")),
    )
    with op.batch_alter_table("offer_reminder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_reminder_entry_id"), ["entry_id"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("offer_reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_reminder_entry_id"))
    op.drop_table("offer_reminder")
