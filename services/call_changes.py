"""What happens to an announced call when two people agree on it, and when it cannot happen.

A deadline only ever moves to later, and a correction starts it anew. Who may, and that it takes two, is in
services/call_acts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call, CallAct, CallCorrection, Extension
from models.entries import Entry
from procedure.calls import CORRECTABLE, earliest_deadline
from services import audit, programmes
from services.call_content import as_json, check, check_complete, content_of
from services.calls import record, step
from services.entries.owner_mail import mail_owner
from services.entries.rows import touch
from services.fellowships.settings import move_nominators_deadline
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallAction, CallActKind, CallState

_MOVABLE = (CallState.SCHEDULED, CallState.OPEN, CallState.CLOSED)
_EXTENDABLE = (CallState.OPEN, CallState.CLOSED, CallState.REVIEW)
_OVER = (CallState.DRAFT, CallState.RELEASED, CallState.ARCHIVED, CallState.CANCELLED)
_WRITABLE = ("draft", "submitted", "returned")


def possible_acts(call: Call) -> frozenset[CallActKind]:
    """What can be proposed to a call in its state at all."""
    found = set() if call.state in _OVER else {CallActKind.CANCEL}
    if call.closes_at is not None and call.state in _MOVABLE:
        found |= {CallActKind.MOVE_DEADLINE, CallActKind.CORRECT}
    if call.closes_at is not None and call.state in _EXTENDABLE:
        found.add(CallActKind.EXTEND)
    return frozenset(found)


def check_act(
    session: Session,
    call: Call,
    entry: Entry | None,
    kind: CallActKind,
    payload: Mapping[str, Any],
    now: datetime,
) -> None:
    """Can this be done to the call as it is now? Raises Conflict, Invalid by field."""
    if kind is CallActKind.CANCEL:
        if kind not in possible_acts(call):
            raise Conflict(Message("This call can no longer be cancelled."), code="wrong_state")
    elif kind is CallActKind.EXTEND:
        _check_extension(call, entry, _instant(payload, "until"), now)
    elif kind not in possible_acts(call) or call.closes_at is None:
        raise Conflict(
            Message("Only a call with a deadline that is announced, open or just closed can change."),
            code="wrong_state",
        )
    elif kind is CallActKind.MOVE_DEADLINE:
        _check_later(_instant(payload, "closes_at"), max(call.closes_at, now), "closes_at")
    else:
        _check_correction(session, call, payload, now)


def _check_extension(call: Call, entry: Entry | None, until: datetime | None, now: datetime) -> None:
    if CallActKind.EXTEND not in possible_acts(call) or call.closes_at is None:
        raise Conflict(Message("This call takes no more entries at all."), code="wrong_state")
    if entry is None or entry.state not in _WRITABLE:
        raise Conflict(Message("This entry can no longer be changed."), code="wrong_state")
    _check_later(until, max(call.closes_at, entry.extended_until or now, now), "until")


def _check_later(value: datetime | None, than: datetime, field: str) -> None:
    if value is None or value <= than:
        raise Invalid({field: [Message("This must be later than {at}.", at=than)]})


def _check_correction(session: Session, call: Call, payload: Mapping[str, Any], now: datetime) -> None:
    changes = _changes(payload)
    wrong = sorted(set(changes) - set(CORRECTABLE))
    if wrong:
        raise Invalid(
            {name: [Message("This is pinned. It needs a new call, not a correction.")] for name in wrong}
        )
    if len(changes) < 2:
        raise Invalid({"changes": [Message("Say what is corrected, and give the new deadline.")]})
    assert call.closes_at is not None  # noqa: S101 -- asked by the caller
    earliest = earliest_deadline(call.opens_at, call.closes_at, now)
    closes_at = changes.get("closes_at")
    if closes_at is None or closes_at < earliest:
        words = Message("A correction starts the deadline anew: it must be {at} or later.", at=earliest)
        raise Invalid({"closes_at": [words]})
    check(session, content_of(call, programmes.names(session)) | changes)


def carry_out(
    session: Session, actor: Actor, call: Call, entry: Entry | None, act: CallAct, now: datetime
) -> None:
    """It happens now, in the transaction of whoever confirmed."""
    if act.kind is CallActKind.CANCEL:
        step(session, actor, call, CallAction.CANCEL, now, reason=act.reason)
    elif act.kind is CallActKind.EXTEND and entry is not None:
        _extend(session, actor, call, entry, act, now)
    elif act.kind is CallActKind.MOVE_DEADLINE:
        _apply(session, actor, call, {"closes_at": _instant(act.payload, "closes_at")}, act, now)
    else:
        _correct(session, actor, call, act, now)


def _apply(
    session: Session, actor: Actor, call: Call, changes: Mapping[str, Any], act: CallAct, now: datetime
) -> dict[str, Any]:
    """Write changes into an announced call and open it again if it had closed; returns what was there."""
    before = {name: getattr(call, name) for name in changes}
    for name, value in changes.items():
        setattr(call, name, value)
    call.updated_at = now
    session.flush()
    if "closes_at" in changes:
        move_nominators_deadline(session, call, before["closes_at"], now=now)
    if call.state is CallState.CLOSED:
        step(session, actor, call, CallAction.REOPEN, now, reason=act.reason)
    states = {"before": as_json(before), "after": as_json(changes)}
    record(session, actor, f"call.{act.kind.value}", call, now=now, reason=act.reason, **states)
    return before


def _correct(session: Session, actor: Actor, call: Call, act: CallAct, now: datetime) -> None:
    changes = _changes(act.payload)
    before = _apply(session, actor, call, changes, act, now)
    check_complete(session, call, now)
    last = sa.select(sa.func.coalesce(sa.func.max(CallCorrection.number), 0)).where(
        CallCorrection.call_id == call.id
    )
    session.add(
        CallCorrection(
            call_id=call.id,
            number=session.execute(last).scalar_one() + 1,
            reason=act.reason,
            before=as_json(before),
            after=as_json(changes),
            published_at=now,
        )
    )
    session.flush()


def _extend(session: Session, actor: Actor, call: Call, entry: Entry, act: CallAct, now: datetime) -> None:
    until = _instant(act.payload, "until")
    alone = act.proposed_by_id == actor.account_id
    session.add(
        Extension(
            call_id=call.id,
            entry_id=entry.id,
            until=until,
            reason=act.reason,
            proposed_by_id=None if alone else act.proposed_by_id,
            granted_by_id=actor.account_id,
            granted_at=now,
        )
    )
    before, entry.extended_until = entry.extended_until, until
    touch(entry, now)
    session.flush()
    audit.record(
        session,
        actor,
        "entry.extend",
        ("entry", entry.ref),
        now=now,
        before={"extended_until": before.isoformat() if before else None},
        after={"extended_until": until.isoformat() if until else None},
        reason=act.reason,
    )
    if until is not None:
        mail_owner(session, entry, "extended", {"until": until.isoformat()}, now)


def _instant(payload: Mapping[str, Any], name: str) -> datetime | None:
    value = payload.get(name)
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _changes(payload: Mapping[str, Any]) -> dict[str, Any]:
    changes = dict(payload.get("changes") or {})
    if "closes_at" in changes:
        changes["closes_at"] = _instant(changes, "closes_at")
    return changes
