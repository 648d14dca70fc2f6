"""What the secretariat and whoever submitted an entry write to each other about it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import db


class EntryMessage(db.Model):
    """One message of the thread of an entry. `by_id` is None for a submitter who came by the private link."""

    __tablename__ = "entry_message"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    is_from_office: Mapped[bool] = mapped_column()
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column()
    __table_args__ = (sa.CheckConstraint("NOT is_from_office OR by_id IS NOT NULL", name="officer_named"),)
