"""A POST that carries an Idempotency-Key happens once; repeated, it gets the first answer again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.operation import IdempotencyKey
from vocabulary.errors import Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor

KEPT_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first call was answered: status, JSON body, headers."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def first_answer(session: Session, actor: Actor, key: str, request_hash: str) -> Answer | None:
    """The stored answer under this key; Invalid when the key was used for another request."""
    row = session.execute(
        sa.select(IdempotencyKey).where(
            IdempotencyKey.account_id == actor.account_id, IdempotencyKey.key == key
        )
    ).scalar_one_or_none()
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise Invalid(
            {"Idempotency-Key": [Message("This key was used for another request; use a new key.")]},
            code="key_reused",
        )
    return Answer(row.status or 500, row.body or {}, row.headers or {})


def claim(session: Session, actor: Actor, key: str, request_hash: str, *, now: datetime) -> IdempotencyKey:
    """Take the key for this call; a second sender waits here, and then finds the first answer."""
    row = IdempotencyKey(account_id=actor.account_id, key=key, request_hash=request_hash, created_at=now)
    session.add(row)
    session.flush()
    return row


def forget_old(session: Session, *, now: datetime) -> int:
    """Drop keys older than KEPT_FOR; returns how many."""
    gone = session.execute(sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT_FOR))
    return int(gone.rowcount)  # type: ignore[attr-defined]
