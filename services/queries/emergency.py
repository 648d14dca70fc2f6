"""What does somebody see who opened an entry in an emergency, beside the page of the entry itself?

Reviews, decisions and contact data have no page that an auditor may open; each is shown here as far as the
permission table gives it, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.entries import Entry
from models.matches import Match
from models.people import Account
from models.reference import Criterion
from models.reviews import Assignment, CriterionScore, Review
from procedure.access import may
from services.entries.rows import fetch
from services.entries.visibility import CONTACT
from services.facts import entry_facts
from services.introductions.rows import Taken, all_taken
from vocabulary.actions import Action
from vocabulary.people import Actor


@dataclass(frozen=True, slots=True)
class ScoreShown:
    """One score: the code of its criterion, the value (None for "cannot judge"), the evidence."""

    code: str
    value: int | None
    evidence: str | None


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """One review; `by` is None where its author may not be known."""

    ref: str
    state: str
    by: str | None
    recommendation: str | None
    submitted_at: datetime | None
    comment_applicant: str | None
    comment_internal: str | None
    scores: tuple[ScoreShown, ...]


@dataclass(frozen=True, slots=True)
class DecisionShown:
    """One decision, released or not."""

    ref: str
    outcome: str
    reason: str
    conditions: str | None
    approved_at: datetime | None
    released_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContactShown:
    """Contact data of one side of a match, by the names of fields."""

    match_ref: str
    entry_ref: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """All of it."""

    reviews: tuple[ReviewShown, ...] = ()
    decisions: tuple[DecisionShown, ...] = ()
    contacts: tuple[ContactShown, ...] = ()


def opened(session: Session, actor: Actor, ref: str, *, now: datetime) -> Opened:
    """What this actor may read of one entry besides its content. Raises NotFound."""
    entry = fetch(session, ref)
    facts = entry_facts(session, entry, actor)
    return Opened(
        reviews=_reviews(session, entry, with_names=may(actor, Action.REVIEW_READ_AUTHOR, facts, now))
        if may(actor, Action.REVIEW_READ_OTHERS, facts, now)
        else (),
        decisions=_decisions(session, entry) if may(actor, Action.DECISION_READ, facts, now) else (),
        contacts=_contacts(session, actor, entry, now),
    )


def _reviews(session: Session, entry: Entry, *, with_names: bool) -> tuple[ReviewShown, ...]:
    rows = session.execute(
        sa.select(Review, Account.name)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(Account, Account.id == Assignment.account_id)
        .where(Review.entry_id == entry.id)
        .order_by(Review.id)
    ).all()
    scores: dict[int, list[ScoreShown]] = {}
    query = (
        sa.select(CriterionScore, Criterion.code)
        .join(Criterion, Criterion.id == CriterionScore.criterion_id)
        .where(CriterionScore.review_id.in_([review.id for review, _ in rows]))
        .order_by(Criterion.id)
    )
    for score, code in session.execute(query):
        scores.setdefault(score.review_id, []).append(ScoreShown(code, score.value, score.evidence))
    return tuple(
        ReviewShown(
            ref=review.ref,
            state=review.state.value,
            by=name if with_names else None,
            recommendation=review.recommendation.value if review.recommendation else None,
            submitted_at=review.submitted_at,
            comment_applicant=review.comment_applicant,
            comment_internal=review.comment_internal,
            scores=tuple(scores.get(review.id, ())),
        )
        for review, name in rows
    )


def _decisions(session: Session, entry: Entry) -> tuple[DecisionShown, ...]:
    query = sa.select(Decision).where(Decision.entry_id == entry.id).order_by(Decision.id.desc())
    return tuple(
        DecisionShown(
            ref=row.ref,
            outcome=row.outcome,
            reason=row.reason,
            conditions=row.conditions,
            approved_at=row.approved_at,
            released_at=row.released_at,
            withdrawn_at=row.withdrawn_at,
        )
        for row in session.execute(query).scalars()
    )


def _contacts(session: Session, actor: Actor, entry: Entry, now: datetime) -> tuple[ContactShown, ...]:
    """Contact data of the other side of each match, where both sides are open to the actor."""
    query = sa.select(Match).where(sa.or_(Match.request_id == entry.id, Match.offer_id == entry.id))
    taken = all_taken(session, actor, list(session.execute(query.order_by(Match.id)).scalars()))
    return tuple(
        ContactShown(one.match.ref, other.ref, _contact(other))
        for one in taken
        for other in (one.request, one.offer)
        if _is_open(actor, one, other, now)
    )


def _is_open(actor: Actor, taken: Taken, side: Entry, now: datetime) -> bool:
    facts = next(known for known in taken.facts.values() if known.entry_id == side.id)
    return not taken.has_conflict() and may(actor, Action.MATCH_READ_CONTACTS, facts, now)


def _contact(entry: Entry) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name in sorted(CONTACT) if (value := getattr(entry, name, None)))
