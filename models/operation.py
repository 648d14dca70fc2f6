"""What keeps the service running: counters, mail to send, jobs, repeated API calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.database import db


class ReferenceCounter(db.Model):
    """The last number given out for references such as REQ-2026-0042."""

    __tablename__ = "reference_counter"
    prefix: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column()


class OutgoingMail(db.Model):
    """A mail, written in the transaction that causes it and sent afterwards by a job, once."""

    __tablename__ = "outgoing_mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(sa.String(120), unique=True)
    to_email: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(2))
    template: Mapped[str] = mapped_column(sa.String(60))
    values: Mapped[dict[str, Any]] = mapped_column()
    state: Mapped[str] = mapped_column(sa.String(10))
    subject_ref: Mapped[str | None] = mapped_column(sa.String(60), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    try_after: Mapped[datetime] = mapped_column()
    lease_until: Mapped[datetime | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column()
    sent_at: Mapped[datetime | None] = mapped_column()
    error: Mapped[str | None] = mapped_column(sa.String(300))
    decision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decision.id"), index=True)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    __table_args__ = (
        sa.CheckConstraint(
            "decision_id IS NULL OR state = 'draft' OR approved_by_id IS NOT NULL", name="released_by"
        ),
        sa.CheckConstraint("state IN ('draft', 'queued', 'sent', 'failed')", name="state"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        sa.Index("ix_outgoing_mail_due", "state", "try_after"),
    )


class IdempotencyKey(db.Model):
    """The first answer to a POST that carried a key, given again when the POST is repeated."""

    __tablename__ = "idempotency_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    request_hash: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int | None] = mapped_column()
    body: Mapped[dict[str, Any] | None] = mapped_column()
    headers: Mapped[dict[str, Any] | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("account_id", "key"),)


class Heartbeat(db.Model):
    """When a background worker was last alive, for /health/ready."""

    __tablename__ = "heartbeat"
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column()
