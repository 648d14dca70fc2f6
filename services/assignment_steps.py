"""What becomes of an assignment once it is made: declined, asked again, reminded, given away, expired.

Invitations are released by the officer who makes them; reminders by the setting of the call.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import AssignmentReminder
from models.entries import Entry
from models.people import Account
from models.reviews import Assignment, ConflictDeclaration, Review
from procedure.access import may, require
from procedure.lifecycle import ASSIGNMENT_STEPS, REVIEW_STEPS, advance
from services import audit
from services.conflict_answers import tell_officers
from services.facts import assignment_facts, entry_facts
from services.mail import queue_mail
from services.review_settings import settings_of
from services.reviews.rows import Item, fetch_for, find, touch
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.conflicts import ReminderStep
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor
from vocabulary.states import AssignmentAction, AssignmentState, ConflictAnswer, ReviewAction, ReviewState

LONGEST_REASON = 2_000
AT_ONCE = 100
"""Assignments that the clock changes in one transaction."""

WEEK, TWO_DAYS = timedelta(days=7), timedelta(days=2)
BEFORE = ((WEEK, TWO_DAYS, ReminderStep.WEEK_BEFORE), (TWO_DAYS, timedelta(0), ReminderStep.TWO_DAYS_BEFORE))
"""From when, until when before the due date, and which reminder it is."""

AFTER = (
    (timedelta(days=1), timedelta(days=3), ReminderStep.DAY_AFTER),
    (timedelta(days=3), timedelta(days=30), ReminderStep.OFFICER),
)
"""From when, until when after it; the last goes to the officers."""

REVIEWED = ("submitted", "returned", "in_review", "checked", "active")
"""States of an entry in which it is reviewed."""

_HELD = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
_DONE = (ReviewState.SUBMITTED, ReviewState.LOCKED, ReviewState.VOID, ReviewState.RELEASED)


def decline(session: Session, actor: Actor, ref: str, reason: str, *, now: datetime) -> Assignment:
    """Decline one's own assignment. Raises Invalid without a reason, Conflict once it has ended."""
    item = find(session, actor, ref, lock=True)
    if not may(actor, Action.ASSIGNMENT_DECLINE, item.facts, now):
        raise NotFound
    said = reason.replace("\x00", "").strip()[:LONGEST_REASON]
    if not said:
        why = Message("Say why, so that the officer knows whom to ask next.")
        raise Invalid({"reason": [why]}, why)
    if item.review is not None and item.review.state in _DONE:
        raise Conflict(Message("This scorecard is submitted; open it again first."), code="submitted")
    _move(session, actor, item, AssignmentAction.DECLINE, said, now)
    _let_go(session, item, now)
    tell_officers(session, item.entry, item.assignment.account_id, "review_declined", now=now, reason=said)
    return item.assignment


def _move(
    session: Session, actor: Actor, item: Item, action: AssignmentAction, reason: str | None, now: datetime
) -> None:
    """One step of the lifecycle, with its event. Raises Conflict where the state does not know it."""
    before = item.assignment.state
    item.assignment.state = advance(ASSIGNMENT_STEPS, before, action)
    item.assignment.reason = reason
    touch(item.assignment, now)
    session.flush()
    audit.record(
        session,
        actor,
        f"assignment.{action.value}",
        ("assignment", item.assignment.ref),
        now=now,
        before={"state": before.value},
        after={"state": item.assignment.state.value},
        reason=reason,
    )


def _let_go(session: Session, item: Item, now: datetime) -> None:
    """A scorecard begun and not handed in is kept as it is and no longer needed."""
    review = item.review
    if review is not None and (review.state, ReviewAction.RELEASE) in REVIEW_STEPS:
        review.state = advance(REVIEW_STEPS, review.state, ReviewAction.RELEASE)
        touch(review, now)
        session.flush()


# --- an officer's steps -----------------------------------------------------------------------------------


def invite(session: Session, assignment: Assignment, entry: Entry, *, now: datetime) -> None:
    """Write to the reviewer who is asked; released by the officer who asks."""
    reviewer = session.get_one(Account, assignment.account_id)
    site = f"{runtime(session).address}/{reviewer.language}"
    queue_mail(
        session,
        reviewer.email,
        "invitation",
        {
            "ref": assignment.ref,
            "title": entry.title,
            "due_at": assignment.due_at.isoformat() if assignment.due_at else None,
            "link": f"{site}/reviews",
        },
        language=reviewer.language,
        now=now,
        subject_ref=assignment.ref,
    )


def invite_again(
    session: Session, actor: Actor, ref: str, due_at: datetime | None, *, now: datetime
) -> Assignment:
    """Ask somebody again who declined or did not answer. Raises Conflict in any other state."""
    item = _held_by_officer(session, actor, Action.ASSIGNMENT_MAKE, ref, now)
    check_due(due_at, now)
    _move(session, actor, item, AssignmentAction.INVITE_AGAIN, None, now)
    item.assignment.invited_at = now
    item.assignment.due_at = due_at or settings_of(session, item.entry.call_id).due_at
    if item.review is not None and item.review.state is ReviewState.RELEASED:
        item.review.state = ReviewState.DRAFT
        touch(item.review, now)
    session.flush()
    invite(session, item.assignment, item.entry, now=now)
    return item.assignment


def end(session: Session, actor: Actor, ref: str, reason: str, *, now: datetime) -> Assignment:
    """An officer ends an assignment that is not handed in, so that somebody else can be asked."""
    item = _held_by_officer(session, actor, Action.ASSIGNMENT_REASSIGN, ref, now)
    if item.assignment.state not in _HELD:
        raise Conflict(Message("This assignment has ended already."), code="ended")
    if item.review is not None and item.review.state in _DONE:
        raise Conflict(
            Message("This review is submitted; it cannot be given to somebody else."), code="submitted"
        )
    _move(session, actor, item, AssignmentAction.EXPIRE, reason.strip()[:LONGEST_REASON] or "reassigned", now)
    _let_go(session, item, now)
    return item.assignment


def remind(session: Session, actor: Actor, ref: str, *, now: datetime) -> Assignment:
    """Write to the reviewer once more; at most once a day."""
    item = _held_by_officer(session, actor, Action.ASSIGNMENT_REMIND, ref, now)
    if item.assignment.state not in _HELD or (item.review is not None and item.review.state in _DONE):
        raise Conflict(Message("Nothing is open here to be reminded of."), code="ended")
    last = session.execute(
        sa.select(sa.func.max(AssignmentReminder.at)).where(
            AssignmentReminder.assignment_id == item.assignment.id
        )
    ).scalar_one_or_none()
    if last is not None and now - last < timedelta(days=1):
        raise Conflict(Message("A reminder has gone within the last day."), code="reminded")
    _note(session, item.assignment, ReminderStep.BY_HAND, now)
    _write_reminder(session, item.assignment, item.entry, now)
    audit.record(session, actor, "assignment.remind", ("assignment", item.assignment.ref), now=now)
    return item.assignment


def move_due_date(
    session: Session, actor: Actor, ref: str, due_at: datetime | None, *, now: datetime
) -> Assignment:
    """Give a reviewer more time; the reminders follow the new day."""
    item = _held_by_officer(session, actor, Action.ASSIGNMENT_REASSIGN, ref, now)
    check_due(due_at, now)
    before = item.assignment.due_at
    item.assignment.due_at = due_at
    touch(item.assignment, now)
    session.flush()
    audit.record(
        session,
        actor,
        "assignment.move_due_date",
        ("assignment", item.assignment.ref),
        now=now,
        before={"due_at": before.isoformat() if before else None},
        after={"due_at": due_at.isoformat() if due_at else None},
    )
    return item.assignment


def check_due(due_at: datetime | None, now: datetime) -> None:
    """Raises Invalid for a day that has passed."""
    if due_at is not None and due_at <= now:
        raise Invalid({"due_at": [Message("This must be a time to come.")]})


def _held_by_officer(session: Session, actor: Actor, action: Action, ref: str, now: datetime) -> Item:
    return fetch_for(session, actor, action, ref, now=now, lock=True)


# --- what the clock does ----------------------------------------------------------------------------------


def remind_due(session: Session, *, now: datetime) -> int:
    """Send the reminders whose time has come, some at a time; returns how many. Call again until it is 0.

    Each goes once for each due date. One whose time was missed by more than its span is left out: two at once
    would only annoy.
    """
    n_sent = 0
    for first, last, step in _windows(now):
        for assignment, entry in _unreminded(session, first, last, step, AT_ONCE - n_sent):
            if not settings_of(session, entry.call_id).sends_reminders:
                _note(session, assignment, step, now)
                continue
            require(SYSTEM, Action.ASSIGNMENT_TICK, entry_facts(session, entry, SYSTEM), now)
            _note(session, assignment, step, now)
            if step is ReminderStep.OFFICER:
                _tell_overdue(session, assignment, entry, now)
            else:
                _write_reminder(session, assignment, entry, now)
            n_sent += 1
    return n_sent


def _windows(now: datetime) -> list[tuple[datetime, datetime, ReminderStep]]:
    """Between which instants the due date lies for which reminder."""
    before = [(now + last, now + first, step) for first, last, step in BEFORE]
    after = [(now - last, now - first, step) for first, last, step in AFTER]
    return [*before, *after]


def _unreminded(
    session: Session, first: datetime, last: datetime, step: ReminderStep, limit: int
) -> list[tuple[Assignment, Entry]]:
    """Open assignments due after `first` and up to `last` of which this reminder has not gone."""
    sent = sa.select(AssignmentReminder.id).where(
        AssignmentReminder.assignment_id == Assignment.id,
        AssignmentReminder.step == step,
        AssignmentReminder.due_at == Assignment.due_at,
    )
    rows = session.execute(
        sa.select(Assignment, Entry)
        .join(Entry, Entry.id == Assignment.entry_id)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .where(
            Assignment.state.in_(_HELD),
            Assignment.due_at > first,
            Assignment.due_at <= last,
            sa.or_(Review.id.is_(None), Review.state.not_in(_DONE)),
            Entry.state.in_(REVIEWED),
            ~_awaits_ruling().exists(),
            ~sent.exists(),
        )
        .order_by(Assignment.id)
        .limit(max(limit, 0))
        .with_for_update(skip_locked=True, of=Assignment)
    )
    return [(row[0], row[1]) for row in rows]


def _awaits_ruling() -> sa.Select[Any]:
    """Whoever waits for a ruling can do nothing, so nothing is asked of them."""
    return sa.select(ConflictDeclaration.id).where(
        ConflictDeclaration.entry_id == Assignment.entry_id,
        ConflictDeclaration.account_id == Assignment.account_id,
        ConflictDeclaration.answer == ConflictAnswer.POSSIBLE,
        ConflictDeclaration.ruling.is_(None),
    )


def _note(session: Session, assignment: Assignment, step: ReminderStep, now: datetime) -> None:
    due_at = assignment.due_at or now
    session.add(AssignmentReminder(assignment_id=assignment.id, step=step, due_at=due_at, at=now))
    session.flush()


def _write_reminder(session: Session, assignment: Assignment, entry: Entry, now: datetime) -> None:
    reviewer = session.get_one(Account, assignment.account_id)
    due_at = assignment.due_at
    if due_at is None:
        invite(session, assignment, entry, now=now)
        return
    queue_mail(
        session,
        reviewer.email,
        "review_reminder",
        {
            "ref": assignment.ref,
            "title": entry.title,
            "due_at": due_at.isoformat(),
            "is_overdue": due_at < now,
            "link": f"{runtime(session).address}/{reviewer.language}/reviews",
        },
        language=reviewer.language,
        now=now,
        subject_ref=assignment.ref,
    )


def _tell_overdue(session: Session, assignment: Assignment, entry: Entry, now: datetime) -> None:
    due_at = assignment.due_at.isoformat() if assignment.due_at else None
    tell_officers(session, entry, assignment.account_id, "review_overdue", now=now, due_at=due_at)


def expire_invitations(session: Session, *, now: datetime) -> int:
    """Invitations that nobody has answered in the days that the call gives expire; returns how many."""
    rows = session.execute(
        sa.select(Assignment, Entry)
        .join(Entry, Entry.id == Assignment.entry_id)
        .where(Assignment.state == AssignmentState.INVITED, Assignment.invited_at < now - timedelta(days=1))
        .order_by(Assignment.invited_at, Assignment.id)
        .with_for_update(skip_locked=True, of=Assignment)
    ).all()
    n_expired = 0
    for assignment, entry in rows:
        days = settings_of(session, entry.call_id).answer_days
        if assignment.invited_at > now - timedelta(days=days) or n_expired >= AT_ONCE:
            continue
        facts = assignment_facts(entry_facts(session, entry, SYSTEM), assignment, None)
        require(SYSTEM, Action.ASSIGNMENT_TICK, facts, now)
        item = Item(assignment, entry, None, facts)
        _move(session, SYSTEM, item, AssignmentAction.EXPIRE, "no_answer", now)
        tell_officers(session, entry, assignment.account_id, "review_declined", now=now, reason=None)
        n_expired += 1
    return n_expired
