"""Let whoever owns an entry invite others to help with it.

Revision: 0014
Follows: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SOURCES = (
    "institution",
    "past_institution",
    "domain",
    "name",
    "own_entry",
    "collaborator",
    "match",
    "nominator",
)
STANDING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Go to this revision."""
    level = sa.Enum(
        "view",
        "comment",
        "edit",
        name="collaboratorlevel",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "collaborator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("level", level, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) = (accepted_at IS NULL)", name=op.f("ck_collaborator_accepted_by")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_collaborator_email_lower")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_collaborator_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_collaborator_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["account.id"], name=op.f("fk_collaborator_invited_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collaborator")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_collaborator_token_hash")),
    )
    op.create_index(op.f("ix_collaborator_account_id"), "collaborator", ["account_id"])
    op.create_index(op.f("ix_collaborator_entry_id"), "collaborator", ["entry_id"])
    op.create_index(
        "uq_collaborator_standing",
        "collaborator",
        ["entry_id", "email"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    _sources((*SOURCES, "helped"))


def _sources(allowed: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in allowed)
    with op.batch_alter_table("hint_reply") as batch:
        batch.drop_constraint(op.f("ck_hint_reply_tiesource"), type_="check")
        batch.create_check_constraint(op.f("ck_hint_reply_tiesource"), f"source IN ({listed})")


def downgrade() -> None:
    """Go back to the one before; what was said of helpers is forgotten."""
    op.execute("DELETE FROM hint_reply WHERE source = 'helped'")
    _sources(SOURCES)
    op.drop_table("collaborator")
