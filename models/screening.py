"""What officers found when they screened an entry: one row a finding, none ever changed but to end it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import choices, db
from vocabulary.states import ScreeningKind


class Screening(db.Model):
    """One finding on one submitted version, by an officer or, without `by_id`, by the clock.

    An ineligible one waits for a second officer (`confirmed_…`) and for the release of the results; it is
    ended when it is reversed. `is_alone`: the call does without a second person.
    """

    __tablename__ = "screening"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    revision_number: Mapped[int] = mapped_column()
    kind: Mapped[ScreeningKind] = mapped_column(choices(ScreeningKind))
    reason_code: Mapped[str | None] = mapped_column(sa.String(40))
    text: Mapped[str | None] = mapped_column(sa.Text)
    questions: Mapped[list[Any]] = mapped_column(default=list)
    due_at: Mapped[datetime | None] = mapped_column()
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column()
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
    is_alone: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        sa.CheckConstraint("kind = 'lapsed' OR by_id IS NOT NULL", name="by_somebody"),
        sa.CheckConstraint("(kind = 'ineligible') = (reason_code IS NOT NULL)", name="ineligible_reason"),
        sa.CheckConstraint("kind <> 'ineligible' OR text IS NOT NULL", name="ineligible_text"),
        sa.CheckConstraint(
            "kind NOT IN ('returned', 'reopened') OR due_at IS NOT NULL", name="returned_until"
        ),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name="confirmed_by"),
        sa.CheckConstraint("confirmed_at IS NULL OR kind = 'ineligible'", name="confirms_ineligible"),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> by_id OR is_alone", name="four_eyes"
        ),
        sa.Index(
            "uq_screening_ineligible",
            "entry_id",
            unique=True,
            sqlite_where=sa.text("kind = 'ineligible' AND ended_at IS NULL"),
            postgresql_where=sa.text("kind = 'ineligible' AND ended_at IS NULL"),
        ),
        sa.Index(
            "uq_screening_reopened",
            "entry_id",
            unique=True,
            sqlite_where=sa.text("kind = 'reopened'"),
            postgresql_where=sa.text("kind = 'reopened'"),
        ),
    )
