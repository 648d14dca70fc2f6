"""Samples that every reviewer of a call scores first.

Their answers stand apart from reviews on purpose: nothing that counts reads these tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Versioned, db


class CalibrationSample(Versioned, db.Model):
    """An invented proposal with the scores of reference and the reasons for them."""

    __tablename__ = "calibration_sample"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), index=True)
    position: Mapped[int] = mapped_column()
    language: Mapped[str] = mapped_column(sa.String(2))
    title: Mapped[str] = mapped_column(sa.String(300))
    content: Mapped[dict[str, Any]] = mapped_column()
    reference: Mapped[dict[str, Any]] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("call_id", "position"),)


class CalibrationDraft(Versioned, db.Model):
    """Scores of a sample that somebody has begun and not handed in; gone once they are."""

    __tablename__ = "calibration_draft"
    sample_id: Mapped[int] = mapped_column(
        sa.ForeignKey("calibration_sample.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    scores: Mapped[dict[str, Any]] = mapped_column()


class CalibrationAnswer(db.Model):
    """One reviewer's scores of one sample; final once given, since the reference is shown after it."""

    __tablename__ = "calibration_answer"
    sample_id: Mapped[int] = mapped_column(sa.ForeignKey("calibration_sample.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    scores: Mapped[dict[str, Any]] = mapped_column()
    answered_at: Mapped[datetime] = mapped_column()
