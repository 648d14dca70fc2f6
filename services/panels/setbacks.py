"""A review is given back to its author to be looked at again, or voided: by whom, why, and what follows.

A moderator does it at once; an officer proposes it and a second person confirms. A returned review counts
again once its author submits it again; a voided one keeps its text and is dropped from every number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Entry
from models.people import Account
from models.reviews import Assignment, Review, ReviewAct
from procedure.access import is_visible, refusal
from procedure.facts import ItemFacts
from procedure.lifecycle import REVIEW_STEPS, advance
from procedure.reasons import REASONS
from services import audit
from services.entries.rows import fetch
from services.facts import entry_facts
from services.mail import queue_mail
from services.panels.results import refresh
from services.reviews.rows import touch
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import ActOutcome, RequestState, ReviewAction, ReviewActKind, ReviewState

ACTIONS: Mapping[ReviewActKind, Action] = {
    ReviewActKind.RETURN: Action.REVIEW_RETURN,
    ReviewActKind.VOID: Action.REVIEW_VOID,
}
LONGEST_REASON = 2_000
SECOND = "needs_second_person"
_OPEN_TO: Mapping[ReviewActKind, tuple[frozenset[ReviewState], frozenset[RequestState]]] = {
    ReviewActKind.RETURN: (
        frozenset({ReviewState.SUBMITTED}),
        frozenset({RequestState.IN_REVIEW}),
    ),
    ReviewActKind.VOID: (
        frozenset({ReviewState.SUBMITTED, ReviewState.LOCKED}),
        frozenset({RequestState.IN_REVIEW, RequestState.DELIBERATION}),
    ),
}
"""States of the review and of its proposal. In deliberation nobody could write a returned review any more."""


@dataclass(frozen=True, slots=True)
class OpenAct:
    """What somebody proposed to do with a review, and what this reader may do about it."""

    kind: ReviewActKind
    reason: str
    proposed_by: str
    proposed_at: datetime
    may_confirm: bool


def set_back(
    session: Session,
    actor: Actor,
    entry_ref: str,
    review_ref: str,
    kind: ReviewActKind,
    reason: str,
    *,
    now: datetime,
) -> bool:
    """Return or void a review; True once it is done, False where it now waits for a second person.

    Raises NotFound, Refused, Invalid for `reason`, Conflict in another state or where something else waits.
    """
    entry, review = _locked(session, entry_ref, review_ref)
    waiting = _waiting(session, review)
    facts = _facts(session, entry, actor, waiting)
    code = _refused(actor, kind, facts, now)
    said = _checked(reason)
    _check_states(session, actor, entry, review, kind)
    if waiting is not None:
        raise Conflict(Message("Something is proposed for this review already."), code="twice")
    act = ReviewAct(
        review_id=review.id,
        kind=kind,
        reason=said,
        proposed_by_id=actor.account_id or 0,
        proposed_at=now,
        is_alone=False,
    )
    session.add(act)
    session.flush()
    if code is not None:
        _record(session, actor, review, f"review.propose_{kind.value}", said, now)
        return False
    act.is_alone = True
    _carry_out(session, actor, entry, review, act, now)
    return True


def confirm(session: Session, actor: Actor, entry_ref: str, review_ref: str, *, now: datetime) -> None:
    """A second person confirms what was proposed, and it happens."""
    entry, review = _locked(session, entry_ref, review_ref)
    waiting = _waiting(session, review)
    kind = waiting.kind if waiting is not None else ReviewActKind.VOID
    code = _refused(actor, kind, _facts(session, entry, actor, waiting), now)
    if waiting is None:
        raise Conflict(Message("Nothing is proposed for this review."), code="nothing_proposed")
    if code is not None:
        raise Refused(REASONS[SECOND], code=SECOND)
    _check_states(session, actor, entry, review, kind)
    waiting.is_alone = waiting.proposed_by_id == actor.account_id
    _carry_out(session, actor, entry, review, waiting, now)


def drop(session: Session, actor: Actor, entry_ref: str, review_ref: str, *, now: datetime) -> None:
    """What was proposed does not happen: its proposer takes it back, or another says no."""
    entry, review = _locked(session, entry_ref, review_ref)
    waiting = _waiting(session, review)
    kind = waiting.kind if waiting is not None else ReviewActKind.VOID
    _refused(actor, kind, _facts(session, entry, actor, waiting), now)
    if waiting is None:
        raise Conflict(Message("Nothing is proposed for this review."), code="nothing_proposed")
    _end(waiting, actor, ActOutcome.DROPPED, now)
    session.flush()
    _record(session, actor, review, f"review.drop_{kind.value}", None, now)


def may_set_back(actor: Actor, facts: ItemFacts, now: datetime) -> frozenset[ReviewActKind]:
    """What the actor may do, or take the first step of, with the reviews of an entry in its present state."""
    return frozenset(
        kind
        for kind, action in ACTIONS.items()
        if facts.state in _OPEN_TO[kind][1] and refusal(actor, action, facts, now) in (None, SECOND)
    )


def open_acts(
    session: Session, actor: Actor, facts: ItemFacts, review_ids: Collection[int], *, now: datetime
) -> dict[int, OpenAct]:
    """What is proposed for these reviews, by the number of the review."""
    rows = session.execute(
        sa.select(ReviewAct, Account.name)
        .join(Account, Account.id == ReviewAct.proposed_by_id)
        .where(ReviewAct.review_id.in_(review_ids), ReviewAct.outcome.is_(None))
    )
    return {
        act.review_id: OpenAct(
            act.kind,
            act.reason,
            name,
            act.proposed_at,
            refusal(actor, ACTIONS[act.kind], replace(facts, proposed_by_id=act.proposed_by_id), now) is None,
        )
        for act, name in rows
    }


# --- how ----------------------------------------------------------------------------------------------------


def _locked(session: Session, entry_ref: str, review_ref: str) -> tuple[Entry, Review]:
    entry = fetch(session, entry_ref, lock=True)
    query = (
        sa.select(Review)
        .where(Review.ref == review_ref, Review.entry_id == entry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    review = session.execute(query).scalar_one_or_none()
    if review is None:
        raise NotFound
    return entry, review


def _waiting(session: Session, review: Review) -> ReviewAct | None:
    query = sa.select(ReviewAct).where(ReviewAct.review_id == review.id, ReviewAct.outcome.is_(None))
    return session.execute(query).scalar_one_or_none()


def _facts(session: Session, entry: Entry, actor: Actor, waiting: ReviewAct | None) -> ItemFacts:
    return replace(
        entry_facts(session, entry, actor), proposed_by_id=waiting.proposed_by_id if waiting else None
    )


def _refused(actor: Actor, kind: ReviewActKind, facts: ItemFacts, now: datetime) -> str | None:
    """None, or that a second person is needed; raises for everybody else."""
    code = refusal(actor, ACTIONS[kind], facts, now)
    if code in (None, SECOND):
        return code
    if not is_visible(actor, facts, now):
        raise NotFound
    raise Refused(REASONS[code], code=code)


def _checked(reason: str) -> str:
    said = reason.replace("\r\n", "\n").strip()
    if not said:
        raise Invalid({"reason": [Message("Give a reason.")]})
    if len(said) > LONGEST_REASON:
        raise Invalid({"reason": [Message("This is longer than {max} characters.", max=LONGEST_REASON)]})
    return said


def _check_states(session: Session, actor: Actor, entry: Entry, review: Review, kind: ReviewActKind) -> None:
    of_review, of_entry = _OPEN_TO[kind]
    if review.state not in of_review or entry.state not in of_entry:
        raise Conflict(
            Message("This cannot be done with the review in the state that it is in."), code="wrong_state"
        )
    if session.get_one(Assignment, review.assignment_id).account_id == actor.account_id:
        raise Conflict(Message("This is your own review. Somebody else has to do this."), code="own_review")


def _carry_out(
    session: Session, actor: Actor, entry: Entry, review: Review, act: ReviewAct, now: datetime
) -> None:
    before = review.state
    step = ReviewAction.RETURN if act.kind is ReviewActKind.RETURN else ReviewAction.VOID
    review.state = advance(REVIEW_STEPS, review.state, step)
    if act.kind is ReviewActKind.VOID:
        review.void_reason = act.reason
    touch(review, now)
    _end(act, actor, ActOutcome.DONE, now)
    session.flush()
    audit.record(
        session,
        actor,
        ACTIONS[act.kind].value,
        ("review", review.ref),
        now=now,
        before={"state": before.value},
        after={"state": review.state.value, "proposed_by": act.proposed_by_id},
        reason=act.reason,
    )
    refresh(session, [entry], now=now)
    if act.kind is ReviewActKind.RETURN:
        _tell_author(session, entry, review, act, now)


def _end(act: ReviewAct, actor: Actor, outcome: ActOutcome, now: datetime) -> None:
    act.outcome, act.ended_by_id, act.ended_at = outcome, actor.account_id, now


def _record(
    session: Session, actor: Actor, review: Review, name: str, reason: str | None, now: datetime
) -> None:
    audit.record(
        session,
        actor,
        name,
        ("review", review.ref),
        now=now,
        after={"state": review.state.value},
        reason=reason,
    )


def _tell_author(session: Session, entry: Entry, review: Review, act: ReviewAct, now: datetime) -> None:
    assignment = session.get_one(Assignment, review.assignment_id)
    author = session.get_one(Account, assignment.account_id)
    queue_mail(
        session,
        author.email,
        "review_returned",
        {
            "ref": assignment.ref,
            "title": entry.title,
            "reason": act.reason,
            "link": f"{runtime(session).address}/{author.language}/reviews/{assignment.ref}",
        },
        language=author.language,
        now=now,
        subject_ref=assignment.ref,
    )
