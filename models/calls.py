"""Calls: dated invitations with their pinned criteria, rules and procedure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, choices, db
from vocabulary.states import CallKind, CallState


class Call(Versioned, db.Model):
    """A dated invitation. What a published call has pinned is never edited, only superseded."""

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
    __table_args__ = (
        sa.CheckConstraint("closes_at IS NULL OR closes_at > opens_at", name="closes_after_opening"),
        sa.CheckConstraint("grace_minutes BETWEEN 0 AND 1440", name="grace"),
        sa.CheckConstraint(
            "state = 'draft' OR kind IN ('offers', 'fellowship')"
            " OR (criteria_set_id IS NOT NULL AND rule_set_id IS NOT NULL)",
            name="published_pins_criteria",
        ),
    )
