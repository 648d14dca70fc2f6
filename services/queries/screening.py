"""What an officer looks at to screen one entry, and what its owner is asked. Findings, changes, reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry, Revision
from models.people import Account
from models.reviews import Assignment, Review
from models.screening import Screening
from procedure.access import may, refusal
from procedure.facts import ItemFacts
from procedure.reasons import REASONS
from services.entries.differences import FieldDifference, differences
from services.entries.rows import fetch
from services.entries.visibility import shown_fields
from services.facts import entry_facts
from services.screening import REASON_CODES, ineligible_facts, open_ineligible
from vocabulary.actions import Action
from vocabulary.errors import NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallState, EntryKind, RequestState, ReviewState, ScreeningKind

WAYS = (
    Action.ENTRY_SCREEN,
    Action.ENTRY_RETURN,
    Action.ENTRY_PROPOSE_RETURN,
    Action.ENTRY_PROPOSE_INELIGIBLE,
    Action.ENTRY_RESTORE,
)
"""Whoever may do one of these may look."""

KIND_NAMES: Mapping[ScreeningKind, Message] = {
    ScreeningKind.ELIGIBLE: Message("Found eligible"),
    ScreeningKind.RETURN_PROPOSED: Message("Questions proposed"),
    ScreeningKind.RETURNED: Message("Returned with questions"),
    ScreeningKind.INELIGIBLE: Message("Found not eligible"),
    ScreeningKind.REVERSED: Message("Found eligible after all"),
    ScreeningKind.LAPSED: Message("Lapsed"),
    ScreeningKind.REOPENED: Message("Opened again"),
    ScreeningKind.RESTORED: Message("Taken up again"),
}
_WRITTEN = (ReviewState.DRAFT, ReviewState.SUBMITTED, ReviewState.RETURNED, ReviewState.LOCKED)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding, in words."""

    name: Message
    at: datetime
    by: str | None
    revision_number: int
    is_of_latest: bool
    reason: Message | None
    text: str | None
    questions: tuple[str, ...]
    due_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    is_alone: bool


@dataclass(frozen=True, slots=True)
class ScreeningPage:
    """One entry on the desk of an officer."""

    ref: str
    kind: EntryKind
    version: int
    state: str
    title: str | None
    language: str | None
    call_ref: str | None
    phase: CallState | None
    revision_number: int
    is_screened: bool
    is_confirmed: bool
    findings: tuple[FindingRow, ...]
    changes: tuple[FieldDifference, ...]
    outside: tuple[Message, ...]
    n_older_reviews: int
    proposed: tuple[str, ...]
    possible: frozenset[str]


def screening_page(session: Session, actor: Actor, ref: str, *, now: datetime) -> ScreeningPage:
    """Everything about one entry for whoever screens it.

    Raises Refused before the conflict question is answered, NotFound for everybody else.
    """
    entry = fetch(session, ref)
    facts = entry_facts(session, entry, actor)
    if not any(may(actor, way, facts, now) for way in WAYS):
        if any(refusal(actor, way, facts, now) == "conflict_unanswered" for way in WAYS):
            raise Refused(REASONS["conflict_unanswered"], code="conflict_unanswered")
        raise NotFound
    call = session.get(Call, entry.call_id) if entry.call_id is not None else None
    rows = list(
        session.execute(
            sa.select(Screening).where(Screening.entry_id == entry.id).order_by(Screening.id.desc())
        ).scalars()
    )
    latest = rows[0] if rows else None
    waiting = open_ineligible(session, entry)
    is_screened = any(
        row.kind is ScreeningKind.ELIGIBLE and row.revision_number == entry.revision_number for row in rows
    )
    return ScreeningPage(
        ref=entry.ref,
        kind=entry.kind,
        version=entry.version,
        state=entry.state,
        title=entry.title,
        language=entry.language,
        call_ref=call.ref if call else None,
        phase=call.state if call else None,
        revision_number=entry.revision_number,
        is_screened=is_screened,
        is_confirmed=waiting is not None and waiting.confirmed_at is not None,
        findings=tuple(_row(session, row, entry) for row in rows),
        changes=_last_changes(session, actor, entry, facts, now),
        outside=outside_of(call, entry.organisation_country, entry.organisation_kind),
        n_older_reviews=_older_reviews(session, entry),
        proposed=tuple(latest.questions)
        if latest is not None and latest.kind is ScreeningKind.RETURN_PROPOSED
        else (),
        possible=_possible(actor, entry, call, facts, waiting, is_screened, now),
    )


def questions_to(session: Session, actor: Actor, ref: str, *, now: datetime) -> FindingRow | None:
    """What the owner of a returned entry is asked, and until when; None for anybody else and otherwise."""
    entry = fetch(session, ref)
    facts = entry_facts(session, entry, actor)
    if entry.state != "returned" or not may(actor, Action.ENTRY_EDIT, facts, now):
        return None
    row = session.execute(
        sa.select(Screening)
        .where(
            Screening.entry_id == entry.id,
            Screening.kind.in_((ScreeningKind.RETURNED, ScreeningKind.REOPENED)),
        )
        .order_by(Screening.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return _row(session, row, entry, is_named=False) if row is not None else None


def outside_of(call: Call | None, country: str | None, kind: str | None) -> tuple[Message, ...]:
    """Where the organisation lies outside of what the call is for; people judge, the service only says so."""
    if call is None:
        return ()
    wanted: Mapping[str, Sequence[str]] = call.eligibility or {}
    found = []
    if wanted.get("countries") and country not in wanted["countries"]:
        found.append(Message("The country of the organisation is not among those that the call is for."))
    if wanted.get("kinds") and kind not in wanted["kinds"]:
        found.append(Message("The organisation is not of a kind that the call is for."))
    return tuple(found)


def _possible(
    actor: Actor,
    entry: Entry,
    call: Call | None,
    facts: ItemFacts,
    waiting: Screening | None,
    is_screened: bool,
    now: datetime,
) -> frozenset[str]:
    """The acts whose forms are shown; each is checked again when it is done."""
    is_request = entry.kind is EntryKind.REQUEST
    state = entry.state
    phase = call.state if call else None
    asked = {
        "eligible": is_request
        and state == RequestState.SUBMITTED
        and not is_screened
        and may(actor, Action.ENTRY_SCREEN, facts, now),
        "return": is_request
        and may(actor, Action.ENTRY_RETURN, facts, now)
        and (phase in (None, CallState.CLOSED, CallState.REVIEW) or state == RequestState.DELIBERATION),
        "propose_return": is_request and may(actor, Action.ENTRY_PROPOSE_RETURN, facts, now),
        "ineligible": is_request and may(actor, Action.ENTRY_PROPOSE_INELIGIBLE, facts, now),
        "reopen": is_request
        and state == RequestState.LAPSED
        and may(actor, Action.ENTRY_RESTORE, facts, now),
        "restore": state == "withdrawn"
        and phase not in (CallState.DECIDED, CallState.RELEASED, CallState.ARCHIVED)
        and may(actor, Action.ENTRY_RESTORE, facts, now),
        "check": not is_request and state == "submitted" and may(actor, Action.ENTRY_SCREEN, facts, now),
        "return_offer": not is_request
        and state == "submitted"
        and may(actor, Action.ENTRY_RETURN, facts, now),
    }
    if waiting is not None and state == RequestState.INELIGIBLE:
        narrowed = ineligible_facts(facts, waiting)
        asked["confirm"] = waiting.confirmed_at is None and may(
            actor, Action.ENTRY_MARK_INELIGIBLE, narrowed, now
        )
        asked["reverse"] = may(actor, Action.ENTRY_RESTORE, narrowed, now)
    return frozenset(name for name, holds in asked.items() if holds)


def _row(session: Session, row: Screening, entry: Entry, *, is_named: bool = True) -> FindingRow:
    def name(account_id: int | None) -> str | None:
        return session.get_one(Account, account_id).name if is_named and account_id is not None else None

    return FindingRow(
        name=KIND_NAMES[row.kind],
        at=row.at,
        by=name(row.by_id),
        revision_number=row.revision_number,
        is_of_latest=row.revision_number == entry.revision_number,
        reason=REASON_CODES.get(row.reason_code or ""),
        text=row.text,
        questions=tuple(row.questions),
        due_at=row.due_at,
        confirmed_by=name(row.confirmed_by_id),
        confirmed_at=row.confirmed_at,
        is_alone=row.is_alone,
    )


def _last_changes(
    session: Session, actor: Actor, entry: Entry, facts: ItemFacts, now: datetime
) -> tuple[FieldDifference, ...]:
    """What the latest version changed from the one before, in the fields that the reader sees."""
    if entry.revision_number < 2:
        return ()
    contents: list[Mapping[str, Any]] = list(
        session.execute(
            sa.select(Revision.content)
            .where(Revision.entry_id == entry.id)
            .order_by(Revision.number.desc())
            .limit(2)
        ).scalars()
    )
    shown = shown_fields(actor, entry.kind, entry.public_fields, facts, now)
    new, old = ({name: value for name, value in one.items() if name in shown} for one in contents)
    return tuple(differences(old, new))


def _older_reviews(session: Session, entry: Entry) -> int:
    """Reviews that were begun on a version before the latest."""
    latest = sa.select(sa.func.max(Revision.id)).where(Revision.entry_id == entry.id).scalar_subquery()
    query = (
        sa.select(sa.func.count(Review.id))
        .join(Assignment, Assignment.id == Review.assignment_id)
        .where(Assignment.entry_id == entry.id, Review.state.in_(_WRITTEN), Review.revision_id < latest)
    )
    return int(session.execute(query).scalar_one())
