"""What national focal points say of requests that touch their country (criterion 10 of the rolling plan)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import choices, db
from vocabulary.states import ConsultationAnswer


class Consultation(db.Model):
    """A focal point was asked about a request, and perhaps answered; the latest answer counts.

    Of the mailed link only the hash is kept. `revision_number` is the version that the answer is about.
    """

    __tablename__ = "consultation"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    country: Mapped[str] = mapped_column(sa.String(3))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    asked_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    answer: Mapped[ConsultationAnswer | None] = mapped_column(choices(ConsultationAnswer))
    text: Mapped[str | None] = mapped_column(sa.Text)
    revision_number: Mapped[int | None] = mapped_column()
    answered_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "account_id"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_at"),
        sa.CheckConstraint("(answer IS NULL) = (revision_number IS NULL)", name="answered_about"),
        sa.CheckConstraint("answer IS NULL OR answer = 'confirm' OR text IS NOT NULL", name="says_why"),
    )
