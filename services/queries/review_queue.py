"""Which assignments does a reviewer have, and where does each stand?

Frozen rows in a fixed number of statements. Of other reviews only their number is read, to put first what has
the fewest, and it is not shown; of an entry only what its reviewer may see before the conflict question is
answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.reference import Criterion
from models.reviews import Assignment, ConflictDeclaration, CriterionScore, Review
from procedure.access import may, require
from procedure.facts import ANYWHERE, ItemFacts, Standing
from services import vocabularies
from services.entries.visibility import shown_fields
from services.facts import assignment_facts, facts_of_entries
from vocabulary.actions import Action
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import AssignmentState, ReviewState

_ASKED = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
QUESTION = "question"
NOT_STARTED = "not_started"

STATES: Mapping[str, Message] = {
    QUESTION: Message("Conflict question to answer"),
    NOT_STARTED: Message("Not started"),
    ReviewState.DRAFT: Message("Draft"),
    ReviewState.SUBMITTED: Message("Submitted"),
    ReviewState.RETURNED: Message("Sent back to you"),
    ReviewState.LOCKED: Message("Locked for the deliberation"),
    ReviewState.VOID: Message("Does not count"),
    ReviewState.RELEASED: Message("No longer needed"),
}
"""Where an assignment stands, in words."""

TO_DO = frozenset({QUESTION, NOT_STARTED, ReviewState.DRAFT.value, ReviewState.RETURNED.value})


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One assignment in the reviewer's queue."""

    ref: str
    version: int
    title: str | None
    language: str | None
    organisation: str | None
    countries: tuple[str, ...]
    state: str
    state_name: Message
    n_scored: int
    n_criteria: int
    due_at: datetime | None
    is_overdue: bool
    submitted_at: datetime | None

    @property
    def is_to_do(self) -> bool:
        """Does the reviewer have to act?"""
        return self.state in TO_DO


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """The reviewer's own possible conflict that waits for a ruling; nothing of the entry."""

    ref: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """The reviewer's assignments, and what waits for a ruling.

    First what is to do: what has the fewest reviews before the rest, then by due date.
    """

    rows: tuple[QueueRow, ...]
    waiting: tuple[WaitingRow, ...]

    @property
    def n_done(self) -> int:
        """Assignments that ask nothing more of the reviewer."""
        return sum(not row.is_to_do for row in self.rows)

    @property
    def next_due_at(self) -> datetime | None:
        """The earliest day on which something that is to do is due."""
        return min((row.due_at for row in self.rows if row.is_to_do and row.due_at), default=None)


def state_of(review: Review | None, standing: Standing, n_done: int) -> str:
    """Where an assignment stands: a key of STATES."""
    if standing is not Standing.CLEARED:
        return QUESTION
    if review is None or (review.state is ReviewState.DRAFT and n_done == 0 and review.submitted_at is None):
        return NOT_STARTED
    return review.state.value


def queue(session: Session, actor: Actor, *, language: str, now: datetime) -> Queue:
    """The actor's own assignments, in a fixed number of statements. Raises Refused for anybody else."""
    require(actor, Action.ASSIGNMENT_LIST_OWN, ANYWHERE, now)
    found = session.execute(
        sa.select(Assignment, Entry, Review)
        .join(Entry, Entry.id == Assignment.entry_id)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .where(Assignment.account_id == actor.account_id, Assignment.state.in_(_ASKED))
        .order_by(Assignment.id)
    ).all()
    facts = facts_of_entries(session, [entry for _, entry, _ in found], actor)
    counts = _counts(session, actor)
    totals = _criteria_by_call(session)
    handed_in = _handed_in(session, actor)
    n_reviews: dict[str, int] = {}
    rows, waiting = [], []
    for assignment, entry, review in found:
        about = assignment_facts(facts[entry.id], assignment, review)
        if may(actor, Action.ASSIGNMENT_READ, about, now):
            n_done = counts.get(assignment.id, 0)
            n_reviews[assignment.ref] = handed_in.get(entry.id, 0)
            rows.append(
                _queue_row(
                    session,
                    actor,
                    assignment,
                    entry,
                    review,
                    about,
                    n_done,
                    totals,
                    language=language,
                    now=now,
                )
            )
        elif about.conflict is Standing.UNDECIDED:
            waiting.append(assignment)
    rows.sort(key=lambda row: _place(row, n_reviews[row.ref], now))
    return Queue(tuple(rows), _waiting(session, actor, waiting))


def _place(row: QueueRow, n_reviews: int, now: datetime) -> tuple[bool, int, bool, datetime, str]:
    """What is to do comes first, and of it what has the fewest reviews, then by the day it is due."""
    return not row.is_to_do, n_reviews if row.is_to_do else 0, row.due_at is None, row.due_at or now, row.ref


def _queue_row(
    session: Session,
    actor: Actor,
    assignment: Assignment,
    entry: Entry,
    review: Review | None,
    about: ItemFacts,
    n_done: int,
    totals: Mapping[int, int],
    *,
    language: str,
    now: datetime,
) -> QueueRow:
    shown = shown_fields(actor, entry.kind, entry.public_fields, about, now)
    names = vocabularies.labels(session, "countries", language)
    state = state_of(review, about.conflict, n_done)
    is_named = "organisation_name" in shown
    codes = sorted(about.countries) if is_named else []
    return QueueRow(
        ref=assignment.ref,
        version=review.version if review is not None else 0,
        title=entry.title if "title" in shown else None,
        language=entry.language,
        organisation=entry.organisation_name if is_named else None,
        countries=tuple(names.get(code, code) for code in codes),
        state=state,
        state_name=STATES[state],
        n_scored=n_done,
        n_criteria=totals.get(entry.call_id or 0, totals[0]),
        due_at=assignment.due_at,
        is_overdue=state in TO_DO and assignment.due_at is not None and assignment.due_at < now,
        submitted_at=review.submitted_at if review is not None else None,
    )


def _handed_in(session: Session, actor: Actor) -> dict[int, int]:
    """How many reviews were handed in on each entry that the actor is asked about, by the entry's number."""
    asked = sa.select(Assignment.entry_id).where(
        Assignment.account_id == actor.account_id, Assignment.state.in_(_ASKED)
    )
    query = (
        sa.select(Review.entry_id, sa.func.count().label("n"))
        .where(Review.entry_id.in_(asked), Review.state.in_((ReviewState.SUBMITTED, ReviewState.LOCKED)))
        .group_by(Review.entry_id)
    )
    return {row.entry_id: row.n for row in session.execute(query)}


def _counts(session: Session, actor: Actor) -> dict[int, int]:
    """How many criteria the actor has scored, by assignment."""
    query = (
        sa.select(Review.assignment_id, sa.func.count().label("n"))
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(CriterionScore, CriterionScore.review_id == Review.id)
        .where(Assignment.account_id == actor.account_id)
        .where(sa.or_(CriterionScore.value.is_not(None), CriterionScore.cannot_judge))
        .group_by(Review.assignment_id)
    )
    return {row.assignment_id: row.n for row in session.execute(query)}


def _criteria_by_call(session: Session) -> dict[int, int]:
    """How many criteria each call has; under 0 that of the latest set, for entries without a call."""
    counted = sa.select(Criterion.set_id, sa.func.count().label("n")).group_by(Criterion.set_id)
    sizes = {row.set_id: row.n for row in session.execute(counted.order_by(Criterion.set_id))}
    pinned = session.execute(sa.select(Call.id, Call.criteria_set_id))
    return {0: list(sizes.values())[-1] if sizes else 0} | {
        row.id: sizes[row.criteria_set_id] for row in pinned if row.criteria_set_id in sizes
    }


def _waiting(session: Session, actor: Actor, waiting: list[Assignment]) -> tuple[WaitingRow, ...]:
    """Read whether or not there is any, so that the number of statements tells nothing."""
    found = session.execute(
        sa.select(ConflictDeclaration.entry_id, ConflictDeclaration.answered_at).where(
            ConflictDeclaration.account_id == actor.account_id
        )
    )
    answered = {row.entry_id: row.answered_at for row in found}
    return tuple(WaitingRow(row.ref, answered[row.entry_id]) for row in waiting if row.entry_id in answered)
