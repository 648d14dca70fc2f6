"""The conflict question: a reviewer's own answer, and an officer's ruling on a possible conflict.

No answer, no content. «Possible» closes the entry until somebody without interest rules; a conflict ends the
assignment and voids what was scored before it came to light.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.ties import Tie
from models.entries import Entry
from models.people import Account
from models.reviews import Assignment, ConflictDeclaration
from procedure.access import may, require
from procedure.facts import ANYWHERE, ItemFacts
from services.conflict_answers import (
    KINDS,
    LONGEST_TEXT,
    declaration,
    note_answer,
    note_ruling,
    person_of,
    stand_down,
)
from services.conflict_hints import answer_hints, open_hints, require_said
from services.conflict_rulings import tell_ruling
from services.facts import assignment_facts, entry_facts, facts_of_entries
from services.reviews import drafts
from services.reviews.rows import Item, fetch_for, find, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import AssignmentState, ConflictAnswer, ConflictRuling

__all__ = ["KINDS", "LONGEST_TEXT", "declare", "rule", "step_back", "waiting_for_ruling"]
_ASKED = (AssignmentState.INVITED, AssignmentState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class ToRule:
    """A possible conflict that waits for a ruling, as an officer sees it."""

    ref: str
    version: int
    reviewer: str
    entry_ref: str
    title: str | None
    organisation: str | None
    kinds: tuple[Message, ...]
    text: str | None
    answered_at: datetime


def declare(
    session: Session,
    actor: Actor,
    ref: str,
    answer: ConflictAnswer,
    kinds: Sequence[str],
    text: str | None,
    *,
    now: datetime,
    dismissed: Collection[str] = (),
) -> ConflictDeclaration:
    """Answer the conflict question for one's own assignment.

    `dismissed` are fingerprints of what the service pointed to and the person says is none. The same answer
    again changes nothing; a stronger one is taken at any time. Raises Invalid with every
    error by field, Conflict for a weaker answer: then an officer has to rule.
    """
    item = fetch_for(session, actor, Action.CONFLICT_DECLARE, ref, now=now, lock=True)
    require(actor, Action.ASSIGNMENT_ACCEPT, item.facts, now)
    subject = ("assignment", item.assignment.ref)
    found, is_new = say(
        session, actor, item.entry, item.facts, subject, answer, kinds, text, dismissed, now=now
    )
    if not is_new:
        return found
    if answer is ConflictAnswer.NONE:
        _accept(session, actor, item, now)
    elif answer is ConflictAnswer.CONFLICT:
        stand_down(session, actor, item.entry, item.assignment.account_id, now=now)
    return found


def shown_hints(
    session: Session, actor: Actor, entry: Entry, facts: ItemFacts, *, now: datetime
) -> tuple[Tie, ...]:
    """What the service points to and the actor may see: where names are hidden, it would tell them."""
    if facts.is_blind and not may(actor, Action.ENTRY_READ_IDENTITY, facts, now):
        return ()
    return open_hints(session, entry, person_of(actor), now=now)


def say(
    session: Session,
    actor: Actor,
    entry: Entry,
    facts: ItemFacts,
    subject: tuple[str, str],
    answer: ConflictAnswer,
    kinds: Sequence[str],
    text: str | None,
    dismissed: Collection[str],
    *,
    now: datetime,
) -> tuple[ConflictDeclaration, bool]:
    """Keep the actor's answer with what they say of everything that the service points to."""
    hints = shown_hints(session, actor, entry, facts, now=now)
    if answer is ConflictAnswer.NONE:
        require_said(hints, dismissed)
    found, is_new = note_answer(session, actor, entry, subject, answer, kinds, text, now=now)
    if is_new:
        answer_hints(session, actor, entry, hints, dismissed, now=now)
    return found, is_new


def declare_on_entry(
    session: Session,
    actor: Actor,
    entry_ref: str,
    answer: ConflictAnswer,
    kinds: Sequence[str],
    text: str | None,
    *,
    now: datetime,
    dismissed: Collection[str] = (),
) -> ConflictDeclaration:
    """Answer the conflict question for an entry that one holds an office over."""
    entry = session.execute(sa.select(Entry).where(Entry.ref == entry_ref)).scalar_one_or_none()
    if entry is None or entry.state == "draft":
        raise NotFound
    facts = entry_facts(session, entry, actor)
    if not may(actor, Action.CONFLICT_DECLARE, facts, now):
        raise NotFound
    found, is_new = say(
        session, actor, entry, facts, ("entry", entry.ref), answer, kinds, text, dismissed, now=now
    )
    if is_new and answer is ConflictAnswer.CONFLICT:
        stand_down(session, actor, entry, found.account_id, now=now)
    return found


def answer_none(session: Session, actor: Actor, refs: Collection[str], *, now: datetime) -> int:
    """No conflict with each of these entries that one holds an office over; returns how many."""
    require(actor, Action.CONFLICT_LIST_OWN, ANYWHERE, now)
    for ref in refs:
        declare_on_entry(session, actor, ref, ConflictAnswer.NONE, [], None, now=now)
    return len(refs)


def _accept(session: Session, actor: Actor, item: Item, now: datetime) -> None:
    """No conflict: the content opens, on the version of the submission that is the latest now."""
    if item.assignment.state is AssignmentState.INVITED:
        item.assignment.state = AssignmentState.ACCEPTED
        touch(item.assignment, now)
    drafts.start(session, actor, item.assignment, item.entry, now=now)


def step_back(session: Session, actor: Actor, ref: str, *, now: datetime) -> Assignment:
    """Give up one's own assignment; open even while a possible conflict waits for its ruling."""
    item = find(session, actor, ref, lock=True)
    if not may(actor, Action.ASSIGNMENT_RECUSE, item.facts, now):
        raise NotFound
    stand_down(session, actor, item.entry, item.assignment.account_id, now=now)
    return item.assignment


def rule(
    session: Session,
    actor: Actor,
    ref: str,
    ruling: ConflictRuling,
    reason: str | None,
    *,
    now: datetime,
) -> ConflictDeclaration:
    """Rule on a possible conflict of somebody else. Raises Conflict when there is nothing to rule on."""
    item = fetch_for(session, actor, Action.CONFLICT_RULE, ref, now=now, lock=True)
    found = declaration(session, item.entry.id, item.assignment.account_id)
    if found is None or found.answer is not ConflictAnswer.POSSIBLE or found.ruling is not None:
        raise Conflict(Message("No possible conflict waits for a ruling here."), code="nothing_to_rule")
    subject = ("assignment", item.assignment.ref)
    note_ruling(session, actor, found, ruling, subject, reason, now=now)
    if ruling is ConflictRuling.CLEARED:
        _accept(session, actor, item, now)
    else:
        stand_down(session, actor, item.entry, item.assignment.account_id, now=now)
    tell_ruling(session, item.entry, found, now=now)
    return found


def waiting_for_ruling(session: Session, actor: Actor, *, now: datetime) -> tuple[ToRule, ...]:
    """Possible conflicts that this officer may rule on, the oldest first."""
    rows = session.execute(
        sa.select(ConflictDeclaration, Assignment, Entry, Account.name)
        .join(
            Assignment,
            sa.and_(
                Assignment.entry_id == ConflictDeclaration.entry_id,
                Assignment.account_id == ConflictDeclaration.account_id,
            ),
        )
        .join(Entry, Entry.id == ConflictDeclaration.entry_id)
        .join(Account, Account.id == ConflictDeclaration.account_id)
        .where(
            ConflictDeclaration.answer == ConflictAnswer.POSSIBLE,
            ConflictDeclaration.ruling.is_(None),
            Assignment.state.in_(_ASKED),
        )
        .order_by(ConflictDeclaration.answered_at, ConflictDeclaration.id)
    ).all()
    facts = facts_of_entries(session, [entry for _, _, entry, _ in rows], actor)
    return tuple(
        ToRule(
            ref=assignment.ref,
            version=declared.version,
            reviewer=name,
            entry_ref=entry.ref,
            title=entry.title,
            organisation=entry.organisation_name,
            kinds=tuple(KINDS[code] for code in declared.kinds if code in KINDS),
            text=declared.text,
            answered_at=declared.answered_at,
        )
        for declared, assignment, entry, name in rows
        if may(actor, Action.CONFLICT_RULE, assignment_facts(facts[entry.id], assignment, None), now)
    )
