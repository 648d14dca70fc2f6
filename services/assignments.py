"""An officer asks a reviewer to score an entry. The whole workflow of a panel stands on this later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.entries import Entry
from models.people import Account
from models.reviews import Assignment, ConflictDeclaration, Review
from procedure.access import is_visible, may, require
from procedure.facts import Standing
from services import audit
from services.assignment_steps import end, invite
from services.facts import assignment_facts, entry_facts, facts_of_entries, standing
from services.references import next_reference
from services.review_settings import settings_of
from services.ties import helpers_of
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor, Role
from vocabulary.states import AssignmentState, ReviewState

_SEE_ALL = frozenset({Role.OFFICER, Role.MODERATOR, Role.DECIDER})
MOST_ROWS = 500
WROTE_IT = Message("This person wrote the entry. Ask somebody else.")
_CODES = ("conflict", "no_answer", "reassigned")
"""Reasons that are the service's own; those in words are the reviewer's."""

_CHANGING = (AssignmentState.DECLINED, AssignmentState.EXPIRED)
_HELD = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
_DONE = (ReviewState.SUBMITTED, ReviewState.LOCKED, ReviewState.VOID, ReviewState.RELEASED)


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """One assignment as an officer sees it: who scores what until when, and how far it is. No scores."""

    ref: str
    version: int
    entry_ref: str
    title: str | None
    reviewer: str
    state: AssignmentState
    review_state: ReviewState | None
    invited_at: datetime
    due_at: datetime | None
    reason: str | None
    may_change: bool

    @property
    def is_open(self) -> bool:
        """Is the reviewer still to send something?"""
        is_held = self.state in (AssignmentState.INVITED, AssignmentState.ACCEPTED)
        return is_held and self.review_state in (None, ReviewState.DRAFT, ReviewState.RETURNED)


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """Somebody who may be asked to score."""

    email: str
    name: str


def assign(
    session: Session,
    actor: Actor,
    entry_ref: str,
    reviewer_email: str,
    due_at: datetime | None,
    *,
    now: datetime,
) -> Assignment:
    """Ask a reviewer to score an entry.

    Raises NotFound where the actor may not see the entry, Refused where they may not assign, Invalid when
    this person cannot score it.
    """
    entry = session.execute(sa.select(Entry).where(Entry.ref == entry_ref)).scalar_one_or_none()
    if entry is None:
        raise NotFound
    facts = entry_facts(session, entry, actor)
    if not is_visible(actor, facts, now):
        raise NotFound
    require(actor, Action.ASSIGNMENT_MAKE, facts, now)
    reviewer = reviewer_for(session, reviewer_email, entry)
    check_assignable(session, entry, reviewer, due_at, now)
    return make(session, actor, entry, reviewer, due_at, now=now)


def make(
    session: Session, actor: Actor, entry: Entry, reviewer: Account, due_at: datetime | None, *, now: datetime
) -> Assignment:
    """Write the assignment and invite the reviewer; the caller has asked whether both may."""
    due_at = due_at.astimezone(UTC) if due_at is not None else settings_of(session, entry.call_id).due_at
    row = Assignment(
        ref=next_reference(session, "ASG", now),
        entry_id=entry.id,
        account_id=reviewer.id,
        state=AssignmentState.INVITED,
        invited_at=now,
        due_at=due_at,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "assignment.make",
        ("assignment", row.ref),
        now=now,
        after={"entry": entry.ref, "reviewer": reviewer.id, "due_at": due_at.isoformat() if due_at else None},
    )
    invite(session, row, entry, now=now)
    return row


def reassign(session: Session, actor: Actor, ref: str, reviewer_email: str, *, now: datetime) -> Assignment:
    """End an assignment that is not handed in, and ask somebody else, with the same day or the call's."""
    ended = end(session, actor, ref, "reassigned", now=now)
    entry = session.get_one(Entry, ended.entry_id)
    due_at = ended.due_at if ended.due_at is not None and ended.due_at > now else None
    return assign(session, actor, entry.ref, reviewer_email, due_at, now=now)


def reviewer_for(session: Session, email: str, entry: Entry) -> Account:
    """The account, if it is a reviewer's for this entry and not its officer's or owner's."""
    account = session.execute(
        sa.select(Account).where(Account.email == email.strip().lower()).options(selectinload(Account.grants))
    ).scalar_one_or_none()
    roles = {
        grant.role
        for grant in (account.grants if account else ())
        if grant.country is None and grant.call_id in (None, entry.call_id)
    }
    if account is None or account.is_disabled or Role.REVIEWER not in roles:
        raise Invalid({"reviewer": [Message("This must be the e-mail address of a reviewer.")]})
    if Role.OFFICER in roles:
        raise Invalid(
            {"reviewer": [Message("An officer of the call never writes a score. Ask somebody else.")]}
        )
    if account.id == entry.owner_id:
        raise Invalid({"reviewer": [WROTE_IT]})
    if (entry.id, account.id) in helpers_of(session, [entry.id]):
        raise Invalid({"reviewer": [WROTE_IT]})
    return account


def check_assignable(
    session: Session, entry: Entry, reviewer: Account, due_at: datetime | None, now: datetime
) -> None:
    """Raises Invalid where this person cannot be asked about this entry now."""
    errors: dict[str, list[Message]] = {}
    if due_at is not None and due_at <= now:
        errors["due_at"] = [Message("This must be a time to come.")]
    asked = session.execute(
        sa.select(Assignment.id).where(Assignment.entry_id == entry.id, Assignment.account_id == reviewer.id)
    ).scalar_one_or_none()
    declared = session.execute(
        sa.select(ConflictDeclaration).where(
            ConflictDeclaration.entry_id == entry.id, ConflictDeclaration.account_id == reviewer.id
        )
    ).scalar_one_or_none()
    if asked is not None:
        errors["reviewer"] = [Message("This person was asked to score this entry before.")]
    elif declared is not None and standing(declared) is not Standing.CLEARED:
        errors["reviewer"] = [Message("This person declared a conflict of interest on this entry.")]
    if errors:
        raise Invalid(errors)


def require_overview(actor: Actor) -> None:
    """Raises Refused for whoever runs no call."""
    if not actor.roles() & _SEE_ALL:
        raise Refused(Message("Your roles do not allow this."), code="role")


def list_all(session: Session, actor: Actor, *, now: datetime) -> tuple[AssignmentRow, ...]:
    """The assignments of the calls that the actor runs, the latest first. Raises Refused for anybody else."""
    require_overview(actor)
    rows = session.execute(
        sa.select(Assignment, Entry, Account.name, Review.state)
        .join(Entry, Entry.id == Assignment.entry_id)
        .join(Account, Account.id == Assignment.account_id)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .order_by(Assignment.id.desc())
        .limit(MOST_ROWS)
    ).all()
    facts = facts_of_entries(session, [entry for _, entry, _, _ in rows], actor)
    return tuple(
        AssignmentRow(
            ref=row.ref,
            version=row.version,
            entry_ref=entry.ref,
            title=entry.title,
            reviewer=name,
            state=row.state,
            review_state=review_state,
            invited_at=row.invited_at,
            due_at=row.due_at,
            reason=None if row.reason in _CODES else row.reason,
            may_change=may(actor, Action.ASSIGNMENT_REASSIGN, about, now)
            and (row.state in _CHANGING or (row.state in _HELD and review_state not in _DONE)),
        )
        for row, entry, name, review_state in rows
        if may(actor, Action.ASSIGNMENT_READ, about := assignment_facts(facts[entry.id], row, None), now)
    )


def reviewers(session: Session) -> tuple[ReviewerRow, ...]:
    """Everybody who may be asked, by name; for whoever may assign."""
    rows = session.execute(
        sa.select(Account)
        .options(selectinload(Account.grants))
        .where(Account.is_disabled.is_(False), Account.erased_at.is_(None))
        .where(Account.grants.any(role=Role.REVIEWER))
        .order_by(Account.name, Account.id)
    ).scalars()
    return tuple(
        ReviewerRow(row.email, row.name)
        for row in rows
        if Role.OFFICER not in {grant.role for grant in row.grants}
    )


def assignable(session: Session, actor: Actor, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Entries that the actor may have scored now: (reference, title), by reference."""
    entries = list(
        session.execute(
            sa.select(Entry).where(Entry.revision_number > 0).order_by(Entry.ref).limit(MOST_ROWS)
        ).scalars()
    )
    facts = facts_of_entries(session, entries, actor)
    return tuple(
        (entry.ref, entry.title or entry.ref)
        for entry in entries
        if may(actor, Action.ASSIGNMENT_MAKE, facts[entry.id], now)
    )
