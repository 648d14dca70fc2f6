"""Who opened what in an emergency, why, and until when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import db


class OpenGlass(db.Model):
    """One sign-in of an auditor or administrator may read one entry or one nomination for a short time."""

    __tablename__ = "open_glass"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_session.id", ondelete="SET NULL"), index=True
    )
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    nomination_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("nomination.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[str] = mapped_column(sa.Text)
    opened_at: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column()
    closed_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("(entry_id IS NULL) <> (nomination_id IS NULL)", name="one_thing"),
        sa.CheckConstraint("length(reason) > 0", name="reason"),
        sa.CheckConstraint("ends_at > opened_at", name="ends"),
    )
