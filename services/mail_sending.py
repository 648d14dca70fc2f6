"""Which mail goes next, and what became of it? The rows behind the job that sends.

A mail is taken under a lease, in a transaction of its own, then handed over outside of any transaction, then
marked. A worker that is killed between handing over and marking leaves a lease that runs out, and the mail
goes once more under the same Message-ID, by which mail servers and programs know it as the same mail: at
least once, and once for the reader. Between workers a mail is taken by one only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.operation import OutgoingMail
from procedure.access import require
from procedure.facts import NOTHING
from services import audit
from vocabulary.actions import Action
from vocabulary.errors import Conflict
from vocabulary.messages import Message
from vocabulary.people import Actor

LEASE = timedelta(minutes=10)
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
"""How long until the next try after each failure; after one more the mail has failed."""

KEPT = timedelta(days=90)
"""After it has gone; one that was given up, after it was written."""


@dataclass(frozen=True, slots=True)
class Due:
    """A mail under a lease, to be handed over now. `lease_until` proves that it is still ours."""

    id: int
    message_id: str
    to_email: str
    language: str
    template: str
    values: Mapping[str, Any]
    subject_ref: str | None
    created_at: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that was given up. Without its address: an operator needs the reason, not the person."""

    id: int
    template: str
    subject_ref: str | None
    tries: int
    created_at: datetime
    error: str | None


def take_next(session: Session, *, now: datetime) -> Due | None:
    """Take the mail that has waited longest, or None. The lease holds once the transaction is committed."""
    mail = session.execute(
        sa.select(OutgoingMail)
        .where(
            OutgoingMail.state == "queued",
            OutgoingMail.try_after <= now,
            sa.or_(OutgoingMail.lease_until.is_(None), OutgoingMail.lease_until <= now),
        )
        .order_by(OutgoingMail.try_after, OutgoingMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if mail is None:
        return None
    mail.lease_until = now + LEASE
    mail.tries += 1
    session.flush()
    return Due(
        mail.id,
        mail.message_id,
        mail.to_email,
        mail.language,
        mail.template,
        dict(mail.values),
        mail.subject_ref,
        mail.created_at,
        mail.lease_until,
    )


def mark_sent(session: Session, due: Due, *, now: datetime) -> bool:
    """It was handed over: note it, and blank the secrets in it. False when the lease is no longer ours."""
    mail = _still_ours(session, due)
    if mail is None:
        return False
    mail.state, mail.sent_at, mail.lease_until, mail.error = "sent", now, None, None
    mail.values = dict(mail.values) if mail.decision_id is not None else without_links(mail.values)
    return True


def mark_failed(
    session: Session, due: Due, error: str, *, is_final: bool, seconds: int = 0, now: datetime
) -> str | None:
    """It was not taken: try later, or give up after the last try. Returns the state the mail has now.

    `error` is shown to operators and holds no address; `seconds` puts the next try off at least so long.
    """
    mail = _still_ours(session, due)
    if mail is None:
        return None
    mail.lease_until, mail.error = None, error[:300]
    if is_final or mail.tries > len(WAITS):
        mail.state = "failed"
    else:
        mail.try_after = now + max(WAITS[mail.tries - 1], timedelta(seconds=seconds))
    return mail.state


def without_links(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a mail with every link blanked, since a link may hold a secret."""
    return {name: None if name.endswith("link") else value for name, value in values.items()}


def failed_mails(session: Session, actor: Actor, *, now: datetime) -> list[FailedMail]:
    """Mails that were given up, the oldest first."""
    require(actor, Action.SERVICE_OPERATE, NOTHING, now)
    rows = session.execute(
        sa.select(OutgoingMail).where(OutgoingMail.state == "failed").order_by(OutgoingMail.id)
    ).scalars()
    return [
        FailedMail(row.id, row.template, row.subject_ref, row.tries, row.created_at, row.error)
        for row in rows
    ]


def mail_counts(session: Session, actor: Actor, *, now: datetime) -> dict[str, int]:
    """How many mails are in each state."""
    require(actor, Action.SERVICE_OPERATE, NOTHING, now)
    rows = session.execute(sa.select(OutgoingMail.state, sa.func.count()).group_by(OutgoingMail.state))
    counted = {state: int(n) for state, n in rows}
    return {state: counted.get(state, 0) for state in ("queued", "sent", "failed")}


def retry(session: Session, actor: Actor, mail_id: int, *, now: datetime) -> None:
    """Try a mail again that was given up. Raises Conflict for one that was not."""
    require(actor, Action.SERVICE_OPERATE, NOTHING, now)
    mail = session.get(OutgoingMail, mail_id, with_for_update=True)
    if mail is None or mail.state != "failed":
        raise Conflict(Message("There is no failed mail with the number {n}.", n=mail_id), code="not_failed")
    mail.state, mail.tries, mail.try_after, mail.error = "queued", 0, now, None
    audit.record(session, actor, "mail.retry", ("mail", str(mail_id)), now=now)


def forget_old(session: Session, *, now: datetime) -> int:
    """Drop mails that went, or were given up, long ago; returns how many."""
    has_gone = sa.and_(OutgoingMail.state == "sent", OutgoingMail.sent_at < now - KEPT)
    was_given_up = sa.and_(OutgoingMail.state == "failed", OutgoingMail.created_at < now - KEPT)
    gone = session.execute(sa.delete(OutgoingMail).where(sa.or_(has_gone, was_given_up)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _still_ours(session: Session, due: Due) -> OutgoingMail | None:
    return session.execute(
        sa.select(OutgoingMail)
        .where(
            OutgoingMail.id == due.id,
            OutgoingMail.state == "queued",
            OutgoingMail.lease_until == due.lease_until,
        )
        .with_for_update()
    ).scalar_one_or_none()
