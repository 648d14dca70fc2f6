"""Ask everybody for conflicts of interest; plan, remind and calibrate reviewers.

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


_UPHELD = """EXISTS (SELECT 1 FROM conflict_declaration AS c
    WHERE c.entry_id = NEW.entry_id AND c.account_id = NEW.account_id
    AND (c.ruling = 'upheld' OR (c.ruling IS NULL AND c.answer = 'conflict')))"""
NO_CONFLICT = {
    "sqlite": tuple(
        f"""CREATE TRIGGER assignment_no_conflict_{when.lower()} BEFORE {when} ON assignment
WHEN NEW.state = 'accepted' AND {_UPHELD}
BEGIN SELECT RAISE(ABORT, 'a conflict of interest is upheld'); END"""
        for when in ("INSERT", "UPDATE")
    ),
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION assignment_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.state = 'accepted' AND {_UPHELD}
THEN RAISE EXCEPTION 'a conflict of interest is upheld' USING ERRCODE = 'integrity_constraint_violation';
END IF; RETURN NEW; END $$""",
        """CREATE TRIGGER assignment_no_conflict BEFORE INSERT OR UPDATE ON assignment
FOR EACH ROW EXECUTE FUNCTION assignment_refuse()""",
    ),
}


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "affiliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("organisation_name", sa.String(length=300), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_affiliation_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliation")),
        sa.UniqueConstraint(
            "account_id", "organisation_name", name=op.f("uq_affiliation_account_id_organisation_name")
        ),
    )
    with op.batch_alter_table("affiliation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_affiliation_account_id"), ["account_id"], unique=False)

    op.create_table(
        "assignment_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "automatic", "file", name="plankind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "committed",
                "discarded",
                name="planstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("content", JSON, nullable=False),
        sa.Column("inputs_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_assignment_plan_ended_at")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_assignment_plan_ended_by")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_assignment_plan_call_id_call")),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["account.id"], name=op.f("fk_assignment_plan_ended_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["account.id"], name=op.f("fk_assignment_plan_made_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_plan")),
        sa.UniqueConstraint("ref", name=op.f("uq_assignment_plan_ref")),
    )
    with op.batch_alter_table("assignment_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_plan_call_id"), ["call_id"], unique=False)

    op.create_table(
        "calibration_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("reference", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_calibration_sample_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_sample")),
        sa.UniqueConstraint("call_id", "position", name=op.f("uq_calibration_sample_call_id_position")),
    )
    with op.batch_alter_table("calibration_sample", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calibration_sample_call_id"), ["call_id"], unique=False)

    op.create_table(
        "review_settings",
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("most_each", sa.Integer(), nullable=False),
        sa.Column("sends_reminders", sa.Boolean(), nullable=False),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("answer_days BETWEEN 1 AND 365", name=op.f("ck_review_settings_answer_days")),
        sa.CheckConstraint("most_each BETWEEN 1 AND 1000", name=op.f("ck_review_settings_most_each")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_review_settings_call_id_call")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_review_settings")),
    )
    op.create_table(
        "assignment_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "made",
                "dismissed",
                name="proposalstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (answered_at IS NULL)", name=op.f("ck_assignment_proposal_answered_at")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_assignment_proposal_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["account.id"], name=op.f("fk_assignment_proposal_answered_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_assignment_proposal_entry_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_assignment_proposal_proposed_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_proposal")),
    )
    with op.batch_alter_table("assignment_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_proposal_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_proposal_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(
            "uq_assignment_proposal_open",
            ["entry_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "calibration_answer",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("scores", JSON, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calibration_answer_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["calibration_sample.id"],
            name=op.f("fk_calibration_answer_sample_id_calibration_sample"),
        ),
        sa.PrimaryKeyConstraint("sample_id", "account_id", name=op.f("pk_calibration_answer")),
    )
    op.create_table(
        "hint_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "institution",
                "past_institution",
                "domain",
                "name",
                "own_entry",
                "collaborator",
                "match",
                "nominator",
                name="tiesource",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "confirmed",
                "dismissed",
                name="hintanswer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_hint_reply_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["account.id"], name=op.f("fk_hint_reply_answered_by_id_account")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_hint_reply_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hint_reply")),
        sa.UniqueConstraint(
            "entry_id",
            "account_id",
            "fingerprint",
            name=op.f("uq_hint_reply_entry_id_account_id_fingerprint"),
        ),
    )
    with op.batch_alter_table("hint_reply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hint_reply_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hint_reply_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "assignment_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "week_before",
                "two_days_before",
                "day_after",
                "officer",
                "by_hand",
                name="reminderstep",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_assignment_reminder_assignment_id_assignment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_reminder")),
    )
    with op.batch_alter_table("assignment_reminder", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignment_reminder_assignment_id"), ["assignment_id"], unique=False
        )
        batch_op.create_index(
            "uq_assignment_reminder_once",
            ["assignment_id", "step", "due_at"],
            unique=True,
            sqlite_where=sa.text("step <> 'by_hand'"),
            postgresql_where=sa.text("step <> 'by_hand'"),
        )

    op.create_table(
        "conflict_lift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("declaration_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column(
            "proposed_as",
            sa.Enum(
                "requester",
                "partner",
                "nominator",
                "reviewer",
                "moderator",
                "officer",
                "decider",
                "auditor",
                "admin",
                "focal_point",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "proposed_as IN ('decider', 'auditor')", name=op.f("ck_conflict_lift_proposed_as")
        ),
        sa.CheckConstraint(
            "(approved_by_id IS NULL) = (approved_at IS NULL)", name=op.f("ck_conflict_lift_approved_at")
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> proposed_by_id",
            name=op.f("ck_conflict_lift_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_conflict_lift_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["conflict_declaration.id"],
            name=op.f("fk_conflict_lift_declaration_id_conflict_declaration"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_conflict_lift_proposed_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_lift")),
    )
    with op.batch_alter_table("conflict_lift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_lift_declaration_id"), ["declaration_id"], unique=False)
        batch_op.create_index(
            "uq_conflict_lift_open",
            ["declaration_id"],
            unique=True,
            sqlite_where=sa.text("approved_at IS NULL"),
            postgresql_where=sa.text("approved_at IS NULL"),
        )

    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("asks_everybody", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("conflict_declaration", schema=None) as batch_op:
        batch_op.add_column(sa.Column("people_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("asked_again_at", sa.DateTime(timezone=True), nullable=True))

    for statement in NO_CONFLICT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back to the one before."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER assignment_no_conflict ON assignment")
        op.execute("DROP FUNCTION assignment_refuse()")
    else:
        op.execute("DROP TRIGGER assignment_no_conflict_insert")
        op.execute("DROP TRIGGER assignment_no_conflict_update")
    with op.batch_alter_table("conflict_declaration", schema=None) as batch_op:
        batch_op.drop_column("asked_again_at")
        batch_op.drop_column("people_hash")

    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_column("asks_everybody")

    with op.batch_alter_table("conflict_lift", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_conflict_lift_open",
            sqlite_where=sa.text("approved_at IS NULL"),
            postgresql_where=sa.text("approved_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_conflict_lift_declaration_id"))

    op.drop_table("conflict_lift")
    with op.batch_alter_table("assignment_reminder", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assignment_reminder_once",
            sqlite_where=sa.text("step <> 'by_hand'"),
            postgresql_where=sa.text("step <> 'by_hand'"),
        )
        batch_op.drop_index(batch_op.f("ix_assignment_reminder_assignment_id"))

    op.drop_table("assignment_reminder")
    with op.batch_alter_table("hint_reply", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hint_reply_entry_id"))
        batch_op.drop_index(batch_op.f("ix_hint_reply_account_id"))

    op.drop_table("hint_reply")
    op.drop_table("calibration_answer")
    with op.batch_alter_table("assignment_proposal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assignment_proposal_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_assignment_proposal_entry_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_proposal_account_id"))

    op.drop_table("assignment_proposal")
    op.drop_table("review_settings")
    with op.batch_alter_table("calibration_sample", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calibration_sample_call_id"))

    op.drop_table("calibration_sample")
    with op.batch_alter_table("assignment_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_plan_call_id"))

    op.drop_table("assignment_plan")
    with op.batch_alter_table("affiliation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_affiliation_account_id"))

    op.drop_table("affiliation")
