"""Save a scorecard, open a submitted one again, move on to a newer version of the submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.entries import Entry
from models.reviews import Assignment, Review
from services import audit
from services.panels.results import refresh
from services.references import next_reference
from services.reviews.content import Content, content_of, flat, merged, n_scored, write
from services.reviews.rows import (
    Item,
    check_version,
    fetch_for,
    latest_revision,
    programme_of,
    review_of,
    touch,
)
from vocabulary.actions import Action
from vocabulary.errors import Conflict
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import AssignmentState, ReviewState

OPEN = (ReviewState.DRAFT, ReviewState.RETURNED)
"""States in which a scorecard may be written."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a page says once a scorecard is kept."""

    version: int
    saved_at: datetime
    n_scored: int
    n_criteria: int
    shows_verdict: bool = False


def start(session: Session, actor: Actor, assignment: Assignment, entry: Entry, *, now: datetime) -> Review:
    """The review of an assignment, made on the latest revision where there is none yet.

    Called once the conflict question is answered and the assignment is locked.
    """
    review = review_of(session, assignment, is_fresh=True)
    if review is not None:
        return review
    revision = latest_revision(session, entry)
    review = Review(
        ref=next_reference(session, "REV", now),
        assignment_id=assignment.id,
        entry_id=assignment.entry_id,
        revision_id=revision.id,
        state=ReviewState.DRAFT,
        expertise={},
        partners=[],
        scores=[],
        created_at=now,
        updated_at=now,
    )
    session.add(review)
    session.flush()
    audit.record(
        session,
        actor,
        "review.start",
        ("review", review.ref),
        now=now,
        after={"assignment": assignment.ref, "revision": revision.number},
    )
    return review


def save(
    session: Session,
    actor: Actor,
    ref: str,
    changes: Mapping[str, Any],
    expected_version: int,
    *,
    now: datetime,
) -> Saved:
    """Keep some answers of a scorecard; whatever is not named stays as it is.

    Saving what is there already changes nothing. Raises Conflict with the present content when it was saved
    elsewhere meanwhile, or was submitted; Invalid for a criterion, part or strategy that is not there.
    """
    item = fetch_for(session, actor, Action.REVIEW_WRITE, ref, now=now, lock=True)
    programme = programme_of(session, item.entry)
    check_open(item)
    check_version(item, programme, expected_version)
    present = content_of(item.review, programme.criteria)
    content = merged(present, changes, programme.criteria)
    review = item.review or _begin(session, actor, item, now)
    shows_verdict = item.facts.shows_own_verdict
    if content == present:
        return _saved(review, content, shows_verdict)
    write(review, content, programme.criteria)
    touch(review, now)
    session.flush()
    there, new = flat(present), flat(content)
    names = sorted(name for name in new if new[name] != there.get(name))
    audit.record(session, actor, "review.save", ("review", review.ref), now=now, after={"fields": names})
    return _saved(review, content, shows_verdict)


def _saved(review: Review, content: Content, shows_verdict: bool) -> Saved:
    n_criteria = len(content["scores"])
    return Saved(review.version, review.updated_at, n_scored(content), n_criteria, shows_verdict)


def _begin(session: Session, actor: Actor, item: Item, now: datetime) -> Review:
    """The first word on an assignment whose conflict question was answered before it was made."""
    review = start(session, actor, item.assignment, item.entry, now=now)
    if item.assignment.state is AssignmentState.INVITED:
        item.assignment.state = AssignmentState.ACCEPTED
        touch(item.assignment, now)
    return review


def check_open(item: Item) -> None:
    """Raises Conflict unless the scorecard may be written in the state it is in."""
    state = item.review.state if item.review is not None else ReviewState.DRAFT
    if state is ReviewState.SUBMITTED:
        raise Conflict(
            Message("This scorecard is submitted. Open it again before you change it."), code="submitted"
        )
    if state not in OPEN:
        raise Conflict(Message("This scorecard can no longer be changed."), code="closed")


def reopen(session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime) -> Review:
    """Take a submitted scorecard back to change it; it counts again once it is submitted again."""
    item = fetch_for(session, actor, Action.REVIEW_REVISE, ref, now=now, lock=True)
    check_version(item, programme_of(session, item.entry), expected_version)
    review = item.review
    if review is None or review.state is not ReviewState.SUBMITTED:
        raise Conflict(Message("Only a submitted scorecard can be opened again."), code="not_submitted")
    review.state = ReviewState.DRAFT
    touch(review, now)
    session.flush()
    audit.record(
        session,
        actor,
        "review.reopen",
        ("review", review.ref),
        now=now,
        before={"state": ReviewState.SUBMITTED.value},
        after={"state": review.state.value},
    )
    refresh(session, [item.entry], now=now)
    return review


def take_latest_revision(
    session: Session, actor: Actor, ref: str, expected_version: int, *, now: datetime
) -> Review:
    """Go on with the newest version of the submission; scores and texts stay, to be looked at again."""
    item = fetch_for(session, actor, Action.REVIEW_WRITE, ref, now=now, lock=True)
    check_open(item)
    check_version(item, programme_of(session, item.entry), expected_version)
    review = item.review or _begin(session, actor, item, now)
    newest = latest_revision(session, item.entry)
    if review.revision_id == newest.id:
        return review
    review.revision_id = newest.id
    touch(review, now)
    session.flush()
    audit.record(
        session,
        actor,
        "review.take_revision",
        ("review", review.ref),
        now=now,
        after={"revision": newest.number},
    )
    return review
