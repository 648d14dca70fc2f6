"""Who changes an announced call? Cancel it, move its deadline, correct it, extend it for one entry.

Each takes two people: one proposes with a reason, another confirms, and only then it happens. An
administrator can switch the second person off for a call; a decider grants an extension alone. What then
happens is in services/call_changes.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call, CallAct, Extension
from models.entries import Entry
from models.people import Account
from procedure.access import may, require
from procedure.calls import CORRECTABLE
from procedure.facts import ItemFacts
from services.call_changes import carry_out, check_act
from services.call_content import check_version
from services.calls import fetch_call, record
from services.facts import call_facts, entry_facts
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import ActOutcome, CallActKind, EntryKind

ACTIONS: Mapping[CallActKind, Action] = {
    CallActKind.CANCEL: Action.CALL_CANCEL,
    CallActKind.MOVE_DEADLINE: Action.CALL_MOVE_DEADLINE,
    CallActKind.CORRECT: Action.CALL_CORRECT,
    CallActKind.EXTEND: Action.CALL_EXTEND,
}
"""What whoever confirms must be allowed to do."""

ACT_NAMES: Mapping[CallActKind, Message] = {
    CallActKind.CANCEL: Message("Cancel the call"),
    CallActKind.MOVE_DEADLINE: Message("Move the deadline for all"),
    CallActKind.CORRECT: Message("Publish a correction"),
    CallActKind.EXTEND: Message("Extend the deadline for one entry"),
}
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class ActRow:
    """An act on a call: what, why, who proposed it, and what this reader may do with it."""

    id: int
    call_ref: str
    kind: CallActKind
    name: Message
    entry_ref: str | None
    payload: Mapping[str, Any]
    reason: str
    proposed_by: str
    proposed_at: datetime
    outcome: ActOutcome | None
    may_confirm: bool
    may_drop: bool


@dataclass(frozen=True, slots=True)
class ExtensionRow:
    """One entry's own deadline, as the audit list shows it."""

    entry_ref: str
    until: datetime
    reason: str
    proposed_by: str | None
    granted_by: str
    granted_at: datetime


def propose_act(
    session: Session,
    actor: Actor,
    call_ref: str,
    kind: CallActKind,
    payload: Mapping[str, Any],
    reason: str,
    *,
    now: datetime,
    entry_ref: str | None = None,
    expected_version: int | None = None,
) -> ActRow:
    """Propose it; whoever needs no second person has it happen at once.

    `payload`: nothing to cancel; `closes_at` to move the deadline; `changes`, by the names in
    procedure.calls.CORRECTABLE with a `closes_at` among them, to correct; `until` to extend. Raises NotFound,
    Refused, Conflict, Invalid by field.
    """
    call = fetch_call(session, actor, call_ref, now, lock=True)
    entry = _entry(session, call, entry_ref) if kind is CallActKind.EXTEND else None
    facts = _facts(session, call, entry, actor, now)
    require(actor, Action.CALL_PROPOSE, facts, now)
    if expected_version is not None:
        check_version(session, call, expected_version)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid({"reason": [Message("Give the reason, in at most {n} signs.", n=LONGEST_REASON)]})
    check_act(session, call, entry, kind, payload, now)
    waiting = session.execute(_open(call.id, kind, entry)).scalar_one_or_none()
    if waiting is not None:
        raise Conflict(Message("This was proposed already and waits to be confirmed."), code="twice")
    act = CallAct(
        call_id=call.id,
        entry_id=entry.id if entry else None,
        kind=kind,
        payload=_stored(payload),
        reason=reason.strip(),
        proposed_by_id=actor.account_id,
        proposed_at=now,
    )
    session.add(act)
    session.flush()
    _record(session, actor, call, act, "propose", now)
    if may(actor, ACTIONS[kind], facts, now):
        act.is_alone = True
        _carry_out(session, actor, call, entry, act, now)
    return _row(session, actor, act, call, entry, now)


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What a correction of one content to the other would change, of what may be corrected at all."""
    return {name: new[name] for name in CORRECTABLE if name in new and new[name] != old.get(name)}


def require_to_propose(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> Call:
    """The call, for whoever may propose something about it. Raises NotFound, Refused."""
    call = fetch_call(session, actor, call_ref, now)
    require(actor, Action.CALL_PROPOSE, call_facts(call, opened_at=now), now)
    return call


def confirm_act(
    session: Session, actor: Actor, act_id: int, *, now: datetime, call_ref: str | None = None
) -> ActRow:
    """A second person confirms, and it happens. Raises NotFound, Refused, Conflict, Invalid."""
    act, call, entry = _fetch(session, actor, act_id, now, call_ref)
    facts = _facts(session, call, entry, actor, now, proposed_by_id=act.proposed_by_id)
    require(actor, ACTIONS[act.kind], facts, now)
    check_act(session, call, entry, act.kind, act.payload, now)
    act.is_alone = act.proposed_by_id == actor.account_id
    _carry_out(session, actor, call, entry, act, now)
    return _row(session, actor, act, call, entry, now)


def drop_act(
    session: Session, actor: Actor, act_id: int, *, now: datetime, call_ref: str | None = None
) -> ActRow:
    """Let a proposal fall; it stays in the list of acts."""
    act, call, entry = _fetch(session, actor, act_id, now, call_ref)
    require(actor, Action.CALL_PROPOSE, _facts(session, call, entry, actor, now), now)
    _end(session, actor, act, ActOutcome.DROPPED, now)
    _record(session, actor, call, act, "drop", now)
    return _row(session, actor, act, call, entry, now)


def acts_of(
    session: Session, actor: Actor, call_ref: str | None, *, now: datetime, only_open: bool = False
) -> tuple[ActRow, ...]:
    """The acts of one call, or of every call that the actor runs, the latest first.

    One about an entry on which the actor has a conflict of interest is not among them.
    """
    query = (
        sa.select(CallAct, Call, Entry)
        .join(Call, Call.id == CallAct.call_id)
        .outerjoin(Entry, Entry.id == CallAct.entry_id)
        .order_by(CallAct.id.desc())
    )
    if call_ref is not None:
        require_to_propose(session, actor, call_ref, now=now)
        query = query.where(Call.ref == call_ref)
    if only_open:
        query = query.where(CallAct.outcome.is_(None))
    return tuple(
        _row(session, actor, act, call, entry, now)
        for act, call, entry in session.execute(query)
        if may(actor, Action.CALL_PROPOSE, _facts(session, call, entry, actor, now), now)
    )


def extensions_of(
    session: Session, actor: Actor, call_ref: str, *, now: datetime
) -> tuple[ExtensionRow, ...]:
    """Every extension of a call for whoever runs it, the latest first."""
    call = require_to_propose(session, actor, call_ref, now=now)
    rows = session.execute(
        sa.select(Extension, Entry)
        .join(Entry, Entry.id == Extension.entry_id)
        .where(Extension.call_id == call.id)
        .order_by(Extension.id.desc())
    ).all()
    return tuple(
        ExtensionRow(
            entry.ref,
            row.until,
            row.reason,
            _name(session, row.proposed_by_id),
            _name(session, row.granted_by_id) or "",
            row.granted_at,
        )
        for row, entry in rows
        if may(actor, Action.CALL_PROPOSE, _facts(session, call, entry, actor, now), now)
    )


def _carry_out(
    session: Session, actor: Actor, call: Call, entry: Entry | None, act: CallAct, now: datetime
) -> None:
    """It is settled, and it happens."""
    _end(session, actor, act, ActOutcome.DONE, now)
    _record(session, actor, call, act, "confirm", now)
    carry_out(session, actor, call, entry, act, now)


# --- rows -------------------------------------------------------------------------------------------------


def _entry(session: Session, call: Call, ref: str | None) -> Entry:
    query = sa.select(Entry).where(Entry.ref == (ref or "").strip().upper(), Entry.call_id == call.id)
    entry = session.execute(query.with_for_update()).scalar_one_or_none()
    if entry is None or entry.kind not in (EntryKind.REQUEST, EntryKind.OFFER):
        raise Invalid({"entry": [Message("There is no such entry under this call.")]})
    return entry


def _facts(
    session: Session,
    call: Call,
    entry: Entry | None,
    actor: Actor,
    now: datetime,
    *,
    proposed_by_id: int | None = None,
) -> ItemFacts:
    facts = entry_facts(session, entry, actor) if entry is not None else call_facts(call, opened_at=now)
    return replace(facts, proposed_by_id=proposed_by_id)


def _fetch(
    session: Session, actor: Actor, act_id: int, now: datetime, call_ref: str | None
) -> tuple[CallAct, Call, Entry | None]:
    """An act that is still open, its call locked first, as everywhere."""
    ref = session.execute(
        sa.select(Call.ref).join(CallAct, CallAct.call_id == Call.id).where(CallAct.id == act_id)
    ).scalar_one_or_none()
    if ref is None or call_ref not in (None, ref):
        raise NotFound
    call = fetch_call(session, actor, ref, now, lock=True)
    act = session.get_one(CallAct, act_id, populate_existing=True)
    entry = session.get(Entry, act.entry_id) if act.entry_id is not None else None
    if not may(actor, Action.CALL_PROPOSE, _facts(session, call, entry, actor, now), now):
        raise NotFound
    if act.outcome is not None:
        raise Conflict(Message("This was settled already."), code="wrong_state")
    return act, call, entry


def _open(call_id: int, kind: CallActKind, entry: Entry | None) -> sa.Select[Any]:
    return sa.select(CallAct.id).where(
        CallAct.call_id == call_id,
        CallAct.kind == kind,
        CallAct.outcome.is_(None),
        CallAct.entry_id == entry.id if entry else CallAct.entry_id.is_(None),
    )


def _end(session: Session, actor: Actor, act: CallAct, outcome: ActOutcome, now: datetime) -> None:
    act.outcome, act.ended_at, act.ended_by_id = outcome, now, actor.account_id
    session.flush()


def _record(session: Session, actor: Actor, call: Call, act: CallAct, verb: str, now: datetime) -> None:
    after = {"act": act.id, "what": act.kind.value, "payload": dict(act.payload)}
    record(session, actor, f"call.{verb}_act", call, now=now, after=after, reason=act.reason)


def _row(
    session: Session, actor: Actor, act: CallAct, call: Call, entry: Entry | None, now: datetime
) -> ActRow:
    facts = _facts(session, call, entry, actor, now, proposed_by_id=act.proposed_by_id)
    is_open = act.outcome is None
    return ActRow(
        id=act.id,
        call_ref=call.ref,
        kind=act.kind,
        name=ACT_NAMES[act.kind],
        entry_ref=entry.ref if entry else None,
        payload=act.payload,
        reason=act.reason,
        proposed_by=_name(session, act.proposed_by_id) or "",
        proposed_at=act.proposed_at,
        outcome=act.outcome,
        may_confirm=is_open and may(actor, ACTIONS[act.kind], facts, now),
        may_drop=is_open and may(actor, Action.CALL_PROPOSE, facts, now),
    )


def _name(session: Session, account_id: int | None) -> str | None:
    return session.get_one(Account, account_id).name if account_id is not None else None


def _stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values, instants in UTC."""
    return {
        name: _stored(value)
        if isinstance(value, Mapping)
        else value.astimezone(UTC).isoformat()
        if isinstance(value, datetime)
        else value
        for name, value in payload.items()
    }
