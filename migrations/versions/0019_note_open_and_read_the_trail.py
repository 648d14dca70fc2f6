"""Write internal notes, open things in an emergency, read the audit trail by time and by person.

Revision: 0019
Follows: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "entry_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("struck_by_id", sa.Integer(), nullable=True),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("struck_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(struck_at IS NULL) = (struck_by_id IS NULL)", name=op.f("ck_entry_note_struck_by")
        ),
        sa.CheckConstraint(
            "struck_at IS NULL OR struck_reason IS NOT NULL", name=op.f("ck_entry_note_struck_reason")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_entry_note_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["struck_by_id"], ["account.id"], name=op.f("fk_entry_note_struck_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["account.id"], name=op.f("fk_entry_note_written_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_note")),
    )
    with op.batch_alter_table("entry_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entry_note_entry_id"), ["entry_id"], unique=False)
    op.create_table(
        "open_glass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("nomination_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(entry_id IS NULL) <> (nomination_id IS NULL)", name=op.f("ck_open_glass_one_thing")
        ),
        sa.CheckConstraint("ends_at > opened_at", name=op.f("ck_open_glass_ends")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_open_glass_reason")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_open_glass_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_open_glass_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["nomination_id"],
            ["nomination.id"],
            name=op.f("fk_open_glass_nomination_id_nomination"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["user_session.id"],
            name=op.f("fk_open_glass_session_id_user_session"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_glass")),
    )
    with op.batch_alter_table("open_glass", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_open_glass_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_open_glass_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_open_glass_nomination_id"), ["nomination_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_open_glass_session_id"), ["session_id"], unique=False)
    op.create_index("ix_audit_event_actor", "audit_event", ["actor", "at"], unique=False)
    op.create_index("ix_audit_event_at", "audit_event", ["at", "sequence"], unique=False)


def downgrade() -> None:
    """Go back from this revision."""
    op.drop_index("ix_audit_event_at", table_name="audit_event")
    op.drop_index("ix_audit_event_actor", table_name="audit_event")
    with op.batch_alter_table("open_glass", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_open_glass_session_id"))
        batch_op.drop_index(batch_op.f("ix_open_glass_nomination_id"))
        batch_op.drop_index(batch_op.f("ix_open_glass_entry_id"))
        batch_op.drop_index(batch_op.f("ix_open_glass_account_id"))
    op.drop_table("open_glass")
    with op.batch_alter_table("entry_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_note_entry_id"))
    op.drop_table("entry_note")
