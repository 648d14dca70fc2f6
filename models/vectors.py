"""Sentence vectors of entries, made by a background job and never in a web request."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import db


class EntryVectors(db.Model):
    """What one model makes of one entry, passage by passage; goes with the entry.

    `keys` names the passages in their order by a hash of what they say (`matching.meaning.Text.key`), so a
    vector never stands for an older wording. `vectors` holds their vectors in that order, float32, little
    endian; `sentence_vectors` those of its sentences, float16, for showing the two that are nearest.
    """

    __tablename__ = "entry_vectors"
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(sa.String(120))
    entry_version: Mapped[int] = mapped_column()
    made_at: Mapped[datetime] = mapped_column()
    keys: Mapped[list[str]] = mapped_column()
    vectors: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sentence_keys: Mapped[list[str]] = mapped_column(deferred=True)
    sentence_vectors: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
