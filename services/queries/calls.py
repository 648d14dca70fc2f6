"""Which calls are there, how does each stand, and when does it close? What everybody may see of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call, CallCorrection
from procedure.access import may
from procedure.facts import ItemFacts
from services import vocabularies
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.messages import Message, message_in, plural_message
from vocabulary.people import Actor
from vocabulary.states import CallKind, CallState

KINDS: Mapping[CallKind, Message] = {
    CallKind.REQUESTS: Message("Call for requests"),
    CallKind.OFFERS: Message("Call for offers"),
    CallKind.FELLOWSHIP: Message("Fellowship call"),
    CallKind.TARGETED: Message("Targeted call"),
}
PHASES: Mapping[CallState, tuple[Message, Message]] = {
    CallState.SCHEDULED: (Message("Announced"), Message("The call opens at the time shown.")),
    CallState.OPEN: (message_in("a call", "Open"), Message("Anybody may send an entry until the deadline.")),
    CallState.CLOSED: (message_in("a call", "Closed"), Message("The secretariat checks what was sent.")),
    CallState.REVIEW: (Message("In review"), Message("Task-force members score the entries.")),
    CallState.DELIBERATION: (Message("In deliberation"), Message("The task force discusses the scores.")),
    CallState.DECIDED: (Message("Decided"), Message("The results are being prepared for release.")),
    CallState.RELEASED: (Message("Results released"), Message("Everybody who sent an entry has an answer.")),
    CallState.ARCHIVED: (Message("Archived"), Message("The call is over; its entries are kept.")),
    CallState.CANCELLED: (message_in("a call", "Cancelled"), Message("The call does not take place.")),
}
"""Public label of each state, and what happens now."""

_MAY_OPEN = (CallState.SCHEDULED, CallState.OPEN)


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call in one language; `countdown` says in words how long it stays open."""

    ref: str
    kind: CallKind
    kind_name: Message
    phase: Message
    happens: Message
    is_open: bool
    title: str
    text: str
    text_language: str
    strategies: tuple[str, ...]
    opens_at: datetime
    closes_at: datetime | None
    zone: str
    minimum_reviews: int
    countdown: Message | None
    grace_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What the page of a call says beyond its line: whom it is for, how it is judged, what was corrected."""

    countries: tuple[str, ...]
    kinds: tuple[str, ...]
    needs: tuple[str, ...]
    regions: tuple[str, ...]
    audience: str | None
    audience_language: str
    met_threshold: int
    scale: str
    blind_mode: bool
    is_public_result: bool
    question_round: bool
    conflict_years: int
    nationality_conflicts: bool
    retention_years: int
    grace_minutes: int
    state_reason: str | None
    superseded_by: str | None
    corrections: tuple[tuple[int, str, datetime], ...]
    takes_questions: bool


def announced_calls(session: Session, *, language: str, now: datetime) -> tuple[CallRow, ...]:
    """Every call that was announced: the open ones first, by deadline; then the latest."""
    found = session.execute(
        sa.select(Call).where(Call.state != CallState.DRAFT).order_by(Call.opens_at.desc(), Call.id.desc())
    ).scalars()
    rows = [_row(session, call, language, now) for call in found]
    closing = sorted((row for row in rows if row.is_open), key=_by_deadline)
    return (*closing, *(row for row in rows if not row.is_open))


def open_calls(session: Session, *, language: str, now: datetime) -> tuple[CallRow, ...]:
    """The calls that take entries now, the next to close first."""
    found = session.execute(
        sa.select(Call)
        .where(Call.state.in_(_MAY_OPEN), Call.opens_at <= now)
        .where(sa.or_(Call.closes_at.is_(None), Call.closes_at > now))
        .order_by(Call.id)
    ).scalars()
    return tuple(sorted((_row(session, call, language, now) for call in found), key=_by_deadline))


def call_page(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> CallRow:
    """One call. Raises NotFound when it is not announced, or does not exist."""
    call = session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one_or_none()
    if call is None or not may(
        actor, Action.CALL_READ, ItemFacts(call_id=call.id, call_phase=call.state), now
    ):
        raise NotFound
    return _row(session, call, language, now)


def call_details(session: Session, ref: str, *, language: str, now: datetime) -> CallDetails:
    """More of an announced call that the reader has already been shown."""
    call = session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one()
    eligibility, audience = call.eligibility or {}, call.audience or {}
    words = audience.get("text") or {}
    chosen = best_language(words, language)
    corrections = session.execute(
        sa.select(CallCorrection.number, CallCorrection.reason, CallCorrection.published_at)
        .where(CallCorrection.call_id == call.id)
        .order_by(CallCorrection.number.desc())
    ).all()
    superseded_by = session.execute(
        sa.select(Call.ref).where(Call.supersedes_id == call.id, Call.state != CallState.DRAFT)
    ).scalar_one_or_none()
    return CallDetails(
        countries=_labels(session, "countries", eligibility.get("countries"), language),
        kinds=_labels(session, "organisation_kinds", eligibility.get("kinds"), language),
        needs=_labels(session, "needs", audience.get("needs"), language),
        regions=_labels(session, "regions", audience.get("regions"), language),
        audience=words.get(chosen),
        audience_language=chosen,
        met_threshold=call.met_threshold,
        scale=call.scale,
        blind_mode=call.blind_mode,
        is_public_result=call.is_public_result,
        question_round=call.question_round,
        conflict_years=call.conflict_years,
        nationality_conflicts=call.nationality_conflicts,
        retention_years=call.retention_years,
        grace_minutes=call.grace_minutes,
        state_reason=call.state_reason,
        superseded_by=superseded_by,
        corrections=tuple((row.number, row.reason, row.published_at) for row in corrections),
        takes_questions=is_open_at(call, now),
    )


def _labels(session: Session, vocabulary: str, codes: Sequence[str] | None, language: str) -> tuple[str, ...]:
    names = vocabularies.labels(session, vocabulary, language)
    return tuple(names.get(code, code) for code in codes or ())


def invitation(session: Session, ref: str | None, language: str, *, now: datetime) -> CallRow | None:
    """The announced call that a form answers, or None where there is none of that reference."""
    if ref is None:
        return None
    call = session.execute(
        sa.select(Call).where(Call.ref == ref, Call.state != CallState.DRAFT)
    ).scalar_one_or_none()
    return _row(session, call, language, now) if call else None


def _by_deadline(row: CallRow) -> tuple[bool, float]:
    return row.closes_at is None, row.closes_at.timestamp() if row.closes_at else 0.0


def _row(session: Session, call: Call, language: str, now: datetime) -> CallRow:
    names = vocabularies.labels(session, "strategies", language)
    is_open = is_open_at(call, now)
    text_language = best_language(call.title, language)
    phase, happens = PHASES[as_it_stands(call, now)]
    return CallRow(
        ref=call.ref,
        kind=call.kind,
        kind_name=KINDS[call.kind],
        phase=phase,
        happens=happens,
        is_open=is_open,
        title=call.title[text_language],
        text=call.text.get(text_language, ""),
        text_language=text_language,
        strategies=tuple(names.get(code, code) for code in call.strategies),
        opens_at=call.opens_at,
        closes_at=call.closes_at,
        zone=call.zone,
        minimum_reviews=call.minimum_reviews,
        countdown=_countdown(call.closes_at - now) if is_open and call.closes_at else None,
        grace_until=_grace_until(call, now),
    )


def _grace_until(call: Call, now: datetime) -> datetime | None:
    """Until when a form that was opened in time can still be sent, in the minutes after the deadline."""
    if call.closes_at is None or call.state not in _MAY_OPEN or now < call.closes_at:
        return None
    ends_at = call.closes_at + timedelta(minutes=call.grace_minutes)
    return ends_at if now < ends_at else None


def is_open_at(call: Call, now: datetime) -> bool:
    """Does the call take new entries now, whatever a job has noted yet?"""
    has_closed = call.closes_at is not None and call.closes_at <= now
    return call.state in _MAY_OPEN and call.opens_at <= now and not has_closed


def as_it_stands(call: Call, now: datetime) -> CallState:
    """The clock opens and closes a call before a person or a job gets round to it."""
    if is_open_at(call, now):
        return CallState.OPEN
    is_past = call.closes_at is not None and call.closes_at <= now
    return CallState.CLOSED if call.state in _MAY_OPEN and is_past else CallState(call.state)


def best_language(texts: Mapping[str, str], language: str) -> str:
    """The language asked for, else English, else the first one there is."""
    return next((code for code in (language, "en", *texts) if texts.get(code)), "en")


def _countdown(left: timedelta) -> Message:
    minutes = int(left.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return plural_message("Closes in {n} day", "Closes in {n} days", minutes // (24 * 60))
    if minutes >= 120:
        return plural_message("Closes in {n} hour", "Closes in {n} hours", minutes // 60)
    return plural_message("Closes in {n} minute", "Closes in {n} minutes", max(minutes, 1))
