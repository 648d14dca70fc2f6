"""Keep where people worked and since when, and the scores of practice samples that are begun.

Revision: 0017
Follows: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("affiliation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("started_on", sa.Date(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_affiliation_organisation_id_organisation"),
            "organisation",
            ["organisation_id"],
            ["id"],
        )
        batch_op.create_index(batch_op.f("ix_affiliation_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_check_constraint(
            batch_op.f("ck_affiliation_days"),
            "started_on IS NULL OR ended_on IS NULL OR ended_on >= started_on",
        )
    op.create_table(
        "calibration_draft",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("scores", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calibration_draft_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["calibration_sample.id"],
            name=op.f("fk_calibration_draft_sample_id_calibration_sample"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sample_id", "account_id", name=op.f("pk_calibration_draft")),
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("calibration_draft")
    with op.batch_alter_table("affiliation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_affiliation_days"), type_="check")
        batch_op.drop_index(batch_op.f("ix_affiliation_organisation_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_affiliation_organisation_id_organisation"), type_="foreignkey"
        )
        batch_op.drop_column("started_on")
        batch_op.drop_column("organisation_id")
