"""Write a call, announce it, move it from phase to phase, and open and close it when its time has come.

A draft may be written by anybody who runs calls; announcing it needs somebody else than whoever wrote in it
last (the audit trail knows who that was). Announcing pins the criteria, the rules and every setting that the
call is judged by: from then on none of it can be edited. What still changes a call, and needs two people, is
in services/call_acts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.reference import CriteriaSet, RuleSet
from procedure.access import may, require
from procedure.calls import obstacles
from procedure.facts import NOTHING, ItemFacts
from procedure.lifecycle import CALL_STEPS, advance
from services import audit, programmes
from services.call_content import (
    NOT_SCORED,
    CallSheet,
    as_json,
    check,
    check_complete,
    check_version,
    columns_of,
    content_of,
    known,
    sheet,
    sheet_of,
)
from services.call_progress import has_conflict_in, progress_of
from services.facts import call_facts, deadline
from services.fellowships.setting_checks import check_announceable
from services.fellowships.settings import copy_settings
from services.panels.deliberation import open_under
from services.references import next_reference
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor
from vocabulary.states import CallAction, CallState

BY_PERSON = (
    CallAction.START_REVIEW,
    CallAction.DELIBERATE,
    CallAction.DECIDE,
    CallAction.RELEASE,
    CallAction.ARCHIVE,
)
"""Steps that a person takes; a call opens and closes by the clock, and is cancelled by two people."""

_NOT_A_DRAFT = Message("This call was announced; its text, dates and rules stay as they are.")


def read_call(session: Session, actor: Actor, ref: str, *, now: datetime) -> CallSheet:
    """One call, a draft only for whoever runs calls. Raises NotFound."""
    return sheet(session, fetch_call(session, actor, ref, now), now)


def list_calls(session: Session, actor: Actor, *, now: datetime) -> tuple[CallSheet, ...]:
    """For whoever runs calls the drafts; then what was announced: the open ones by deadline, the latest."""
    query = sa.select(Call).order_by(Call.opens_at.desc(), Call.id.desc())
    if not may(actor, Action.CALL_READ_DRAFT, NOTHING, now):
        query = query.where(Call.state != CallState.DRAFT)
    about = known(session)
    sheets = [sheet_of(call, about, now) for call in session.execute(query).scalars()]
    drafts = [one for one in sheets if one.state is CallState.DRAFT]
    closing = sorted((one for one in sheets if one.is_open), key=_by_deadline)
    rest = [one for one in sheets if not one.is_open and one.state is not CallState.DRAFT]
    return (*drafts, *closing, *rest)


def _by_deadline(row: CallSheet) -> tuple[bool, float]:
    closes_at = row.content["closes_at"]
    return closes_at is None, closes_at.timestamp() if closes_at else 0.0


def create_call(session: Session, actor: Actor, content: Mapping[str, Any], *, now: datetime) -> CallSheet:
    """Begin a draft. Raises Refused, Invalid by field; `kind`, `title` and `opens_at` are needed.

    `content` has the names in WRITTEN; `title` and `text` hold a text by language.
    """
    require(actor, Action.CALL_CREATE, NOTHING, now)
    check(session, content)
    columns = {"text": {}, "strategies": [], "zone": "UTC", "eligibility": {}, "audience": {}}
    call = Call(
        ref=next_reference(session, "CALL", now),
        state=CallState.DRAFT,
        created_at=now,
        updated_at=now,
        **(columns | columns_of(session, content)),
    )
    session.add(call)
    session.flush()
    record(session, actor, "call.create", call, now=now, after=as_json(content))
    return sheet(session, call, now)


def require_to_write(actor: Actor, *, now: datetime) -> None:
    """Raises Refused for whoever may not begin a call; for the empty form."""
    require(actor, Action.CALL_CREATE, NOTHING, now)


def draft_to_edit(session: Session, actor: Actor, ref: str, *, now: datetime) -> CallSheet:
    """A draft, for its form. Raises NotFound, Refused, Conflict where it was announced."""
    call = fetch_call(session, actor, ref, now)
    require(actor, Action.CALL_EDIT, _facts(session, call, now), now)
    _check_draft(call)
    return sheet(session, call, now)


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
    call = fetch_call(session, actor, ref, now, lock=True)
    require(actor, Action.CALL_EDIT, _facts(session, call, now), now)
    check_version(session, call, expected_version)
    _check_draft(call)
    content = content_of(call, programmes.names(session))
    check(session, content | dict(changes))
    before = as_json({name: content[name] for name in changes})
    for name, value in columns_of(session, changes).items():
        setattr(call, name, value)
    call.updated_at = now
    session.flush()
    record(session, actor, "call.edit", call, now=now, before=before, after=as_json(changes))
    return sheet(session, call, now)


def new_version(session: Session, actor: Actor, ref: str, *, now: datetime) -> CallSheet:
    """A draft with everything that an announced call says, to take its place before it opens.

    Raises Conflict once the call has opened, or where such a draft is there already.
    """
    old = fetch_call(session, actor, ref, now, lock=True)
    require(actor, Action.CALL_CREATE, NOTHING, now)
    if old.state is not CallState.SCHEDULED or old.opens_at <= now:
        raise Conflict(
            Message("A new version is possible after the announcement and before the call opens."),
            code="wrong_state",
        )
    waiting = session.execute(
        sa.select(Call.ref).where(Call.supersedes_id == old.id, Call.state == CallState.DRAFT)
    ).scalar_one_or_none()
    if waiting is not None:
        raise Conflict(
            Message("There is a draft of a new version already: {ref}.", ref=waiting), code="twice"
        )
    made = create_call(session, actor, content_of(old, programmes.names(session)), now=now)
    call = session.execute(sa.select(Call).where(Call.ref == made.ref)).scalar_one()
    call.supersedes_id, call.edition, call.four_eyes = old.id, old.edition + 1, old.four_eyes
    session.flush()
    copy_settings(session, old, call, now=now)
    return sheet(session, call, now)


def publish_call(
    session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime
) -> CallSheet:
    """Announce a draft with its criteria and rules, and open it if its time has come.

    A call whose place it takes is cancelled in the same step. Raises NotFound, Refused (whoever wrote in it
    last cannot announce it), Conflict, Invalid by field.
    """
    call = fetch_call(session, actor, ref, now, lock=True)
    require(actor, Action.CALL_PUBLISH, _facts(session, call, now), now)
    check_version(session, call, expected_version)
    _check_draft(call)
    if call.kind not in NOT_SCORED:
        _pin(session, call, now)
    check_complete(session, call, now)
    check_announceable(session, call)
    _take_the_place(session, actor, call, now)
    call.state = advance(CALL_STEPS, call.state, CallAction.SCHEDULE)
    if call.opens_at <= now:
        call.state = advance(CALL_STEPS, call.state, CallAction.OPEN)
    call.updated_at = now
    session.flush()
    done = sheet(session, call, now)
    pinned = {"criteria_set": done.criteria_version, "rule_set": done.rule_version}
    if not call.four_eyes:
        pinned["alone"] = "yes"
    states = {"before": {"state": CallState.DRAFT.value}, "after": {"state": call.state.value, **pinned}}
    record(session, actor, "call.publish", call, now=now, **states)
    return done


def _pin(session: Session, call: Call, now: datetime) -> None:
    """The criteria and rules chosen, or those in force; from now on nobody edits these versions of them."""
    if call.criteria_set_id is None:
        call.criteria_set_id = programmes.in_force(session, CriteriaSet).id
    if call.rule_set_id is None:
        call.rule_set_id = programmes.in_force(session, RuleSet).id
    criteria_set = session.get_one(CriteriaSet, call.criteria_set_id)
    rule_set = session.get_one(RuleSet, call.rule_set_id)
    criteria_set.locked_at = criteria_set.locked_at or now
    rule_set.locked_at = rule_set.locked_at or now


def _take_the_place(session: Session, actor: Actor, call: Call, now: datetime) -> None:
    """The call of which this is a new version ends; it must not have opened meanwhile."""
    if call.supersedes_id is None:
        return
    old = session.execute(sa.select(Call).where(Call.id == call.supersedes_id).with_for_update()).scalar_one()
    if old.state is not CallState.SCHEDULED or old.opens_at <= now:
        raise Conflict(
            Message("The call has opened meanwhile. Publish a correction of it instead."), code="wrong_state"
        )
    step(session, actor, old, CallAction.CANCEL, now, reason=f"superseded by {call.ref}")


def set_four_eyes(
    session: Session, actor: Actor, ref: str, is_on: bool, reason: str, *, now: datetime
) -> CallSheet:
    """Switch the second person off for a call, or on again; only an administrator, and with a reason."""
    call = _locked(session, ref)
    require(actor, Action.CALL_SET_FOUR_EYES, call_facts(call, opened_at=now), now)
    if not reason.strip():
        raise Invalid({"reason": [Message("Say why. The audit trail keeps it.")]})
    before, call.four_eyes = call.four_eyes, is_on
    call.updated_at = now
    session.flush()
    changed = {"before": {"four_eyes": before}, "after": {"four_eyes": is_on}}
    record(session, actor, "call.set_four_eyes", call, now=now, reason=reason.strip(), **changed)
    return sheet(session, call, now)


def asks_for_two(session: Session, actor: Actor, ref: str, *, now: datetime) -> bool:
    """Does the call ask for a second person? For whoever may change that."""
    call = _one(session, sa.select(Call).where(Call.ref == ref))
    require(actor, Action.CALL_SET_FOUR_EYES, call_facts(call, opened_at=now), now)
    return call.four_eyes


def advance_call(
    session: Session,
    actor: Actor,
    ref: str,
    action: CallAction,
    *,
    now: datetime,
    expected_version: int | None = None,
    reason: str | None = None,
) -> CallSheet:
    """Move a call on to its next phase, one of BY_PERSON.

    What stands in the way is refused as Conflict (code "not_ready", `extra["obstacles"]`); some of it may be
    passed over with a reason, which the audit trail keeps. Whoever has a conflict of interest on an entry of
    the call leaves the step to a colleague, whatever state that entry is in. With the deliberation its
    reviews are locked.
    """
    call = fetch_call(session, actor, ref, now, lock=True)
    require(actor, Action.CALL_MOVE_ON, call_facts(call, opened_at=now), now)
    if expected_version is not None:
        check_version(session, call, expected_version)
    if action not in BY_PERSON:
        raise Conflict(Message("This step is not taken by hand."), code="wrong_state")
    if has_ended(call, now) and call.state is CallState.OPEN:
        step(session, SYSTEM, call, CallAction.CLOSE, now)
    advance(CALL_STEPS, call.state, action)  # refuses a step that is not possible, before anything is counted
    if has_conflict_in(session, actor, call):
        raise Refused(
            Message("You have a conflict of interest on an entry of this call. A colleague takes this step."),
            code="conflict_of_interest",
        )
    found = obstacles(action, progress_of(session, call))
    blocking = [one for one in found if not (one.may_pass and (reason or "").strip())]
    if blocking:
        raise Conflict(
            Message("The call is not ready for this: {what}", what=blocking[0].words),
            code="not_ready",
            extra={"obstacles": [str(one.words) for one in found]},
        )
    step(session, actor, call, action, now, reason=reason if found else None)
    if action is CallAction.DELIBERATE:
        open_under(session, actor, call, reason, now=now)
    return sheet(session, call, now)


# --- the clock --------------------------------------------------------------------------------------------


def open_due_calls(session: Session, *, now: datetime) -> int:
    """Announced calls whose time has come take entries from now on; returns how many."""
    due = _due(session, CallState.SCHEDULED, Call.opens_at <= now)
    return _by_clock(session, due, CallAction.OPEN, now)


def close_due_calls(session: Session, *, now: datetime) -> int:
    """Open calls whose deadline and grace are over close; returns how many."""
    due = [call for call in _due(session, CallState.OPEN, Call.closes_at <= now) if has_ended(call, now)]
    return _by_clock(session, due, CallAction.CLOSE, now)


def has_ended(call: Call, now: datetime) -> bool:
    """Are the deadline and the grace over?"""
    ends_at = deadline(call, call.opens_at)
    return ends_at is not None and ends_at <= now


def _due(session: Session, state: CallState, condition: sa.ColumnElement[bool]) -> list[Call]:
    query = sa.select(Call).where(Call.state == state, condition).order_by(Call.id)
    return list(session.execute(query.with_for_update(skip_locked=True)).scalars())


def _by_clock(session: Session, calls: list[Call], action: CallAction, now: datetime) -> int:
    for call in calls:
        require(SYSTEM, Action.CALL_MOVE_ON, call_facts(call, opened_at=now), now)
        step(session, SYSTEM, call, action, now)
    return len(calls)


# --- one call ---------------------------------------------------------------------------------------------


def fetch_call(session: Session, actor: Actor, ref: str, now: datetime, *, lock: bool = False) -> Call:
    """The call, where the actor may know of it; with `lock` nobody else changes it meanwhile."""
    call = _locked(session, ref) if lock else _one(session, sa.select(Call).where(Call.ref == ref))
    facts = call_facts(call, opened_at=now)
    if not any(may(actor, way, facts, now) for way in (Action.CALL_READ, Action.CALL_READ_DRAFT)):
        raise NotFound
    return call


def _locked(session: Session, ref: str) -> Call:
    query = sa.select(Call).where(Call.ref == ref).with_for_update()
    return _one(session, query.execution_options(populate_existing=True))


def _one(session: Session, query: sa.Select[Any]) -> Call:
    call: Call | None = session.execute(query).scalar_one_or_none()
    if call is None:
        raise NotFound
    return call


def step(
    session: Session,
    actor: Actor,
    call: Call,
    action: CallAction,
    now: datetime,
    *,
    reason: str | None = None,
) -> None:
    """One transition: possible from this state, written, recorded. Who may, the caller has asked."""
    before, call.state = call.state, advance(CALL_STEPS, call.state, action)
    if action is CallAction.CANCEL:
        call.state_reason = reason
    call.updated_at = now
    session.flush()
    states = {"before": {"state": before.value}, "after": {"state": call.state.value}}
    record(session, actor, f"call.{action.value}", call, now=now, reason=reason, **states)


def record(session: Session, actor: Actor, action: str, call: Call, **more: Any) -> None:
    """Note an event of a call."""
    audit.record(session, actor, action, ("call", call.ref), **more)


def _facts(session: Session, call: Call, now: datetime) -> ItemFacts:
    """The facts of a call; the first of the two steps was taken by whoever wrote in the draft last."""
    written = audit.last_actor(session, ("call", call.ref), ("call.create", "call.edit", "fellowship.edit"))
    kind, _, number = (written or "").partition(":")
    return replace(call_facts(call, opened_at=now), proposed_by_id=int(number) if kind == "account" else None)


def may_announce(session: Session, actor: Actor, call: Call, now: datetime) -> bool:
    """Is this a draft, and did somebody else than the actor write in it last?"""
    return call.state is CallState.DRAFT and may(actor, Action.CALL_PUBLISH, _facts(session, call, now), now)


def _check_draft(call: Call) -> None:
    if call.state is not CallState.DRAFT:
        raise Conflict(_NOT_A_DRAFT, code="not_a_draft")
