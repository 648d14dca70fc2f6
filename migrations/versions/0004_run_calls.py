"""Run calls: settings pinned at publication, acts of two people, questions, extensions, screening.

Revision: 0004
Follows: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

NEW = (
    sa.Column("audience", JSON),
    sa.Column("scale", sa.String(length=10)),
    sa.Column("met_threshold", sa.Integer()),
    sa.Column("conflict_years", sa.Integer()),
    sa.Column("nationality_conflicts", sa.Boolean()),
    sa.Column("question_round", sa.Boolean()),
    sa.Column("four_eyes", sa.Boolean()),
    sa.Column("retention_years", sa.Integer()),
    sa.Column("edition", sa.Integer()),
)
BEFORE = {
    "audience": {},
    "scale": "0-3",
    "met_threshold": 2,
    "conflict_years": 3,
    "nationality_conflicts": False,
    "question_round": False,
    "four_eyes": True,
    "retention_years": 10,
    "edition": 1,
}
"""What the calls that are there already went by."""

CALL_CHECKS = {
    "scale": "scale = '0-3'",
    "met_threshold": "met_threshold BETWEEN 1 AND 3",
    "minimum_reviews": "minimum_reviews BETWEEN 1 AND 20",
    "conflict_years": "conflict_years BETWEEN 0 AND 20",
    "retention_years": "retention_years BETWEEN 1 AND 50",
    "cancelled_for_a_reason": "state <> 'cancelled' OR state_reason IS NOT NULL",
    "supersedes_another": "supersedes_id IS NULL OR supersedes_id <> id",
}
RETURNED_UNTIL = "(state = 'returned' AND kind = 'request') <= (due_at IS NOT NULL)"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "call_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_correction_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_correction")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_call_correction_call_id_number")),
    )
    op.create_table(
        "call_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("is_declined", sa.Boolean(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_call_question_ended_by")
        ),
        sa.CheckConstraint(
            "NOT is_declined OR ended_at IS NOT NULL", name=op.f("ck_call_question_declined_by_somebody")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_question_call_id_call")),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["account.id"], name=op.f("fk_call_question_ended_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_question")),
    )
    with op.batch_alter_table("call_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_question_call_id"), ["call_id"], unique=False)

    op.create_table(
        "call_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "cancel",
                "move_deadline",
                "correct",
                "extend",
                name="callactkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "done", "dropped", name="actoutcome", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'extend') = (entry_id IS NOT NULL)", name=op.f("ck_call_act_extends_an_entry")
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome <> 'done' OR ended_by_id <> proposed_by_id OR is_alone",
            name=op.f("ck_call_act_four_eyes"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_call_act_ended_at")),
        sa.CheckConstraint("(outcome IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_call_act_ended_by")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_act_call_id_call")),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["account.id"], name=op.f("fk_call_act_ended_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_call_act_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_call_act_proposed_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_act")),
    )
    with op.batch_alter_table("call_act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_act_call_id"), ["call_id"], unique=False)
    op.create_index(
        "uq_call_act_open",
        "call_act",
        ["call_id", "kind", sa.text("coalesce(entry_id, 0)")],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )

    op.create_table(
        "call_extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("granted_by_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_extension_call_id_call")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_call_extension_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["account.id"], name=op.f("fk_call_extension_granted_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_call_extension_proposed_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_extension")),
    )
    with op.batch_alter_table("call_extension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_extension_call_id"), ["call_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_extension_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "screening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "eligible",
                "return_proposed",
                "returned",
                "ineligible",
                "reversed",
                "lapsed",
                "reopened",
                "restored",
                name="screeningkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("questions", JSON, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'ineligible') = (reason_code IS NOT NULL)", name=op.f("ck_screening_ineligible_reason")
        ),
        sa.CheckConstraint(
            "kind <> 'ineligible' OR text IS NOT NULL", name=op.f("ck_screening_ineligible_text")
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR kind = 'ineligible'", name=op.f("ck_screening_confirms_ineligible")
        ),
        sa.CheckConstraint("kind = 'lapsed' OR by_id IS NOT NULL", name=op.f("ck_screening_by_somebody")),
        sa.CheckConstraint(
            "kind NOT IN ('returned', 'reopened') OR due_at IS NOT NULL",
            name=op.f("ck_screening_returned_until"),
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name=op.f("ck_screening_confirmed_by")
        ),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> by_id OR is_alone",
            name=op.f("ck_screening_four_eyes"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_screening_by_id_account")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["account.id"], name=op.f("fk_screening_confirmed_by_id_account")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_screening_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening")),
    )
    with op.batch_alter_table("screening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_screening_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(
            "uq_screening_ineligible",
            ["entry_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'ineligible' AND ended_at IS NULL"),
            postgresql_where=sa.text("kind = 'ineligible' AND ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_screening_reopened",
            ["entry_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'reopened'"),
            postgresql_where=sa.text("kind = 'reopened'"),
        )

    for column in (*NEW, sa.Column("supersedes_id", sa.Integer()), sa.Column("state_reason", sa.Text())):
        op.add_column("call", column)
    call = sa.table("call", *(sa.column(column.name, column.type) for column in NEW))
    op.execute(call.update().values(BEFORE))
    op.execute("UPDATE call SET state_reason = 'Not recorded' WHERE state = 'cancelled'")
    with op.batch_alter_table("call") as batch_op:
        for column in NEW:
            batch_op.alter_column(column.name, existing_type=column.type, nullable=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_call_supersedes_id_call"), "call", ["supersedes_id"], ["id"]
        )
        for name, rule in CALL_CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_call_{name}"), rule)

    op.add_column("entry", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("entry", sa.Column("extended_until", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE entry SET due_at = updated_at WHERE state = 'returned' AND kind = 'request'")
    with op.batch_alter_table("entry") as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_entry_returned_until"), RETURNED_UNTIL)


def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_entry_returned_until"), type_="check")
        batch_op.drop_column("extended_until")
        batch_op.drop_column("due_at")

    with op.batch_alter_table("call", schema=None) as batch_op:
        for name in CALL_CHECKS:
            batch_op.drop_constraint(batch_op.f(f"ck_call_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_call_supersedes_id_call"), type_="foreignkey")
        batch_op.drop_column("state_reason")
        batch_op.drop_column("supersedes_id")
        batch_op.drop_column("edition")
        batch_op.drop_column("retention_years")
        batch_op.drop_column("four_eyes")
        batch_op.drop_column("question_round")
        batch_op.drop_column("nationality_conflicts")
        batch_op.drop_column("conflict_years")
        batch_op.drop_column("met_threshold")
        batch_op.drop_column("scale")
        batch_op.drop_column("audience")

    with op.batch_alter_table("screening", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_screening_reopened",
            sqlite_where=sa.text("kind = 'reopened'"),
            postgresql_where=sa.text("kind = 'reopened'"),
        )
        batch_op.drop_index(
            "uq_screening_ineligible",
            sqlite_where=sa.text("kind = 'ineligible' AND ended_at IS NULL"),
            postgresql_where=sa.text("kind = 'ineligible' AND ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_screening_entry_id"))

    op.drop_table("screening")
    with op.batch_alter_table("call_extension", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_extension_entry_id"))
        batch_op.drop_index(batch_op.f("ix_call_extension_call_id"))

    op.drop_table("call_extension")
    op.drop_index("uq_call_act_open", "call_act")
    with op.batch_alter_table("call_act", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_act_call_id"))

    op.drop_table("call_act")
    with op.batch_alter_table("call_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_question_call_id"))

    op.drop_table("call_question")
    op.drop_table("call_correction")
