"""What the clock does to entries that are screened: unanswered ones lapse, ready ones go under review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.calls import Call
from models.entries import Entry
from models.reviews import Assignment, ConflictDeclaration
from models.screening import Screening
from procedure.access import require
from procedure.facts import Standing
from procedure.lifecycle import advance_entry
from services import audit
from services.call_progress import is_screened
from services.entries.owner_mail import mail_owner
from services.entries.rows import note_change, touch
from services.facts import entry_deadline, facts_of_entries, standing
from vocabulary.actions import Action
from vocabulary.people import SYSTEM, Actor
from vocabulary.states import (
    AssignmentState,
    CallState,
    EntryAction,
    EntryKind,
    RequestState,
    ScreeningKind,
)

AT_ONCE = 100
"""Entries changed in one transaction, so that no writer waits for long."""


def lapse_due(session: Session, *, now: datetime) -> int:
    """Returned requests whose owners have not answered in time lapse; returns how many did.

    The grace of the call and an individual extension count. Call again until it is 0.
    """
    late = [
        entry
        for entry, call in _locked(session, RequestState.RETURNED, Entry.due_at <= now)
        if (until := entry_deadline(entry, call)) is not None and until <= now
    ]
    facts = facts_of_entries(session, late, SYSTEM)
    for entry in late:
        require(SYSTEM, Action.ENTRY_TICK, facts[entry.id], now)
        row = Screening(
            entry_id=entry.id,
            revision_number=entry.revision_number,
            kind=ScreeningKind.LAPSED,
            questions=[],
            at=now,
        )
        session.add(row)
        _move(session, entry, EntryAction.LAPSE, now)
        mail_owner(session, entry, "lapsed", {}, now)
    return len(late)


def start_ready_reviews(session: Session, *, now: datetime) -> int:
    """Eligible requests with enough reviewers who have no conflict go under review; returns how many did.

    What becomes eligible while the panel meets already goes under review as it is: an answer to its question,
    or what was taken up again. The panel says why it meets on too few reviews.
    """
    phases = sa.select(Call.id).where(Call.state.in_((CallState.REVIEW, CallState.DELIBERATION)))
    found = _locked(session, RequestState.SUBMITTED, Entry.call_id.in_(phases), is_screened())
    counts = _cleared_reviewers(session, [entry.id for entry, _ in found])
    ready = [
        entry
        for entry, call in found
        if call is not None
        and (call.state is CallState.DELIBERATION or counts.get(entry.id, 0) >= call.minimum_reviews)
    ]
    facts = facts_of_entries(session, ready, SYSTEM)
    for entry in ready:
        require(SYSTEM, Action.ENTRY_TICK, facts[entry.id], now)
        _move(session, entry, EntryAction.START_REVIEW, now)
    return len(ready)


def start_eligible(session: Session, actor: Actor, call: Call, *, now: datetime) -> int:
    """The call moves on, and with it what is eligible and has too few reviewers; returns how many there were.

    The caller has asked whether the actor may move the call on.
    """
    query = sa.select(Entry).where(
        Entry.call_id == call.id, Entry.state == RequestState.SUBMITTED, is_screened()
    )
    entries = session.execute(query.order_by(Entry.id).with_for_update(of=Entry)).scalars().all()
    for entry in entries:
        _move(session, entry, EntryAction.START_REVIEW, now, actor)
    return len(entries)


def _locked(
    session: Session, state: RequestState, *conditions: sa.ColumnElement[bool]
) -> list[tuple[Entry, Call | None]]:
    entries = (
        session.execute(
            sa.select(Entry)
            .where(Entry.kind == EntryKind.REQUEST, Entry.state == state, *conditions)
            .options(selectinload(Entry.terms))
            .order_by(Entry.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=Entry)
        )
        .scalars()
        .all()
    )
    return [(entry, session.get(Call, entry.call_id) if entry.call_id else None) for entry in entries]


def _cleared_reviewers(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Reviewers of each entry who were asked, did not step back, and have no conflict of interest."""
    rows = session.execute(
        sa.select(Assignment.entry_id, ConflictDeclaration)
        .join(
            ConflictDeclaration,
            sa.and_(
                ConflictDeclaration.entry_id == Assignment.entry_id,
                ConflictDeclaration.account_id == Assignment.account_id,
            ),
        )
        .where(
            Assignment.entry_id.in_(ids),
            Assignment.state.in_((AssignmentState.INVITED, AssignmentState.ACCEPTED)),
        )
    )
    counts: dict[int, int] = {}
    for entry_id, declared in rows:
        if standing(declared) is Standing.CLEARED:
            counts[entry_id] = counts.get(entry_id, 0) + 1
    return counts


def _move(session: Session, entry: Entry, step: EntryAction, now: datetime, actor: Actor = SYSTEM) -> None:
    before, entry.state = entry.state, advance_entry(entry.kind, entry.state, step)
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        f"entry.{step.value}",
        ("entry", entry.ref),
        now=now,
        before={"state": before},
        after={"state": entry.state},
    )
