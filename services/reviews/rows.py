"""Fetch an assignment with everything its scorecard stands on, check the version, note a change.

Not visible is not found: every use case of reviews fetches through here before it asks whether it may act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from criteria import rules as rule_engine
from criteria.rule_files import parse_rules
from criteria.scorecard import Criterion as CardCriterion
from criteria.scorecard import parse_criteria
from models.calls import Call
from models.entries import Entry, Revision
from models.reference import CriteriaSet, Criterion, RuleSet
from models.reviews import Assignment, Review
from procedure.access import may, require
from procedure.facts import ItemFacts
from services import programmes
from services.facts import assignment_facts, entry_facts
from services.reviews.content import content_of
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.findings import StrategyId
from vocabulary.messages import Message
from vocabulary.people import Actor

Kept = TypeVar("Kept", CriteriaSet, RuleSet)
STALE = Message("This scorecard was saved elsewhere meanwhile. Compare both versions and save again.")


@dataclass(frozen=True, slots=True)
class Item:
    """One assignment with its entry, its review (None before the first word) and the facts about them."""

    assignment: Assignment
    entry: Entry
    review: Review | None
    facts: ItemFacts

    @property
    def version(self) -> int:
        """The version of the scorecard; 0 while there is none."""
        return self.review.version if self.review is not None else 0


@dataclass(frozen=True, slots=True)
class Programme:
    """The criteria and rules that a call has pinned, or the latest ones outside of any call."""

    criteria_set: CriteriaSet
    rule_set: RuleSet
    criteria: Mapping[str, Criterion]
    met_threshold: int | None = None

    def card_criteria(self) -> tuple[CardCriterion, ...]:
        """The criteria as the rules of a scorecard read them."""
        return parse_criteria(
            [{"code": row.code, "parent": row.strategy, "data": row.data} for row in self.criteria.values()]
        )

    def rules(self) -> rule_engine.RuleSet:
        """The rules, read and checked, with the threshold that the call has pinned."""
        rules = parse_rules(self.rule_set.content, list(self.criteria))
        return rules if self.met_threshold is None else replace(rules, met_threshold=self.met_threshold)


def find(session: Session, actor: Actor, ref: str, *, lock: bool = False) -> Item:
    """An assignment by its reference, or that of its review. Raises NotFound; asks nothing else."""
    wanted = sa.or_(
        Assignment.ref == ref,
        Assignment.id.in_(sa.select(Review.assignment_id).where(Review.ref == ref)),
    )
    query = sa.select(Assignment).where(wanted)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    assignment = session.execute(query).scalar_one_or_none()
    if assignment is None:
        raise NotFound
    entry = session.get_one(Entry, assignment.entry_id)
    review = review_of(session, assignment, is_fresh=lock)
    facts = assignment_facts(entry_facts(session, entry, actor), assignment, review)
    return Item(assignment, entry, review, facts)


def fetch_for(
    session: Session, actor: Actor, action: Action, ref: str, *, now: datetime, lock: bool = False
) -> Item:
    """The assignment, if the actor may do this to it.

    Raises NotFound where the actor may not even know of the assignment, Refused where only the action is
    closed.
    """
    item = find(session, actor, ref, lock=lock)
    if not may(actor, Action.ASSIGNMENT_READ, item.facts, now):
        raise NotFound
    require(actor, action, item.facts, now)
    return item


def review_of(session: Session, assignment: Assignment, *, is_fresh: bool = False) -> Review | None:
    """The review with its scores; fresh from the database once the assignment is locked."""
    query = (
        sa.select(Review).where(Review.assignment_id == assignment.id).options(selectinload(Review.scores))
    )
    if is_fresh:
        query = query.execution_options(populate_existing=True)
    return session.execute(query).scalar_one_or_none()


def latest_revision(session: Session, entry: Entry) -> Revision:
    """What was submitted last. Raises NotFound when nothing was submitted yet."""
    revision = session.execute(
        sa.select(Revision).where(Revision.entry_id == entry.id).order_by(Revision.number.desc()).limit(1)
    ).scalar_one_or_none()
    if revision is None:
        raise NotFound
    return revision


def revision_of(session: Session, item: Item) -> Revision:
    """The frozen submission that the review is about."""
    if item.review is None:
        return latest_revision(session, item.entry)
    return session.get_one(Revision, item.review.revision_id)


def programme_of(session: Session, entry: Entry) -> Programme:
    """Criteria and rules by which an entry is scored."""
    return programme_of_call(session, session.get(Call, entry.call_id) if entry.call_id is not None else None)


def programme_of_call(session: Session, call: Call | None) -> Programme:
    """Criteria and rules that a call has pinned; the latest ones without a call."""
    criteria_set = _pinned(session, CriteriaSet, call.criteria_set_id if call else None)
    rule_set = _pinned(session, RuleSet, call.rule_set_id if call else None)
    rows = session.execute(
        sa.select(Criterion).where(Criterion.set_id == criteria_set.id).order_by(Criterion.position)
    ).scalars()
    by_code = {row.code: row for row in rows}
    return Programme(criteria_set, rule_set, by_code, call.met_threshold if call else None)


def _pinned(session: Session, kind: type[Kept], id_: int | None) -> Kept:
    if id_ is not None:
        return session.get_one(kind, id_)
    return programmes.in_force(session, kind)


def claimed_of(revision: Revision, programme: Programme) -> tuple[StrategyId, ...]:
    """The strategies that the submission claims; all of them where it names none that is scored."""
    known = list(dict.fromkeys(row.strategy for row in programme.criteria.values()))
    named = revision.content.get("strategies") or []
    return tuple(code for code in known if code in named) or tuple(known)


def check_version(item: Item, programme: Programme, expected: int) -> None:
    """Raises Conflict with what is there now when the scorecard is not at the version that was read."""
    if item.version != expected:
        current = content_of(item.review, programme.criteria)
        raise Conflict(STALE, code="version_conflict", extra={"version": item.version, "current": current})


def touch(row: Any, now: datetime) -> None:
    """Note the time of a change; the version counts up even where only the scores changed."""
    row.updated_at = now
    flag_modified(row, "updated_at")
