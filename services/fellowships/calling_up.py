"""Who on the reserve list is offered a place that fell free, so that the balance still holds?

The engine answers, on the question of the approved run: whoever holds a place stays, whoever declined,
withdrew or let the offer lapse is gone, and the best of the reserve list fill what is free. A person
confirms.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.chapters import chapter_rows, place
from fellowships.facts import Pin, Question
from fellowships.record import question_of
from fellowships.shortlist import Shortlist, shortlist
from models.fellowships import Fellowship, Nomination, ShortlistRun
from procedure.access import require
from services import audit
from services.fellowships.fields import full_name
from services.fellowships.placing import HOLDING, addresses, check_day, offer, tell
from services.fellowships.rows import call_only, fellowship_of, item_of
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import NominationState
from vocabulary.messages import Message
from vocabulary.people import Actor

SECONDS = 10.0
"""Longest search; everything but a few places is held, so it takes a fraction of one."""


@dataclass(frozen=True, slots=True)
class NextUp:
    """Who comes next. `keeps_balance` is False where no choice from the reserve meets every target, and the
    first of the reserve list is named instead. `chapter`: where the call has chapters, the free one that
    suits best; None where none does.
    """

    ref: str
    name: str
    n_free: int
    keeps_balance: bool
    chapter: str | None = None


def next_from_reserve(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> NextUp | None:
    """Whom to offer a free place; None where no place is free or nobody is left on the reserve list."""
    call, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.FELLOWSHIP_EDIT, call_only(call), now)
    return _next(session, call.id, fellowship)


def offer_to_reserve(
    session: Session, actor: Actor, call_ref: str, ref: str, *, answer_by_at: datetime, now: datetime
) -> Nomination:
    """Offer a free place to the nominee that the page named.

    Raises Conflict where somebody else comes next by now, Invalid for a day that has passed.
    """
    call, fellowship = fellowship_of(session, call_ref, lock=True)
    require(actor, Action.FELLOWSHIP_EDIT, call_only(call), now)
    check_day(answer_by_at, now)
    found = _next(session, call.id, fellowship)
    if found is None or found.ref != ref:
        raise Conflict(
            Message("Places or the reserve list changed; look who comes next now."), code="outdated"
        )
    query = sa.select(Nomination).where(Nomination.ref == ref).with_for_update()
    row = session.execute(query.execution_options(populate_existing=True)).scalar_one()
    before = row.state
    offer(row, answer_by_at, now)
    row.chapter = found.chapter
    session.flush()
    tell(session, item_of(session, actor, row), "nomination_offered", addresses(session, row), now=now)
    audit.record(
        session,
        actor,
        "place.call_up",
        ("nomination", ref),
        now=now,
        before={"state": before.value},
        after={"state": row.state.value, "keeps_balance": found.keeps_balance},
    )
    return row


def _next(session: Session, call_id: int, fellowship: Fellowship) -> NextUp | None:
    if fellowship.released_at is None or fellowship.approved_run_id is None:
        return None
    run = session.get_one(ShortlistRun, fellowship.approved_run_id)
    question, _ = question_of(json.loads(run.record or "{}"))
    rows = session.execute(
        sa.select(Nomination).where(
            Nomination.call_id == call_id, Nomination.state.in_((*HOLDING, NominationState.RESERVE))
        )
    ).scalars()
    named = {row.ref: row for row in rows}
    waiting = sorted(
        (row for row in named.values() if row.state is NominationState.RESERVE),
        key=lambda row: (row.reserve_order or 0, row.id),
    )
    held = [ref for ref, row in named.items() if row.state in HOLDING]
    question = _seated(question, {ref: named[ref].chapter for ref in held})
    n_free = question.n_seats - len(held)
    if n_free < 1 or not waiting:
        return None
    fits = fitting(question, held, [row.ref for row in waiting])
    row = next((one for one in waiting if one.ref in fits), waiting[0])
    chapter = chapter_of(question, held, row.ref)
    return NextUp(row.ref, full_name(row.content) or row.ref, n_free, bool(fits), chapter)


def _seated(question: Question, held: Mapping[str, str | None]) -> Question:
    """The same, and whoever holds a seat in a chapter wishes for no other; a person may have put one more
    into a chapter than it had seats for."""
    if not question.chapters:
        return question
    people = (
        replace(one, wishes=(chapter,)) if (chapter := held.get(one.id)) else one
        for one in question.nominations
    )
    taken = Counter(held.values())
    chapters = (replace(one, seats=max(one.seats, taken[one.code])) for one in question.chapters)
    return replace(question, nominations=tuple(people), chapters=tuple(chapters))


def chapter_of(question: Question, held: Sequence[str], ref: str) -> str | None:
    """The chapter with a free seat that suits this nominee best, beside those who hold a place; None without
    chapters, and where none suits."""
    there = {*held, ref}
    group = tuple(one for one in question.nominations if one.id in there)
    asked = replace(question, nominations=group)
    if not asked.chapters or any(len(places) > most for _, places, most in chapter_rows(asked)):
        return None
    return place(asked, sorted(there)).chapter_of[ref]


def fitting(question: Question, held: Sequence[str], waiting: Sequence[str]) -> frozenset[str]:
    """Those of the reserve who fill the free places with the greatest total within every target and cap.

    Where fewer wait than places are free, as many places are filled. Empty where no choice fits.
    """
    there = {*held, *waiting}
    pins = [one for one in question.pins if one.id in waiting and not one.is_in]
    pins += [Pin(ref, is_in=True, reason="holds a place") for ref in sorted(held)]
    asked = replace(
        question,
        nominations=tuple(one for one in question.nominations if one.id in there),
        n_seats=min(question.n_seats, len(there)),
        pins=tuple(pins),
    )
    try:
        found = shortlist(asked, seconds=SECONDS)
    except Invalid:  # a minimum above the places that can still be filled
        return frozenset()
    return frozenset(found.chosen) - frozenset(held) if isinstance(found, Shortlist) else frozenset()
