"""Nominate and shortlist fellows: settings of a call, nominations, marks, runs, pins.

Revision: 0008
Follows: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "nomination",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "awaiting_nominee",
                "awaiting_nominator",
                "submitted",
                "ineligible",
                "in_review",
                "banded",
                "shortlisted",
                "reserve",
                "not_shortlisted",
                "selected",
                "offered",
                "accepted",
                "confirmed",
                "active",
                "completed",
                "declined",
                "withdrawn",
                "lapsed",
                name="nominationstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("nominee_id", sa.Integer(), nullable=True),
        sa.Column("nominator_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nominee_consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nominator_email", sa.String(length=254), nullable=True),
        sa.Column(
            "nominator_answer",
            sa.Enum(
                "none",
                "approved",
                "refused",
                name="nominatoranswer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("nominator_answer_reason", sa.Text(), nullable=True),
        sa.Column("nominator_approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=20), nullable=True),
        sa.Column("late_reason", sa.Text(), nullable=True),
        sa.Column("late_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ineligible_reason", sa.Text(), nullable=True),
        sa.Column("duplicate_of_id", sa.Integer(), nullable=True),
        sa.Column("travel", JSON, nullable=False),
        sa.Column("travel_confirmed", sa.Boolean(), nullable=True),
        sa.Column(
            "band",
            sa.Enum("A", "B", "C", name="meritband", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reserve_order", sa.Integer(), nullable=True),
        sa.Column("chapter", sa.String(length=40), nullable=True),
        sa.Column("mentor", sa.String(length=200), nullable=True),
        sa.Column("meetings", JSON, nullable=False),
        sa.Column("answer_by_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_name", sa.Boolean(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(nominator_answer = 'approved') = (nominator_approved_at IS NOT NULL)",
            name=op.f("ck_nomination_approved_at"),
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_nomination_withdrawn_at")
        ),
        sa.CheckConstraint(
            "state <> 'ineligible' OR ineligible_reason IS NOT NULL",
            name=op.f("ck_nomination_ineligible_reason"),
        ),
        sa.CheckConstraint(
            "state <> 'submitted' OR (nominee_consent_at IS NOT NULL AND nominator_approved_at IS NOT NULL)",
            name=op.f("ck_nomination_submitted_by_both"),
        ),
        sa.CheckConstraint(
            "nominator_id IS NULL OR nominee_id IS NULL OR nominator_id <> nominee_id",
            name=op.f("ck_nomination_not_oneself"),
        ),
        sa.CheckConstraint(
            "reserve_order IS NULL OR reserve_order >= 1", name=op.f("ck_nomination_reserve_order")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_nomination_call_id_call")),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["nomination.id"], name=op.f("fk_nomination_duplicate_of_id_nomination")
        ),
        sa.ForeignKeyConstraint(
            ["nominator_id"], ["account.id"], name=op.f("fk_nomination_nominator_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["nominee_id"], ["account.id"], name=op.f("fk_nomination_nominee_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination")),
        sa.UniqueConstraint("ref", name=op.f("uq_nomination_ref")),
    )
    with op.batch_alter_table("nomination", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nomination_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_nomination_call_state", ["call_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_nomination_nominator_id"), ["nominator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nomination_nominee_id"), ["nominee_id"], unique=False)
        batch_op.create_index(
            "uq_nomination_nominee",
            ["call_id", "nominee_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_id IS NOT NULL"),
            postgresql_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_id IS NOT NULL"),
        )

    op.create_table(
        "shortlist_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "failed",
                "cancelled",
                name="runstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.Column("n_reserve", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("question", JSON, nullable=False),
        sa.Column("question_sha256", sa.String(length=64), nullable=False),
        sa.Column("n_done", sa.Integer(), nullable=False),
        sa.Column("n_to_do", sa.Integer(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("record_sha256", sa.String(length=64), nullable=True),
        sa.Column("signature", sa.String(length=128), nullable=True),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'done') = (record IS NOT NULL)", name=op.f("ck_shortlist_run_record")),
        sa.CheckConstraint("n_reserve >= 0", name=op.f("ck_shortlist_run_reserve")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["account.id"], name=op.f("fk_shortlist_run_asked_by_id_account")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_shortlist_run_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist_run")),
        sa.UniqueConstraint("ref", name=op.f("uq_shortlist_run_ref")),
    )
    with op.batch_alter_table("shortlist_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shortlist_run_call_id"), ["call_id"], unique=False)

    op.create_table(
        "fellowship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column(
            "body",
            sa.Enum(
                "assessment",
                "task_force",
                name="fellowshipbody",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("selecting_body", sa.String(length=200), nullable=False),
        sa.Column("n_seats", sa.Integer(), nullable=False),
        sa.Column("chapters", JSON, nullable=False),
        sa.Column("nominators_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("oldest_age", sa.Integer(), nullable=True),
        sa.Column("most_years_since_degree", sa.Integer(), nullable=True),
        sa.Column("mark_low", sa.Integer(), nullable=False),
        sa.Column("mark_high", sa.Integer(), nullable=False),
        sa.Column("mark_step", sa.Integer(), nullable=False),
        sa.Column("marks", JSON, nullable=False),
        sa.Column("targets", JSON, nullable=False),
        sa.Column("caps", JSON, nullable=False),
        sa.Column("documents", JSON, nullable=False),
        sa.Column("marks_locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.String(length=200), nullable=True),
        sa.Column("seed_source", sa.Text(), nullable=True),
        sa.Column("seed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_run_id", sa.Integer(), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(approved_run_id IS NULL) = (approved_at IS NULL)", name=op.f("ck_fellowship_approved_at")
        ),
        sa.CheckConstraint("(seed IS NULL) = (seed_at IS NULL)", name=op.f("ck_fellowship_seed_dated")),
        sa.CheckConstraint("mark_low < mark_high AND mark_step >= 1", name=op.f("ck_fellowship_marks")),
        sa.CheckConstraint("n_seats >= 1", name=op.f("ck_fellowship_seats")),
        sa.CheckConstraint(
            "released_at IS NULL OR approved_at IS NOT NULL", name=op.f("ck_fellowship_released_approved")
        ),
        sa.CheckConstraint(
            "seed IS NULL OR marks_locked_at IS NOT NULL", name=op.f("ck_fellowship_seed_after_marks")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_fellowship_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["approved_run_id"],
            ["shortlist_run.id"],
            name=op.f("fk_fellowship_approved_run_id_shortlist_run"),
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_fellowship_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fellowship")),
        sa.UniqueConstraint("call_id", name=op.f("uq_fellowship_call_id")),
    )
    op.create_table(
        "nomination_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["nomination_id"],
            ["nomination.id"],
            name=op.f("fk_nomination_file_nomination_id_nomination"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination_file")),
        sa.UniqueConstraint("ref", name=op.f("uq_nomination_file_ref")),
    )
    with op.batch_alter_table("nomination_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nomination_file_nomination_id"), ["nomination_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nomination_file_sha256"), ["sha256"], unique=False)

    op.create_table(
        "nomination_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('nominator', 'place')", name=op.f("ck_nomination_link_purpose")),
        sa.ForeignKeyConstraint(
            ["nomination_id"],
            ["nomination.id"],
            name=op.f("fk_nomination_link_nomination_id_nomination"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_nomination_link_token_hash")),
    )
    with op.batch_alter_table("nomination_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nomination_link_nomination_id"), ["nomination_id"], unique=False)

    op.create_table(
        "panel_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "none",
                "possible",
                "conflict",
                name="conflictanswer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("answer_text", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ruled_clear_by_id", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marks", JSON, nullable=False),
        sa.Column("notes", JSON, nullable=False),
        sa.Column(
            "band",
            sa.Enum("A", "B", "C", name="meritband", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_panel_seat_answered_at")
        ),
        sa.CheckConstraint(
            "ruled_clear_by_id IS NULL OR ruled_clear_by_id <> account_id",
            name=op.f("ck_panel_seat_not_own_ruling"),
        ),
        sa.CheckConstraint(
            "submitted_at IS NULL OR answer IS NOT NULL", name=op.f("ck_panel_seat_marks_after_answer")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_panel_seat_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nomination.id"], name=op.f("fk_panel_seat_nomination_id_nomination")
        ),
        sa.ForeignKeyConstraint(
            ["ruled_clear_by_id"], ["account.id"], name=op.f("fk_panel_seat_ruled_clear_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_seat")),
        sa.UniqueConstraint(
            "nomination_id", "account_id", name=op.f("uq_panel_seat_nomination_id_account_id")
        ),
    )
    with op.batch_alter_table("panel_seat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_panel_seat_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_panel_seat_nomination_id"), ["nomination_id"], unique=False)

    op.create_table(
        "shortlist_pin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("is_in", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by_id IS NULL)", name=op.f("ck_shortlist_pin_lifted_by")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["account.id"], name=op.f("fk_shortlist_pin_lifted_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["account.id"], name=op.f("fk_shortlist_pin_made_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nomination.id"], name=op.f("fk_shortlist_pin_nomination_id_nomination")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist_pin")),
    )
    with op.batch_alter_table("shortlist_pin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shortlist_pin_nomination_id"), ["nomination_id"], unique=False)
        batch_op.create_index(
            "uq_shortlist_pin_open",
            ["nomination_id"],
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )



def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table("shortlist_pin", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_shortlist_pin_open",
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_shortlist_pin_nomination_id"))

    op.drop_table("shortlist_pin")
    with op.batch_alter_table("panel_seat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_panel_seat_nomination_id"))
        batch_op.drop_index(batch_op.f("ix_panel_seat_account_id"))

    op.drop_table("panel_seat")
    with op.batch_alter_table("nomination_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nomination_link_nomination_id"))

    op.drop_table("nomination_link")
    with op.batch_alter_table("nomination_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nomination_file_sha256"))
        batch_op.drop_index(batch_op.f("ix_nomination_file_nomination_id"))

    op.drop_table("nomination_file")
    op.drop_table("fellowship")
    with op.batch_alter_table("shortlist_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shortlist_run_call_id"))

    op.drop_table("shortlist_run")
    with op.batch_alter_table("nomination", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_nomination_nominee",
            sqlite_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_id IS NOT NULL"),
            postgresql_where=sa.text("state NOT IN ('withdrawn', 'lapsed') AND nominee_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_nomination_nominee_id"))
        batch_op.drop_index(batch_op.f("ix_nomination_nominator_id"))
        batch_op.drop_index("ix_nomination_call_state")
        batch_op.drop_index(batch_op.f("ix_nomination_call_id"))

    op.drop_table("nomination")
