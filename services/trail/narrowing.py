"""What can the database leave out before the policy is asked, event by event?

Never narrower than the policy: whatever somebody may be told passes here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC as UTC_ZONE
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import AssignmentPlan
from models.audit import AuditEvent
from models.calls import Call
from models.decisions import Decision, Recognition
from models.entries import Entry
from models.fellowships import Nomination
from models.matches import Match
from models.operation import OutgoingMail
from models.reviews import Assignment, Review
from services.audit import actor_label
from services.trail.things import TECHNICAL
from vocabulary.events import EVENTS
from vocabulary.people import Actor, Role

Condition = sa.ColumnElement[bool]
BY = {"person": "account:%", "service": "system", "signed_out": "signed_out"}
"""Kinds of those who do something, as the address names them, and how the trail holds them."""

_RUN_CALLS = (Role.OFFICER, Role.MODERATOR, Role.DECIDER)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader asked for; None for all. Days are whole days in UTC."""

    by: str | None = None
    action: str | None = None
    about: str | None = None
    since: date | None = None
    until: date | None = None


def conditions(session: Session, actor: Actor, wanted: Wanted) -> list[Condition]:
    """For a query of events: those of the reader's widest rights, and of what was asked for."""
    found = [_scope(actor)]
    if wanted.by is not None:
        found.append(AuditEvent.actor.like(BY[wanted.by]))
    if wanted.action is not None:
        found.append(AuditEvent.action.in_(alike(wanted.action)))
    if wanted.about is not None:
        found.append(_about(session, wanted.about))
    if wanted.since is not None:
        found.append(AuditEvent.at >= datetime.combine(wanted.since, time(), UTC_ZONE))
    if wanted.until is not None:
        found.append(AuditEvent.at < datetime.combine(wanted.until, time(), UTC_ZONE) + timedelta(days=1))
    return found


def alike(action: str) -> list[str]:
    """The events that share the sentence of this one; a reader cannot tell them apart."""
    named = EVENTS.get(action)
    return [name for name, event in EVENTS.items() if named and event.words == named.words] or [action]


def _scope(actor: Actor) -> Condition:
    roles = actor.roles()
    if Role.AUDITOR in roles:
        return sa.true()
    ways = [_own(actor)]
    if Role.ADMIN in roles:
        ways.append(AuditEvent.subject_kind.in_(TECHNICAL))
    if roles & frozenset(_RUN_CALLS):
        ways.append(_of_calls(actor))
    return sa.or_(*ways)


def _own(actor: Actor) -> Condition:
    mine = sa.select(Entry.id).where(Entry.owner_id == actor.account_id)
    return sa.or_(
        AuditEvent.actor == actor_label(actor),
        _subject("account", [str(actor.account_id)]),
        _of_entries(mine),
        _subject(
            "nomination",
            sa.select(Nomination.ref).where(
                sa.or_(Nomination.nominee_id == actor.account_id, Nomination.nominator_id == actor.account_id)
            ),
        ),
    )


def _of_calls(actor: Actor) -> Condition:
    """Everything of the calls that the actor runs."""
    grants = [grant for grant in actor.grants if grant.role in _RUN_CALLS and grant.country is None]
    query = sa.select(Call.id)
    if all(grant.call_id is not None for grant in grants):
        query = query.where(Call.id.in_({grant.call_id for grant in grants}))
    return sa.or_(
        _of_entries(sa.select(Entry.id).where(Entry.call_id.in_(query))),
        _subject("call", sa.select(Call.ref).where(Call.id.in_(query))),
        _subject("assignment_plan", sa.select(AssignmentPlan.ref).where(AssignmentPlan.call_id.in_(query))),
        _subject("nomination", sa.select(Nomination.ref).where(Nomination.call_id.in_(query))),
    )


def _of_entries(ids: Any) -> Condition:
    """Everything of these entries: themselves, reviews, decisions, matches and what else belongs to one."""
    belonging: tuple[tuple[str, Any, Any], ...] = (
        ("entry", Entry.ref, Entry.id.in_(ids)),
        ("review", Review.ref, Review.entry_id.in_(ids)),
        ("assignment", Assignment.ref, Assignment.entry_id.in_(ids)),
        ("decision", Decision.ref, Decision.entry_id.in_(ids)),
        ("recognition", Recognition.ref, Recognition.entry_id.in_(ids)),
        ("match", Match.ref, sa.or_(Match.request_id.in_(ids), Match.offer_id.in_(ids))),
        (
            "mail",
            sa.cast(OutgoingMail.id, sa.String),
            OutgoingMail.subject_ref.in_(sa.select(Entry.ref).where(Entry.id.in_(ids))),
        ),
    )
    return sa.or_(*(_subject(kind, sa.select(ref).where(where)) for kind, ref, where in belonging))


def _about(session: Session, ref: str) -> Condition:
    """Everything of one entry or one call as a whole, or the thing of this very reference."""
    entry_id = session.execute(sa.select(Entry.id).where(Entry.ref == ref)).scalar_one_or_none()
    if entry_id is not None:
        return _of_entries([entry_id])
    return AuditEvent.subject_ref == ref


def _subject(kind: str, refs: Iterable[str] | Any) -> Condition:
    return sa.and_(AuditEvent.subject_kind == kind, AuditEvent.subject_ref.in_(refs))
