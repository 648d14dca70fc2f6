"""Assignments, conflict declarations, and reviews with their scores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Versioned, choices, db
from vocabulary.findings import Confidence, Recommendation
from vocabulary.states import (
    ActOutcome,
    AssignmentState,
    ConflictAnswer,
    ConflictRuling,
    ReviewActKind,
    ReviewState,
)


class Assignment(Versioned, db.Model):
    """A reviewer is asked to score an entry."""

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    state: Mapped[AssignmentState] = mapped_column(choices(AssignmentState))
    reason: Mapped[str | None] = mapped_column(sa.Text)
    invited_at: Mapped[datetime] = mapped_column()
    due_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "account_id"),
        sa.UniqueConstraint("id", "entry_id"),
    )


class ConflictDeclaration(Versioned, db.Model):
    """A person's answer to the conflict question on one entry, and the ruling on it."""

    __tablename__ = "conflict_declaration"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    answer: Mapped[ConflictAnswer] = mapped_column(choices(ConflictAnswer))
    kinds: Mapped[list[str]] = mapped_column()
    text: Mapped[str | None] = mapped_column(sa.Text)
    answered_at: Mapped[datetime] = mapped_column()
    people_hash: Mapped[str | None] = mapped_column(sa.String(64))
    """Fingerprint of the people and institutions that the answer was about."""
    asked_again_at: Mapped[datetime | None] = mapped_column()
    """When other people came onto the entry and the answer no longer held; empty once answered anew."""
    ruling: Mapped[ConflictRuling | None] = mapped_column(choices(ConflictRuling))
    ruled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ruled_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "account_id"),
        sa.CheckConstraint("(ruling IS NULL) = (ruled_by_id IS NULL)", name="ruled_by"),
        sa.CheckConstraint("ruled_by_id IS NULL OR ruled_by_id <> account_id", name="not_own_ruling"),
    )


class Review(Versioned, db.Model):
    """A reviewer's answer to an assignment: a scorecard, comments and a recommendation."""

    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    assignment_id: Mapped[int] = mapped_column(unique=True)
    entry_id: Mapped[int] = mapped_column(index=True)
    revision_id: Mapped[int] = mapped_column()
    state: Mapped[ReviewState] = mapped_column(choices(ReviewState))
    recommendation: Mapped[Recommendation | None] = mapped_column(choices(Recommendation))
    confidence: Mapped[Confidence | None] = mapped_column(choices(Confidence))
    conditions: Mapped[str | None] = mapped_column(sa.Text)
    contradiction_reason: Mapped[str | None] = mapped_column(sa.Text)
    comment_applicant: Mapped[str | None] = mapped_column(sa.Text)
    comment_internal: Mapped[str | None] = mapped_column(sa.Text)
    minutes_spent: Mapped[int | None] = mapped_column()
    expertise: Mapped[dict[str, Any]] = mapped_column(default=dict)
    partners: Mapped[list[str]] = mapped_column(default=list)
    submitted_at: Mapped[datetime | None] = mapped_column()
    void_reason: Mapped[str | None] = mapped_column(sa.Text)
    result: Mapped[dict[str, Any] | None] = mapped_column()
    scores: Mapped[list[CriterionScore]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="CriterionScore.criterion_id"
    )
    __table_args__ = (
        sa.ForeignKeyConstraint(["assignment_id", "entry_id"], ["assignment.id", "assignment.entry_id"]),
        sa.ForeignKeyConstraint(["revision_id", "entry_id"], ["revision.id", "revision.entry_id"]),
        sa.CheckConstraint("(state = 'void') = (void_reason IS NOT NULL)", name="void_reason"),
        sa.CheckConstraint(
            "state NOT IN ('submitted', 'locked') OR submitted_at IS NOT NULL", name="submitted_at"
        ),
    )


class CriterionScore(db.Model):
    """The score for one criterion in one review; "cannot judge" is no number."""

    __tablename__ = "criterion_score"
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"), primary_key=True)
    criterion_id: Mapped[int] = mapped_column(sa.ForeignKey("criterion.id"), primary_key=True)
    value: Mapped[int | None] = mapped_column()
    cannot_judge: Mapped[bool] = mapped_column(default=False)
    cannot_reason: Mapped[str | None] = mapped_column(sa.Text)
    evidence: Mapped[str | None] = mapped_column(sa.Text)
    pointer: Mapped[str | None] = mapped_column(sa.String(200))
    parts: Mapped[dict[str, Any]] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("value IS NULL OR value BETWEEN 0 AND 3", name="value"),
        sa.CheckConstraint("value IS NULL OR NOT cannot_judge", name="cannot_judge"),
    )


class ReviewVersion(db.Model):
    """Every submitted state of a review, kept as it was."""

    __tablename__ = "review_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("review.id"), index=True)
    content: Mapped[dict[str, Any]] = mapped_column()
    at: Mapped[datetime] = mapped_column()


class ReviewAct(db.Model):
    """A review is given back to its author, or voided: why, who took the first step, and how it ended.

    `is_alone`: whoever did it needs no second person, by their office or by the setting of the call.
    """

    __tablename__ = "review_act"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ReviewActKind] = mapped_column(choices(ReviewActKind))
    reason: Mapped[str] = mapped_column(sa.Text)
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    proposed_at: Mapped[datetime] = mapped_column()
    outcome: Mapped[ActOutcome | None] = mapped_column(choices(ActOutcome))
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ended_at: Mapped[datetime | None] = mapped_column()
    is_alone: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended_at"),
        sa.CheckConstraint("(outcome IS NULL) = (ended_by_id IS NULL)", name="ended_by"),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome <> 'done' OR ended_by_id <> proposed_by_id OR is_alone",
            name="four_eyes",
        ),
        sa.Index(
            "uq_review_act_open",
            "review_id",
            unique=True,
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        ),
    )
