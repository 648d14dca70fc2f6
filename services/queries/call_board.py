"""How does one call stand, for whoever runs it? Its work, next steps, acts, extensions and questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.calls import Call, CallCorrection
from procedure.access import may, require
from procedure.calls import obstacles
from procedure.facts import ANYWHERE
from procedure.lifecycle import CALL_STEPS, actions_from
from services import call_acts, call_questions
from services.call_acts import ActRow, ExtensionRow
from services.call_changes import possible_acts
from services.call_content import CallSheet, sheet
from services.call_progress import progress_of
from services.call_questions import AskedQuestion
from services.calls import BY_PERSON, fetch_call, has_ended, may_announce
from services.facts import call_facts
from services.queries.board import board, counts_by_state
from services.queries.work import Work
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.labels import label_of
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallAction, CallActKind, CallKind, CallState

MOST_EVENTS = 30


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to the call."""

    at: datetime
    action: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction that was published."""

    number: int
    reason: str
    published_at: datetime
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallBoard:
    """Everything on the board of one call."""

    sheet: CallSheet
    is_scored: bool
    may_edit: bool
    may_announce: bool
    possible_acts: frozenset[CallActKind]
    may_see_figures: bool
    is_before_opening: bool
    counts: tuple[tuple[Message, int], ...]
    work: tuple[Work, ...]
    steps: tuple[CallAction, ...]
    waits_for: tuple[Message, ...]
    acts: tuple[ActRow, ...]
    extensions: tuple[ExtensionRow, ...]
    corrections: tuple[CorrectionRow, ...]
    questions: tuple[AskedQuestion, ...]
    events: tuple[Event, ...]


def call_board(session: Session, actor: Actor, ref: str, *, now: datetime, language: str) -> CallBoard:
    """The board of a call. Raises NotFound, and Refused for whoever does not run this call.

    Figures about entries leave out those on which the reader has a conflict of interest.
    """
    require(actor, Action.BOARD_LIST, ANYWHERE, now)
    call = fetch_call(session, actor, ref, now)
    facts = call_facts(call, opened_at=now)
    if not may(actor, Action.CALL_READ_DRAFT, facts, now):
        raise NotFound
    counts = counts_by_state(session, actor, ref)
    state = CallState.CLOSED if call.state is CallState.OPEN and has_ended(call, now) else call.state
    steps = tuple(step for step in actions_from(CALL_STEPS, state) if step in BY_PERSON)
    progress = progress_of(session, call, actor)
    return CallBoard(
        sheet=sheet(session, call, now),
        is_scored=call.kind in (CallKind.REQUESTS, CallKind.TARGETED),
        may_edit=call.state is CallState.DRAFT and may(actor, Action.CALL_EDIT, facts, now),
        may_announce=may_announce(session, actor, call, now),
        possible_acts=possible_acts(call),
        may_see_figures=may(actor, Action.REVIEW_READ_STATISTICS, facts, now)
        and call.state is not CallState.DRAFT,
        is_before_opening=call.state is CallState.SCHEDULED and call.opens_at > now,
        counts=tuple((label_of(name), n) for name, n in sorted(counts.items())),
        work=board(session, actor, now=now, language=language, call_id=call.id),
        steps=steps,
        waits_for=tuple(one.words for step in steps for one in obstacles(step, progress)),
        acts=call_acts.acts_of(session, actor, ref, now=now),
        extensions=call_acts.extensions_of(session, actor, ref, now=now),
        corrections=corrections_of(session, call),
        questions=call_questions.asked(session, actor, ref, now=now),
        events=_events(session, ref),
    )


def corrections_of(session: Session, call: Call) -> tuple[CorrectionRow, ...]:
    """What was corrected, the latest first; everybody may know."""
    rows = session.execute(
        sa.select(CallCorrection)
        .where(CallCorrection.call_id == call.id)
        .order_by(CallCorrection.number.desc())
    ).scalars()
    return tuple(CorrectionRow(row.number, row.reason, row.published_at, row.after) for row in rows)


def _events(session: Session, ref: str) -> tuple[Event, ...]:
    """What the audit trail holds about the call itself; acts on one entry have lists of their own."""
    rows = session.execute(
        sa.select(AuditEvent)
        .where(
            AuditEvent.subject_kind == "call",
            AuditEvent.subject_ref == ref,
            AuditEvent.action.not_in(("call.propose_act", "call.confirm_act", "call.drop_act", "call.ask")),
        )
        .order_by(AuditEvent.sequence.desc())
        .limit(MOST_EVENTS)
    ).scalars()
    return tuple(Event(row.at, row.action, row.reason) for row in rows)
