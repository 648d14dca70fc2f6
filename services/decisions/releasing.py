"""Make the decisions of a call known, all at once: what was shown before is what is sent, or nothing.

A preview lists every decision that is ready, with its letter, under one hash. A release repeats that hash:
where anything has changed since, or somebody else was quicker, nothing happens at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.decisions import Decision, Letter, Release
from models.entries import Entry
from models.operation import OutgoingMail
from models.reviews import Review
from procedure.access import may, refusal, require
from procedure.facts import ANYWHERE
from procedure.lifecycle import CALL_STEPS, REVIEW_STEPS, advance, advance_entry
from procedure.reasons import REASONS
from services import audit
from services.decisions.letters import TEMPLATE, address_of, hash_of, letter_values
from services.decisions.rows import decision_facts, in_force, under_way
from services.entries.rows import note_change, touch
from services.facts import call_facts, facts_of_entries
from services.references import next_reference
from services.reviews.rows import touch as touch_row
from vocabulary.actions import Action
from vocabulary.decisions import Outcome
from vocabulary.errors import Conflict, NotFound
from vocabulary.labels import label_of
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import (
    CallAction,
    CallState,
    EntryAction,
    EntryKind,
    RequestState,
    ReviewAction,
    ReviewState,
)

READY = (RequestState.DECIDED, RequestState.INELIGIBLE)
NOT_READY = (RequestState.SUBMITTED, RequestState.RETURNED, RequestState.IN_REVIEW, RequestState.DELIBERATION)
_UNSENT = (ReviewState.DRAFT, ReviewState.SUBMITTED, ReviewState.RETURNED)


@dataclass(frozen=True, slots=True)
class Ready:
    """One decision that goes out, with what its letter says and to whom it goes."""

    decision_ref: str
    decision_version: int
    entry_ref: str
    title: str | None
    language: str
    outcome: Outcome
    to: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """An entry of the call that stays behind, and why."""

    entry_ref: str
    title: str | None
    language: str | None
    why: Message


@dataclass(frozen=True, slots=True)
class Preview:
    """What a release would do now, under the hash that a release has to repeat."""

    call_ref: str
    call_title: Mapping[str, str]
    call_state: CallState
    ready: tuple[Ready, ...]
    held: tuple[Held, ...]
    seen_hash: str

    @property
    def n_letters(self) -> int:
        """Letters that go out; an entry without an address has none."""
        return sum(row.to is not None for row in self.ready)


@dataclass(frozen=True, slots=True)
class _Item:
    entry: Entry
    decision: Decision
    letter: Letter
    ready: Ready


def preview(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> Preview:
    """What would go out if this person released the results of the call now. Writes nothing.

    Raises NotFound, Refused. Entries on which the person has a conflict of interest are not told of.
    """
    call = _call(session, call_ref)
    require(actor, Action.DECISION_LIST, replace(ANYWHERE, call_id=call.id), now)
    entries = _entries(session, call)
    facts = facts_of_entries(session, entries, actor)
    items = _items(session, actor, entries, now)
    chosen = {item.entry.id for item in items}
    held = [
        Held(entry.ref, entry.title, entry.language, why)
        for entry in entries
        if entry.id not in chosen
        and may(actor, Action.DECISION_READ, facts[entry.id], now)
        and (why := _why_held(session, actor, entry, now)) is not None
    ]
    return Preview(
        call.ref, call.title, call.state, tuple(item.ready for item in items), tuple(held), _hash(items)
    )


def _call(session: Session, ref: str, *, lock: bool = False) -> Call:
    query = sa.select(Call).where(Call.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    call = session.execute(query).scalar_one_or_none()
    if call is None or call.state is CallState.DRAFT:
        raise NotFound
    return call


def _entries(session: Session, call: Call, *, lock: bool = False) -> Sequence[Entry]:
    states = (*READY, *NOT_READY)
    query = sa.select(Entry).where(Entry.call_id == call.id, Entry.state.in_(states)).order_by(Entry.id)
    if lock:
        query = query.with_for_update(of=Entry).execution_options(populate_existing=True)
    return session.execute(query).scalars().all()


def _items(session: Session, actor: Actor, entries: Sequence[Entry], now: datetime) -> list[_Item]:
    """Every decision that this person may release now, with its letter as it stands."""
    decisions = under_way(session, [entry.id for entry in entries if entry.state in READY])
    letters = {
        letter.decision_id: letter
        for letter in session.execute(
            sa.select(Letter).where(Letter.decision_id.in_([row.id for row in decisions.values()]))
        ).scalars()
    }
    found = []
    for entry in entries:
        decision = decisions.get(entry.id)
        if decision is None or decision.approved_by_id is None or decision.id not in letters:
            continue
        facts = decision_facts(session, entry, decision, actor)
        if not may(actor, Action.DECISION_RELEASE, facts, now):
            continue
        letter = letters[decision.id]
        values = letter_values(session, decision, entry, letter, now=now)
        ready = Ready(
            decision.ref,
            decision.version,
            entry.ref,
            entry.title,
            letter.language,
            Outcome(decision.outcome),
            address_of(session, entry),
            values,
        )
        found.append(_Item(entry, decision, letter, ready))
    return found


def _why_held(session: Session, actor: Actor, entry: Entry, now: datetime) -> Message | None:
    decision = under_way(session, [entry.id]).get(entry.id)
    if entry.state == RequestState.INELIGIBLE and decision is None:
        return Message("A second officer has not confirmed yet that it is not eligible.")
    if decision is not None and decision.approved_by_id is not None:
        facts = decision_facts(session, entry, decision, actor)
        code = refusal(actor, Action.DECISION_RELEASE, facts, now)
        return REASONS[code] if code else None
    if decision is not None:
        return Message("A decision is proposed and waits for its approval.")
    return Message("No decision is proposed yet: it is {state}.", state=label_of(entry.state))


def _hash(items: Sequence[_Item]) -> str:
    """SHA-256 over which decisions go out, at which version, to whom, and what each letter says."""
    seen = [
        [item.ready.decision_ref, item.ready.decision_version, item.ready.to, hash_of(item.ready.values)]
        for item in items
    ]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()


def release(session: Session, actor: Actor, call_ref: str, seen_hash: str, *, now: datetime) -> Release:
    """Release exactly what was seen, all of it or nothing.

    Raises Conflict "release_changed" where something is not as it was shown, "nothing_to_release" where
    nothing is ready (somebody else may have been quicker); Refused, NotFound.
    """
    call = _call(session, call_ref, lock=True)
    require(actor, Action.LETTER_SEND, call_facts(call, opened_at=now), now)
    entries = _entries(session, call, lock=True)
    items = _items(session, actor, entries, now)
    if not items:
        raise Conflict(
            Message("Nothing is ready to be released; perhaps somebody released it already."),
            code="nothing_to_release",
        )
    if _hash(items) != seen_hash:
        raise Conflict(
            Message("Something changed since the list was shown. Look at it again before you release."),
            code="release_changed",
            extra={"seen_hash": _hash(items)},
        )
    n_letters = sum(item.ready.to is not None for item in items)
    batch = Release(
        ref=next_reference(session, "REL", now),
        call_id=call.id,
        released_by_id=actor.account_id or 0,
        released_at=now,
        n_decisions=len(items),
        n_letters=n_letters,
        seen_hash=seen_hash,
    )
    session.add(batch)
    session.flush()
    n_queued = sum(release_one(session, actor, item.entry, item.decision, batch, now=now) for item in items)
    if n_queued != n_letters:
        raise Conflict(
            Message("The letters that would go out are not those that were shown. Nothing was released."),
            code="letters_differ",
        )
    close_reviews(session, actor, [item.entry.id for item in items], now)
    audit.record(
        session,
        actor,
        "decision.release",
        ("call", call.ref),
        now=now,
        after={
            "release": batch.ref,
            "decisions": [item.decision.ref for item in items],
            "n_letters": n_queued,
            "seen_hash": seen_hash,
        },
    )
    _end_call(session, actor, call, now)
    return batch


def release_one(
    session: Session, actor: Actor, entry: Entry, decision: Decision, batch: Release, *, now: datetime
) -> bool:
    """Make one decision known; True where a letter was queued. The caller has asked whether one may."""
    letter = session.execute(sa.select(Letter).where(Letter.decision_id == decision.id)).scalar_one()
    before = in_force(session, [entry.id]).get(entry.id)
    if before is not None:
        before.superseded_by_id = decision.id
        touch_row(before, now)
        session.flush()
    decision.released_at, decision.release_id = now, batch.id
    touch_row(decision, now)
    entry.decision_id = decision.id
    if entry.kind is EntryKind.REQUEST:  # an offer goes its own way; a decision on it is no step of that
        entry.state = advance_entry(entry.kind, entry.state, EntryAction.RELEASE)
    touch(entry, now)
    letter.values = letter_values(session, decision, entry, letter, now=now)
    letter.values_hash, letter.released_at = hash_of(letter.values), now
    touch_row(letter, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        "letter.release",
        ("decision", decision.ref),
        now=now,
        after={"entry": entry.ref, "letter": letter.ref, "values_hash": letter.values_hash},
    )
    return _queue(session, actor, entry, decision, letter, now)


def _queue(
    session: Session, actor: Actor, entry: Entry, decision: Decision, letter: Letter, now: datetime
) -> bool:
    """Let the draft of the letter go, to where the contact is reached now. False without an address."""
    mail = session.execute(
        sa.select(OutgoingMail)
        .where(OutgoingMail.decision_id == decision.id, OutgoingMail.template == TEMPLATE)
        .with_for_update()
    ).scalar_one_or_none()
    address = address_of(session, entry)
    if mail is None or address is None:
        return False
    mail.to_email, mail.values, mail.language = address.lower(), dict(letter.values or {}), letter.language
    mail.state, mail.approved_by_id, mail.try_after = "queued", actor.account_id, now
    session.flush()
    return True


def close_reviews(session: Session, actor: Actor, entry_ids: Sequence[int], now: datetime) -> None:
    """Reviews that were never handed in end here; their text is kept."""
    query = sa.select(Review).where(Review.entry_id.in_(entry_ids), Review.state.in_(_UNSENT))
    for review in session.execute(query.order_by(Review.id)).scalars().all():
        before, review.state = review.state, advance(REVIEW_STEPS, review.state, ReviewAction.RELEASE)
        touch_row(review, now)
        audit.record(
            session,
            actor,
            "review.release",
            ("review", review.ref),
            now=now,
            before={"state": before.value},
            after={"state": review.state.value},
        )


def _end_call(session: Session, actor: Actor, call: Call, now: datetime) -> None:
    """A call that was decided is released once nothing of it waits any more."""
    session.flush()
    waiting = session.execute(
        sa.select(sa.func.count())
        .select_from(Entry)
        .where(Entry.call_id == call.id, Entry.state.in_((*READY, *NOT_READY)))
    ).scalar_one()
    facts = call_facts(call, opened_at=now)
    if call.state is not CallState.DECIDED or waiting or not may(actor, Action.CALL_MOVE_ON, facts, now):
        return
    before, call.state = call.state, advance(CALL_STEPS, call.state, CallAction.RELEASE)
    touch_row(call, now)
    audit.record(
        session,
        actor,
        "call.release",
        ("call", call.ref),
        now=now,
        before={"state": before.value},
        after={"state": call.state.value},
    )
