"""What stands beside a declaration of conflict: answers to what the service points to, and its lifting.

What the service points to is worked out anew each time (matching/ties.py); only what people said of it is
kept, under a fingerprint of what was pointed to: a dismissal is remembered, and nothing new is hidden.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapped, mapped_column

from models.database import choices, db
from models.reviews import ConflictDeclaration
from vocabulary.conflicts import HintAnswer, TieSource
from vocabulary.people import Role


class HintReply(db.Model):
    """Somebody confirmed or dismissed one thing that the service pointed to."""

    __tablename__ = "hint_reply"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    source: Mapped[TieSource] = mapped_column(choices(TieSource))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    answer: Mapped[HintAnswer] = mapped_column(choices(HintAnswer))
    reason: Mapped[str | None] = mapped_column(sa.Text)
    answered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    answered_at: Mapped[datetime] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("entry_id", "account_id", "fingerprint"),)


class ConflictLift(db.Model):
    """A decider and an auditor lift an upheld conflict together: one proposes, the other approves."""

    __tablename__ = "conflict_lift"
    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(sa.ForeignKey("conflict_declaration.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    proposed_as: Mapped[Role] = mapped_column(choices(Role))
    proposed_at: Mapped[datetime] = mapped_column()
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    approved_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("approved_by_id IS NULL OR approved_by_id <> proposed_by_id", name="two_people"),
        sa.CheckConstraint("(approved_by_id IS NULL) = (approved_at IS NULL)", name="approved_at"),
        sa.CheckConstraint("proposed_as IN ('decider', 'auditor')", name="proposed_as"),
        sa.Index(
            "uq_conflict_lift_open",
            "declaration_id",
            unique=True,
            sqlite_where=sa.text("approved_at IS NULL"),
            postgresql_where=sa.text("approved_at IS NULL"),
        ),
    )


class Affiliation(db.Model):
    """A body that somebody belonged to until a day, or still does; where they work stands in the account.

    `organisation_id` where the service knows a body of that very name, which may go by others as well.
    """

    __tablename__ = "affiliation"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    organisation_name: Mapped[str] = mapped_column(sa.String(300))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    started_on: Mapped[date | None] = mapped_column()
    ended_on: Mapped[date | None] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("account_id", "organisation_name"),
        sa.CheckConstraint("started_on IS NULL OR ended_on IS NULL OR ended_on >= started_on", name="days"),
    )


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
"""Nobody with an upheld conflict holds an accepted assignment; migrations run the same statements."""


def _guard_assignments(_table: sa.Table, connection: Connection, **_kw: Any) -> None:
    for statement in NO_CONFLICT[connection.dialect.name]:
        connection.execute(sa.text(statement))


# Whichever of the two tables is made last: SQLite takes a trigger that names a table still to come.
event.listen(ConflictDeclaration.__table__, "after_create", _guard_assignments)
