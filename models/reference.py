"""The reference data as loaded from seed/data: vocabularies, criteria sets and rule sets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import db


class Vocabulary(db.Model):
    """A list of terms, its version and where it comes from."""

    __tablename__ = "vocabulary"
    code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(40))
    source: Mapped[dict[str, Any]] = mapped_column()
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    loaded_at: Mapped[datetime] = mapped_column()


class Term(db.Model):
    """One term of a vocabulary; labels and texts hold one text per language."""

    __tablename__ = "term"
    id: Mapped[int] = mapped_column(primary_key=True)
    vocabulary: Mapped[str] = mapped_column(sa.ForeignKey("vocabulary.code"))
    code: Mapped[str] = mapped_column(sa.String(40))
    parent: Mapped[str | None] = mapped_column(sa.String(40))
    position: Mapped[int] = mapped_column()
    labels: Mapped[dict[str, Any]] = mapped_column()
    texts: Mapped[dict[str, Any]] = mapped_column()
    data: Mapped[dict[str, Any]] = mapped_column()
    source: Mapped[dict[str, Any]] = mapped_column()
    status: Mapped[str] = mapped_column(sa.String(20))
    __table_args__ = (
        sa.UniqueConstraint("vocabulary", "code"),
        sa.CheckConstraint("status IN ('verified', 'working_list', 'inferred')", name="status"),
    )


class CriteriaSet(db.Model):
    """A version of the criteria; once a call has used it, it never changes."""

    __tablename__ = "criteria_set"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[str] = mapped_column(sa.String(40))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    locked_at: Mapped[datetime | None] = mapped_column()
    criteria: Mapped[list[Criterion]] = relationship(lazy="raise", order_by="Criterion.position")
    __table_args__ = (sa.UniqueConstraint("code", "version"),)


class Criterion(db.Model):
    """One criterion of a set, with its wording, help and anchors in six languages."""

    __tablename__ = "criterion"
    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(sa.ForeignKey("criteria_set.id"), index=True)
    code: Mapped[str] = mapped_column(sa.String(20))
    strategy: Mapped[str] = mapped_column(sa.String(20))
    position: Mapped[int] = mapped_column()
    labels: Mapped[dict[str, Any]] = mapped_column()
    texts: Mapped[dict[str, Any]] = mapped_column()
    data: Mapped[dict[str, Any]] = mapped_column()
    source: Mapped[dict[str, Any]] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("set_id", "code"),)


class RuleSet(db.Model):
    """A version of the strategy rules, as data that criteria/rules.py reads."""

    __tablename__ = "rule_set"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[str] = mapped_column(sa.String(40))
    content: Mapped[dict[str, Any]] = mapped_column()
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    locked_at: Mapped[datetime | None] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("code", "version"),)
