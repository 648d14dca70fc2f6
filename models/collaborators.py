"""Who helps with an entry: whoever its owner invited, what they may do, and since when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import choices, db
from vocabulary.states import CollaboratorLevel


class Collaborator(db.Model):
    """One invitation to help with an entry, and what became of it. Of the mailed link only the hash is kept.

    It is open until it is answered or expires, holds from `accepted_at` to `ended_at`, and stays as a row
    after that: who helped to write an entry does not judge it later.
    """

    __tablename__ = "collaborator"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    level: Mapped[CollaboratorLevel] = mapped_column(choices(CollaboratorLevel))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    invited_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    accepted_at: Mapped[datetime | None] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
        sa.CheckConstraint("(account_id IS NULL) = (accepted_at IS NULL)", name="accepted_by"),
        sa.Index(
            "uq_collaborator_standing",
            "entry_id",
            "email",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )
