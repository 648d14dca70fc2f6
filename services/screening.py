"""An officer screens an entry: eligible, returned with questions, not eligible, and what undoes each.

Each finding is a row of its own about one submitted version, and none is ever changed but to end it. What is
found not eligible waits for a second officer, and is told to the owner only when the results are released.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.screening import Screening
from procedure.access import require
from procedure.facts import ItemFacts
from procedure.lifecycle import advance_entry
from services import audit
from services.decisions import findings
from services.entries.owner_mail import mail_owner
from services.entries.rows import check_version, fetch_for, note_change, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallState, EntryAction, EntryKind, RequestState, ScreeningKind

REASON_CODES: Mapping[str, Message] = {
    "country": Message("The country is not one that the call is for"),
    "kind": Message("The organisation is not of a kind that the call is for"),
    "scope": Message("What is asked for lies outside the call"),
    "duplicate": Message("The same was submitted twice"),
    "incomplete": Message("Essential answers are missing and were not given when asked for"),
    "late": Message("It came after the deadline"),
    "other": Message("Another reason, set out in words"),
}
MOST_QUESTIONS = 20
LONGEST_TEXT = 4_000
_RETURN_PHASES = (None, CallState.CLOSED, CallState.REVIEW)
_BEFORE_THE_END = (None, CallState.OPEN, CallState.CLOSED, CallState.REVIEW, CallState.DELIBERATION)
SHORTEST_ANSWER_TIME = timedelta(days=1)


def find_eligible(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Entry:
    """The version that was submitted last can be scored. Raises Conflict where that was found before."""
    entry, _ = fetch_for(session, actor, Action.ENTRY_SCREEN, ref, now=now, lock=True)
    check_version(entry, expected_version)
    if entry.kind is not EntryKind.REQUEST or entry.state != RequestState.SUBMITTED:
        raise Conflict(Message("Only a submitted request is screened."), code="wrong_state")
    latest = last_finding(session, entry)
    if latest is not None and latest.kind is ScreeningKind.ELIGIBLE and _is_current(latest, entry):
        raise Conflict(Message("This version was found eligible already."), code="unchanged")
    _add(session, entry, ScreeningKind.ELIGIBLE, actor, now)
    _write(session, actor, entry, "entry.find_eligible", now, after={"revision": entry.revision_number})
    return entry


def propose_return(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    questions: Sequence[str],
    *,
    now: datetime,
) -> Entry:
    """A moderator asks the officer to put questions to the owner."""
    entry, _ = fetch_for(session, actor, Action.ENTRY_PROPOSE_RETURN, ref, now=now, lock=True)
    check_version(entry, expected_version)
    asked = _questions(questions)
    _add(session, entry, ScreeningKind.RETURN_PROPOSED, actor, now, questions=asked)
    _write(session, actor, entry, "entry.propose_return", now, after={"n_questions": len(asked)})
    return entry


def return_with_questions(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    questions: Sequence[str],
    due_at: datetime,
    *,
    now: datetime,
) -> Entry:
    """Ask the owner of a request; the clock runs until `due_at` and the grace of the call.

    Possible once the call has closed. During deliberation only where the call allows a question round, and
    only what a moderator has proposed. Raises Invalid by field, Conflict.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_RETURN, ref, now=now, lock=True)
    check_version(entry, expected_version)
    asked = _questions(questions)
    if due_at < now + SHORTEST_ANSWER_TIME:
        raise Invalid({"due_at": [Message("Leave the owner at least a day to answer.")]})
    _check_round(session, entry, facts)
    _add(session, entry, ScreeningKind.RETURNED, actor, now, questions=asked, due_at=due_at)
    entry.due_at = due_at
    _move(session, actor, entry, EntryAction.RETURN, now, after={"due_at": due_at.isoformat()})
    mail_owner(
        session,
        entry,
        "returned",
        {"reason": "\n".join(f"{n}. {text}" for n, text in enumerate(asked, 1))},
        now,
        due_at=due_at,
    )
    return entry


def find_ineligible(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    reason_code: str,
    text: str,
    *,
    now: datetime,
) -> Entry:
    """Not eligible, for a reason. A second officer has to confirm it; nothing is told before the release."""
    entry, facts = fetch_for(session, actor, Action.ENTRY_PROPOSE_INELIGIBLE, ref, now=now, lock=True)
    check_version(entry, expected_version)
    errors: dict[str, Any] = {}
    if reason_code not in REASON_CODES:
        errors["reason_code"] = [Message("Choose one of the reasons.")]
    if not text.strip() or len(text) > LONGEST_TEXT:
        errors["text"] = [Message("Say why, in at most {n} signs; the owner will read it.", n=LONGEST_TEXT)]
    if errors:
        raise Invalid(errors)
    row = _add(
        session, entry, ScreeningKind.INELIGIBLE, actor, now, reason_code=reason_code, text=text.strip()
    )
    _move(session, actor, entry, EntryAction.MARK_INELIGIBLE, now, after={"reason_code": reason_code})
    if not facts.four_eyes:
        _confirm(session, actor, entry, row, now)
    return entry


def confirm_ineligible(
    session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime
) -> Entry:
    """A second officer agrees. Raises Refused for whoever found it, Conflict where nothing waits."""
    entry, row = _waiting(session, actor, ref, expected_version, Action.ENTRY_MARK_INELIGIBLE, now)
    if row.confirmed_at is not None:
        raise Conflict(Message("This was confirmed already."), code="unchanged")
    _confirm(session, actor, entry, row, now)
    return entry


def reverse_ineligible(
    session: Session, actor: Actor, ref: str, expected_version: int, reason: str, *, now: datetime
) -> Entry:
    """Another officer than the first finds it eligible after all; it goes on as submitted."""
    entry, row = _waiting(session, actor, ref, expected_version, Action.ENTRY_RESTORE, now)
    row.ended_at = now
    findings.give_up(session, actor, entry, _reason(reason), now=now)
    _add(session, entry, ScreeningKind.REVERSED, actor, now, text=_reason(reason))
    _move(session, actor, entry, EntryAction.RESTORE, now, reason=reason)
    return entry


def reopen(
    session: Session,
    actor: Actor,
    ref: str,
    expected_version: int,
    due_at: datetime,
    reason: str,
    *,
    now: datetime,
) -> Entry:
    """Give the owner of a lapsed request another term, once."""
    entry, _ = fetch_for(session, actor, Action.ENTRY_RESTORE, ref, now=now, lock=True)
    check_version(entry, expected_version)
    if entry.state != RequestState.LAPSED:
        raise Conflict(Message("Only a lapsed entry is opened again."), code="wrong_state")
    if finding(session, entry, ScreeningKind.REOPENED) is not None:
        raise Conflict(Message("It was opened again once; it stays lapsed."), code="twice")
    if due_at < now + SHORTEST_ANSWER_TIME:
        raise Invalid({"due_at": [Message("Leave the owner at least a day to answer.")]})
    asked = finding(session, entry, ScreeningKind.RETURNED)
    questions = list(asked.questions) if asked else []
    reason = _reason(reason)
    _add(session, entry, ScreeningKind.REOPENED, actor, now, text=reason, due_at=due_at, questions=questions)
    entry.due_at = due_at
    _move(session, actor, entry, EntryAction.RESTORE, now, reason=reason)
    mail_owner(session, entry, "returned", {"reason": "\n".join(questions)}, now, due_at=due_at)
    return entry


def restore_withdrawn(
    session: Session, actor: Actor, ref: str, expected_version: int, reason: str, *, now: datetime
) -> Entry:
    """Take a withdrawn entry up again on the owner's written request, which `reason` tells of.

    It starts again as submitted, and only before the deliberation of its call has ended.
    """
    entry, facts = fetch_for(session, actor, Action.ENTRY_RESTORE, ref, now=now, lock=True)
    check_version(entry, expected_version)
    if entry.state != "withdrawn":
        raise Conflict(Message("Only a withdrawn entry is taken up again."), code="wrong_state")
    if facts.call_phase not in _BEFORE_THE_END:
        raise Conflict(Message("The deliberation has ended; it stays withdrawn."), code="wrong_state")
    reason = _reason(reason)
    for row in _findings(session, entry, ScreeningKind.INELIGIBLE):
        row.ended_at = row.ended_at or now
    _add(session, entry, ScreeningKind.RESTORED, actor, now, text=reason)
    entry.withdrawn_at = None
    _move(session, actor, entry, EntryAction.RESTORE, now, reason=reason)
    return entry


# --- rows -------------------------------------------------------------------------------------------------


def last_finding(session: Session, entry: Entry) -> Screening | None:
    """What was found last, of any kind."""
    query = sa.select(Screening).where(Screening.entry_id == entry.id)
    return session.execute(query.order_by(Screening.id.desc()).limit(1)).scalar_one_or_none()


def finding(session: Session, entry: Entry, kind: ScreeningKind) -> Screening | None:
    """The last finding of a kind."""
    rows = _findings(session, entry, kind)
    return rows[-1] if rows else None


def open_ineligible(session: Session, entry: Entry) -> Screening | None:
    """The finding by which an entry is not eligible now, confirmed or not."""
    rows = [row for row in _findings(session, entry, ScreeningKind.INELIGIBLE) if row.ended_at is None]
    return rows[-1] if rows else None


def _findings(session: Session, entry: Entry, kind: ScreeningKind) -> list[Screening]:
    query = sa.select(Screening).where(Screening.entry_id == entry.id, Screening.kind == kind)
    return list(session.execute(query.order_by(Screening.id)).scalars())


def _is_current(row: Screening, entry: Entry) -> bool:
    return row.revision_number == entry.revision_number


def _check_round(session: Session, entry: Entry, facts: ItemFacts) -> None:
    """When may questions be put?"""
    if entry.state == RequestState.DELIBERATION:
        call = session.get(Call, entry.call_id) if entry.call_id is not None else None
        proposed = last_finding(session, entry)
        if call is not None and not call.question_round:
            raise Conflict(Message("This call has no question round."), code="wrong_state")
        if proposed is None or proposed.kind is not ScreeningKind.RETURN_PROPOSED:
            raise Conflict(
                Message("In deliberation a moderator proposes the questions first."), code="wrong_state"
            )
    elif facts.call_phase not in _RETURN_PHASES:
        raise Conflict(
            Message("Questions can be put once the call has closed, and before the deliberation."),
            code="wrong_state",
        )


def _waiting(
    session: Session, actor: Actor, ref: str, expected_version: int, action: Action, now: datetime
) -> tuple[Entry, Screening]:
    """An entry found not eligible, and the finding; whoever found it may not be the one to act."""
    entry, facts = fetch_for(session, actor, Action.ENTRY_READ, ref, now=now, lock=True)
    row = open_ineligible(session, entry)
    require(actor, action, ineligible_facts(facts, row) if row is not None else facts, now)
    if row is None or entry.state != RequestState.INELIGIBLE:
        raise Conflict(Message("This was not found ineligible."), code="wrong_state")
    check_version(entry, expected_version)
    return entry, row


def ineligible_facts(facts: ItemFacts, row: Screening) -> ItemFacts:
    """The facts of an entry for whoever confirms or reverses what the first officer found."""
    involved = frozenset({row.by_id} if row.by_id is not None else ())
    return replace(facts, proposed_by_id=row.by_id, involved_ids=involved if facts.four_eyes else frozenset())


def _confirm(session: Session, actor: Actor, entry: Entry, row: Screening, now: datetime) -> None:
    row.confirmed_at, row.confirmed_by_id = now, actor.account_id
    row.is_alone = row.by_id == actor.account_id
    _write(
        session,
        actor,
        entry,
        "entry.confirm_ineligible",
        now,
        after={"reason_code": row.reason_code, "alone": row.is_alone},
    )
    findings.take_up(session, actor, entry, row, now=now)


def _add(
    session: Session, entry: Entry, kind: ScreeningKind, actor: Actor, now: datetime, **more: Any
) -> Screening:
    row = Screening(
        entry_id=entry.id,
        revision_number=entry.revision_number,
        kind=kind,
        by_id=actor.account_id,
        at=now,
        **({"questions": []} | more),
    )
    session.add(row)
    session.flush()
    return row


def _move(
    session: Session,
    actor: Actor,
    entry: Entry,
    step: EntryAction,
    now: datetime,
    *,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    before, entry.state = entry.state, advance_entry(entry.kind, entry.state, step)
    states = {"state": entry.state} | dict(after or {})
    _write(session, actor, entry, f"entry.{step.value}", now, {"state": before}, states, reason)


def _write(
    session: Session,
    actor: Actor,
    entry: Entry,
    event: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session, actor, event, ("entry", entry.ref), now=now, before=before, after=after, reason=reason
    )


def _questions(questions: Sequence[str]) -> list[str]:
    asked = [text.strip() for text in questions if text.strip()]
    if not asked:
        raise Invalid({"questions": [Message("Write at least one question.")]})
    if len(asked) > MOST_QUESTIONS or max(map(len, asked)) > LONGEST_TEXT:
        raise Invalid({"questions": [Message("Ask at most {n} questions, and keep each short.", n=20)]})
    return asked


def _reason(reason: str) -> str:
    if not reason.strip() or len(reason) > LONGEST_TEXT:
        raise Invalid({"reason": [Message("Give the reason, in at most {n} signs.", n=LONGEST_TEXT)]})
    return reason.strip()
