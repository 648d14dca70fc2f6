"""Archive what has ended, show reviewers their verdict where a call says so, and take names of partners.

Revision: 0020
Follows: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OFFERS = "'draft', 'submitted', 'returned', 'refused', 'checked', 'active', 'paused', 'expired', 'closed'"
OFFER_STATE = "kind <> 'offer' OR state IN ({})"
BEFORE = OFFER_STATE.format(f"{OFFERS}, 'withdrawn'")
AFTER = OFFER_STATE.format(f"{OFFERS}, 'withdrawn', 'archived'")
ENDED_BEFORE = "coalesce(withdrawn_at, submitted_at, updated_at)"
"""Entries that somebody archived by hand in the database carry no time of it."""

_ONLY_BLANKED = """NEW.text = '–' AND NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id AND NEW.kind = OLD.kind
    AND NEW.written_by_id = OLD.written_by_id AND NEW.written_at = OLD.written_at"""
NOTES = {
    "sqlite": (
        "DROP TRIGGER panel_note_no_update",
        f"""CREATE TRIGGER panel_note_no_update BEFORE UPDATE ON panel_note WHEN NOT ({_ONLY_BLANKED})
           BEGIN SELECT RAISE(ABORT, 'panel_note is append-only'); END""",
    ),
    "postgresql": (
        "DROP TRIGGER panel_note_no_change ON panel_note",
        f"""CREATE OR REPLACE FUNCTION panel_note_only_blanked() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF NOT ({_ONLY_BLANKED}) THEN RAISE EXCEPTION 'panel_note is append-only'; END IF;
           RETURN NEW; END $$""",
        """CREATE TRIGGER panel_note_no_change BEFORE DELETE OR TRUNCATE ON panel_note
           FOR EACH STATEMENT EXECUTE FUNCTION panel_note_refuse()""",
        """CREATE TRIGGER panel_note_no_update BEFORE UPDATE ON panel_note
           FOR EACH ROW EXECUTE FUNCTION panel_note_only_blanked()""",
    ),
}
NOTES_BEFORE = {
    "sqlite": (
        "DROP TRIGGER panel_note_no_update",
        """CREATE TRIGGER panel_note_no_update BEFORE UPDATE ON panel_note
           BEGIN SELECT RAISE(ABORT, 'panel_note is append-only'); END""",
    ),
    "postgresql": (
        "DROP TRIGGER panel_note_no_update ON panel_note",
        "DROP TRIGGER panel_note_no_change ON panel_note",
        "DROP FUNCTION panel_note_only_blanked()",
        """CREATE TRIGGER panel_note_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON panel_note
           FOR EACH STATEMENT EXECUTE FUNCTION panel_note_refuse()""",
    ),
}


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("call") as batch:
        batch.add_column(
            sa.Column("shows_own_verdict", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(sa.Column("blanked_at", TIME, nullable=True))
    with op.batch_alter_table("review") as batch:
        batch.add_column(sa.Column("partners", JSON, nullable=True))
    op.execute("UPDATE review SET partners = '[]'")
    with op.batch_alter_table("review") as batch:
        batch.alter_column("partners", existing_type=JSON, nullable=False)
    with op.batch_alter_table("entry") as batch:
        batch.add_column(sa.Column("archived_at", TIME, nullable=True))
        batch.add_column(sa.Column("archived_from", sa.String(length=20), nullable=True))
    op.execute(
        f"UPDATE entry SET archived_at = {ENDED_BEFORE}, archived_from = 'released' WHERE state = 'archived'"
    )
    with op.batch_alter_table("entry") as batch:
        batch.drop_constraint(op.f("ck_entry_offer_state"), type_="check")
        batch.create_check_constraint(op.f("ck_entry_offer_state"), AFTER)
        batch.create_check_constraint(
            op.f("ck_entry_archived_at"), "(state = 'archived') = (archived_at IS NOT NULL)"
        )
        batch.create_check_constraint(
            op.f("ck_entry_archived_from"), "(archived_at IS NULL) = (archived_from IS NULL)"
        )
    for statement in NOTES[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back to the revision before; an archived offer counts as closed there."""
    for statement in NOTES_BEFORE[op.get_bind().dialect.name]:
        op.execute(statement)
    with op.batch_alter_table("entry") as batch:
        batch.drop_constraint(op.f("ck_entry_archived_from"), type_="check")
        batch.drop_constraint(op.f("ck_entry_archived_at"), type_="check")
    op.execute("UPDATE entry SET state = 'closed' WHERE kind = 'offer' AND state = 'archived'")
    with op.batch_alter_table("entry") as batch:
        batch.drop_constraint(op.f("ck_entry_offer_state"), type_="check")
        batch.create_check_constraint(op.f("ck_entry_offer_state"), BEFORE)
        batch.drop_column("archived_from")
        batch.drop_column("archived_at")
    with op.batch_alter_table("review") as batch:
        batch.drop_column("partners")
    with op.batch_alter_table("call") as batch:
        batch.drop_column("blanked_at")
        batch.drop_column("shows_own_verdict")
