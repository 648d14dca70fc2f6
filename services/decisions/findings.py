"""What two officers found not eligible is a decision, too: it waits for the release with the others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models.decisions import Decision
from models.entries import Entry
from models.screening import Screening
from services import audit
from services.decisions.letters import draft_letter, drop_letter
from services.decisions.rows import under_way
from services.references import next_reference
from services.reviews.rows import touch
from vocabulary.decisions import Outcome
from vocabulary.people import Actor

BODY = "secretariat"


def take_up(session: Session, actor: Actor, entry: Entry, found: Screening, *, now: datetime) -> Decision:
    """The decision that a confirmed finding amounts to: one officer proposed it, another approved it."""
    decision = Decision(
        ref=next_reference(session, "DEC", now),
        entry_id=entry.id,
        outcome=Outcome.INELIGIBLE.value,
        reason=found.text or "",
        verdicts={},
        body=BODY,
        decided_at=now,
        proposed_by_id=found.by_id or 0,
        four_eyes=not found.is_alone,
        approved_by_id=found.confirmed_by_id,
        approved_at=found.confirmed_at,
        created_at=now,
        updated_at=now,
    )
    session.add(decision)
    session.flush()
    entry.decision_id = decision.id
    draft_letter(session, decision, entry, now=now)
    after = {"entry": entry.ref, "outcome": decision.outcome}
    audit.record(session, actor, "decision.record", ("decision", decision.ref), now=now, after=after)
    return decision


def give_up(session: Session, actor: Actor, entry: Entry, reason: str, *, now: datetime) -> None:
    """The finding was reversed before its release: its decision is taken back, and no letter goes."""
    decision = under_way(session, [entry.id]).get(entry.id)
    if decision is None:
        return
    drop_letter(session, decision)
    decision.withdrawn_at, decision.withdrawn_reason = now, reason
    entry.decision_id = None
    touch(decision, now)
    session.flush()
    after = {"entry": entry.ref}
    audit.record(
        session, actor, "decision.revert", ("decision", decision.ref), now=now, after=after, reason=reason
    )
