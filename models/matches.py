"""Matches that an officer has taken up, allocations, and what was learned; suggestions are not stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, choices, db
from vocabulary.states import CLOSED_MATCHES, AllocationState, MatchAnswer, MatchState

_OPEN = sa.text("state NOT IN ({})".format(", ".join(f"'{state.value}'" for state in sorted(CLOSED_MATCHES))))


class Match(Versioned, db.Model):
    """A request, an offer and a need slot, with the score and reasons as they stood when taken up.

    Each side has its own answer, its reason for a no (a code and words), and later its own account of what
    came of it (`…_result`: completed or ended_early); `outcome` is the secretariat's. The sides know of the
    match from `proposed_at` on.
    """

    __tablename__ = "match"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    slot: Mapped[str] = mapped_column(sa.String(40), default="")
    state: Mapped[MatchState] = mapped_column(choices(MatchState))
    score: Mapped[float] = mapped_column()
    explanation: Mapped[dict[str, Any]] = mapped_column()
    settings_version: Mapped[str] = mapped_column(sa.String(40))
    index_version: Mapped[str] = mapped_column(sa.String(80))
    places: Mapped[int] = mapped_column(default=1)
    requester_answer: Mapped[MatchAnswer] = mapped_column(choices(MatchAnswer, name="requester_answer"))
    partner_answer: Mapped[MatchAnswer] = mapped_column(choices(MatchAnswer, name="partner_answer"))
    requester_decline: Mapped[str | None] = mapped_column(sa.String(20))
    partner_decline: Mapped[str | None] = mapped_column(sa.String(20))
    requester_reason: Mapped[str | None] = mapped_column(sa.Text)
    partner_reason: Mapped[str | None] = mapped_column(sa.Text)
    proposed_at: Mapped[datetime | None] = mapped_column()
    answer_by_at: Mapped[datetime | None] = mapped_column()
    starts_on: Mapped[date | None] = mapped_column()
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    requester_result: Mapped[str | None] = mapped_column(sa.String(20))
    partner_result: Mapped[str | None] = mapped_column(sa.String(20))
    requester_outcome: Mapped[str | None] = mapped_column(sa.Text)
    partner_outcome: Mapped[str | None] = mapped_column(sa.Text)
    outcome: Mapped[str | None] = mapped_column(sa.Text)
    __table_args__ = (
        sa.CheckConstraint("request_id <> offer_id", name="two_sides"),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="score"),
        sa.CheckConstraint("places >= 1", name="places"),
        sa.CheckConstraint(
            "state NOT IN ('agreed', 'active', 'completed')"
            " OR (requester_answer = 'yes' AND partner_answer = 'yes')",
            name="agreed_by_both",
        ),
        sa.Index(
            "uq_match_open",
            "request_id",
            "offer_id",
            "slot",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )


class Allocation(Versioned, db.Model):
    """A proposal which request should go to which offer, made in the background; an officer decides.

    `inputs` and `result` are the whole record: with them and the public seed it can be checked again, and
    made again. `progress` counts the requests that were ranked.
    """

    __tablename__ = "allocation"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(20), unique=True)
    state: Mapped[AllocationState] = mapped_column(choices(AllocationState))
    title: Mapped[str] = mapped_column(sa.String(200))
    asked: Mapped[dict[str, Any]] = mapped_column()
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    progress: Mapped[int] = mapped_column(default=0)
    n_steps: Mapped[int] = mapped_column(default=0)
    inputs: Mapped[dict[str, Any] | None] = mapped_column()
    inputs_hash: Mapped[str | None] = mapped_column(sa.String(64))
    result: Mapped[dict[str, Any] | None] = mapped_column()
    fault: Mapped[dict[str, Any] | None] = mapped_column()
    settings_version: Mapped[str | None] = mapped_column(sa.String(40))
    index_version: Mapped[str | None] = mapped_column(sa.String(80))
    is_cancel_asked: Mapped[bool] = mapped_column(default=False)
    lease_until: Mapped[datetime | None] = mapped_column()
    finished_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
        sa.Index("ix_allocation_state", "state", "id"),
    )


class StoredReport(db.Model):
    """A report that takes too long for a page, as the background job last made it."""

    __tablename__ = "stored_report"
    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    audience: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    made_from: Mapped[str | None] = mapped_column(sa.String(64))
    made_at: Mapped[datetime | None] = mapped_column()
    content: Mapped[dict[str, Any] | None] = mapped_column()
    progress: Mapped[int] = mapped_column(default=0)
    n_steps: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column()


class SameEntryRuling(db.Model):
    """What an officer said of two entries that look alike; a later change of either asks again."""

    __tablename__ = "same_entry_ruling"
    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    second_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    is_same: Mapped[bool] = mapped_column()
    texts_hash: Mapped[str] = mapped_column(sa.String(64))
    reason: Mapped[str | None] = mapped_column(sa.Text)
    ruled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    ruled_at: Mapped[datetime] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("first_id", "second_id"),
        sa.CheckConstraint("first_id < second_id", name="ordered"),
    )


class MatchingWeights(db.Model):
    """One adopted set of weights; the newest is in force, and none is ever changed."""

    __tablename__ = "matching_weights"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(40), unique=True)
    part_weights: Mapped[dict[str, Any]] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text)
    adopted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    adopted_at: Mapped[datetime] = mapped_column()
