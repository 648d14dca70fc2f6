"""Keep what panels agree on and decide, with letters, releases, reconsiderations and recognitions.

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
UNDER_WAY = sa.text("released_at IS NULL AND withdrawn_at IS NULL")
IN_FORCE = sa.text("released_at IS NOT NULL AND superseded_by_id IS NULL")

APPEND_ONLY = {
    table: {
        "sqlite": (
            f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
           BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
            f"""CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
           BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
        ),
        "postgresql": (
            f"""CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$""",
            f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
           FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
        ),
    }
    for table in ("panel_result", "panel_note")
}
DECIDED = "('decided', 'released', 'reconsideration')"
KEPT = (
    "id",
    "entry_id",
    "outcome",
    "conditions",
    "reason",
    "verdicts",
    "body",
    "decided_at",
    "proposed_by_id",
    "approved_by_id",
    "released_at",
    "superseded_by_id",
    "created_at",
    "updated_at",
    "version",
)
"""Columns of a decision before and after."""


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("call") as batch:
        batch.add_column(sa.Column("shows_reviewers", sa.Boolean(), nullable=True))
    op.execute(sa.text("UPDATE call SET shows_reviewers = false"))
    with op.batch_alter_table("call") as batch:
        batch.alter_column("shows_reviewers", existing_type=sa.Boolean(), nullable=False)
    _panels()
    _release()
    decisions = _taken_out()
    _new_decision()
    for row in decisions:
        row["ref"] = f"DEC-0000-{row['id']:04d}"
        row["contradicts"], row["four_eyes"] = False, True
    _put_back(decisions, ("ref", "contradicts", "four_eyes"))
    _what_follows()
    with op.batch_alter_table("outgoing_mail") as batch:
        batch.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("approved_by_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_outgoing_mail_decision_id_decision"), "decision", ["decision_id"], ["id"]
        )
        batch.create_foreign_key(
            op.f("fk_outgoing_mail_approved_by_id_account"), "account", ["approved_by_id"], ["id"]
        )
        batch.create_check_constraint(
            op.f("ck_outgoing_mail_released_by"),
            "decision_id IS NULL OR state = 'draft' OR approved_by_id IS NOT NULL",
        )
        batch.create_index(op.f("ix_outgoing_mail_decision_id"), ["decision_id"], unique=False)
    dialect = op.get_bind().dialect.name
    for statements in APPEND_ONLY.values():
        for statement in statements[dialect]:
            op.execute(statement)
    _point_at_decisions()


def _point_at_decisions() -> None:
    """Entries name the decision that they stand by; those that are decided must."""
    with op.batch_alter_table("entry") as batch:
        batch.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE entry SET decision_id = (SELECT max(decision.id) FROM decision"
        " WHERE decision.entry_id = entry.id AND decision.superseded_by_id IS NULL)"
        f" WHERE state IN {DECIDED}"
    )
    with op.batch_alter_table("entry") as batch:
        batch.create_check_constraint(
            op.f("ck_entry_has_decision"),
            f"kind <> 'request' OR state NOT IN {DECIDED} OR decision_id IS NOT NULL",
        )


def _panels() -> None:
    op.create_table(
        "panel_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("computed_at", TIME, nullable=False),
        sa.Column("inputs_hash", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.Integer(), nullable=False),
        sa.Column("medians", JSON, nullable=False),
        sa.Column("verdicts", JSON, nullable=False),
        sa.Column("explanation", JSON, nullable=False),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_panel_result_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["revision_id", "entry_id"],
            ["revision.id", "revision.entry_id"],
            name=op.f("fk_panel_result_revision_id_entry_id_revision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_result")),
        sa.UniqueConstraint("id", "entry_id", name=op.f("uq_panel_result_id_entry_id")),
    )
    op.create_index("ix_panel_result_latest", "panel_result", ["entry_id", "id"])
    op.create_table(
        "consensus_score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        *_versioned(),
        sa.CheckConstraint("value BETWEEN 0 AND 3", name=op.f("ck_consensus_score_value")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_consensus_score_reason")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_consensus_score_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["criterion_id"], ["criterion.id"], name=op.f("fk_consensus_score_criterion_id_criterion")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["account.id"], name=op.f("fk_consensus_score_recorded_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consensus_score")),
    )
    op.create_index(op.f("ix_consensus_score_entry_id"), "consensus_score", ["entry_id"])
    op.create_index(
        "uq_consensus_score_present",
        "consensus_score",
        ["entry_id", "criterion_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "panel_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('note', 'minority')", name=op.f("ck_panel_note_kind")),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_panel_note_text")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_panel_note_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["account.id"], name=op.f("fk_panel_note_written_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_note")),
    )
    op.create_index(op.f("ix_panel_note_entry_id"), "panel_note", ["entry_id"])


def _versioned() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _release() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=False),
        sa.Column("released_at", TIME, nullable=False),
        sa.Column("n_decisions", sa.Integer(), nullable=False),
        sa.Column("n_letters", sa.Integer(), nullable=False),
        sa.Column("seen_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("n_decisions > 0", name=op.f("ck_release_n_decisions")),
        sa.CheckConstraint("n_letters BETWEEN 0 AND n_decisions", name=op.f("ck_release_n_letters")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_release_call_id_call")),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["account.id"], name=op.f("fk_release_released_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("ref", name=op.f("uq_release_ref")),
    )


def _decision(names: tuple[str, ...]) -> sa.TableClause:
    return sa.table(
        "decision",
        *(sa.column(name, JSON if name == "verdicts" else None) for name in names),
    )


def _taken_out() -> list[dict[str, Any]]:
    """Every decision; the table is dropped, since nearly everything about it changes."""
    rows = op.get_bind().execute(sa.select(_decision(KEPT)).order_by(sa.column("id"))).mappings()
    decisions = [dict(row) for row in rows]
    op.drop_table("decision")
    return decisions


def _put_back(decisions: list[dict[str, Any]], more: tuple[str, ...] = ()) -> None:
    """The rows under the numbers they had; PostgreSQL counts on from there."""
    bind = op.get_bind()
    if not decisions:
        return
    table = _decision((*KEPT, *more))
    for row in sorted(decisions, key=lambda row: -row["id"]):
        bind.execute(table.insert().values({name: row[name] for name in (*KEPT, *more)}))
    if bind.dialect.name == "postgresql":
        op.execute("SELECT setval('decision_id_seq', (SELECT max(id) FROM decision))")


def _new_decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("panel_result_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("contradicts", sa.Boolean(), nullable=False),
        sa.Column("contradiction_reason", sa.Text(), nullable=True),
        sa.Column("verdicts", JSON, nullable=False),
        sa.Column("body", sa.String(length=60), nullable=True),
        sa.Column("decided_at", TIME, nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", TIME, nullable=True),
        sa.Column("released_at", TIME, nullable=True),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        *_versioned(),
        sa.ForeignKeyConstraint(
            ["panel_result_id", "entry_id"],
            ["panel_result.id", "panel_result.entry_id"],
            name=op.f("fk_decision_panel_result_id_entry_id_panel_result"),
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_decision_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_decision_proposed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_decision_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_decision_release_id_release")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["decision.id"], name=op.f("fk_decision_superseded_by_id_decision")
        ),
        sa.CheckConstraint(
            "outcome IN ('endorsed', 'endorsed_with_conditions', 'reserve', 'not_endorsed', 'ineligible')",
            name=op.f("ck_decision_outcome"),
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> proposed_by_id OR NOT four_eyes",
            name=op.f("ck_decision_four_eyes"),
        ),
        sa.CheckConstraint(
            "released_at IS NULL OR approved_by_id IS NOT NULL", name=op.f("ck_decision_released_approved")
        ),
        sa.CheckConstraint(
            "NOT contradicts OR contradiction_reason IS NOT NULL", name=op.f("ck_decision_contradiction")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name=op.f("ck_decision_withdrawn_reason")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR released_at IS NULL", name=op.f("ck_decision_released_stays")
        ),
        sa.CheckConstraint(
            "superseded_by_id IS NULL OR released_at IS NOT NULL", name=op.f("ck_decision_superseded_released")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("ref", name=op.f("uq_decision_ref")),
    )
    op.create_index(op.f("ix_decision_entry_id"), "decision", ["entry_id"])
    for name, where in (("uq_decision_under_way", UNDER_WAY), ("uq_decision_in_force", IN_FORCE)):
        op.create_index(
            name, "decision", ["entry_id"], unique=True, sqlite_where=where, postgresql_where=where
        )


def _old_decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verdicts", JSON, nullable=False),
        sa.Column("body", sa.String(length=60), nullable=True),
        sa.Column("decided_at", TIME, nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("released_at", TIME, nullable=True),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        *_versioned(),
        sa.CheckConstraint(
            "outcome IN ('endorsed', 'endorsed_with_conditions', 'reserve', 'not_endorsed', 'ineligible')",
            name=op.f("ck_decision_outcome"),
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> proposed_by_id", name=op.f("ck_decision_four_eyes")
        ),
        sa.CheckConstraint(
            "released_at IS NULL OR approved_by_id IS NOT NULL", name=op.f("ck_decision_released_approved")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_decision_approved_by_id_account")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_decision_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_decision_proposed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["decision.id"], name=op.f("fk_decision_superseded_by_id_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_entry_id"), "decision", ["entry_id"])
    where = sa.text("superseded_by_id IS NULL")
    op.create_index(
        "uq_decision_open", "decision", ["entry_id"], unique=True, sqlite_where=where, postgresql_where=where
    )


def _what_follows() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("values", JSON, nullable=True),
        sa.Column("values_hash", sa.String(length=64), nullable=True),
        sa.Column("released_at", TIME, nullable=True),
        *_versioned(),
        sa.CheckConstraint("(released_at IS NULL) = (values_hash IS NULL)", name=op.f("ck_letter_frozen")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_letter_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("ref", name=op.f("uq_letter_ref")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_letter_decision_id")),
    )
    _reconsideration()
    op.create_table(
        "recognition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("organisation", sa.String(length=300), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=False),
        sa.Column("retracted_at", TIME, nullable=True),
        sa.Column("retracted_by_id", sa.Integer(), nullable=True),
        sa.Column("retraction_reason", sa.Text(), nullable=True),
        *_versioned(),
        sa.CheckConstraint("expires_on > issued_on", name=op.f("ck_recognition_expires_on")),
        sa.CheckConstraint(
            "(retracted_at IS NULL) = (retracted_by_id IS NULL)", name=op.f("ck_recognition_retracted_by")
        ),
        sa.CheckConstraint(
            "(retracted_at IS NULL) = (retraction_reason IS NULL)",
            name=op.f("ck_recognition_retraction_reason"),
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_recognition_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_recognition_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["account.id"], name=op.f("fk_recognition_issued_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["retracted_by_id"], ["account.id"], name=op.f("fk_recognition_retracted_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition")),
        sa.UniqueConstraint("ref", name=op.f("uq_recognition_ref")),
    )
    op.create_index(op.f("ix_recognition_entry_id"), "recognition", ["entry_id"])
    op.create_index(
        "uq_recognition_in_force",
        "recognition",
        ["entry_id"],
        unique=True,
        sqlite_where=sa.text("retracted_at IS NULL"),
        postgresql_where=sa.text("retracted_at IS NULL"),
    )


def _reconsideration() -> None:
    op.create_table(
        "reconsideration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=True),
        sa.Column("preparation", sa.Text(), nullable=True),
        sa.Column("prepared_at", TIME, nullable=True),
        sa.Column("new_decision_id", sa.Integer(), nullable=True),
        *_versioned(),
        sa.CheckConstraint(
            "ground IN ('procedure', 'fact', 'undeclared_conflict')", name=op.f("ck_reconsideration_ground")
        ),
        sa.CheckConstraint(
            "(prepared_at IS NULL) = (prepared_by_id IS NULL)", name=op.f("ck_reconsideration_prepared")
        ),
        sa.CheckConstraint(
            "new_decision_id IS NULL OR prepared_at IS NOT NULL", name=op.f("ck_reconsideration_prepared_first")
        ),
        sa.CheckConstraint(
            "new_decision_id IS NULL OR new_decision_id <> decision_id",
            name=op.f("ck_reconsideration_new_decision"),
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_reconsideration_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["account.id"], name=op.f("fk_reconsideration_asked_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"], ["account.id"], name=op.f("fk_reconsideration_prepared_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["new_decision_id"], ["decision.id"], name=op.f("fk_reconsideration_new_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconsideration")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_reconsideration_decision_id")),
    )


def downgrade() -> None:
    """Go back to the one before."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("entry") as batch:
        batch.drop_constraint(op.f("ck_entry_has_decision"), type_="check")
        batch.drop_column("decision_id")
    with op.batch_alter_table("outgoing_mail") as batch:
        batch.drop_index(op.f("ix_outgoing_mail_decision_id"))
        batch.drop_constraint(op.f("ck_outgoing_mail_released_by"), type_="check")
        batch.drop_constraint(op.f("fk_outgoing_mail_approved_by_id_account"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_outgoing_mail_decision_id_decision"), type_="foreignkey")
        batch.drop_column("approved_by_id")
        batch.drop_column("decision_id")
    for table in ("recognition", "reconsideration", "letter"):
        op.drop_table(table)
    decisions = _taken_out()
    _old_decision()
    _put_back(decisions)
    for table in ("release", "panel_note", "consensus_score", "panel_result"):
        op.drop_table(table)
    if is_postgresql:
        for function in ("panel_note_refuse", "panel_result_refuse"):
            op.execute(f"DROP FUNCTION {function}()")
    with op.batch_alter_table("call") as batch:
        batch.drop_column("shows_reviewers")
