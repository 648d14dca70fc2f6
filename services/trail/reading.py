"""The events that somebody may be told of, the newest first, narrowed down and page by page.

The database narrows down what can be narrowed down; whether an event is told is asked of the policy, event by
event (services/trail/rights.py). A page ends at an instant that the reader has seen, never at a running
number, so that what is left out shows nowhere.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.decisions import Decision
from models.entries import Entry
from models.people import Account, RoleGrant
from procedure.access import require
from procedure.facts import ItemFacts
from services.entries.visibility import has_conflict
from services.trail.narrowing import Wanted, conditions
from services.trail.rights import Told, may_name, told, values_of
from services.trail.things import GONE, Thing, things_of
from vocabulary.actions import Action
from vocabulary.errors import Invalid, Unauthenticated
from vocabulary.events import EVENTS, UNKNOWN
from vocabulary.messages import Message
from vocabulary.people import Actor, Role

ROWS = 50
MOST_ROWS = 100
MOST_IN_A_FILE = 5_000
_BATCH = 300
_STAFF = (Role.OFFICER, Role.MODERATOR, Role.DECIDER, Role.AUDITOR, Role.ADMIN)

YOU = Message("You")
THE_SERVICE = Message("The service itself")
NO_ACCOUNT = Message("Somebody without an account")
SOMEBODY = Message("Somebody else")


@dataclass(frozen=True, slots=True)
class Line:
    """One event as this reader is told it. `by_name` is set where a name may be told, `by` always."""

    at: datetime
    action: str
    words: Message
    subject_kind: str
    subject_ref: str
    by: Message
    by_name: str | None
    values: tuple[tuple[str, Any, Any], ...]
    reason: str | None
    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, and the mark at which the next page begins."""

    lines: tuple[Line, ...]
    next: str | None


def trail_page(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    *,
    now: datetime,
    cursor: str | None = None,
    limit: int = ROWS,
) -> Page:
    """One page. Raises Unauthenticated for somebody without an account, Invalid for a broken mark."""
    _require(actor, now)
    until, skipped = _read_mark(cursor)
    found = list(islice(_told_events(session, actor, wanted, until, now), skipped, skipped + limit + 1))
    shown = found[:limit]
    mark = None
    if len(found) > limit:
        last = shown[-1][0].at
        n_at_last = sum(1 for event, _, _ in shown if event.at == last)
        already = skipped if until == last else 0
        mark = _mark(last, n_at_last + already)
    return Page(_lines(session, actor, shown, now), mark)


def trail_rows(session: Session, actor: Actor, wanted: Wanted, *, now: datetime) -> tuple[Line, ...]:
    """Every event of the list, for a file; at most MOST_IN_A_FILE."""
    _require(actor, now)
    found = islice(_told_events(session, actor, wanted, None, now), MOST_IN_A_FILE)
    return _lines(session, actor, list(found), now)


def _require(actor: Actor, now: datetime) -> None:
    """Everybody with an account reads a trail of their own; a program needs the scope to read."""
    if actor.account_id is None:
        raise Unauthenticated
    require(actor, Action.AUDIT_READ_OWN, ItemFacts(subject_id=actor.account_id), now)


_Heard = tuple[AuditEvent, Thing, Told]


def _told_events(
    session: Session, actor: Actor, wanted: Wanted, until: datetime | None, now: datetime
) -> Iterator[_Heard]:
    closed = _closed(session, actor)
    query = sa.select(AuditEvent).where(*conditions(session, actor, wanted))
    query = query.order_by(AuditEvent.at.desc(), AuditEvent.sequence.desc())
    last: AuditEvent | None = None
    while True:
        page = query if until is None else query.where(AuditEvent.at <= until)
        if last is not None:
            page = page.where(
                sa.or_(
                    AuditEvent.at < last.at,
                    sa.and_(AuditEvent.at == last.at, AuditEvent.sequence < last.sequence),
                )
            )
        events = session.execute(page.limit(_BATCH)).scalars().all()
        things = things_of(session, actor, {(event.subject_kind, event.subject_ref) for event in events})
        for event in events:
            thing = things.get((event.subject_kind, event.subject_ref), GONE)
            heard = told(actor, event, thing, closed, now)
            if heard is not None:
                yield event, thing, heard
        if len(events) < _BATCH:
            return
        last = events[-1]


def _closed(session: Session, actor: Actor) -> frozenset[str]:
    """References of the entries of others that a conflict of interest closes, and of decisions on them."""
    others = sa.or_(Entry.owner_id.is_(None), Entry.owner_id != actor.account_id)
    query = (
        sa.select(Entry.ref, Decision.ref)
        .outerjoin(Decision, Decision.entry_id == Entry.id)
        .where(has_conflict(actor), others)
    )
    return frozenset(ref for row in session.execute(query) for ref in row if ref is not None)


def _lines(session: Session, actor: Actor, found: Sequence[_Heard], now: datetime) -> tuple[Line, ...]:
    names = _names(
        session, {number for event, _, _ in found if (number := account_number(event)) is not None}
    )
    return tuple(_line(actor, event, thing, heard, names, now) for event, thing, heard in found)


def _line(
    actor: Actor,
    event: AuditEvent,
    thing: Thing,
    heard: Told,
    names: dict[int, tuple[str, bool]],
    now: datetime,
) -> Line:
    by, name = _who(actor, event, thing, heard, names, now)
    return Line(
        at=event.at,
        action=event.action,
        words=EVENTS.get(event.action, UNKNOWN).words,
        subject_kind=event.subject_kind,
        subject_ref=event.subject_ref,
        by=by,
        by_name=name,
        values=values_of(event, heard),
        reason=event.reason if heard.is_whole else None,
        entries=thing.entries,
    )


def _who(
    actor: Actor,
    event: AuditEvent,
    thing: Thing,
    heard: Told,
    names: dict[int, tuple[str, bool]],
    now: datetime,
) -> tuple[Message, str | None]:
    number = account_number(event)
    if heard.is_mine:
        return YOU, None
    if number is None:
        return (THE_SERVICE if event.actor == "system" else NO_ACCOUNT), None
    name, is_staff = names.get(number, ("", False))
    if not heard.by_office or not may_name(actor, event, thing, number, now, is_staff=is_staff):
        return SOMEBODY, None
    if is_staff or (thing.is_item and thing.facts):
        return SOMEBODY, name or None
    return Message("Account {n}", n=number), None


def account_number(event: AuditEvent) -> int | None:
    """The account that did it, if one did."""
    kind, _, number = event.actor.partition(":")
    return int(number) if kind == "account" and number.isdecimal() else None


def _names(session: Session, ids: set[int]) -> dict[int, tuple[str, bool]]:
    """The name of each account, and whether it holds an office anywhere."""
    if not ids:
        return {}
    staff = set(
        session.execute(
            sa.select(RoleGrant.account_id).where(RoleGrant.account_id.in_(ids), RoleGrant.role.in_(_STAFF))
        ).scalars()
    )
    rows = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(ids)))
    return {row.id: (row.name, row.id in staff) for row in rows}


def _mark(at: datetime, n_seen: int) -> str:
    text = f"{at.astimezone(UTC).isoformat()}|{n_seen}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_mark(cursor: str | None) -> tuple[datetime | None, int]:
    if not cursor:
        return None, 0
    try:
        text = base64.urlsafe_b64decode(cursor[:120] + "=" * (-len(cursor[:120]) % 4)).decode()
        at, _, n_seen = text.partition("|")
        found = datetime.fromisoformat(at).astimezone(UTC)
        if found.isoformat() != at or not 0 <= int(n_seen) <= 100_000:
            raise ValueError
    except (ValueError, OverflowError, binascii.Error) as broken:
        raise Invalid({"cursor": [Message("This page mark is not valid; begin again.")]}) from broken
    return found, int(n_seen)
