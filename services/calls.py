"""Write a call, announce it, and open it when its time has come.

A draft may be written by anybody who runs calls; announcing it needs somebody else than whoever wrote in it
last (the audit trail knows who that was). Announcing pins the criteria and rules that the call is judged by:
from then on neither those nor the text can be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.calls import Call
from models.reference import CriteriaSet, RuleSet
from procedure.access import may, require
from procedure.facts import NOTHING, ItemFacts
from procedure.lifecycle import CALL_STEPS, advance
from services import audit, vocabularies
from services.facts import call_facts
from services.queries.calls import PHASES, as_it_stands, is_open_at
from services.references import next_reference
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Unavailable
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor
from vocabulary.states import CallAction, CallKind, CallState

WRITTEN = (
    "kind",
    "title",
    "text",
    "strategies",
    "opens_at",
    "closes_at",
    "zone",
    "grace_minutes",
    "minimum_reviews",
    "blind_mode",
)
"""What a draft holds, as both doors name it."""

NOT_SCORED = (CallKind.OFFERS, CallKind.FELLOWSHIP)
"""Calls whose entries are not scored on the criteria, and pin none."""

_STALE = Message("Somebody else changed this meanwhile. Compare both versions and repeat your change.")
_NOT_A_DRAFT = Message("This call was announced; its text, dates and rules stay as they are.")
_DRAFT = Message("Draft")
Pins = Mapping[type[CriteriaSet] | type[RuleSet], Mapping[int, str]]
"""Versions of criteria sets and rule sets, by id."""

_TIME = {"opens_at", "closes_at"}


@dataclass(frozen=True, slots=True)
class CallSheet:
    """Everything of one call, with its texts in every language they were written in."""

    ref: str
    version: int
    state: CallState
    phase: Message
    is_open: bool
    content: Mapping[str, Any]
    criteria_version: str | None
    rule_version: str | None


def read_call(session: Session, actor: Actor, ref: str, *, now: datetime) -> CallSheet:
    """One call, a draft only for whoever runs calls. Raises NotFound."""
    return _sheet(session, _visible(session, actor, ref, now), now)


def list_calls(session: Session, actor: Actor, *, now: datetime) -> tuple[CallSheet, ...]:
    """For whoever runs calls the drafts; then what was announced: the open ones by deadline, the latest."""
    query = sa.select(Call).order_by(Call.opens_at.desc(), Call.id.desc())
    if not may(actor, Action.CALL_READ_DRAFT, NOTHING, now):
        query = query.where(Call.state != CallState.DRAFT)
    pins = _pins(session)
    sheets = [_sheet_of(call, pins, now) for call in session.execute(query).scalars()]
    drafts = [sheet for sheet in sheets if sheet.state is CallState.DRAFT]
    closing = sorted((sheet for sheet in sheets if sheet.is_open), key=_by_deadline)
    rest = [sheet for sheet in sheets if not sheet.is_open and sheet.state is not CallState.DRAFT]
    return (*drafts, *closing, *rest)


def _by_deadline(sheet: CallSheet) -> tuple[bool, float]:
    closes_at = sheet.content["closes_at"]
    return closes_at is None, closes_at.timestamp() if closes_at else 0.0


def create_call(session: Session, actor: Actor, content: Mapping[str, Any], *, now: datetime) -> CallSheet:
    """Begin a draft. Raises Refused, Invalid by field; `kind`, `title` and `opens_at` are needed.

    `content` has the names in WRITTEN; `title` and `text` hold a text by language.
    """
    require(actor, Action.CALL_CREATE, NOTHING, now)
    _check(session, content)
    call = Call(
        ref=next_reference(session, "CALL", now),
        state=CallState.DRAFT,
        eligibility={},
        created_at=now,
        updated_at=now,
        **({"text": {}, "strategies": [], "zone": "UTC"} | dict(content)),
    )
    session.add(call)
    session.flush()
    _record(session, actor, "call.create", call, now=now, after=_as_json(call, content))
    return _sheet(session, call, now)


def edit_call(
    session: Session,
    actor: Actor,
    ref: str,
    changes: Mapping[str, Any],
    expected_version: int,
    *,
    now: datetime,
) -> CallSheet:
    """Change a draft. Raises NotFound, Refused, Conflict (stale, or announced already), Invalid by field."""
    call = _visible(session, actor, ref, now, lock=True)
    require(actor, Action.CALL_EDIT, _facts(session, call, now), now)
    _check_version(session, call, expected_version)
    _check_draft(call)
    _check(session, _content(call) | dict(changes))
    before = _as_json(call, changes)
    for name, value in changes.items():
        setattr(call, name, value)
    call.updated_at = now
    session.flush()
    _record(session, actor, "call.edit", call, now=now, before=before, after=_as_json(call, changes))
    return _sheet(session, call, now)


def publish_call(
    session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime
) -> CallSheet:
    """Announce a draft with the criteria and rules in force, and open it if its time has come.

    Raises NotFound, Refused (whoever wrote in it last cannot announce it), Conflict, Invalid by field.
    """
    call = _visible(session, actor, ref, now, lock=True)
    require(actor, Action.CALL_PUBLISH, _facts(session, call, now), now)
    _check_version(session, call, expected_version)
    _check_draft(call)
    _check_complete(call, now)
    if call.kind not in NOT_SCORED:
        _pin(session, call, now)
    call.state = advance(CALL_STEPS, call.state, CallAction.SCHEDULE)
    if call.opens_at <= now:
        call.state = advance(CALL_STEPS, call.state, CallAction.OPEN)
    call.updated_at = now
    session.flush()
    sheet = _sheet(session, call, now)
    pinned = {"criteria_set": sheet.criteria_version, "rule_set": sheet.rule_version}
    states = {"before": {"state": CallState.DRAFT.value}, "after": {"state": call.state.value, **pinned}}
    _record(session, actor, "call.publish", call, now=now, **states)
    return sheet


def open_due_calls(session: Session, *, now: datetime) -> int:
    """Announced calls whose time has come take entries from now on; returns how many."""
    query = (
        sa.select(Call)
        .where(Call.state == CallState.SCHEDULED, Call.opens_at <= now)
        .order_by(Call.id)
        .with_for_update(skip_locked=True)
    )
    calls = session.execute(query).scalars().all()
    for call in calls:
        require(SYSTEM, Action.CALL_MOVE_ON, call_facts(call, opened_at=now), now)
        before, call.state = call.state, advance(CALL_STEPS, call.state, CallAction.OPEN)
        call.updated_at = now
        session.flush()
        states = {"before": {"state": before.value}, "after": {"state": call.state.value}}
        _record(session, SYSTEM, "call.open", call, now=now, **states)
    return len(calls)


# --- one call ---------------------------------------------------------------------------------------------


def _visible(session: Session, actor: Actor, ref: str, now: datetime, *, lock: bool = False) -> Call:
    query = sa.select(Call).where(Call.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    call = session.execute(query).scalar_one_or_none()
    if call is None:
        raise NotFound
    facts = call_facts(call, opened_at=now)
    if not any(may(actor, way, facts, now) for way in (Action.CALL_READ, Action.CALL_READ_DRAFT)):
        raise NotFound
    return call


def _facts(session: Session, call: Call, now: datetime) -> ItemFacts:
    """The facts of a call; the first of the two steps was taken by whoever wrote in the draft last."""
    written = session.execute(
        sa.select(AuditEvent.actor)
        .where(
            AuditEvent.subject_kind == "call",
            AuditEvent.subject_ref == call.ref,
            AuditEvent.action.in_(("call.create", "call.edit")),
        )
        .order_by(AuditEvent.sequence.desc())
        .limit(1)
    ).scalar_one_or_none()
    kind, _, number = (written or "").partition(":")
    return replace(call_facts(call, opened_at=now), proposed_by_id=int(number) if kind == "account" else None)


def _content(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in WRITTEN}


def _pins(session: Session) -> Pins:
    return {
        model: {row.id: row.version for row in session.execute(sa.select(model.id, model.version))}
        for model in (CriteriaSet, RuleSet)
    }


def _sheet(session: Session, call: Call, now: datetime) -> CallSheet:
    return _sheet_of(call, _pins(session), now)


def _sheet_of(call: Call, pins: Pins, now: datetime) -> CallSheet:
    return CallSheet(
        ref=call.ref,
        version=call.version,
        state=CallState(call.state),
        phase=_DRAFT if call.state is CallState.DRAFT else PHASES[as_it_stands(call, now)][0],
        is_open=is_open_at(call, now),
        content=_content(call),
        criteria_version=pins[CriteriaSet].get(call.criteria_set_id or 0),
        rule_version=pins[RuleSet].get(call.rule_set_id or 0),
    )


def _as_json(call: Call, names: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: getattr(call, name) for name in WRITTEN if name in names}
    return {
        name: value.isoformat() if name in _TIME and value is not None else value
        for name, value in values.items()
    }


def _record(session: Session, actor: Actor, action: str, call: Call, **more: Any) -> None:
    audit.record(session, actor, action, ("call", call.ref), **more)


# --- what holds -------------------------------------------------------------------------------------------


def _check_version(session: Session, call: Call, expected: int) -> None:
    if call.version != expected:
        current = {"ref": call.ref, "state": call.state.value, **_as_json(call, _content(call))}
        raise Conflict(_STALE, code="version_conflict", extra={"version": call.version, "current": current})


def _check_draft(call: Call) -> None:
    if call.state is not CallState.DRAFT:
        raise Conflict(_NOT_A_DRAFT, code="not_a_draft")


def _check(session: Session, content: Mapping[str, Any]) -> None:
    """What even a draft must hold, so that it can be stored and shown."""
    errors: dict[str, Any] = {
        name: [Message("This is missing.")] for name in ("kind", "title", "opens_at") if not content.get(name)
    }
    known = vocabularies.terms(session, "strategies")
    unknown = sorted(set(content.get("strategies") or ()) - set(known))
    if unknown:
        errors["strategies"] = [Message("There is no “{code}” in this list.", code=unknown[0])]
    if "zone" in content and content["zone"] not in available_timezones():
        errors["zone"] = [Message("This must be a time zone such as Europe/Berlin.")]
    opens_at, closes_at = content.get("opens_at"), content.get("closes_at")
    if opens_at and closes_at and closes_at <= opens_at:
        errors["closes_at"] = [Message("The call must close after it opens.")]
    if errors:
        raise Invalid(errors)


def _check_complete(call: Call, now: datetime) -> None:
    """What an announcement needs besides."""
    errors: dict[str, Any] = {}
    lacking = sorted(set(call.title) ^ set(call.text))
    if not call.text or lacking:
        errors["text"] = [Message("Give title and text in the same languages.")]
    if call.kind not in NOT_SCORED and not call.strategies:
        errors["strategies"] = [Message("Choose at least one strategy.")]
    if call.closes_at is not None and call.closes_at <= now:
        errors["closes_at"] = [Message("This has passed already.")]
    if errors:
        raise Invalid(errors)


def _pin(session: Session, call: Call, now: datetime) -> None:
    """The criteria and rules in force; from now on nobody edits these versions of them."""
    criteria_set = session.execute(
        sa.select(CriteriaSet).order_by(CriteriaSet.id.desc()).limit(1)
    ).scalar_one_or_none()
    rule_set = session.execute(sa.select(RuleSet).order_by(RuleSet.id.desc()).limit(1)).scalar_one_or_none()
    if criteria_set is None or rule_set is None:
        raise Unavailable(Message("The reference data are not loaded yet."))
    call.criteria_set_id, call.rule_set_id = criteria_set.id, rule_set.id
    criteria_set.locked_at = criteria_set.locked_at or now
    rule_set.locked_at = rule_set.locked_at or now
