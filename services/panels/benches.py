"""Who reviewed a proposal, and what did they say? Everything that a panel's result is made from.

Loads any number of proposals in a fixed number of queries. Counted are submitted reviews that are not void,
by people without an upheld conflict, on the latest version of the text; older ones are shown as stale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.cases import Case, Reviewed
from criteria.rules import RuleSet
from criteria.scorecard import Answer, Scorecard
from criteria.scorecard import Criterion as CardCriterion
from models.calls import Call
from models.entries import Entry, Revision
from models.panels import ConsensusScore
from models.people import Account
from models.reviews import Assignment, ConflictDeclaration, CriterionScore, Review
from procedure.facts import Standing
from services.facts import standing
from services.reviews.rows import Programme, claimed_of, programme_of
from vocabulary.findings import Confidence, CriterionId, Recommendation, StrategyId
from vocabulary.states import ReviewState

HANDED_IN = (ReviewState.SUBMITTED, ReviewState.LOCKED)


@dataclass(frozen=True, slots=True)
class Seat:
    """One review that was handed in. `card` holds the scores; texts for people are beside it."""

    review_id: int
    ref: str
    account_id: int
    name: str
    card: Scorecard
    is_stale: bool
    submitted_at: datetime | None
    comment_applicant: str | None
    comment_internal: str | None


@dataclass(frozen=True, slots=True)
class Bench:
    """A proposal with the reviews that were handed in on it and the scores that the meeting agreed on."""

    entry_id: int
    revision_id: int
    revision: int
    programme: Programme
    criteria: tuple[CardCriterion, ...]
    rules: RuleSet
    claimed: tuple[StrategyId, ...]
    seats: tuple[Seat, ...]
    agreed: Mapping[CriterionId, ConsensusScore] = field(default_factory=dict)

    @property
    def counted(self) -> tuple[Seat, ...]:
        """The reviews that count."""
        return tuple(seat for seat in self.seats if not seat.is_stale)

    def case(
        self,
        names: Mapping[str, str] | None = None,
        *,
        proposed: Recommendation | None = None,
        with_agreed: bool = True,
    ) -> Case:
        """What flags and results are made from; `names` calls each review what the reader may see."""
        called = names or {}
        return Case(
            reviews=tuple(
                Reviewed(called.get(seat.ref, seat.ref), seat.card, seat.is_stale) for seat in self.seats
            ),
            criteria=self.criteria,
            rules=self.rules,
            claimed=self.claimed,
            agreed={code: row.value for code, row in self.agreed.items()} if with_agreed else {},
            proposed=proposed,
        )


def load_benches(session: Session, entries: Iterable[Entry]) -> dict[int, Bench]:
    """The benches of proposals that were submitted, by the entry's id."""
    rows = {entry.id: entry for entry in entries}
    if not rows:
        return {}
    programmes = _programmes(session, rows.values())
    revisions = _latest_revisions(session, rows)
    seats = _seats(session, rows, revisions, programmes)
    agreed = _agreed(session, rows, programmes)
    found = {}
    for entry_id, entry in rows.items():
        revision = revisions.get(entry_id)
        if revision is None:
            continue
        programme, criteria, rules = programmes[entry.call_id]
        found[entry_id] = Bench(
            entry_id=entry_id,
            revision_id=revision.id,
            revision=revision.number,
            programme=programme,
            criteria=criteria,
            rules=rules,
            claimed=claimed_of(revision, programme),
            seats=tuple(seats.get(entry_id, ())),
            agreed=agreed.get(entry_id, {}),
        )
    return found


Kept = tuple[Programme, tuple[CardCriterion, ...], RuleSet]


def _programmes(session: Session, entries: Iterable[Entry]) -> dict[int | None, Kept]:
    """Criteria and rules by call; calls that pinned the same ones share them."""
    by_call: dict[int | None, Kept] = {}
    by_pins: dict[tuple[int | None, int | None], Kept] = {}
    for entry in entries:
        if entry.call_id in by_call:
            continue
        call = session.get(Call, entry.call_id) if entry.call_id is not None else None
        pins = (call.criteria_set_id, call.rule_set_id) if call else (None, None)
        if pins not in by_pins:
            programme = programme_of(session, entry)
            by_pins[pins] = (programme, programme.card_criteria(), programme.rules())
        by_call[entry.call_id] = by_pins[pins]
    return by_call


def _latest_revisions(session: Session, ids: Iterable[int]) -> dict[int, Revision]:
    newest = sa.select(sa.func.max(Revision.id)).where(Revision.entry_id.in_(ids)).group_by(Revision.entry_id)
    rows = session.execute(sa.select(Revision).where(Revision.id.in_(newest))).scalars()
    return {row.entry_id: row for row in rows}


def _seats(
    session: Session,
    entries: Mapping[int, Entry],
    revisions: Mapping[int, Revision],
    programmes: Mapping[int | None, Kept],
) -> dict[int, list[Seat]]:
    query = (
        sa.select(
            Review.id,
            Review.ref,
            Review.entry_id,
            Review.revision_id,
            Review.recommendation,
            Review.confidence,
            Review.contradiction_reason,
            Review.comment_applicant,
            Review.comment_internal,
            Review.submitted_at,
            Assignment.account_id,
            Account.name,
        )
        .join(Assignment, Assignment.id == Review.assignment_id)
        .join(Account, Account.id == Assignment.account_id)
        .where(Review.entry_id.in_(entries), Review.state.in_(HANDED_IN))
        .order_by(Review.id)
    )
    rows = session.execute(query).all()
    answers = _answers(session, entries, rows, programmes)
    barred = _barred(session, entries)
    found: dict[int, list[Seat]] = defaultdict(list)
    for row in rows:
        if (row.entry_id, row.account_id) in barred:
            continue
        revision = revisions.get(row.entry_id)
        found[row.entry_id].append(
            Seat(
                review_id=row.id,
                ref=row.ref,
                account_id=row.account_id,
                name=row.name or row.ref,
                card=Scorecard(
                    answers=answers.get(row.id, {}),
                    recommendation=Recommendation(row.recommendation) if row.recommendation else None,
                    confidence=Confidence(row.confidence) if row.confidence else None,
                    contradiction_reason=row.contradiction_reason,
                ),
                is_stale=revision is not None and row.revision_id != revision.id,
                submitted_at=row.submitted_at,
                comment_applicant=row.comment_applicant,
                comment_internal=row.comment_internal,
            )
        )
    return found


def _answers(
    session: Session,
    entries: Mapping[int, Entry],
    rows: Sequence[Any],
    programmes: Mapping[int | None, Kept],
) -> dict[int, dict[CriterionId, Answer]]:
    """What each review says on each criterion, by the review's id."""
    codes = {
        criterion.id: code
        for programme, _, _ in programmes.values()
        for code, criterion in programme.criteria.items()
    }
    if not rows:
        return {}
    query = (
        sa.select(
            CriterionScore.review_id,
            CriterionScore.criterion_id,
            CriterionScore.value,
            CriterionScore.cannot_judge,
            CriterionScore.cannot_reason,
            CriterionScore.evidence,
            CriterionScore.pointer,
        )
        .join(Review, Review.id == CriterionScore.review_id)
        .where(Review.entry_id.in_(entries), Review.state.in_(HANDED_IN))
    )
    found: dict[int, dict[CriterionId, Answer]] = defaultdict(dict)
    for review_id, criterion_id, value, cannot_judge, cannot_reason, evidence, pointer in session.execute(
        query
    ):
        code = codes.get(criterion_id)
        if code is not None:
            found[review_id][code] = Answer(
                value=value,
                cannot_judge=cannot_judge,
                cannot_reason=cannot_reason,
                evidence=evidence,
                pointer=pointer,
            )
    return found


def _barred(session: Session, ids: Iterable[int]) -> set[tuple[int, int]]:
    """(entry, account) of everybody with an upheld conflict."""
    query = sa.select(ConflictDeclaration).where(ConflictDeclaration.entry_id.in_(ids))
    return {
        (row.entry_id, row.account_id)
        for row in session.execute(query).scalars()
        if standing(row) is Standing.UPHELD
    }


def _agreed(
    session: Session, entries: Mapping[int, Entry], programmes: Mapping[int | None, Kept]
) -> dict[int, dict[CriterionId, ConsensusScore]]:
    codes = {
        criterion.id: code
        for programme, _, _ in programmes.values()
        for code, criterion in programme.criteria.items()
    }
    query = sa.select(ConsensusScore).where(
        ConsensusScore.entry_id.in_(entries), ConsensusScore.ended_at.is_(None)
    )
    found: dict[int, dict[CriterionId, ConsensusScore]] = defaultdict(dict)
    for row in session.execute(query).scalars():
        if row.criterion_id in codes:
            found[row.entry_id][codes[row.criterion_id]] = row
    return found
