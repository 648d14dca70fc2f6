"""Keep the weights of matching that were adopted.

Revision: 0003
Follows: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "matching_weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("part_weights", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("adopted_by_id", sa.Integer(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["adopted_by_id"], ["account.id"], name=op.f("fk_matching_weights_adopted_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_weights")),
        sa.UniqueConstraint("version", name=op.f("uq_matching_weights_version")),
    )


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_table("matching_weights")
