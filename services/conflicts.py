"""The conflict question: a reviewer's own answer, and an officer's ruling on a possible conflict.

No answer, no content. «Possible» closes the entry until somebody without interest rules; a conflict ends the
assignment and voids what was scored before it came to light.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.people import Account
from models.reviews import Assignment, ConflictDeclaration
from procedure.access import may, require
from services import audit
from services.facts import assignment_facts, facts_of_entries
from services.panels.results import refresh
from services.reviews import drafts
from services.reviews.rows import Item, fetch_for, find, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import AssignmentState, ConflictAnswer, ConflictRuling, ReviewState

KINDS: Mapping[str, Message] = {
    "same_institution": Message("The same institution, now or within the last three years"),
    "joint_work": Message("A joint project, grant or publication within the last three years"),
    "supervision": Message("Supervisor or student of somebody involved, at any time"),
    "family": Message("Family, or a close personal relation"),
    "financial": Message("A financial interest"),
    "helped_write": Message("You helped to write it"),
    "competing": Message("A competing submission of your own"),
    "named_partner": Message("You or your institution are named as a partner, in an offer or a match"),
    "same_nominator": Message("Nominated by the same national focal point"),
    "other": Message("Something else"),
}
"""Kinds of conflict. Nationality alone is none, unless the call says so."""

LONGEST_TEXT = 4_000
_ASKED = (AssignmentState.INVITED, AssignmentState.ACCEPTED)
_STRENGTH = {ConflictAnswer.NONE: 0, ConflictAnswer.POSSIBLE: 1, ConflictAnswer.CONFLICT: 2}


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
) -> ConflictDeclaration:
    """Answer the conflict question for one's own assignment.

    The same answer again changes nothing; a stronger one is taken at any time. Raises Invalid with every
    error by field, Conflict for a weaker answer: then an officer has to rule.
    """
    item = fetch_for(session, actor, Action.CONFLICT_DECLARE, ref, now=now, lock=True)
    require(actor, Action.ASSIGNMENT_ACCEPT, item.facts, now)
    kinds, text = _checked(answer, kinds, text)
    found = _declaration(session, item)
    if found is not None and (found.answer, found.kinds, found.text) == (answer, kinds, text):
        return found
    if found is not None and _STRENGTH[answer] < _STRENGTH[found.answer]:
        raise Conflict(
            Message("You declared a conflict before. Ask the officer of the call to look into it."),
            code="already_declared",
        )
    before = found.answer.value if found is not None else None
    if found is None:
        found = ConflictDeclaration(
            entry_id=item.entry.id, account_id=item.assignment.account_id, created_at=now
        )
        session.add(found)
    found.answer, found.kinds, found.text, found.answered_at = answer, kinds, text, now
    found.ruling = found.ruled_by_id = found.ruled_at = None
    found.updated_at = now
    session.flush()
    audit.record(
        session,
        actor,
        "conflict.declare",
        ("assignment", item.assignment.ref),
        now=now,
        before={"answer": before} if before else None,
        after={"answer": answer.value, "kinds": kinds},
    )
    if answer is ConflictAnswer.NONE:
        _accept(session, actor, item, now)
    elif answer is ConflictAnswer.CONFLICT:
        _recuse(session, actor, item, now)
    return found


def _checked(answer: ConflictAnswer, kinds: Sequence[str], text: str | None) -> tuple[list[str], str | None]:
    """Kinds and text in their one form; both are for an answer other than «none»."""
    errors: dict[str, list[Message]] = {}
    said = (text or "").replace("\r\n", "\n").replace("\x00", "").strip() or None
    if unknown := sorted(set(kinds) - set(KINDS)):
        errors["kinds"] = [Message("There is no such kind of conflict: {kinds}.", kinds=tuple(unknown))]
    if answer is ConflictAnswer.NONE and kinds and not errors:
        errors["kinds"] = [
            Message("You ticked a kind of conflict. Choose “possible” or “conflict”, or untick it.")
        ]
    if answer is ConflictAnswer.POSSIBLE and said is None:
        errors["text"] = [Message("Describe the possible conflict, so that an officer can rule on it.")]
    if len(said or "") > LONGEST_TEXT:
        errors["text"] = [Message("This is longer than {max} characters.", max=LONGEST_TEXT)]
    if errors:
        raise Invalid(errors)
    return [code for code in KINDS if code in kinds], said


def _declaration(session: Session, item: Item) -> ConflictDeclaration | None:
    return session.execute(
        sa.select(ConflictDeclaration).where(
            ConflictDeclaration.entry_id == item.entry.id,
            ConflictDeclaration.account_id == item.assignment.account_id,
        )
    ).scalar_one_or_none()


def _accept(session: Session, actor: Actor, item: Item, now: datetime) -> None:
    """No conflict: the content opens, on the version of the submission that is the latest now."""
    if item.assignment.state is AssignmentState.INVITED:
        item.assignment.state = AssignmentState.ACCEPTED
        touch(item.assignment, now)
    drafts.start(session, actor, item.assignment, item.entry, now=now)


def _recuse(session: Session, actor: Actor, item: Item, now: datetime) -> None:
    """A conflict ends the assignment; a review written before is kept, and counts no more."""
    item.assignment.state = AssignmentState.RECUSED
    item.assignment.reason = "conflict"
    touch(item.assignment, now)
    if item.review is not None and item.review.state is not ReviewState.VOID:
        item.review.state = ReviewState.VOID
        item.review.void_reason = "conflict"
        touch(item.review, now)
    session.flush()
    audit.record(
        session,
        actor,
        "assignment.recuse",
        ("assignment", item.assignment.ref),
        now=now,
        after={"state": AssignmentState.RECUSED.value},
    )
    refresh(session, [item.entry], now=now)


def step_back(session: Session, actor: Actor, ref: str, *, now: datetime) -> Assignment:
    """Give up one's own assignment; open even while a possible conflict waits for its ruling."""
    item = find(session, actor, ref, lock=True)
    if not may(actor, Action.ASSIGNMENT_RECUSE, item.facts, now):
        raise NotFound
    _recuse(session, actor, item, now)
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
    found = _declaration(session, item)
    if found is None or found.answer is not ConflictAnswer.POSSIBLE or found.ruling is not None:
        raise Conflict(Message("No possible conflict waits for a ruling here."), code="nothing_to_rule")
    found.ruling, found.ruled_by_id, found.ruled_at = ruling, actor.account_id, now
    touch(found, now)
    session.flush()
    audit.record(
        session,
        actor,
        "conflict.rule",
        ("assignment", item.assignment.ref),
        now=now,
        after={"ruling": ruling.value},
        reason=(reason or "").strip() or None,
    )
    if ruling is ConflictRuling.CLEARED:
        _accept(session, actor, item, now)
    else:
        _recuse(session, actor, item, now)
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
