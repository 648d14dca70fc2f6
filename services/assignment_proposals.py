"""A moderator proposes who should review an entry; an officer makes the assignment, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import AssignmentProposal
from models.entries import Entry
from models.people import Account
from models.reviews import Assignment
from procedure.access import is_visible, may, require
from services import audit
from services.assignments import MOST_ROWS, assign, check_assignable, require_overview, reviewer_for
from services.facts import entry_facts, facts_of_entries
from vocabulary.actions import Action
from vocabulary.conflicts import ProposalState
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal that waits for an officer."""

    id: int
    entry_ref: str
    title: str | None
    reviewer: str
    proposed_by: str
    reason: str | None
    may_answer: bool


def propose(
    session: Session, actor: Actor, entry_ref: str, reviewer_email: str, reason: str, *, now: datetime
) -> AssignmentProposal:
    """Propose a reviewer. Raises Invalid where this person could not be asked, or is proposed already."""
    entry = session.execute(sa.select(Entry).where(Entry.ref == entry_ref)).scalar_one_or_none()
    if entry is None:
        raise NotFound
    facts = entry_facts(session, entry, actor)
    if not is_visible(actor, facts, now):
        raise NotFound
    require(actor, Action.ASSIGNMENT_PROPOSE, facts, now)
    reviewer = reviewer_for(session, reviewer_email, entry)
    check_assignable(session, entry, reviewer, None, now)
    known = session.execute(
        sa.select(AssignmentProposal.id).where(
            AssignmentProposal.entry_id == entry.id,
            AssignmentProposal.account_id == reviewer.id,
            AssignmentProposal.state == ProposalState.OPEN,
        )
    ).first()
    if known is not None:
        raise Invalid({"reviewer": [Message("This person is proposed already.")]})
    row = AssignmentProposal(
        entry_id=entry.id,
        account_id=reviewer.id,
        reason=reason.strip()[:LONGEST_REASON] or None,
        state=ProposalState.OPEN,
        proposed_by_id=actor.account_id,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "assignment.propose",
        ("entry", entry.ref),
        now=now,
        after={"reviewer": reviewer.id},
        reason=row.reason,
    )
    return row


def answer(
    session: Session, actor: Actor, proposal_id: int, is_made: bool, *, now: datetime
) -> Assignment | None:
    """Make the assignment that was proposed, or dismiss it. Raises Conflict once it is answered."""
    row = session.execute(
        sa.select(AssignmentProposal).where(AssignmentProposal.id == proposal_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    entry = session.get_one(Entry, row.entry_id)
    facts = entry_facts(session, entry, actor)
    if not is_visible(actor, facts, now):
        raise NotFound
    require(actor, Action.ASSIGNMENT_MAKE, facts, now)
    if row.state is not ProposalState.OPEN:
        raise Conflict(Message("This proposal is answered already."), code="ended")
    row.state = ProposalState.MADE if is_made else ProposalState.DISMISSED
    row.answered_by_id, row.answered_at, row.updated_at = actor.account_id, now, now
    session.flush()
    if is_made:
        reviewer = session.get_one(Account, row.account_id)
        return assign(session, actor, entry.ref, reviewer.email, None, now=now)
    after = {"reviewer": row.account_id, "state": row.state.value}
    audit.record(session, actor, "assignment.propose", ("entry", entry.ref), now=now, after=after)
    return None


def waiting(session: Session, actor: Actor, *, now: datetime) -> tuple[ProposalRow, ...]:
    """Proposals that wait, the oldest first, on entries that the actor may assign or propose for.

    Raises Refused for whoever runs no call.
    """
    require_overview(actor)
    proposer = sa.orm.aliased(Account)
    found = session.execute(
        sa.select(AssignmentProposal, Entry, Account.name, proposer.name)
        .join(Entry, Entry.id == AssignmentProposal.entry_id)
        .join(Account, Account.id == AssignmentProposal.account_id)
        .join(proposer, proposer.id == AssignmentProposal.proposed_by_id)
        .where(AssignmentProposal.state == ProposalState.OPEN)
        .order_by(AssignmentProposal.id)
    ).all()
    facts = facts_of_entries(session, [row[1] for row in found], actor)
    return tuple(
        ProposalRow(row.id, entry.ref, entry.title, reviewer, proposed_by, row.reason, may_make)
        for row, entry, reviewer, proposed_by in found
        if (may_make := may(actor, Action.ASSIGNMENT_MAKE, facts[entry.id], now))
        or may(actor, Action.ASSIGNMENT_PROPOSE, facts[entry.id], now)
    )


def proposable(session: Session, actor: Actor, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Entries for which the actor may propose a reviewer: (reference, title), by reference."""
    entries = list(
        session.execute(
            sa.select(Entry).where(Entry.revision_number > 0).order_by(Entry.ref).limit(MOST_ROWS)
        ).scalars()
    )
    facts = facts_of_entries(session, entries, actor)
    return tuple(
        (entry.ref, entry.title or entry.ref)
        for entry in entries
        if may(actor, Action.ASSIGNMENT_PROPOSE, facts[entry.id], now)
    )
