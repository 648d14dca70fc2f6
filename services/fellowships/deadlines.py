"""What the clock does to nominations under way: reminds each party before its deadline, then lets them lapse.

Any number of workers may do this at once. A reminder goes once for each step and deadline, and one whose time
was missed is left out: two at once would only annoy.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Fellowship, Nomination, NominationReminder
from procedure.access import require
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit
from services.fellowships.invitations import ask_nominee
from services.fellowships.nominations import end_links, mail, nominator_link, nominee_email
from services.fellowships.rows import Item, item_of, nominator_deadline, nominee_deadline, touch
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.fellowships import NominationAction, NominationReminderStep, NominationState
from vocabulary.people import SYSTEM
from vocabulary.states import CallState

AT_ONCE = 50
"""Nominations that the clock changes in one transaction."""

Step = NominationReminderStep
_BY_NOMINEE = (NominationState.DRAFT, NominationState.AWAITING_NOMINEE)
_BY_NOMINATOR = (NominationState.AWAITING_NOMINATOR,)
_TAKING = (CallState.DRAFT, CallState.OPEN)
_DAY = timedelta(days=1)
WINDOWS: tuple[tuple[Step, tuple[NominationState, ...], timedelta, timedelta], ...] = (
    (Step.NOMINEE_WEEK, _BY_NOMINEE, 7 * _DAY, 2 * _DAY),
    (Step.NOMINEE_TWO_DAYS, _BY_NOMINEE, 2 * _DAY, timedelta(0)),
    (Step.NOMINATOR_THREE_DAYS, _BY_NOMINATOR, 3 * _DAY, _DAY),
    (Step.NOMINATOR_DAY, _BY_NOMINATOR, _DAY, timedelta(0)),
)
"""Which reminder goes to whom, from when and until when before that party's deadline."""
FRESH = timedelta(days=1)
"""Whoever was asked so short a time ago is not reminded yet."""


def remind_parties(session: Session, *, now: datetime) -> int:
    """Send the reminders whose time has come, some at a time; returns how many. Call again until it is 0."""
    n_sent = 0
    for step, states, first, last in WINDOWS:
        for row, due_at in _unreminded(session, step, states, (now + last, now + first), AT_ONCE - n_sent):
            item = item_of(session, SYSTEM, row)
            require(SYSTEM, Action.NOMINATION_TICK, item.facts, now)
            session.add(NominationReminder(nomination_id=row.id, step=step, due_at=due_at, at=now))
            session.flush()
            if _asked_at(row) <= now - FRESH:
                _write(session, item, due_at, now)
                n_sent += 1
    return n_sent


def lapse_nominations(session: Session, *, now: datetime) -> int:
    """Nominations whose party did not act before its deadline lapse; returns how many. Call again until 0.

    The grace of the call and the day of a late file count. Both parties are told.
    """
    query = (
        sa.select(Nomination)
        .join(Call, Call.id == Nomination.call_id)
        .join(Fellowship, Fellowship.call_id == Call.id)
        .where(
            sa.or_(
                sa.and_(
                    Nomination.state.in_(_BY_NOMINEE),
                    sa.or_(
                        Call.closes_at <= now,
                        sa.and_(Call.closes_at.is_(None), Call.state.not_in(_TAKING)),
                    ),
                ),
                sa.and_(Nomination.state.in_(_BY_NOMINATOR), Fellowship.nominators_until <= now),
            ),
            sa.or_(Nomination.late_until.is_(None), Nomination.late_until <= now),
        )
        .order_by(Nomination.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=Nomination)
    )
    n_lapsed = 0
    for row in session.execute(query).scalars().all():
        item = item_of(session, SYSTEM, row)
        if _is_over(item, now):
            require(SYSTEM, Action.NOMINATION_TICK, item.facts, now)
            _lapse(session, item, now)
            n_lapsed += 1
    return n_lapsed


def _is_over(item: Item, now: datetime) -> bool:
    """Has the deadline of the party whose turn it is passed, with its grace?"""
    due_at = _deadline(item)
    if due_at is not None:
        return due_at <= now
    return item.call.state not in _TAKING


def _deadline(item: Item) -> datetime | None:
    if item.nomination.state in _BY_NOMINATOR:
        return nominator_deadline(item.call, item.fellowship, item.nomination)
    return nominee_deadline(item.call, item.nomination)


def _asked_at(row: Nomination) -> datetime:
    return row.completed_at or row.opened_at if row.state in _BY_NOMINATOR else row.opened_at


def _unreminded(
    session: Session,
    step: Step,
    states: tuple[NominationState, ...],
    within: tuple[datetime, datetime],
    limit: int,
) -> list[tuple[Nomination, datetime]]:
    """Nominations that wait for this party, whose deadline lies within and of which this reminder has not
    gone; with that deadline, without any grace."""
    base = Fellowship.nominators_until if states is _BY_NOMINATOR else Call.closes_at
    due_at = sa.case((Nomination.late_until > base, Nomination.late_until), else_=base)
    sent = sa.select(NominationReminder.id).where(
        NominationReminder.nomination_id == Nomination.id,
        NominationReminder.step == step,
        NominationReminder.due_at == due_at,
    )
    query = (
        sa.select(Nomination, due_at)
        .join(Call, Call.id == Nomination.call_id)
        .join(Fellowship, Fellowship.call_id == Call.id)
        .where(
            Nomination.state.in_(states),
            Call.state.in_((CallState.OPEN, CallState.CLOSED, CallState.REVIEW)),
            due_at > within[0],
            due_at <= within[1],
            ~sent.exists(),
        )
        .order_by(Nomination.id)
        .limit(max(limit, 0))
        .with_for_update(skip_locked=True, of=Nomination)
    )
    return [(found[0], found[1]) for found in session.execute(query)]


def _write(session: Session, item: Item, due_at: datetime, now: datetime) -> None:
    row = item.nomination
    if row.state in _BY_NOMINATOR:
        values = {"link": nominator_link(session, item, now), "until": due_at.isoformat()}
        mail(session, row.nominator_email or "", "nomination_approve_reminder", item, values, now=now)
        return
    if row.nominee_id is None:
        ask_nominee(session, item, now, "nomination_invitation_reminder")
        return
    to = nominee_email(session, row)
    link = f"{runtime(session).address}/{row.language}/nominations/{row.ref}/edit/person"
    if to:
        mail(
            session,
            to,
            "nomination_form_reminder",
            item,
            {"page": link, "until": due_at.isoformat()},
            now=now,
        )


def _lapse(session: Session, item: Item, now: datetime) -> None:
    row, before = item.nomination, item.nomination.state
    row.state = advance(NOMINATION_STEPS, before, NominationAction.LAPSE)
    end_links(session, row, now)
    touch(row, now)
    session.flush()
    audit.record(
        session,
        SYSTEM,
        "nomination.lapse",
        ("nomination", row.ref),
        now=now,
        before={"state": before.value},
        after={"state": row.state.value},
    )
    told = {nominee_email(session, row)}
    if before is not NominationState.DRAFT:
        told.add(row.nominator_email)
    for address in sorted(one for one in told if one):
        values = {"who": "nominator" if before in _BY_NOMINATOR else "nominee"}
        mail(session, address, "nomination_lapsed", item, values, now=now)
