"""Keep what officers and submitters write to each other about an entry.

Revision: 0016
Follows: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "entry_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("is_from_office", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT is_from_office OR by_id IS NOT NULL", name=op.f("ck_entry_message_officer_named")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_entry_message_by_id_account")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_entry_message_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_message")),
    )
    op.create_index(op.f("ix_entry_message_by_id"), "entry_message", ["by_id"])
    op.create_index(op.f("ix_entry_message_entry_id"), "entry_message", ["entry_id"])


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_table("entry_message")
