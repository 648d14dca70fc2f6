"""What the clock does once the retention of an entry or a call is over.

Each run takes some entries in one transaction: it can be broken off at any time, and run by any number of
workers; a second run finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.calls import Call
from models.entries import Entry
from procedure.access import require
from procedure.lifecycle import advance_entry
from services import audit
from services.archiving.blanking import blank_call, blank_entries
from services.archiving.falling_due import calls_due, is_due
from services.calls import record, step
from services.entries.rows import note_change, touch
from services.facts import call_facts, facts_of_entries
from vocabulary.actions import Action
from vocabulary.people import SYSTEM
from vocabulary.states import CallAction, CallState, EntryAction

AT_ONCE = 50
"""Entries archived in one transaction, so that no writer waits for long."""


def archive_due(session: Session, *, now: datetime) -> int:
    """Archive what has been kept for its time, some at a time; returns how many. Call again until it is 0."""
    query = (
        sa.select(Entry)
        .outerjoin(Call, Call.id == Entry.call_id)
        .where(is_due(session, now))
        .options(selectinload(Entry.terms))
        .order_by(Entry.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=Entry)
    )
    entries = session.execute(query).scalars().all()
    facts = facts_of_entries(session, entries, SYSTEM)
    for entry in entries:
        require(SYSTEM, Action.ENTRY_TICK, facts[entry.id], now)
    _archive(session, entries, now)
    return len(entries)


def _archive(session: Session, entries: Sequence[Entry], now: datetime) -> None:
    for entry in entries:
        entry.archived_from, entry.archived_at = entry.state, now
        entry.state = advance_entry(entry.kind, entry.state, EntryAction.ARCHIVE)
        entry.withdrawn_at = None
        touch(entry, now)
    blank_entries(session, entries)
    session.flush()
    for entry in entries:
        note_change(session, entry, now)
        audit.record(
            session,
            SYSTEM,
            "entry.archive",
            ("entry", entry.ref),
            now=now,
            before={"state": entry.archived_from},
            after={"state": entry.state},
        )


def archive_calls(session: Session, *, now: datetime) -> int:
    """Archive the calls whose entries all are, and blank what people wrote about them; returns how many."""
    due = calls_due(session, now)
    for call in due:
        require(SYSTEM, Action.CALL_MOVE_ON, call_facts(call, opened_at=now), now)
        blank_call(session, call)
        call.blanked_at = call.updated_at = now
        if call.state is CallState.RELEASED:
            step(session, SYSTEM, call, CallAction.ARCHIVE, now)
        session.flush()
        record(session, SYSTEM, "call.blank", call, now=now)
    return len(due)
