"""Reports that take too long for a page: which is due, taken by one worker, kept with its time.

A report is due when what it is made from has changed. Knows nothing of what is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from models.matches import StoredReport
from services.match_facts import Audience

LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stored:
    """A report as it was last made. `made_from` names the data; `progress` of `n_steps` of the next one."""

    content: Mapping[str, Any] | None
    made_from: str | None
    made_at: datetime | None
    progress: int
    n_steps: int
    lease_until: datetime | None

    def is_under_way(self, now: datetime) -> bool:
        """Is a worker making it anew?"""
        return self.lease_until is not None and self.lease_until > now


def data_hash(versions: Mapping[str, int]) -> str:
    """Names the very versions of the entries that a report is made from."""
    text = "\n".join(f"{ref} {version}" for ref, version in sorted(versions.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def stored(session: Session, kind: str, audience: Audience) -> Stored | None:
    """The report as it was last made, or None."""
    row = session.execute(_row(kind, audience)).scalar_one_or_none()
    if row is None:
        return None
    return Stored(row.content, row.made_from, row.made_at, row.progress, row.n_steps, row.lease_until)


def take(session: Session, kind: str, audience: Audience, n_steps: int, *, now: datetime) -> bool:
    """Take the report for this worker; False where another is at it."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    values = {"kind": kind, "audience": audience.value, "progress": 0, "n_steps": n_steps}
    session.execute(insert(StoredReport).values(values).on_conflict_do_nothing())
    row = session.execute(_row(kind, audience).with_for_update(skip_locked=True)).scalar_one_or_none()
    if row is None or (row.lease_until is not None and row.lease_until > now):
        return False
    row.lease_until, row.progress, row.n_steps = now + LEASE, 0, n_steps
    return True


def go_on(session: Session, kind: str, audience: Audience, progress: int, *, now: datetime) -> None:
    """Note how far it is, and keep the lease."""
    row = session.execute(_row(kind, audience).with_for_update()).scalar_one()
    row.progress, row.lease_until = progress, now + LEASE


def keep(
    session: Session, kind: str, audience: Audience, made_from: str, content: dict[str, Any], *, now: datetime
) -> None:
    """Put the report in place of the last one."""
    row = session.execute(_row(kind, audience).with_for_update()).scalar_one()
    row.made_from, row.content, row.made_at = made_from, content, now
    row.progress, row.lease_until = row.n_steps, None


def let_go(session: Session, kind: str, audience: Audience) -> None:
    """Give it back unmade."""
    row = session.execute(_row(kind, audience).with_for_update()).scalar_one_or_none()
    if row is not None:
        row.lease_until = None


def _row(kind: str, audience: Audience) -> sa.Select[Any]:
    return sa.select(StoredReport).where(StoredReport.kind == kind, StoredReport.audience == audience.value)
