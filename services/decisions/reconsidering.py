"""Look at a released decision again: asked within 21 days on a ground, prepared and decided by new people.

The decision asked about stays; what comes of it is a decision of its own that supersedes it, even where the
outcome is the same.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Decision, Reconsideration, Release
from models.entries import Entry
from procedure.lifecycle import advance_entry
from procedure.reasons import REASONS
from services import audit
from services.decisions.letters import RECONSIDERED_WITHIN, draft_letter, letter_of
from services.decisions.proposing import Draft, record_proposal
from services.decisions.releasing import release_one
from services.decisions.rows import check_version, fetch_for, in_force, involved
from services.entries.rows import fetch_for as fetch_entry_for
from services.entries.rows import note_change, touch
from services.panels.deliberation import LONGEST_TEXT, tidy
from services.references import next_reference
from services.reviews.rows import touch as touch_row
from vocabulary.actions import Action
from vocabulary.decisions import Ground
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryAction


def ask(
    session: Session, actor: Actor, entry_ref: str, ground: str, text: str, *, now: datetime
) -> Reconsideration:
    """The owner asks to look at the decision again.

    Raises Invalid by field, Conflict when the 21 days are over or it was asked before.
    """
    entry, _ = fetch_entry_for(session, actor, Action.RECONSIDERATION_ASK, entry_ref, now=now, lock=True)
    decision = in_force(session, [entry.id]).get(entry.id)
    _check_askable(session, decision, now)
    assert decision is not None  # noqa: S101 -- checked above
    errors: dict[str, list[Message]] = {}
    if ground not in [one.value for one in Ground]:
        errors["ground"] = [Message("Choose the ground on which you ask.")]
    said = tidy(text)
    if not said:
        errors["text"] = [Message("Describe what went wrong, and where it shows.")]
    elif len(said) > LONGEST_TEXT:
        errors["text"] = [Message("This is longer than {max} characters.", max=LONGEST_TEXT)]
    if errors:
        raise Invalid(errors)
    asked = Reconsideration(
        decision_id=decision.id,
        ground=Ground(ground),
        text=said,
        asked_by_id=actor.account_id or 0,
        asked_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(asked)
    before, entry.state = entry.state, advance_entry(entry.kind, entry.state, EntryAction.ASK_RECONSIDERATION)
    touch(entry, now)
    session.flush()
    note_change(session, entry, now)
    audit.record(
        session,
        actor,
        "reconsideration.ask",
        ("decision", decision.ref),
        now=now,
        before={"state": before},
        after={"entry": entry.ref, "state": entry.state, "ground": ground},
    )
    return asked


def _check_askable(session: Session, decision: Decision | None, now: datetime) -> None:
    if decision is None or decision.released_at is None:
        raise Conflict(Message("There is no decision here to look at again."), code="not_released")
    if now > decision.released_at + RECONSIDERED_WITHIN:
        raise Conflict(
            Message("A decision can be looked at again within 21 days of its release; these are over."),
            code="too_late",
        )
    if reconsideration_of(session, decision) is not None or _came_of_one(session, decision):
        raise Conflict(Message("This decision has been looked at again already."), code="asked_before")


def may_ask(session: Session, decision: Decision, now: datetime) -> bool:
    """Can this decision still be looked at again?"""
    try:
        _check_askable(session, decision, now)
    except Conflict:
        return False
    return True


def reconsideration_of(session: Session, decision: Decision) -> Reconsideration | None:
    """What was asked about a decision."""
    return session.execute(
        sa.select(Reconsideration).where(Reconsideration.decision_id == decision.id)
    ).scalar_one_or_none()


def _came_of_one(session: Session, decision: Decision) -> bool:
    query = sa.select(Reconsideration.id).where(Reconsideration.new_decision_id == decision.id)
    return session.execute(query).first() is not None


def prepare(session: Session, actor: Actor, ref: str, text: str, draft: Draft, *, now: datetime) -> Decision:
    """A new officer looks into it and proposes what to decide now.

    Raises Refused with "involved_before" for whoever had a part in the decision, Invalid by field.
    """
    ruling = fetch_for(session, actor, Action.RECONSIDERATION_PREPARE, ref, now=now, lock=True)
    entry, decision = ruling.entry, ruling.decision
    _check_uninvolved(session, actor, entry)
    asked = _asked(session, decision)
    said = tidy(text)
    if not said:
        raise Invalid({"text": [Message("Say what you looked into and what you found.")]})
    new = record_proposal(session, actor, entry, draft, four_eyes=True, now=now)
    asked.prepared_by_id, asked.prepared_at, asked.preparation = actor.account_id, now, said
    session.flush()
    asked.new_decision_id = new.id
    touch_row(asked, now)
    session.flush()
    audit.record(
        session,
        actor,
        "reconsideration.prepare",
        ("decision", decision.ref),
        now=now,
        after={"entry": entry.ref, "new_decision": new.ref, "outcome": new.outcome},
    )
    return new


def _asked(session: Session, decision: Decision) -> Reconsideration:
    asked = reconsideration_of(session, decision)
    if asked is None or decision.superseded_by_id is not None:
        raise Conflict(Message("Nobody asked to look at this decision again."), code="not_asked")
    return asked


def _check_uninvolved(session: Session, actor: Actor, entry: Entry) -> None:
    """Whoever had a part in the decision itself does not look at it again."""
    if actor.account_id in involved(session, entry):
        raise Refused(REASONS["involved_before"], code="involved_before")


def decide(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Decision:
    """A decider who had no part in it approves the new decision, and releases it with its letter.

    `ref` is that of the new decision. Raises Refused "involved_before" or "needs_second_person", Conflict.
    """
    ruling = fetch_for(session, actor, Action.RECONSIDERATION_DECIDE, ref, now=now, lock=True)
    new, entry = ruling.decision, ruling.entry
    check_version(new, expected_version)
    if new.withdrawn_at is not None or new.released_at is not None:
        raise Conflict(Message("This decision is not under way any more."), code="not_under_way")
    if new.proposed_by_id == actor.account_id:
        raise Refused(REASONS["needs_second_person"], code="needs_second_person")
    new.approved_by_id, new.approved_at = actor.account_id, now
    touch_row(new, now)
    session.flush()
    if letter_of(session, new) is None:
        draft_letter(session, new, entry, now=now)
    batch = Release(
        ref=next_reference(session, "REL", now),
        call_id=entry.call_id,
        released_by_id=actor.account_id or 0,
        released_at=now,
        n_decisions=1,
        n_letters=0,
        seen_hash="0" * 64,
    )
    session.add(batch)
    session.flush()
    batch.n_letters = int(release_one(session, actor, entry, new, batch, now=now))
    letter = letter_of(session, new)
    batch.seen_hash = (letter.values_hash if letter else None) or batch.seen_hash
    touch(entry, now)
    session.flush()
    audit.record(
        session,
        actor,
        "reconsideration.decide",
        ("decision", new.ref),
        now=now,
        after={"entry": entry.ref, "state": entry.state, "outcome": new.outcome, "release": batch.ref},
    )
    return new
