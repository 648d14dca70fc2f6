"""How far are the entries of a call? Counted for the guards of its phases, over every entry there is."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.reviews import Assignment, Review
from models.screening import Screening
from procedure.calls import Progress
from services.entries.visibility import has_conflict
from vocabulary.people import Actor
from vocabulary.states import EntryKind, RequestState, ReviewState, ScreeningKind

_SCORED = (RequestState.SUBMITTED, RequestState.IN_REVIEW)
_OVER = (RequestState.DRAFT, RequestState.LAPSED, RequestState.WITHDRAWN, RequestState.ARCHIVED)
_COUNTED = (ReviewState.SUBMITTED, ReviewState.LOCKED)


def progress_of(session: Session, call: Call, reader: Actor | None = None) -> Progress:
    """The figures; a call whose entries nobody scores has nothing that stands in its way.

    With a reader, those of a world without the entries on which they have a conflict of interest.
    """
    of_call = sa.and_(Entry.call_id == call.id, Entry.kind == EntryKind.REQUEST)
    if reader is not None:
        of_call = sa.and_(of_call, sa.not_(has_conflict(reader)))

    def count(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count(Entry.id)).where(of_call, *conditions).scalar_subquery()

    row = session.execute(
        sa.select(
            count(Entry.state.not_in(_OVER)),
            count(Entry.state == RequestState.SUBMITTED, sa.not_(is_screened())),
            count(Entry.state == RequestState.RETURNED),
            count(Entry.state == RequestState.INELIGIBLE, sa.not_(is_confirmed_ineligible())),
            count(
                sa.or_(
                    Entry.state == RequestState.IN_REVIEW,
                    sa.and_(Entry.state == RequestState.SUBMITTED, is_screened()),
                ),
                n_reviews() < call.minimum_reviews,
            ),
            count(Entry.state.in_((*_SCORED, RequestState.DELIBERATION))),
            count(
                sa.or_(
                    Entry.state == RequestState.DECIDED,
                    sa.and_(Entry.state == RequestState.INELIGIBLE, is_confirmed_ineligible()),
                )
            ),
        )
    ).one()
    return Progress(*row)


def has_conflict_in(session: Session, actor: Actor, call: Call) -> bool:
    """Does the actor have a conflict of interest, upheld or not ruled on yet, on an entry of the call?"""
    if actor.account_id is None:
        return False
    found = sa.select(Entry.id).where(Entry.call_id == call.id, has_conflict(actor)).limit(1)
    return session.execute(found).scalar_one_or_none() is not None


def is_screened() -> sa.ColumnElement[bool]:
    """An officer has found the latest version eligible."""
    found = sa.select(Screening.id).where(
        Screening.entry_id == Entry.id,
        Screening.kind == ScreeningKind.ELIGIBLE,
        Screening.revision_number == Entry.revision_number,
    )
    return sa.exists(found.correlate(Entry))


def is_confirmed_ineligible() -> sa.ColumnElement[bool]:
    """Found not eligible by one officer and confirmed by another; not released yet."""
    found = sa.select(Screening.id).where(
        Screening.entry_id == Entry.id,
        Screening.kind == ScreeningKind.INELIGIBLE,
        Screening.ended_at.is_(None),
        Screening.confirmed_at.is_not(None),
    )
    return sa.exists(found.correlate(Entry))


def n_reviews() -> sa.ScalarSelect[int]:
    """Submitted reviews of an entry that nobody voided."""
    return (
        sa.select(sa.func.count(Review.id))
        .join(Assignment, Assignment.id == Review.assignment_id)
        .where(Assignment.entry_id == Entry.id, Review.state.in_(_COUNTED))
        .correlate(Entry)
        .scalar_subquery()
    )
