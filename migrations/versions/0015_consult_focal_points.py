"""Ask national focal points about requests that touch their country.

Revision: 0015
Follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    answer = sa.Enum(
        "confirm",
        "comment",
        "object",
        name="consultationanswer",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "consultation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(length=3), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", answer, nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("revision_number", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_consultation_answered_at")
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (revision_number IS NULL)", name=op.f("ck_consultation_answered_about")
        ),
        sa.CheckConstraint(
            "answer IS NULL OR answer = 'confirm' OR text IS NOT NULL",
            name=op.f("ck_consultation_says_why"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_consultation_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_consultation_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("entry_id", "account_id", name=op.f("uq_consultation_entry_id_account_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_consultation_token_hash")),
    )
    op.create_index(op.f("ix_consultation_account_id"), "consultation", ["account_id"])


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_table("consultation")
