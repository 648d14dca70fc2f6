"""When was the chain of the audit trail last checked, and was it whole?

Walking the whole chain takes too long for a page, so a worker does it: when somebody asks, and once a day.
The finding is kept, and is an event of the trail itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.matches import StoredReport
from procedure.access import may, require
from procedure.facts import NOTHING
from services import audit, stored_reports
from services.entries.visibility import has_conflict
from services.match_facts import Audience
from vocabulary.actions import Action
from vocabulary.people import SYSTEM, Actor

KIND = "audit_check"
SUBJECT = ("audit", "trail")
EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the last check found. `n_events` is None for a reader who may not know how many there are."""

    checked_at: datetime | None
    n_events: int | None
    fault_at: int | None
    is_waiting: bool

    @property
    def is_whole(self) -> bool:
        """Was every event as it was written?"""
        return self.fault_at is None


def last_finding(session: Session, actor: Actor, *, now: datetime) -> Finding:
    """What the last check found. Raises Refused.

    How many events there are counts those on entries too, so that somebody with a conflict of interest on one
    is not told.
    """
    require(actor, Action.AUDIT_VERIFY, NOTHING, now)
    row = _row(session)
    if row is None:
        return Finding(None, None, None, is_waiting=False)
    content = row.content or {}
    has_any = session.execute(sa.select(Entry.id).where(has_conflict(actor)).limit(1)).first() is not None
    return Finding(
        row.made_at,
        None if has_any else content.get("n_events"),
        content.get("fault_at"),
        is_waiting=row.made_from != content.get("asked"),
    )


def may_check(actor: Actor, *, now: datetime) -> bool:
    """May the actor have the chain checked, and read what was found?"""
    return may(actor, Action.AUDIT_VERIFY, NOTHING, now)


def ask_check(session: Session, actor: Actor, *, now: datetime) -> None:
    """Have the chain checked as soon as a worker is free. Asked twice before that is asked once."""
    require(actor, Action.AUDIT_VERIFY, NOTHING, now)
    row = _row(session, lock=True)
    if row is None:
        row = StoredReport(kind=KIND, audience=Audience.INSIDE.value, progress=0, n_steps=1)
        session.add(row)
    elif row.made_from != (row.content or {}).get("asked"):
        return
    row.made_from = now.isoformat()
    session.flush()
    audit.record(session, actor, "audit.ask_check", SUBJECT, now=now)


def take_check(session: Session, *, now: datetime) -> str | None:
    """Take the check that is due for this worker; returns what was asked, None where nothing is due."""
    row = _row(session)
    asked = row.made_from if row is not None else None
    is_asked = row is not None and asked != (row.content or {}).get("asked")
    is_old = row is None or row.made_at is None or row.made_at <= now - EVERY
    if not is_asked and not is_old:
        return None
    return (asked or "") if stored_reports.take(session, KIND, Audience.INSIDE, 1, now=now) else None


def check(session: Session) -> tuple[int, int | None]:
    """Walk the chain: the number of events, and the number of the first that is not as it was written."""
    n_events, fault = audit.verify(session)
    return n_events, fault.sequence if fault is not None else None


def keep_finding(session: Session, asked: str, n_events: int, fault_at: int | None, *, now: datetime) -> None:
    """Note what a check found; what was asked meanwhile stays asked."""
    row = _row(session, lock=True)
    if row is None:
        return
    row.content = {"asked": asked or None, "n_events": n_events, "fault_at": fault_at}
    row.made_at, row.progress, row.lease_until = now, 1, None
    after = {"n_events": n_events, "is_whole": fault_at is None}
    audit.record(session, SYSTEM, "audit.verify", SUBJECT, now=now, after=after)


def let_go(session: Session) -> None:
    """Give the check back undone."""
    stored_reports.let_go(session, KIND, Audience.INSIDE)


def _row(session: Session, *, lock: bool = False) -> StoredReport | None:
    query = sa.select(StoredReport).where(StoredReport.kind == KIND)
    if lock:
        query = query.with_for_update()
    return session.execute(query).scalar_one_or_none()
