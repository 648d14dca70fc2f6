"""Calls: dated invitations with their pinned criteria, rules and procedure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, choices, db
from vocabulary.states import ActOutcome, CallActKind, CallKind, CallState


class Call(Versioned, db.Model):
    """A dated invitation. What a published call has pinned is never edited, only superseded.

    `eligibility` holds `countries` and `kinds` (of organisations), each empty for all. `audience` says whom a
    targeted call is for: a `text` by language, and the `needs` and `regions` that it is about.
    """

    __tablename__ = "call"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    kind: Mapped[CallKind] = mapped_column(choices(CallKind))
    state: Mapped[CallState] = mapped_column(choices(CallState))
    title: Mapped[dict[str, Any]] = mapped_column()
    text: Mapped[dict[str, Any]] = mapped_column()
    strategies: Mapped[list[str]] = mapped_column()
    opens_at: Mapped[datetime] = mapped_column()
    closes_at: Mapped[datetime | None] = mapped_column()
    zone: Mapped[str] = mapped_column(sa.String(60))
    grace_minutes: Mapped[int] = mapped_column(default=30)
    eligibility: Mapped[dict[str, Any]] = mapped_column()
    criteria_set_id: Mapped[int | None] = mapped_column(sa.ForeignKey("criteria_set.id"))
    rule_set_id: Mapped[int | None] = mapped_column(sa.ForeignKey("rule_set.id"))
    minimum_reviews: Mapped[int] = mapped_column(default=3)
    blind_mode: Mapped[bool] = mapped_column(default=False)
    is_public_result: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    scale: Mapped[str] = mapped_column(sa.String(10), default="0-3")
    met_threshold: Mapped[int] = mapped_column(default=2)
    conflict_years: Mapped[int] = mapped_column(default=3)
    nationality_conflicts: Mapped[bool] = mapped_column(default=False)
    question_round: Mapped[bool] = mapped_column(default=False)
    four_eyes: Mapped[bool] = mapped_column(default=True)
    retention_years: Mapped[int] = mapped_column(default=10)
    edition: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"))
    state_reason: Mapped[str | None] = mapped_column(sa.Text)
    shows_reviewers: Mapped[bool] = mapped_column(default=False)
    asks_everybody: Mapped[bool] = mapped_column(default=True, server_default=sa.false())
    """Officers, moderators, deciders, auditors and administrators too answer the conflict question first.
    Calls older than this column never asked them, and what a call has pinned stays."""
    shows_own_verdict: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Reviewers see what the rules make of their scores while they score."""
    blanked_at: Mapped[datetime | None] = mapped_column()
    """When its retention was over and what people wrote about it was blanked."""
    __table_args__ = (
        sa.CheckConstraint("scale = '0-3'", name="scale"),
        sa.CheckConstraint("met_threshold BETWEEN 1 AND 3", name="met_threshold"),
        sa.CheckConstraint("minimum_reviews BETWEEN 1 AND 20", name="minimum_reviews"),
        sa.CheckConstraint("conflict_years BETWEEN 0 AND 20", name="conflict_years"),
        sa.CheckConstraint("retention_years BETWEEN 1 AND 50", name="retention_years"),
        sa.CheckConstraint("state <> 'cancelled' OR state_reason IS NOT NULL", name="cancelled_for_a_reason"),
        sa.CheckConstraint("supersedes_id IS NULL OR supersedes_id <> id", name="supersedes_another"),
        sa.CheckConstraint("closes_at IS NULL OR closes_at > opens_at", name="closes_after_opening"),
        sa.CheckConstraint("grace_minutes BETWEEN 0 AND 1440", name="grace"),
        sa.CheckConstraint(
            "state = 'draft' OR kind IN ('offers', 'fellowship')"
            " OR (criteria_set_id IS NOT NULL AND rule_set_id IS NOT NULL)",
            name="published_pins_criteria",
        ),
    )


class CallAct(db.Model):
    """An act on an announced call that one person proposed; another confirms it, or it is dropped.

    `is_alone`: the call does without a second person, by an administrator's word that the audit trail keeps.
    """

    __tablename__ = "call_act"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"))
    kind: Mapped[CallActKind] = mapped_column(choices(CallActKind))
    payload: Mapped[dict[str, Any]] = mapped_column()
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
        sa.CheckConstraint("(kind = 'extend') = (entry_id IS NOT NULL)", name="extends_an_entry"),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome <> 'done' OR ended_by_id <> proposed_by_id OR is_alone",
            name="four_eyes",
        ),
        sa.Index(
            "uq_call_act_open",
            "call_id",
            "kind",
            sa.text("coalesce(entry_id, 0)"),
            unique=True,
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        ),
    )


class Extension(db.Model):
    """One entry's own deadline: until when, why, and who granted it. Granted ones are never changed."""

    __tablename__ = "call_extension"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    granted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    granted_at: Mapped[datetime] = mapped_column()


class CallCorrection(db.Model):
    """What was changed of a published call, why, and the deadline that started anew with it."""

    __tablename__ = "call_correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"))
    number: Mapped[int] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text)
    before: Mapped[dict[str, Any]] = mapped_column()
    after: Mapped[dict[str, Any]] = mapped_column()
    published_at: Mapped[datetime] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("call_id", "number"),)


class CallQuestion(db.Model):
    """A question about a call, by anybody; answered in public, in every language of the call.

    `text` is what was typed and only officers see it; `texts` is the question as it is published.
    """

    __tablename__ = "call_question"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    language: Mapped[str] = mapped_column(sa.String(2))
    text: Mapped[str] = mapped_column(sa.Text)
    email: Mapped[str | None] = mapped_column(sa.String(254))
    asked_at: Mapped[datetime] = mapped_column()
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_declined: Mapped[bool] = mapped_column(default=False)
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ended_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by"),
        sa.CheckConstraint("NOT is_declined OR ended_at IS NOT NULL", name="declined_by_somebody"),
    )
