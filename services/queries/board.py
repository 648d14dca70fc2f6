"""What is there to do today, for whoever runs calls? Each kind of work with its count and its rows.

Every entry counted here is one that this reader may know of, so what is closed to them by a conflict of
interest is in no count and no list: they see the figures of a world without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call, CallQuestion
from models.entries import Entry
from models.messages import EntryMessage
from models.operation import OutgoingMail
from models.reviews import Assignment, Review
from models.screening import Screening
from procedure.access import may, require
from procedure.facts import ANYWHERE
from procedure.retention import SOON
from services import conflicts
from services.archiving.falling_due import falling_due
from services.call_acts import acts_of
from services.call_progress import is_confirmed_ineligible, is_screened
from services.calls import may_announce
from services.entries.visibility import has_conflict, is_previewed_in_office, is_readable
from services.facts import call_facts
from services.fellowships import rulings
from services.queries.calls import best_language
from services.queries.work import Work, WorkRow
from services.recognition_renewals import note_on, waiting
from vocabulary.actions import Action
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import (
    AssignmentState,
    CallKind,
    CallState,
    EntryKind,
    OfferState,
    RequestState,
    ReviewState,
    ScreeningKind,
)

MOST_ROWS = 50
EXPIRING = timedelta(days=30)
_AT_WORK = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
_DONE = (ReviewState.SUBMITTED, ReviewState.LOCKED, ReviewState.VOID, ReviewState.RELEASED)
_SCREENED_IN = (CallState.OPEN, CallState.CLOSED, CallState.REVIEW)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks, when, in which language, and about one call or all."""

    session: Session
    actor: Actor
    now: datetime
    language: str
    call_id: int | None


def board(
    session: Session, actor: Actor, *, now: datetime, language: str, call_id: int | None = None
) -> tuple[Work, ...]:
    """Every kind of work, in the order in which a day goes. Raises Refused for whoever runs no call."""
    require(actor, Action.BOARD_LIST, ANYWHERE, now)
    asked = _Asked(session, actor, now, language, call_id)
    return tuple(find(asked) for find in FINDERS.values())


def work(session: Session, actor: Actor, code: str, *, now: datetime, language: str) -> Work:
    """One kind of work. Raises Refused, KeyError for a code that is not in FINDERS."""
    require(actor, Action.BOARD_LIST, ANYWHERE, now)
    return FINDERS[code](_Asked(session, actor, now, language, None))


def counts_by_state(session: Session, actor: Actor, call_ref: str) -> dict[str, int]:
    """Entries of a call by state, as far as this reader may read them; drafts are their writers' own."""
    rows = session.execute(
        sa.select(Entry.state, sa.func.count(Entry.id))
        .join(Call, Call.id == Entry.call_id)
        .where(Call.ref == call_ref, Entry.state != "draft", _is_seen(actor))
        .group_by(Entry.state)
    )
    return {row[0]: row[1] for row in rows}


# --- entries ----------------------------------------------------------------------------------------------


def _is_seen(actor: Actor) -> sa.ColumnElement[bool]:
    """Entries that the actor may know of: to read, or by their title before the conflict question."""
    return sa.or_(is_readable(actor), is_previewed_in_office(actor))


def _is_shown(asked: _Asked) -> sa.ColumnElement[bool]:
    """The same, of the call that is asked about or of all."""
    of_call = sa.true() if asked.call_id is None else Entry.call_id == asked.call_id
    return sa.and_(_is_seen(asked.actor), of_call)


def _entries(
    asked: _Asked,
    code: str,
    condition: sa.ColumnElement[bool],
    note: Callable[[Any], Message | None] = lambda row: None,
) -> Work:
    """Entries that this reader may read and that meet a condition, those that waited longest first."""
    found = sa.and_(condition, _is_shown(asked))
    total = asked.session.execute(sa.select(sa.func.count(Entry.id)).where(found)).scalar_one()
    rows = asked.session.execute(
        sa.select(Entry, Call.ref)
        .outerjoin(Call, Call.id == Entry.call_id)
        .where(found)
        .order_by(Entry.updated_at, Entry.id)
        .limit(MOST_ROWS)
    )
    return Work(
        code,
        total,
        tuple(
            WorkRow(
                entry.ref,
                entry.kind.value,
                entry.title or entry.ref,
                entry.language,
                call_ref,
                entry.updated_at,
                note(entry),
                entry.version,
            )
            for entry, call_ref in rows
        ),
    )


def _to_screen(asked: _Asked) -> Work:
    under_way = sa.select(Call.id).where(Call.state.in_(_SCREENED_IN))
    request = sa.and_(
        Entry.kind == EntryKind.REQUEST, Entry.state == RequestState.SUBMITTED, sa.not_(is_screened())
    )
    offer = sa.and_(Entry.kind == EntryKind.OFFER, Entry.state == OfferState.SUBMITTED)
    in_time = sa.or_(Entry.call_id.is_(None), Entry.call_id.in_(under_way))
    return _entries(asked, "screen", sa.and_(sa.or_(request, offer), in_time), _answered)


def _answered(entry: Entry) -> Message | None:
    if entry.revision_number < 2:
        return None
    return Message("submitted again, version {n}", n=entry.revision_number)


def _to_confirm(asked: _Asked) -> Work:
    """Not those that this very officer found, unless the call does without a second person."""
    alone = sa.select(Call.id).where(Call.four_eyes.is_(False))
    own = sa.select(Screening.entry_id).where(
        Screening.kind == ScreeningKind.INELIGIBLE,
        Screening.ended_at.is_(None),
        Screening.by_id == asked.actor.account_id,
    )
    others = sa.or_(Entry.id.not_in(own), Entry.call_id.in_(alone))
    waits = sa.and_(Entry.state == RequestState.INELIGIBLE, sa.not_(is_confirmed_ineligible()))
    return _entries(asked, "confirm", sa.and_(waits, others))


def _to_assign(asked: _Asked) -> Work:
    """Eligible ones of calls in review with fewer people at work than the call asks for."""
    at_work = (
        sa.select(sa.func.count(Assignment.id))
        .where(
            Assignment.entry_id == Entry.id,
            Assignment.state.in_(_AT_WORK),
            Assignment.id.not_in(sa.select(Review.assignment_id).where(Review.state == ReviewState.VOID)),
        )
        .correlate(Entry)
        .scalar_subquery()
    )
    wanted = (
        sa.select(Call.minimum_reviews).where(Call.id == Entry.call_id).correlate(Entry).scalar_subquery()
    )
    phases = sa.select(Call.id).where(Call.state.in_((CallState.CLOSED, CallState.REVIEW)))
    ready = sa.or_(
        sa.and_(Entry.state == RequestState.SUBMITTED, is_screened()), Entry.state == RequestState.IN_REVIEW
    )
    return _entries(asked, "assign", sa.and_(ready, Entry.call_id.in_(phases), at_work < wanted))


def _to_release(asked: _Asked) -> Work:
    return _entries(asked, "release", Entry.state == RequestState.DECIDED)


def _lapsed(asked: _Asked) -> Work:
    """Lapsed ones of calls that are still under way, which may be opened again once."""
    phases = sa.select(Call.id).where(Call.state.in_((CallState.CLOSED, CallState.REVIEW)))
    again = sa.select(Screening.entry_id).where(Screening.kind == ScreeningKind.REOPENED)
    lapsed = sa.and_(Entry.state == RequestState.LAPSED, Entry.call_id.in_(phases), Entry.id.not_in(again))
    return _entries(asked, "lapsed", lapsed)


def _messages(asked: _Asked) -> Work:
    """Entries whose last message is the submitter's."""
    last = (
        sa.select(sa.func.max(EntryMessage.id))
        .where(EntryMessage.entry_id == Entry.id)
        .correlate(Entry)
        .scalar_subquery()
    )
    waits = sa.select(EntryMessage.id).where(EntryMessage.id == last, ~EntryMessage.is_from_office)
    return _entries(asked, "messages", waits.exists())


def _expiring(asked: _Asked) -> Work:
    last = (asked.now + EXPIRING).date()
    standing = Entry.state.in_((OfferState.ACTIVE, OfferState.CHECKED, OfferState.PAUSED))
    soon = sa.and_(Entry.kind == EntryKind.OFFER, standing, Entry.valid_until <= last)

    def until(entry: Entry) -> Message:
        return Message("stands until {day}", day=entry.valid_until)

    return _entries(asked, "expiring", soon, until)


def _recognitions(asked: _Asked) -> Work:
    """Recognitions that end soon, and those whose renewal was asked for; what is asked for comes first."""
    last = (asked.now + EXPIRING).date()
    rows = [
        WorkRow(entry.ref, entry.kind.value, found.title, entry.language, note=note_on(found))
        for found, entry in waiting(asked.session, _is_shown(asked), last, now=asked.now)
    ]
    return _as_work("recognitions", rows)


def _to_archive(asked: _Asked) -> Work:
    """What the clock archives within the next days: the same that `flask archive --dry-run` names."""
    found = falling_due(asked.session, asked.now + SOON, _is_shown(asked))
    days = [Message("is archived on {day}", day=row.due_at.date()) for row in found]
    who = [(row.ref, row.kind.value, row.title or row.ref, row.language, row.call_ref) for row in found]
    return _as_work("archive", [WorkRow(*one, note=day) for one, day in zip(who, days, strict=True)])


# --- people and calls -------------------------------------------------------------------------------------


def _to_rule(asked: _Asked) -> Work:
    rows = [
        WorkRow(row.ref, "assignment", row.title or row.entry_ref, None, None, row.answered_at, row.reviewer)
        for row in conflicts.waiting_for_ruling(asked.session, asked.actor, now=asked.now)
    ]
    return _as_work("rule", rows if asked.call_id is None else [])


def _to_rule_on_panels(asked: _Asked) -> Work:
    """Possible conflicts of members of fellowship panels."""
    rows = [
        WorkRow(one.ref, "nomination", one.nominee, None, call.ref, one.answered_at, one.member)
        for call, one in rulings.waiting_for_ruling(asked.session, asked.actor, now=asked.now)
    ]
    return _as_work("rule_panel", _of_call(asked, rows))


def _overdue(asked: _Asked) -> Work:
    open_review = sa.or_(Review.id.is_(None), Review.state.not_in(_DONE))
    query = (
        sa.select(Assignment, Entry, Call.ref)
        .join(Entry, Entry.id == Assignment.entry_id)
        .outerjoin(Call, Call.id == Entry.call_id)
        .outerjoin(Review, Review.assignment_id == Assignment.id)
        .where(
            Assignment.state.in_(_AT_WORK),
            Assignment.due_at < asked.now,
            open_review,
            _is_seen(asked.actor),
        )
        .order_by(Assignment.due_at, Assignment.id)
    )
    if asked.call_id is not None:
        query = query.where(Entry.call_id == asked.call_id)
    rows = [
        WorkRow(row.ref, "assignment", entry.title or entry.ref, entry.language, call_ref, row.due_at)
        for row, entry, call_ref in asked.session.execute(query)
    ]
    return _as_work("overdue", rows)


def _acts(asked: _Asked) -> Work:
    rows = [
        WorkRow(row.call_ref, "call", row.name, None, row.call_ref, row.proposed_at, row.entry_ref)
        for row in acts_of(asked.session, asked.actor, None, now=asked.now, only_open=True)
        if row.may_confirm
    ]
    return _as_work("acts", _of_call(asked, rows))


def _announce(asked: _Asked) -> Work:
    drafts = asked.session.execute(
        sa.select(Call).where(Call.state == CallState.DRAFT).order_by(Call.updated_at)
    ).scalars()
    rows = [
        _call_row(asked, call) for call in drafts if may_announce(asked.session, asked.actor, call, asked.now)
    ]
    return _as_work("announce", _of_call(asked, rows))


def _questions(asked: _Asked) -> Work:
    query = (
        sa.select(Call, CallQuestion)
        .join(CallQuestion, CallQuestion.call_id == Call.id)
        .where(CallQuestion.ended_at.is_(None))
        .order_by(CallQuestion.asked_at, CallQuestion.id)
    )
    rows = [
        WorkRow(call.ref, "call", question.text, question.language, call.ref, question.asked_at)
        for call, question in asked.session.execute(query)
        if may(asked.actor, Action.CALL_ANSWER, call_facts(call, opened_at=asked.now), asked.now)
    ]
    return _as_work("questions", _of_call(asked, rows))


def _move_on(asked: _Asked) -> Work:
    """Calls that have closed and in which nothing is left to screen: the review can begin."""
    calls = asked.session.execute(
        sa.select(Call)
        .where(Call.state == CallState.CLOSED, Call.kind.in_((CallKind.REQUESTS, CallKind.TARGETED)))
        .order_by(Call.closes_at)
    ).scalars()
    waiting = sa.and_(
        Entry.state == RequestState.SUBMITTED, sa.not_(is_screened()), sa.not_(has_conflict(asked.actor))
    )
    rows = []
    for call in calls:
        left = sa.select(sa.func.count(Entry.id)).where(Entry.call_id == call.id, waiting)
        allowed = may(asked.actor, Action.CALL_MOVE_ON, call_facts(call, opened_at=asked.now), asked.now)
        if allowed and asked.session.execute(left).scalar_one() == 0:
            rows.append(_call_row(asked, call))
    return _as_work("move_on", _of_call(asked, rows))


def _failing_mails(asked: _Asked) -> Work:
    """Mails given up. One about an entry is shown to whoever may read the entry."""
    hidden = sa.select(Entry.ref).where(sa.not_(_is_seen(asked.actor)))
    query = (
        sa.select(OutgoingMail)
        .where(
            OutgoingMail.state == "failed",
            sa.or_(OutgoingMail.subject_ref.is_(None), OutgoingMail.subject_ref.not_in(hidden)),
        )
        .order_by(OutgoingMail.created_at)
    )
    rows = [
        WorkRow(mail.subject_ref or "", "mail", mail.template, None, None, mail.created_at, mail.error)
        for mail in asked.session.execute(query).scalars()
    ]
    return _as_work("mails", rows if asked.call_id is None else [])


def _call_row(asked: _Asked, call: Call) -> WorkRow:
    language = best_language(call.title, asked.language)
    return WorkRow(
        call.ref, "call", call.title[language], language, call.ref, call.updated_at, None, call.version
    )


def _of_call(asked: _Asked, rows: list[WorkRow]) -> list[WorkRow]:
    if asked.call_id is None:
        return rows
    ref = asked.session.execute(sa.select(Call.ref).where(Call.id == asked.call_id)).scalar_one()
    return [row for row in rows if row.call_ref == ref]


def _as_work(code: str, rows: list[WorkRow]) -> Work:
    return Work(code, len(rows), tuple(rows[:MOST_ROWS]))


FINDERS: Mapping[str, Callable[[_Asked], Work]] = {
    "screen": _to_screen,
    "confirm": _to_confirm,
    "rule": _to_rule,
    "rule_panel": _to_rule_on_panels,
    "assign": _to_assign,
    "overdue": _overdue,
    "release": _to_release,
    "acts": _acts,
    "announce": _announce,
    "questions": _questions,
    "messages": _messages,
    "move_on": _move_on,
    "lapsed": _lapsed,
    "expiring": _expiring,
    "recognitions": _recognitions,
    "archive": _to_archive,
    "mails": _failing_mails,
}
"""Every kind of work, in the order in which a day goes."""
