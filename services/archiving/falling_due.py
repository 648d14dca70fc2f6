"""Which entries and calls have been kept for their time, or will have been by some day? Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.decisions import Decision
from models.entries import Entry
from models.matches import Match
from models.screening import Screening
from procedure.retention import ARCHIVABLE, OVER, YEARS_OUTSIDE, due_at, latest_end
from vocabulary.states import (
    CLOSED_MATCHES,
    CallKind,
    EntryKind,
    OfferState,
    RequestState,
    ScreeningKind,
)


@dataclass(frozen=True, slots=True)
class FallingDue:
    """An entry that is archived from `due_at` on, and the state in which it ended."""

    entry_id: int
    ref: str
    kind: EntryKind
    title: str | None
    language: str | None
    state: str
    call_ref: str | None
    due_at: datetime


def is_due(session: Session, by: datetime) -> sa.ColumnElement[bool]:
    """Entries that have been kept for their time by this instant, in a query that joins `Call` from outside.

    A request waits until its call is over, and both sides of a match until that has ended.
    """
    is_over = sa.or_(Entry.call_id.is_(None), Call.state.in_(OVER), Entry.kind == EntryKind.OFFER)
    matched = sa.select(Match.id).where(
        sa.or_(Match.request_id == Entry.id, Match.offer_id == Entry.id),
        Match.state.not_in(CLOSED_MATCHES),
    )
    has_ended = sa.or_(
        *(sa.and_(Entry.kind == kind, Entry.state.in_(states)) for kind, states in ARCHIVABLE.items())
    )
    return sa.and_(has_ended, is_over, ~matched.exists(), _is_ripe(session, by))


def _is_ripe(session: Session, by: datetime) -> sa.ColumnElement[bool]:
    """Each call says how many years; the instant before which an entry must have ended goes with them."""
    given = session.execute(sa.select(Call.retention_years).distinct()).scalars()
    ended = ended_at()
    ways = [sa.and_(_years() == years, ended <= latest_end(by, years)) for years in {*given, YEARS_OUTSIDE}]
    return sa.or_(*ways)


def _years() -> sa.ColumnElement[int]:
    return sa.func.coalesce(Call.retention_years, YEARS_OUTSIDE)


def ended_at() -> sa.ColumnElement[datetime]:
    """When an entry ended: the release of its last result, the day it was withdrawn or lapsed; of an offer
    that expired, was refused or closed, its last change."""
    told = sa.select(sa.func.max(Decision.released_at)).where(Decision.entry_id == Entry.id)
    lapsed = sa.select(sa.func.max(Screening.at)).where(
        Screening.entry_id == Entry.id, Screening.kind == ScreeningKind.LAPSED
    )
    known = sa.case(
        (Entry.state == RequestState.RELEASED, told.correlate(Entry).scalar_subquery()),
        (Entry.state == RequestState.LAPSED, lapsed.correlate(Entry).scalar_subquery()),
        (Entry.state == OfferState.WITHDRAWN, Entry.withdrawn_at),
        else_=None,
    )
    found: sa.ColumnElement[datetime] = sa.func.coalesce(
        sa.type_coerce(known, Entry.updated_at.type), Entry.updated_at, type_=Entry.updated_at.type
    )
    return found


def falling_due(
    session: Session, by: datetime, *conditions: sa.ColumnElement[bool], most: int | None = None
) -> tuple[FallingDue, ...]:
    """Entries that are due by this instant, the first one first; `conditions` narrow them down."""
    query = (
        sa.select(Entry, Call.ref, _years().label("years"), ended_at().label("ended"))
        .outerjoin(Call, Call.id == Entry.call_id)
        .where(is_due(session, by), *conditions)
    )
    found = [
        FallingDue(
            row.Entry.id,
            row.Entry.ref,
            EntryKind(row.Entry.kind),
            row.Entry.title,
            row.Entry.language,
            row.Entry.state,
            row.ref,
            due_at(row.ended, row.years),
        )
        for row in session.execute(query)
    ]
    found.sort(key=lambda one: (one.due_at, one.entry_id))
    return tuple(found[:most])


def calls_due(session: Session, by: datetime) -> list[Call]:
    """Calls that are over, whose entries are archived and whose own time is over too; not yet blanked.

    A call for fellows has a retention of its own (services/fellowships/retention.py).
    """
    kept = sa.select(Entry.id).where(
        Entry.call_id == Call.id, Entry.state.not_in((RequestState.ARCHIVED, RequestState.DRAFT))
    )
    query = sa.select(Call).where(
        Call.state.in_(OVER),
        Call.kind != CallKind.FELLOWSHIP,
        Call.blanked_at.is_(None),
        Call.closes_at.is_not(None),
        ~kept.exists(),
    )
    rows = session.execute(query.order_by(Call.id).with_for_update(skip_locked=True, of=Call)).scalars()
    return [call for call in rows if call.closes_at and due_at(call.closes_at, call.retention_years) <= by]
