"""What the panel makes of its reviews: results as computed, scores agreed on, and what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, db


class PanelResult(db.Model):
    """What the rules made of the reviews that counted at one moment. A row is never changed.

    Whether anything that it is made from has changed is told by `inputs_hash`; reviewers stand in
    `explanation` and `flags` by the reference of their review, never by name.
    """

    __tablename__ = "panel_result"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"))
    revision_id: Mapped[int] = mapped_column()
    computed_at: Mapped[datetime] = mapped_column()
    inputs_hash: Mapped[str] = mapped_column(sa.String(64))
    engine: Mapped[int] = mapped_column()
    medians: Mapped[dict[str, Any]] = mapped_column()
    verdicts: Mapped[dict[str, Any]] = mapped_column()
    explanation: Mapped[dict[str, Any]] = mapped_column()
    flags: Mapped[list[Any]] = mapped_column()
    counts: Mapped[dict[str, Any]] = mapped_column()
    __table_args__ = (
        sa.ForeignKeyConstraint(["revision_id", "entry_id"], ["revision.id", "revision.entry_id"]),
        sa.Index("ix_panel_result_latest", "entry_id", "id"),
        sa.UniqueConstraint("id", "entry_id"),
    )


class ConsensusScore(Versioned, db.Model):
    """The score that the meeting agreed on for one criterion, with its reason; the reviews stay as they are.

    A score agreed on anew ends the one before, which is kept.
    """

    __tablename__ = "consensus_score"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    criterion_id: Mapped[int] = mapped_column(sa.ForeignKey("criterion.id"))
    value: Mapped[int] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text)
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    recorded_at: Mapped[datetime] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("value BETWEEN 0 AND 3", name="value"),
        sa.CheckConstraint("length(reason) > 0", name="reason"),
        sa.Index(
            "uq_consensus_score_present",
            "entry_id",
            "criterion_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )


class PanelNote(db.Model):
    """Something said in the deliberation: a note of the discussion, or a minority view.

    Never changed, but that its words are blanked when the entry is archived.
    """

    __tablename__ = "panel_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str] = mapped_column(sa.Text)
    written_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    written_at: Mapped[datetime] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("kind IN ('note', 'minority')", name="kind"),
        sa.CheckConstraint("length(text) > 0", name="text"),
    )


def append_only(table: str) -> dict[str, tuple[str, ...]]:
    """Statements that refuse a change or removal of a row, by database. Migrations hold their own copy."""
    return {
        "sqlite": tuple(
            f"""CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}
           BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
            for act in ("UPDATE", "DELETE")
        ),
        "postgresql": (
            f"""CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$""",
            f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
           FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
        ),
    }


_ONLY_BLANKED = """NEW.text = '–' AND NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id AND NEW.kind = OLD.kind
    AND NEW.written_by_id = OLD.written_by_id AND NEW.written_at = OLD.written_at"""
NOTES = {
    "sqlite": (
        f"""CREATE TRIGGER panel_note_no_update BEFORE UPDATE ON panel_note WHEN NOT ({_ONLY_BLANKED})
           BEGIN SELECT RAISE(ABORT, 'panel_note is append-only'); END""",
        """CREATE TRIGGER panel_note_no_delete BEFORE DELETE ON panel_note
           BEGIN SELECT RAISE(ABORT, 'panel_note is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION panel_note_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'panel_note is append-only'; END $$""",
        f"""CREATE OR REPLACE FUNCTION panel_note_only_blanked() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF NOT ({_ONLY_BLANKED}) THEN RAISE EXCEPTION 'panel_note is append-only'; END IF;
           RETURN NEW; END $$""",
        """CREATE TRIGGER panel_note_no_change BEFORE DELETE OR TRUNCATE ON panel_note
           FOR EACH STATEMENT EXECUTE FUNCTION panel_note_refuse()""",
        """CREATE TRIGGER panel_note_no_update BEFORE UPDATE ON panel_note
           FOR EACH ROW EXECUTE FUNCTION panel_note_only_blanked()""",
    ),
}
"""Notes are append-only too, but that archiving blanks their words; migrations hold their own copy."""


@event.listens_for(PanelResult.__table__, "after_create")
def _append_only(table: sa.Table, connection: Connection, **_kw: Any) -> None:
    for statement in append_only(table.name)[connection.dialect.name]:
        connection.execute(sa.text(statement))


@event.listens_for(PanelNote.__table__, "after_create")
def _notes_only_blanked(_table: sa.Table, connection: Connection, **_kw: Any) -> None:
    for statement in NOTES[connection.dialect.name]:
        connection.execute(sa.text(statement))
