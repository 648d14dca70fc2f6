"""Rulings on other people's conflicts, by somebody without one; and lifting what was upheld, by two together.

An officer or decider rules on a possible conflict, and confirms or dismisses what the service points to.
An upheld conflict is lifted only by a decider and an auditor: one proposes with a reason, the other approves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.conflicts import ConflictLift
from models.entries import Entry
from models.people import Account
from models.reviews import ConflictDeclaration
from procedure.access import is_visible, refusal, require
from procedure.facts import ItemFacts, Standing
from procedure.reasons import REASONS
from services import audit
from services.conflict_answers import declaration, note_ruling, stand_down
from services.conflict_hints import in_words, note_reply, open_hints
from services.facts import entry_facts, standing
from services.mail import queue_mail
from services.runtime import runtime
from services.ties import people_hash
from vocabulary.actions import Action
from vocabulary.conflicts import HintAnswer
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor, Role
from vocabulary.states import ConflictAnswer, ConflictRuling

NEEDS_REASON = Message("Give the reason; it stays in the file of the decision.")


def rule_person(
    session: Session,
    actor: Actor,
    entry_ref: str,
    account_id: int,
    ruling: ConflictRuling,
    reason: str | None,
    *,
    now: datetime,
) -> ConflictDeclaration:
    """Rule on the possible conflict of anybody, with an assignment or without."""
    entry, _ = _fetch(session, actor, Action.CONFLICT_RULE, entry_ref, account_id, now)
    found = declaration(session, entry.id, account_id)
    if found is None or standing(found) is not Standing.UNDECIDED:
        raise Conflict(Message("No possible conflict waits for a ruling here."), code="nothing_to_rule")
    settle(session, actor, entry, found, ruling, reason, now=now)
    return found


def settle(
    session: Session,
    actor: Actor,
    entry: Entry,
    found: ConflictDeclaration,
    ruling: ConflictRuling,
    reason: str | None,
    *,
    now: datetime,
) -> None:
    """Note the ruling with what follows from it, and tell the person."""
    subject = ("entry", entry.ref)
    note_ruling(session, actor, found, ruling, subject, reason, now=now)
    if ruling is ConflictRuling.UPHELD:
        stand_down(session, actor, entry, found.account_id, now=now)
    tell_ruling(session, entry, found, now=now)


def tell_ruling(session: Session, entry: Entry, found: ConflictDeclaration, *, now: datetime) -> None:
    """Write to the person; the mail names the reference and the ruling, and nothing of the entry."""
    person = session.get_one(Account, found.account_id)
    if person.is_disabled or person.erased_at is not None:
        return
    site = f"{runtime(session).address}/{person.language}"
    queue_mail(
        session,
        person.email,
        "conflict_ruled",
        {
            "ref": entry.ref,
            "is_cleared": found.ruling is ConflictRuling.CLEARED,
            "link": f"{site}/reviews",
        },
        language=person.language,
        now=now,
        subject_ref=entry.ref,
    )


def answer_hint(
    session: Session,
    actor: Actor,
    entry_ref: str,
    account_id: int,
    fingerprint: str,
    answer: HintAnswer,
    reason: str | None,
    *,
    now: datetime,
) -> None:
    """Confirm or dismiss what the service points to for somebody else; confirmed, it is upheld."""
    entry, _ = _fetch(session, actor, Action.CONFLICT_SUGGEST, entry_ref, account_id, now)
    hints = {tie.fingerprint: tie for tie in open_hints(session, entry, account_id, now=now)}
    if fingerprint not in hints:
        raise Conflict(Message("This is no longer open; somebody answered it."), code="nothing_to_rule")
    said = (reason or "").strip() or None
    note_reply(session, actor, entry, account_id, hints[fingerprint], answer, said, now=now)
    if answer is HintAnswer.DISMISSED:
        return
    found = declaration(session, entry.id, account_id)
    if found is not None and standing(found) is Standing.UPHELD:
        return
    if found is None:
        found = ConflictDeclaration(
            entry_id=entry.id,
            account_id=account_id,
            answer=ConflictAnswer.POSSIBLE,
            kinds=["other"],
            text=None,
            answered_at=now,
            people_hash=people_hash(session, entry),
            created_at=now,
            updated_at=now,
        )
        session.add(found)
        session.flush()
    why = said or str(in_words(hints[fingerprint]))
    settle(session, actor, entry, found, ConflictRuling.UPHELD, why, now=now)


# --- lifting ----------------------------------------------------------------------------------------------


def propose_lift(
    session: Session, actor: Actor, entry_ref: str, account_id: int, reason: str, *, now: datetime
) -> ConflictLift:
    """The first of two steps, by a decider or an auditor. Raises Conflict where one waits already."""
    entry = _entry(session, entry_ref)
    facts = replace(entry_facts(session, entry, actor), subject_id=account_id)
    code = refusal(actor, Action.CONFLICT_LIFT, facts, now)
    if code not in (None, "needs_second_person"):
        raise NotFound if not is_visible(actor, facts, now) else Refused(REASONS[code], code=code)
    said = reason.strip()
    if not said:
        raise Invalid({"reason": [NEEDS_REASON]}, NEEDS_REASON)
    found = _upheld(session, entry, account_id)
    if _open_lift(session, found) is not None:
        raise Conflict(Message("Lifting this conflict is proposed already."), code="already_proposed")
    lift = ConflictLift(
        declaration_id=found.id,
        reason=said,
        proposed_by_id=actor.account_id,
        proposed_as=_side(actor, entry),
        proposed_at=now,
    )
    session.add(lift)
    session.flush()
    audit.record(
        session,
        actor,
        "conflict.propose_lift",
        ("entry", entry.ref),
        now=now,
        after={"person": account_id},
        reason=said,
    )
    return lift


def approve_lift(
    session: Session, actor: Actor, entry_ref: str, account_id: int, *, now: datetime
) -> ConflictDeclaration:
    """The second step, by the other of the two; then the person's conflict is lifted."""
    entry = _entry(session, entry_ref)
    found = declaration(session, entry.id, account_id)
    lift = _open_lift(session, found) if found is not None else None
    facts = replace(
        entry_facts(session, entry, actor),
        subject_id=account_id,
        proposed_by_id=lift.proposed_by_id if lift else None,
        proposer_roles=frozenset({lift.proposed_as} if lift else ()),
    )
    code = refusal(actor, Action.CONFLICT_LIFT, facts, now)
    if code not in (None, "needs_second_person") and not is_visible(actor, facts, now):
        raise NotFound
    require(actor, Action.CONFLICT_LIFT, facts, now)
    if found is None or lift is None:
        raise Conflict(Message("There is no upheld conflict to lift."), code="nothing_to_lift")
    lift.approved_by_id, lift.approved_at = actor.account_id, now
    subject = ("entry", entry.ref)
    note_ruling(session, actor, found, ConflictRuling.CLEARED, subject, lift.reason, now=now)
    audit.record(
        session,
        actor,
        "conflict.lift",
        ("entry", entry.ref),
        now=now,
        after={"person": account_id, "proposed_by": lift.proposed_by_id},
        reason=lift.reason,
    )
    tell_ruling(session, entry, found, now=now)
    return found


def _side(actor: Actor, entry: Entry) -> Role:
    is_decider = actor.has_role(Role.DECIDER, call_id=entry.call_id)
    return Role.DECIDER if is_decider else Role.AUDITOR


def _upheld(session: Session, entry: Entry, account_id: int) -> ConflictDeclaration:
    found = declaration(session, entry.id, account_id)
    if found is None or standing(found) is not Standing.UPHELD:
        raise Conflict(Message("There is no upheld conflict to lift."), code="nothing_to_lift")
    return found


def _open_lift(session: Session, found: ConflictDeclaration) -> ConflictLift | None:
    return session.execute(
        sa.select(ConflictLift).where(
            ConflictLift.declaration_id == found.id, ConflictLift.approved_at.is_(None)
        )
    ).scalar_one_or_none()


def _entry(session: Session, ref: str) -> Entry:
    entry = session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one_or_none()
    if entry is None or entry.state == "draft":
        raise NotFound
    return entry


def _fetch(
    session: Session, actor: Actor, action: Action, ref: str, account_id: int, now: datetime
) -> tuple[Entry, ItemFacts]:
    """The entry, with the facts narrowed to the person in question; not visible is not found."""
    entry = _entry(session, ref)
    facts = replace(entry_facts(session, entry, actor), subject_id=account_id)
    if not is_visible(actor, facts, now) or session.get(Account, account_id) is None:
        raise NotFound
    require(actor, action, facts, now)
    return entry, facts
