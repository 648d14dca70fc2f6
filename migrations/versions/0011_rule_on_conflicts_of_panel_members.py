"""Rule on possible conflicts of interest of the members of a fellowship panel.

Revision: 0011
Follows: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("panel_seat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("upheld_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ruling_reason", sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_panel_seat_upheld_by_id_account"), "account", ["upheld_by_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_panel_seat_not_own_upholding"),
            "upheld_by_id IS NULL OR upheld_by_id <> account_id",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_panel_seat_one_ruling"),
            "ruled_clear_by_id IS NULL OR upheld_by_id IS NULL",
        )


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("panel_seat", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_panel_seat_one_ruling"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_panel_seat_not_own_upholding"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_panel_seat_upheld_by_id_account"), type_="foreignkey")
        batch_op.drop_column("ruling_reason")
        batch_op.drop_column("ruled_at")
        batch_op.drop_column("upheld_by_id")
