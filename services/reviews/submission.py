"""Submit a scorecard: check it whole, judge it, keep what was submitted, and explain the result.

The result advises; it is stored with the version of the rules and a hash of what it was made from, so that
anybody can make it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.explain import explain_card
from criteria.rules import ENGINE
from criteria.scorecard import errors_for_submission, judge
from models.entries import Entry, Revision
from models.people import Account, RoleGrant
from models.reviews import ConflictDeclaration, Review, ReviewVersion
from services import audit
from services.panels.results import refresh
from services.reviews.content import Content, card_of, content_of
from services.reviews.drafts import check_open
from services.reviews.names import named_people
from services.reviews.rows import (
    Item,
    Programme,
    check_version,
    claimed_of,
    fetch_for,
    programme_of,
    revision_of,
    touch,
)
from services.reviews.words import label_of
from services.sentences import as_data
from services.ties import people_hash
from vocabulary.actions import Action
from vocabulary.errors import Invalid
from vocabulary.findings import StrategyId
from vocabulary.messages import Message
from vocabulary.people import Actor, Role
from vocabulary.states import ReviewState

STILL_CLEAR = "still_no_conflict"
NAMES_INTENDED = "names_intended"


@dataclass(frozen=True, slots=True)
class Declared:
    """Said at submission: still no conflict of interest, and names are meant to stand there."""

    still_no_conflict: bool = False
    names_intended: bool = False


def submit(
    session: Session, actor: Actor, ref: str, declared: Declared, expected_version: int, *, now: datetime
) -> Review:
    """Submit what is saved.

    Raises Invalid with every error by field at once, Conflict for a stale version or a scorecard that is
    submitted already.
    """
    item = fetch_for(session, actor, Action.REVIEW_SUBMIT, ref, now=now, lock=True)
    programme = programme_of(session, item.entry)
    check_open(item)
    check_version(item, programme, expected_version)
    revision = revision_of(session, item)
    content = content_of(item.review, programme.criteria)
    claimed = claimed_of(revision, programme)
    errors = _errors(session, actor, item, content, programme, revision, claimed, declared)
    if errors or item.review is None:
        raise Invalid(errors, Message("The scorecard is not complete."))
    return _keep(session, actor, item.review, content, programme, revision, claimed, now)


def _errors(
    session: Session,
    actor: Actor,
    item: Item,
    content: Content,
    programme: Programme,
    revision: Revision,
    claimed: Sequence[StrategyId],
    declared: Declared,
) -> dict[str, Any]:
    errors: dict[str, Any] = dict(
        errors_for_submission(
            card_of(content), criteria=programme.card_criteria(), rules=programme.rules(), claimed=claimed
        )
    )
    if not declared.still_no_conflict:
        errors[STILL_CLEAR] = [
            Message("Confirm that you still have no conflict of interest, or declare one.")
        ]
    if not declared.names_intended:
        found = names_named(session, actor, item, content, revision)
        if found:
            people = dict.fromkeys(name for names in found.values() for name in names)
            errors[NAMES_INTENDED] = [
                Message(
                    "What the applicant may read names {names} (see: {where}). Take it out, or confirm it.",
                    names=tuple(people),
                    where=tuple(label_of(name) for name in found),
                )
            ]
    return nested(errors)


def names_named(
    session: Session, actor: Actor, item: Item, content: Content, revision: Revision
) -> dict[str, list[str]]:
    """Names that stand in texts the applicant may read, by form field: reviewers', and the submission's.

    In a blind call the names in the submission are left out, or the answer would give them away.
    """
    own = session.get(Account, actor.account_id) if actor.account_id is not None else None
    names = [own.name] if own is not None else []
    if not item.facts.is_blind:
        owner = session.get(Account, item.entry.owner_id) if item.entry.owner_id is not None else None
        names += [revision.content.get(name) or "" for name in ("contact_name", "focal_point_name")]
        names += [owner.name] if owner is not None else []
    reviewers = session.execute(
        sa.select(Account.name)
        .where(Account.grants.any(RoleGrant.role == Role.REVIEWER), Account.erased_at.is_(None))
        .order_by(Account.id)
    ).scalars()
    return named_people(content, names, reviewers.all())


def nested(errors: Mapping[str, Any]) -> dict[str, Any]:
    """Errors named "scores.1.value" as nested objects, the way the content itself is nested."""
    found: dict[str, Any] = {}
    for name, messages in errors.items():
        *path, last = name.split(".")
        place = found
        for step in path:
            place = place.setdefault(step, {})
        place[last] = messages
    return found


def _keep(
    session: Session,
    actor: Actor,
    review: Review,
    content: Content,
    programme: Programme,
    revision: Revision,
    claimed: Sequence[StrategyId],
    now: datetime,
) -> Review:
    _still_clear(session, actor, review, now)
    before = review.state
    review.result = result_of(content, programme, revision, claimed, now)
    review.state = ReviewState.SUBMITTED
    review.submitted_at = now
    touch(review, now)
    session.add(
        ReviewVersion(
            review_id=review.id,
            content=content | {STILL_CLEAR: True, "revision": revision.number, "result": review.result},
            at=now,
        )
    )
    session.flush()
    audit.record(
        session,
        actor,
        "review.submit",
        ("review", review.ref),
        now=now,
        before={"state": before.value},
        after={
            "state": review.state.value,
            "revision": revision.number,
            "inputs_hash": review.result["inputs_hash"],
        },
    )
    refresh(session, [session.get_one(Entry, review.entry_id)], now=now)
    return review


def _still_clear(session: Session, actor: Actor, review: Review, now: datetime) -> None:
    """«Still true» holds for the people who are on the entry now."""
    declared = session.execute(
        sa.select(ConflictDeclaration).where(
            ConflictDeclaration.entry_id == review.entry_id,
            ConflictDeclaration.account_id == actor.account_id,
        )
    ).scalar_one()
    people = people_hash(session, session.get_one(Entry, review.entry_id))
    if declared.people_hash != people:
        declared.people_hash, declared.updated_at = people, now


def result_of(
    content: Content,
    programme: Programme,
    revision: Revision,
    claimed: Sequence[StrategyId],
    now: datetime,
) -> dict[str, Any]:
    """The verdict on every strategy with its tree and its explanation, as JSON values."""
    card, rules = card_of(content), programme.rules()
    return {
        "engine": ENGINE,
        "rule_set": _named(programme.rule_set),
        "criteria_set": _named(programme.criteria_set),
        "revision": revision.number,
        "claimed": list(claimed),
        "inputs_hash": inputs_hash(content, programme, claimed),
        "computed_at": now.isoformat(),
        "strategies": [
            {
                "strategy": strategy,
                "is_claimed": strategy in claimed,
                "verdict": result.verdict.value,
                "tree": result.as_data(),
                "explanation": [
                    as_data(message)
                    for message in explain_card(
                        card, strategy, result, is_claimed=strategy in claimed
                    ).messages()
                ],
            }
            for strategy, result in judge(card, rules).items()
        ],
    }


def _named(kept: Any) -> dict[str, str]:
    return {"code": kept.code, "version": kept.version, "content_hash": kept.content_hash}


def inputs_hash(content: Content, programme: Programme, claimed: Sequence[StrategyId]) -> str:
    """SHA-256 over what a result is made from: the scores, the rules and the strategies claimed."""
    inputs = {
        "scores": {
            code: None if answer["cannot_judge"] else answer["value"]
            for code, answer in content["scores"].items()
        },
        "rules": programme.rule_set.content_hash,
        "engine": ENGINE,
        "claimed": list(claimed),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
