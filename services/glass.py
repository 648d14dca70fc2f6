"""Breaking the glass: reading one thing in an emergency, with a reason, for a short time, seen by auditors.

What it opens the permission table says (the cells that ask for a reason). It holds for the sign-in that
opened it and for one entry or nomination; the audit trail keeps the reason, and auditors are told by mail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.fellowships import Nomination
from models.glass import OpenGlass
from models.people import Account, RoleGrant
from models.reviews import ConflictDeclaration
from procedure.access import is_visible, may, refusal, require
from procedure.facts import ItemFacts, Standing
from procedure.reasons import REASONS
from services import audit
from services.facts import entry_facts, standing
from services.fellowships.rows import item_of
from services.mail import queue_mail
from services.panels.deliberation import tidy
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor, Role

LASTS = timedelta(minutes=30)
LONGEST_REASON = 1000
SHORTEST_REASON = 10
_CONFLICTED = (Standing.UNDECIDED, Standing.UPHELD)


@dataclass(frozen=True, slots=True)
class Case:
    """What would be opened: nothing of it but its reference is told before."""

    ref: str
    kind: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class GlassRow:
    """One access that is open now."""

    id: int
    ref: str
    kind: str
    by: str
    reason: str
    opened_at: datetime
    ends_at: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class _Thing:
    ref: str
    kind: str
    facts: ItemFacts
    entry: Entry | None
    nomination_id: int | None
    action: Action


def case(session: Session, actor: Actor, ref: str, *, now: datetime) -> Case:
    """What the page asks about. Raises NotFound for whoever may not open it, or Refused before the answer to
    the conflict question."""
    thing = _thing(session, actor, ref)
    is_open = thing.facts.break_glass_reason is not None
    _require(actor, thing, now)
    return Case(thing.ref, thing.kind, is_open)


def open_glass(
    session: Session, actor: Actor, session_id: int | None, ref: str, reason: str, *, now: datetime
) -> OpenGlass:
    """Open one thing to this sign-in. Raises NotFound, Refused, Invalid, Conflict where it is open."""
    thing = _thing(session, actor, ref)
    _require(actor, thing, now)
    if session_id is None or actor.scopes is not None:
        raise Refused(REASONS["role"], code="role")
    said = tidy(reason)
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        text = Message(
            "Say why, in {least} to {most} characters.", least=SHORTEST_REASON, most=LONGEST_REASON
        )
        raise Invalid({"reason": [text]})
    if thing.facts.break_glass_reason is not None:
        raise Conflict(Message("It is open to you already."), code="open")
    row = OpenGlass(
        account_id=actor.account_id or 0,
        session_id=session_id,
        entry_id=thing.entry.id if thing.entry is not None else None,
        nomination_id=thing.nomination_id,
        reason=said,
        opened_at=now,
        ends_at=now + LASTS,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "glass.open", _subject(thing), now=now, after=_until(row), reason=said)
    _tell(session, actor, thing, row, now)
    return row


def close_glass(session: Session, actor: Actor, glass_id: int, *, now: datetime) -> None:
    """End one's own access before its time. Raises NotFound."""
    query = sa.select(OpenGlass).where(
        OpenGlass.id == glass_id, OpenGlass.account_id == actor.account_id, *_still_open(now)
    )
    row = session.execute(query.with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFound
    row.closed_at = now
    session.flush()
    refs = _refs(session, [row])
    if row.id in refs:
        audit.record(session, actor, "glass.close", refs[row.id], now=now)


def open_now(session: Session, actor: Actor, *, now: datetime) -> tuple[GlassRow, ...]:
    """What is open now: all of it to auditors, one's own to others; never what a conflict closes."""
    query = sa.select(OpenGlass, Account.name).join(Account, Account.id == OpenGlass.account_id)
    query = query.where(*_still_open(now)).order_by(OpenGlass.id.desc())
    if Role.AUDITOR not in actor.roles():
        query = query.where(OpenGlass.account_id == actor.account_id)
    rows = session.execute(query).all()
    closed = _closed_to(session, actor)
    refs = _refs(session, [row for row, _ in rows])
    return tuple(
        GlassRow(
            row.id,
            refs[row.id][1],
            refs[row.id][0],
            name,
            row.reason,
            row.opened_at,
            row.ends_at,
            row.account_id == actor.account_id,
        )
        for row, name in rows
        if row.id in refs and row.entry_id not in closed
    )


def _thing(session: Session, actor: Actor, ref: str) -> _Thing:
    entry = session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one_or_none()
    if entry is not None:
        facts = entry_facts(session, entry, actor)
        return _Thing(ref, entry.kind.value, facts, entry, None, Action.ENTRY_READ)
    nomination = session.execute(sa.select(Nomination).where(Nomination.ref == ref)).scalar_one_or_none()
    if nomination is None:
        raise NotFound
    facts = item_of(session, actor, nomination).facts
    return _Thing(ref, "nomination", facts, None, nomination.id, Action.NOMINATION_READ)


def _require(actor: Actor, thing: _Thing, now: datetime) -> None:
    """Would a reason open it, and nothing else? Whoever may read it anyway breaks no glass."""
    breaks = ItemFacts(call_id=thing.facts.call_id)
    if not is_visible(actor, thing.facts, now) and not may(actor, Action.GLASS_BREAK, breaks, now):
        raise NotFound
    require(actor, Action.GLASS_BREAK, breaks, now)
    if thing.facts.conflict in _CONFLICTED or thing.facts.state == "draft":
        raise NotFound
    is_open_anyway = may(actor, thing.action, replace(thing.facts, break_glass_reason=None), now)
    code = refusal(actor, thing.action, replace(thing.facts, break_glass_reason="asked"), now)
    if code == "conflict_unanswered":
        raise Refused(REASONS[code], code=code)
    if code is not None or is_open_anyway:
        raise NotFound


def _still_open(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (OpenGlass.closed_at.is_(None), OpenGlass.ends_at > now)


def _subject(thing: _Thing) -> tuple[str, str]:
    return ("nomination" if thing.entry is None else "entry", thing.ref)


def _until(row: OpenGlass) -> dict[str, str]:
    return {"ends_at": row.ends_at.isoformat()}


def _refs(session: Session, rows: list[OpenGlass]) -> dict[int, tuple[str, str]]:
    """Kind and reference of what each of these opens."""
    entries = _by_id(session, Entry, {row.entry_id for row in rows if row.entry_id is not None})
    nominations = _by_id(
        session, Nomination, {row.nomination_id for row in rows if row.nomination_id is not None}
    )
    found: dict[int, tuple[str, str]] = {}
    for row in rows:
        if row.entry_id in entries:
            found[row.id] = ("entry", entries[row.entry_id])
        elif row.nomination_id in nominations:
            found[row.id] = ("nomination", nominations[row.nomination_id])
    return found


def _by_id(session: Session, model: type[Entry] | type[Nomination], ids: set[int]) -> dict[int | None, str]:
    if not ids:
        return {}
    return {
        row.id: row.ref for row in session.execute(sa.select(model.id, model.ref).where(model.id.in_(ids)))
    }


def _closed_to(session: Session, actor: Actor) -> frozenset[int]:
    declared = sa.select(ConflictDeclaration).where(ConflictDeclaration.account_id == actor.account_id)
    rows = session.execute(declared).scalars()
    return frozenset(row.entry_id for row in rows if standing(row) in _CONFLICTED)


# --- who is told ------------------------------------------------------------------------------------------


def _tell(session: Session, actor: Actor, thing: _Thing, row: OpenGlass, now: datetime) -> None:
    """Write to the other auditors; where there is none, to those who decide, so that somebody knows."""
    told = _holders(session, Role.AUDITOR, thing, actor) or _holders(session, Role.DECIDER, thing, actor)
    by = session.get_one(Account, actor.account_id)
    for account in told:
        queue_mail(
            session,
            account.email,
            "glass_open",
            {
                "ref": thing.ref,
                "person": by.name,
                "reason": row.reason,
                "ends_at": row.ends_at.isoformat(),
                "link": f"{runtime(session).address}/{account.language}/history?about={thing.ref}",
            },
            language=account.language,
            now=now,
        )


def _holders(session: Session, role: Role, thing: _Thing, actor: Actor) -> list[Account]:
    """Other people who hold the role here and have no conflict of interest on the thing."""
    grants = Account.grants.any(
        sa.and_(
            RoleGrant.role == role,
            RoleGrant.country.is_(None),
            sa.or_(RoleGrant.call_id.is_(None), RoleGrant.call_id == thing.facts.call_id),
        )
    )
    query = sa.select(Account).where(
        grants,
        Account.is_disabled.is_(False),
        Account.erased_at.is_(None),
        Account.id.not_in([actor.account_id or 0, thing.facts.owner_id or 0]),
    )
    found = session.execute(query.order_by(Account.id)).scalars().all()
    return [
        account for account in found if thing.facts.entry_id not in _closed_to_account(session, account.id)
    ]


def _closed_to_account(session: Session, account_id: int) -> frozenset[int | None]:
    return frozenset(_closed_to(session, Actor(account_id=account_id)))
