"""The audit trail: record an event, seal the chain, find tampering.

Every event carries a keyed hash (HMAC-SHA-256) of its content and of the hash before it, so that a
change, a removal, an insertion or a swap of any row shows, and nobody without the key can mend the
chain. Events are gathered during the use case and sealed last, in the same transaction, so that the
one row all writers wait for is locked for the shortest time and always last.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import GENESIS, AuditEvent, AuditHead
from services.runtime import runtime
from vocabulary.people import Actor

BROKEN = "f" * 64
"""Follows no event: a chain that was cut must not become whole again by going on."""


def actor_label(actor: Actor) -> str:
    """Who, without a name: an account id, the service itself, or somebody signed out."""
    if actor.is_system:
        return "system"
    return f"account:{actor.account_id}" if actor.account_id is not None else "signed_out"


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: tuple[str, str],
    *,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Note an event; `subject` is (kind, reference). It is written when the transaction ends.

    `before` and `after` hold the changed fields only, as JSON values; for personal data put the
    names of the fields, not their values.
    """
    pending: list[AuditEvent] = session.info.setdefault("audit_pending", [])
    pending.append(
        AuditEvent(
            at=now.astimezone(UTC),
            actor=actor_label(actor),
            action=action,
            subject_kind=subject[0],
            subject_ref=subject[1],
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            reason=reason,
            request_id=runtime(session).request_id(),
        )
    )


def last_actor(session: Session, subject: tuple[str, str], actions: tuple[str, ...]) -> str | None:
    """Who did one of these to the subject last, as `actor_label` names them; also in this transaction."""
    pending: list[AuditEvent] = session.info.get("audit_pending", [])
    for event in reversed(pending):
        if (event.subject_kind, event.subject_ref) == subject and event.action in actions:
            return event.actor
    return session.execute(
        sa.select(AuditEvent.actor)
        .where(
            AuditEvent.subject_kind == subject[0],
            AuditEvent.subject_ref == subject[1],
            AuditEvent.action.in_(actions),
        )
        .order_by(AuditEvent.sequence.desc())
        .limit(1)
    ).scalar_one_or_none()


def seal(session: Session) -> None:
    """Give the gathered events their numbers and hashes, and write them."""
    pending: list[AuditEvent] = session.info.pop("audit_pending", [])
    if not pending:
        return
    session.flush()
    head = session.execute(sa.select(AuditHead).with_for_update()).scalar_one()
    key = runtime(session).audit_key
    previous = _last_hash(session, head, key)
    for event in pending:
        event.sequence = head.sequence = head.sequence + 1
        event.previous_hash = previous
        event.hash = previous = event_hash(event, key)
        session.add(event)
    head.hash = _head_mark(head.sequence, previous, key)
    session.flush()


def _last_hash(session: Session, head: AuditHead, key: bytes) -> str:
    """What the next event follows; BROKEN when head and last event do not fit, so that it stays visible."""
    found = session.execute(sa.select(AuditEvent.hash).where(AuditEvent.sequence == head.sequence))
    last = found.scalar_one_or_none() or GENESIS
    return last if hmac.compare_digest(head.hash, _head_mark(head.sequence, last, key)) else BROKEN


def _head_mark(sequence: int, last_hash: str, key: bytes) -> str:
    """What the head holds: made with the key too, so that nobody without it can cut the end off the chain."""
    if sequence == 0:
        return GENESIS
    return hmac.new(key, f"head:{sequence}:{last_hash}".encode(), hashlib.sha256).hexdigest()


def event_hash(event: AuditEvent, key: bytes) -> str:
    """HMAC-SHA-256, in hex, over every column of the event but the hash itself."""
    content = {
        "sequence": event.sequence,
        "at": event.at.astimezone(UTC).isoformat(),
        "actor": event.actor,
        "action": event.action,
        "subject": [event.subject_kind, event.subject_ref],
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "request_id": event.request_id,
        "previous": event.previous_hash,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditFault:
    """The first thing wrong in the chain: at which number, and what."""

    sequence: int
    fault: str


def verify(session: Session) -> tuple[int, AuditFault | None]:
    """Walk the whole chain; returns the number of events and the first fault, or None."""
    head = session.execute(sa.select(AuditHead)).scalar_one_or_none()
    if head is None:
        return 0, AuditFault(0, "the head of the chain is missing")
    previous, count, key = GENESIS, 0, runtime(session).audit_key
    with closing(_events(session)) as events:
        for event in events:
            count += 1
            fault = _fault(event, count, previous, key)
            if fault:
                return count, AuditFault(event.sequence, fault)
            previous = event.hash
    if (head.sequence, head.hash) != (count, _head_mark(count, previous, key)):
        return count, AuditFault(count + 1, "events are missing at the end, or the head was changed")
    return count, None


def head_hash(session: Session) -> str:
    """The mark of the last event; noted elsewhere, it shows later that the end was not cut off."""
    return session.execute(sa.select(AuditHead.hash)).scalar_one_or_none() or ""


def _fault(event: AuditEvent, expected: int, previous: str, key: bytes) -> str | None:
    if event.sequence != expected:
        return f"event {expected} is missing"
    if event.previous_hash != previous:
        return "it does not follow the event before it"
    if not hmac.compare_digest(event.hash, event_hash(event, key)):
        return "its content was changed"
    return None


def _events(session: Session) -> Generator[AuditEvent, None, None]:
    query = sa.select(AuditEvent).order_by(AuditEvent.sequence)
    with closing(session.execute(query.execution_options(yield_per=1000))) as found:
        yield from found.scalars()
