"""What follows from an answer to the conflict question, or from a ruling, for one person and one entry?

One declaration for each person and entry, whatever their part in it. A conflict ends the person's assignment
and voids what they scored; the officers are told, and what was worked out from it is worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models.entries import Entry
from models.people import Account, RoleGrant
from models.reviews import Assignment, ConflictDeclaration, Review
from procedure.facts import Standing
from procedure.lifecycle import ASSIGNMENT_STEPS, REVIEW_STEPS, advance
from services import audit
from services.facts import standing
from services.mail import queue_mail
from services.panels.results import refresh
from services.reviews.rows import touch
from services.runtime import runtime
from services.ties import people_hash
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, Unauthenticated
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor, Role
from vocabulary.states import (
    AssignmentAction,
    AssignmentState,
    ConflictAnswer,
    ConflictRuling,
    ReviewAction,
    ReviewState,
)

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
_STRENGTH = {ConflictAnswer.NONE: 0, ConflictAnswer.POSSIBLE: 1, ConflictAnswer.CONFLICT: 2}
_COUNTED = (ReviewState.SUBMITTED, ReviewState.LOCKED)
_HELD = (AssignmentState.INVITED, AssignmentState.ACCEPTED)


def checked(answer: ConflictAnswer, kinds: Sequence[str], text: str | None) -> tuple[list[str], str | None]:
    """Kinds and text in their one form; both are for an answer other than «none». Raises Invalid."""
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


def person_of(actor: Actor) -> int:
    """The account of somebody signed in. Raises Unauthenticated."""
    if actor.account_id is None:
        raise Unauthenticated
    return actor.account_id


def declaration(session: Session, entry_id: int, account_id: int) -> ConflictDeclaration | None:
    """What one person said about one entry, locked for what follows."""
    return session.execute(
        sa.select(ConflictDeclaration)
        .where(ConflictDeclaration.entry_id == entry_id, ConflictDeclaration.account_id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def note_answer(
    session: Session,
    actor: Actor,
    entry: Entry,
    subject: tuple[str, str],
    answer: ConflictAnswer,
    kinds: Sequence[str],
    text: str | None,
    *,
    now: datetime,
) -> tuple[ConflictDeclaration, bool]:
    """Keep the actor's own answer; says also whether anything changed.

    The same answer again changes nothing, unless other people came onto the entry meanwhile. Raises Conflict
    for a weaker answer: then an officer has to rule.
    """
    kinds, text = checked(answer, kinds, text)
    account_id = person_of(actor)
    found, people = declaration(session, entry.id, account_id), people_hash(session, entry)
    said = (answer, kinds, text, people, None)
    if found is not None and said == (
        found.answer,
        found.kinds,
        found.text,
        found.people_hash,
        found.asked_again_at,
    ):
        return found, False
    if found is not None and not _may_say(found, answer):
        raise Conflict(
            Message("You declared a conflict before. Ask the officer of the call to look into it."),
            code="already_declared",
        )
    before = found.answer.value if found is not None else None
    if found is None:
        found = ConflictDeclaration(entry_id=entry.id, account_id=account_id, created_at=now)
        session.add(found)
    found.answer, found.kinds, found.text, found.answered_at = answer, kinds, text, now
    found.people_hash, found.asked_again_at = people, None
    found.ruling = found.ruled_by_id = found.ruled_at = None
    found.updated_at = now
    session.flush()
    audit.record(
        session,
        actor,
        "conflict.declare",
        subject,
        now=now,
        before={"answer": before} if before else None,
        after={"answer": answer.value, "kinds": kinds},
    )
    if answer is ConflictAnswer.POSSIBLE:
        tell_officers(session, entry, account_id, "conflict_to_rule", now=now)
    return found, True


def _may_say(found: ConflictDeclaration, answer: ConflictAnswer) -> bool:
    """A stronger answer at any time; any answer once it is asked again, or after a ruling cleared it."""
    is_cleared = standing(found) in (Standing.CLEARED, Standing.UNANSWERED)
    return is_cleared or _STRENGTH[answer] >= _STRENGTH[found.answer]


def note_ruling(
    session: Session,
    actor: Actor,
    found: ConflictDeclaration,
    ruling: ConflictRuling,
    subject: tuple[str, str],
    reason: str | None,
    *,
    now: datetime,
) -> None:
    """Keep a ruling; what follows from it is the caller's to do."""
    before = found.ruling.value if found.ruling else None
    found.ruling, found.ruled_by_id, found.ruled_at = ruling, actor.account_id, now
    found.asked_again_at = None
    touch(found, now)
    session.flush()
    audit.record(
        session,
        actor,
        "conflict.rule",
        subject,
        now=now,
        before={"ruling": before} if before else None,
        after={"ruling": ruling.value, "person": found.account_id},
        reason=(reason or "").strip() or None,
    )


def stand_down(session: Session, actor: Actor, entry: Entry, account_id: int, *, now: datetime) -> None:
    """A conflict ends the person's assignment; a review written before is kept, and counts no more."""
    found = session.execute(
        sa.select(Assignment)
        .where(Assignment.entry_id == entry.id, Assignment.account_id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        return
    if found.state in _HELD:
        found.state = advance(ASSIGNMENT_STEPS, found.state, AssignmentAction.RECUSE)
        found.reason = "conflict"
        touch(found, now)
        session.flush()
        audit.record(
            session,
            actor,
            "assignment.recuse",
            ("assignment", found.ref),
            now=now,
            after={"state": AssignmentState.RECUSED.value},
        )
    _void(session, actor, entry, found, now)


def _void(session: Session, actor: Actor, entry: Entry, assignment: Assignment, now: datetime) -> None:
    review = session.execute(
        sa.select(Review).where(Review.assignment_id == assignment.id).with_for_update()
    ).scalar_one_or_none()
    if review is None or (review.state, ReviewAction.VOID) not in REVIEW_STEPS:
        return
    counted, before = review.state in _COUNTED, review.state
    review.state = advance(REVIEW_STEPS, review.state, ReviewAction.VOID)
    review.void_reason = "conflict"
    touch(review, now)
    session.flush()
    audit.record(
        session,
        actor,
        Action.REVIEW_VOID.value,
        ("review", review.ref),
        now=now,
        before={"state": before.value},
        after={"state": review.state.value},
        reason="conflict",
    )
    if counted:
        refresh(session, [entry], now=now)
        tell_officers(session, entry, assignment.account_id, "review_voided", now=now)


def tell_officers(
    session: Session, entry: Entry, about_id: int, template: str, *, now: datetime, **values: object
) -> None:
    """Write to the officers of the call who have no conflict of their own on the entry."""
    about = session.get_one(Account, about_id)
    site = runtime(session).address
    for officer in officers_of(session, entry):
        if officer.id == about_id:
            continue
        queue_mail(
            session,
            officer.email,
            template,
            {
                "entry": entry.ref,
                "title": entry.title,
                "person": about.name,
                "link": f"{site}/{officer.language}/assignments",
                **values,
            },
            language=officer.language,
            now=now,
            subject_ref=entry.ref,
        )


def officers_of(session: Session, entry: Entry) -> list[Account]:
    """Officers of the entry's call with no upheld or undecided conflict on it, by their accounts."""
    rows = session.execute(
        sa.select(Account)
        .where(
            Account.is_disabled.is_(False), Account.erased_at.is_(None), Account.id != (entry.owner_id or 0)
        )
        .where(
            Account.grants.any(
                sa.and_(
                    RoleGrant.role == Role.OFFICER,
                    RoleGrant.country.is_(None),
                    sa.or_(RoleGrant.call_id.is_(None), RoleGrant.call_id == entry.call_id),
                )
            )
        )
        .options(selectinload(Account.grants))
        .order_by(Account.id)
    ).scalars()
    declared = {
        row.account_id: standing(row)
        for row in session.execute(
            sa.select(ConflictDeclaration).where(ConflictDeclaration.entry_id == entry.id)
        ).scalars()
    }
    barred = (Standing.UNDECIDED, Standing.UPHELD)
    return [row for row in rows if declared.get(row.id) not in barred]


def end_forbidden(session: Session, *, now: datetime) -> int:
    """Nobody with an upheld conflict holds an assignment or a review that counts; ends what is found.

    The database refuses to accept one; this finds what was accepted before the conflict was upheld by a way
    that did not end it.
    """
    rows = session.execute(
        sa.select(ConflictDeclaration, Entry)
        .join(Entry, Entry.id == ConflictDeclaration.entry_id)
        .join(
            Assignment,
            sa.and_(
                Assignment.entry_id == ConflictDeclaration.entry_id,
                Assignment.account_id == ConflictDeclaration.account_id,
            ),
        )
        .where(
            Assignment.state.in_(_HELD),
            sa.or_(
                ConflictDeclaration.ruling == ConflictRuling.UPHELD,
                sa.and_(
                    ConflictDeclaration.ruling.is_(None),
                    ConflictDeclaration.answer == ConflictAnswer.CONFLICT,
                ),
            ),
        )
        .order_by(ConflictDeclaration.id)
    ).all()
    for declared, entry in rows:
        stand_down(session, SYSTEM, entry, declared.account_id, now=now)
    return len(rows)
