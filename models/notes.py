"""Internal notes on an entry: what those who run its call write to each other."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import db


class EntryNote(db.Model):
    """A note that nobody changes. It can be struck with a reason; archiving the entry empties it."""

    __tablename__ = "entry_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    written_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    written_at: Mapped[datetime] = mapped_column()
    struck_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    struck_at: Mapped[datetime | None] = mapped_column()
    struck_reason: Mapped[str | None] = mapped_column(sa.Text)
    __table_args__ = (
        sa.CheckConstraint("(struck_at IS NULL) = (struck_by_id IS NULL)", name="struck_by"),
        sa.CheckConstraint("struck_at IS NULL OR struck_reason IS NOT NULL", name="struck_reason"),
    )
