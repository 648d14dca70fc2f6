"""How reviewers come to proposals: settings of a call's review, plans before they are made, reminders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, choices, db
from vocabulary.conflicts import PlanKind, PlanState, ProposalState, ReminderStep


class ReviewSettings(Versioned, db.Model):
    """How the reviews of a call are run; a call without a row is run by the defaults."""

    __tablename__ = "review_settings"
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), primary_key=True)
    due_at: Mapped[datetime | None] = mapped_column()
    most_each: Mapped[int] = mapped_column(default=10)
    sends_reminders: Mapped[bool] = mapped_column(default=True)
    answer_days: Mapped[int] = mapped_column(default=14)
    __table_args__ = (
        sa.CheckConstraint("most_each BETWEEN 1 AND 1000", name="most_each"),
        sa.CheckConstraint("answer_days BETWEEN 1 AND 365", name="answer_days"),
    )


class AssignmentPlan(Versioned, db.Model):
    """Who would review what: a dry run, kept to be looked at and then made as a whole, or not at all.

    `content` holds the pairs with the reasons for each, the settings and the certificate;
    `inputs_hash` the fingerprint of what it was worked out from.
    """

    __tablename__ = "assignment_plan"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    kind: Mapped[PlanKind] = mapped_column(choices(PlanKind))
    state: Mapped[PlanState] = mapped_column(choices(PlanState))
    content: Mapped[dict[str, Any]] = mapped_column()
    inputs_hash: Mapped[str] = mapped_column(sa.String(64))
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ended_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_at"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by"),
    )


class AssignmentProposal(Versioned, db.Model):
    """A moderator proposes a reviewer for an entry; an officer makes the assignment, or does not."""

    __tablename__ = "assignment_proposal"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[ProposalState] = mapped_column(choices(ProposalState))
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    answered_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered_at"),
        sa.Index(
            "uq_assignment_proposal_open",
            "entry_id",
            "account_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )


class AssignmentReminder(db.Model):
    """A reminder that was queued; of those by the clock, each goes once for each due date."""

    __tablename__ = "assignment_reminder"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(sa.ForeignKey("assignment.id"), index=True)
    step: Mapped[ReminderStep] = mapped_column(choices(ReminderStep))
    due_at: Mapped[datetime] = mapped_column()
    at: Mapped[datetime] = mapped_column()
    __table_args__ = (
        sa.Index(
            "uq_assignment_reminder_once",
            "assignment_id",
            "step",
            "due_at",
            unique=True,
            sqlite_where=sa.text("step <> 'by_hand'"),
            postgresql_where=sa.text("step <> 'by_hand'"),
        ),
    )
