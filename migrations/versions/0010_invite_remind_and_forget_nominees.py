"""Invite nominees, remind both parties, compare nominations, take late files, and forget who was not chosen.

Revision: 0010
Follows: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INVITED = "state NOT IN ('withdrawn', 'lapsed') AND nominee_email IS NOT NULL"
STEPS = ("nominee_week", "nominee_two_days", "nominator_three_days", "nominator_day")


def _tables() -> None:
    op.create_table(
        "nomination_pair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("is_same", sa.Boolean(), nullable=False),
        sa.Column("ruled_by_id", sa.Integer(), nullable=False),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_nomination_pair_order")),
        sa.ForeignKeyConstraint(
            ["first_id"],
            ["nomination.id"],
            name=op.f("fk_nomination_pair_first_id_nomination"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_id"],
            ["nomination.id"],
            name=op.f("fk_nomination_pair_second_id_nomination"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ruled_by_id"], ["account.id"], name=op.f("fk_nomination_pair_ruled_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination_pair")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_nomination_pair_first_id_second_id")),
    )
    op.create_index(op.f("ix_nomination_pair_first_id"), "nomination_pair", ["first_id"])
    op.create_index(op.f("ix_nomination_pair_second_id"), "nomination_pair", ["second_id"])
    step = sa.Enum(
        *STEPS, name="nominationreminderstep", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "nomination_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("step", step, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["nomination_id"],
            ["nomination.id"],
            name=op.f("fk_nomination_reminder_nomination_id_nomination"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination_reminder")),
        sa.UniqueConstraint(
            "nomination_id", "step", "due_at", name=op.f("uq_nomination_reminder_nomination_id_step_due_at")
        ),
    )
    op.create_index(op.f("ix_nomination_reminder_nomination_id"), "nomination_reminder", ["nomination_id"])


def upgrade() -> None:
    """Go to this revision."""
    _tables()
    with op.batch_alter_table("fellowship") as batch:
        batch.add_column(sa.Column("months_kept", sa.Integer(), server_default="12", nullable=False))
        batch.add_column(sa.Column("erased_counts", JSON, server_default="{}", nullable=False))
        batch.create_check_constraint(op.f("ck_fellowship_months_kept"), "months_kept BETWEEN 1 AND 120")
    with op.batch_alter_table("nomination") as batch:
        batch.add_column(sa.Column("nominee_email", sa.String(length=254), nullable=True))
        batch.add_column(sa.Column("erasure_asked_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_check_constraint(
            op.f("ck_nomination_erased_address"), "erased_at IS NULL OR nominee_email IS NULL"
        )
        batch.create_index(
            "uq_nomination_invited",
            ["call_id", "nominee_email"],
            unique=True,
            sqlite_where=sa.text(INVITED),
            postgresql_where=sa.text(INVITED),
        )
    with op.batch_alter_table("nomination_file") as batch:
        batch.add_column(sa.Column("added_by_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("late_reason", sa.Text(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_nomination_file_added_by_id_account"), "account", ["added_by_id"], ["id"]
        )
        batch.create_check_constraint(
            op.f("ck_nomination_file_late_reason"), "(late_reason IS NULL) = (added_by_id IS NULL)"
        )
    _purposes("purpose IN ('nominator', 'nominee', 'place')")


def _purposes(allowed: str) -> None:
    with op.batch_alter_table("nomination_link") as batch:
        batch.drop_constraint(op.f("ck_nomination_link_purpose"), type_="check")
        batch.create_check_constraint(op.f("ck_nomination_link_purpose"), allowed)


def downgrade() -> None:
    """Go back to the one before; links of invited nominees end."""
    op.execute("DELETE FROM nomination_link WHERE purpose = 'nominee'")
    _purposes("purpose IN ('nominator', 'place')")
    with op.batch_alter_table("nomination_file") as batch:
        batch.drop_constraint(op.f("ck_nomination_file_late_reason"), type_="check")
        batch.drop_constraint(op.f("fk_nomination_file_added_by_id_account"), type_="foreignkey")
        batch.drop_column("late_reason")
        batch.drop_column("added_by_id")
    with op.batch_alter_table("nomination") as batch:
        batch.drop_constraint(op.f("ck_nomination_erased_address"), type_="check")
        batch.drop_index("uq_nomination_invited")
        batch.drop_column("erasure_asked_at")
        batch.drop_column("nominee_email")
    with op.batch_alter_table("fellowship") as batch:
        batch.drop_constraint(op.f("ck_fellowship_months_kept"), type_="check")
        batch.drop_column("erased_counts")
        batch.drop_column("months_kept")
    op.drop_table("nomination_reminder")
    op.drop_table("nomination_pair")
