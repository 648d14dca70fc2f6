"""Renew recognitions, and remember which reminders of their end went out.

Revision: 0018
Follows: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NEW = (
    ("told_days", sa.Integer()),
    ("renews_id", sa.Integer()),
    ("renewed_at", sa.DateTime(timezone=True)),
    ("renewal_asked_at", sa.DateTime(timezone=True)),
    ("renewal_asked_by_id", sa.Integer()),
    ("renewal_text", sa.Text()),
    ("renewal_ended_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("recognition", schema=None) as batch_op:
        batch_op.drop_index("uq_recognition_in_force")
        for name, kind in NEW:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_recognition_renews_id"), ["renews_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_recognition_renews_id_recognition"), "recognition", ["renews_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_recognition_renewal_asked_by_id_account"),
            "account",
            ["renewal_asked_by_id"],
            ["id"],
        )
        batch_op.create_check_constraint(batch_op.f("ck_recognition_not_of_itself"), "renews_id <> id")
        batch_op.create_check_constraint(
            batch_op.f("ck_recognition_renewal_asked_by"),
            "(renewal_asked_at IS NULL) = (renewal_asked_by_id IS NULL)",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_recognition_renewal_ended_at"),
            "renewal_ended_at IS NULL OR renewal_asked_at IS NOT NULL",
        )
    _index("retracted_at IS NULL AND renewed_at IS NULL")


def downgrade() -> None:
    """Go back to the revision before, which knows one recognition of an entry: those renewed are dropped."""
    op.execute("UPDATE recognition SET renews_id = NULL")
    op.execute("DELETE FROM recognition WHERE renewed_at IS NOT NULL")
    op.drop_index("uq_recognition_in_force", table_name="recognition")
    with op.batch_alter_table("recognition", schema=None) as batch_op:
        for name in ("renewal_ended_at", "renewal_asked_by", "not_of_itself"):
            batch_op.drop_constraint(batch_op.f(f"ck_recognition_{name}"), type_="check")
        batch_op.drop_constraint(
            batch_op.f("fk_recognition_renewal_asked_by_id_account"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("fk_recognition_renews_id_recognition"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_recognition_renews_id"), type_="unique")
        for name, _ in reversed(NEW):
            batch_op.drop_column(name)
    _index("retracted_at IS NULL")


def _index(condition: str) -> None:
    op.create_index(
        "uq_recognition_in_force",
        "recognition",
        ["entry_id"],
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
