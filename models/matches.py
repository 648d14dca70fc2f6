"""Matches that an officer has taken up; suggestions are computed when asked for, and not stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, choices, db
from vocabulary.states import CLOSED_MATCHES, MatchAnswer, MatchState

_OPEN = sa.text("state NOT IN ({})".format(", ".join(f"'{state.value}'" for state in sorted(CLOSED_MATCHES))))


class Match(Versioned, db.Model):
    """A request, an offer and a need slot, with the score and reasons as they stood when taken up."""

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
    requester_reason: Mapped[str | None] = mapped_column(sa.Text)
    partner_reason: Mapped[str | None] = mapped_column(sa.Text)
    answer_by_at: Mapped[datetime | None] = mapped_column()
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
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


class MatchingWeights(db.Model):
    """One adopted set of weights; the newest is in force, and none is ever changed."""

    __tablename__ = "matching_weights"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(40), unique=True)
    part_weights: Mapped[dict[str, Any]] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text)
    adopted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    adopted_at: Mapped[datetime] = mapped_column()
