"""The audit trail: append-only, each event sealed to the one before it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from models.database import db


class AuditEvent(db.Model):
    """Who did what to which thing, when, with which values before and after."""

    __tablename__ = "audit_event"
    sequence: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column()
    actor: Mapped[str] = mapped_column(sa.String(60))
    action: Mapped[str] = mapped_column(sa.String(60))
    subject_kind: Mapped[str] = mapped_column(sa.String(40))
    subject_ref: Mapped[str] = mapped_column(sa.String(60))
    before: Mapped[dict[str, Any] | None] = mapped_column()
    after: Mapped[dict[str, Any] | None] = mapped_column()
    reason: Mapped[str | None] = mapped_column(sa.Text)
    request_id: Mapped[str | None] = mapped_column(sa.String(40))
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    __table_args__ = (
        sa.Index("ix_audit_event_subject", "subject_kind", "subject_ref"),
        sa.Index("ix_audit_event_actor", "actor", "at"),
        sa.Index("ix_audit_event_at", "at", "sequence"),
    )


class AuditHead(db.Model):
    """The last event's number and hash; writers lock this one row, so the chain has no forks."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[str] = mapped_column(sa.String(64))
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)


GENESIS = "0" * 64

APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
           BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
        """CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
           BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$""",
        """CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
           FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()""",
    ),
}
"""Statements that make the table append-only, per database; migrations run the same ones."""


@event.listens_for(AuditEvent.__table__, "after_create")
def _append_only(_table: sa.Table, connection: Connection, **_kw: Any) -> None:
    for statement in APPEND_ONLY[connection.dialect.name]:
        connection.execute(sa.text(statement))


@event.listens_for(AuditHead.__table__, "after_create")
def _first_head(table: sa.Table, connection: Connection, **_kw: Any) -> None:
    connection.execute(table.insert().values(id=1, sequence=0, hash=GENESIS))
