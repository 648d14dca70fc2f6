"""What does a reviewer see of an assignment: the conflict question, scorecard, text and receipt?

Frozen rows, limited to what the policy lets this reviewer see. Nothing of other reviews is ever read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.entries import Revision
from models.reviews import ConflictDeclaration, Review, ReviewAct
from procedure.access import may
from procedure.facts import Standing
from services import vocabularies
from services.conflicts import shown_hints
from services.entries.visibility import shown_fields
from services.queries.cards import Card, StrategyGroup, groups_of
from services.queries.conflicts import HintRow, hint_rows
from services.queries.partners import known_bodies
from services.queries.readable import ShownField, readable
from services.queries.review_queue import STATES, state_of
from services.reviews.content import Content, content_of, n_scored
from services.reviews.drafts import OPEN
from services.reviews.rows import Item, claimed_of, fetch_for, find, programme_of, revision_of
from services.reviews.submission import result_of
from services.sentences import as_message
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
from vocabulary.findings import Verdict
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import ActOutcome, ConflictAnswer, EntryKind, ReviewActKind, ReviewState


@dataclass(frozen=True, slots=True)
class Gate:
    """The conflict question, with what may be seen before it is answered."""

    ref: str
    standing: Standing
    answered_at: datetime | None
    answer: ConflictAnswer | None
    title: str | None
    language: str | None
    content: Mapping[str, Any]
    preview: Mapping[str, ShownField]
    hints: tuple[HintRow, ...]


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Why a scorecard was sent back to its author, or no longer counts, and when. Who did it is not said."""

    reason: str
    at: datetime
    is_void: bool


@dataclass(frozen=True, slots=True)
class StrategyVerdict:
    """The result of one's own scores on one strategy."""

    code: str
    name: str
    is_claimed: bool
    verdict: Verdict
    explanation: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class ScorecardPage:
    """The submission and the scorecard on it. `content` is what is saved.

    `running` is what the rules make of it so far, on the strategies claimed, where the call shows it.
    """

    ref: str
    review_ref: str | None
    entry_ref: str
    kind: EntryKind
    state: str
    state_name: Message
    version: int
    saved_at: datetime | None
    due_at: datetime | None
    revision: int
    revision_at: datetime
    newer_revision: int | None
    title: str | None
    language: str | None
    submission: Mapping[str, ShownField]
    submission_content: Mapping[str, Any]
    files: tuple[Mapping[str, Any], ...]
    groups: tuple[StrategyGroup, ...]
    content: Content
    n_scored: int
    n_criteria: int
    may_write: bool
    may_reopen: bool
    has_result: bool
    given_back: GivenBack | None
    running: tuple[StrategyVerdict, ...]
    known_bodies: tuple[str, ...]

    @property
    def cards(self) -> tuple[Card, ...]:
        """Every criterion in order."""
        return tuple(card for group in self.groups for card in group.cards)


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A submitted scorecard: its verdict per strategy, how it came about, and what can still be done."""

    ref: str
    review_ref: str
    entry_ref: str
    title: str | None
    language: str | None
    version: int
    submitted_at: datetime
    state_name: Message
    revision: int
    rule_version: str
    inputs_hash: str
    strategies: tuple[StrategyVerdict, ...]
    recommendation: str | None
    may_reopen: bool


def gate(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> Gate:
    """The conflict question on one assignment; while a ruling is awaited, nothing of the entry."""
    item = find(session, actor, ref)
    is_seen = may(actor, Action.CONFLICT_DECLARE, item.facts, now) and may(
        actor, Action.ASSIGNMENT_ACCEPT, item.facts, now
    )
    is_waiting = item.facts.conflict is Standing.UNDECIDED and may(
        actor, Action.ASSIGNMENT_RECUSE, item.facts, now
    )
    if not is_seen and not is_waiting:
        raise NotFound
    declared = session.execute(
        sa.select(ConflictDeclaration).where(
            ConflictDeclaration.entry_id == item.entry.id,
            ConflictDeclaration.account_id == item.assignment.account_id,
        )
    ).scalar_one_or_none()
    preview: Mapping[str, ShownField] = {}
    content: Mapping[str, Any] = {}
    if is_seen:
        content = _previewed(actor, item, revision_of(session, item), now)
        preview = readable(session, item.entry.kind, content, language)
    return Gate(
        ref=item.assignment.ref,
        standing=item.facts.conflict,
        answered_at=declared.answered_at if declared else None,
        answer=declared.answer if declared else None,
        title=content.get("title"),
        language=content.get("language"),
        content=content,
        preview=preview,
        hints=hint_rows(shown_hints(session, actor, item.entry, item.facts, now=now)) if is_seen else (),
    )


_PREVIEW = (
    "title",
    "language",
    "organisation_name",
    "organisation_acronym",
    "organisation_kind",
    "organisation_country",
    "countries",
    "contact_name",
    "focal_point_name",
    "people_involved",
)


def _previewed(actor: Actor, item: Item, revision: Revision, now: datetime) -> dict[str, Any]:
    """Title, people, institutions and country of the submission; of a blind call the title only."""
    public = revision.content.get("public_fields") or []
    shown = set(shown_fields(actor, item.entry.kind, public, item.facts, now))
    if "organisation_country" in shown:
        shown.add("countries")
    return {name: revision.content.get(name) for name in _PREVIEW if name in shown}


def scorecard(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> ScorecardPage:
    """Everything on the scorecard page. Raises Refused with "conflict_unanswered" before the question."""
    item = fetch_for(session, actor, Action.REVIEW_READ_OWN, ref, now=now)
    programme = programme_of(session, item.entry)
    revision = revision_of(session, item)
    content = content_of(item.review, programme.criteria)
    said = _seen(actor, item, revision, now)
    done = n_scored(content)
    state = state_of(item.review, item.facts.conflict, done)
    may_write = may(actor, Action.REVIEW_WRITE, item.facts, now)
    is_open = item.review is None or item.review.state in OPEN
    return ScorecardPage(
        ref=item.assignment.ref,
        review_ref=item.review.ref if item.review else None,
        entry_ref=item.entry.ref,
        kind=item.entry.kind,
        state=state,
        state_name=STATES[state],
        version=item.version,
        saved_at=item.review.updated_at if item.review and item.version > 1 else None,
        due_at=item.assignment.due_at,
        revision=revision.number,
        revision_at=revision.submitted_at,
        newer_revision=item.entry.revision_number if item.entry.revision_number > revision.number else None,
        title=said.get("title"),
        language=said.get("language"),
        submission=readable(session, item.entry.kind, said, language),
        submission_content=said,
        files=tuple(revision.files or ()),
        groups=groups_of(session, programme, claimed_of(revision, programme), said, language),
        content=content,
        n_scored=done,
        n_criteria=len(programme.criteria),
        may_write=may_write and is_open,
        may_reopen=may_write and item.review is not None and item.review.state is ReviewState.SUBMITTED,
        has_result=may(actor, Action.REVIEW_READ_VERDICT, item.facts, now)
        and item.review is not None
        and item.review.result is not None,
        given_back=_given_back(session, item.review),
        running=_running(session, actor, item, content, language, now),
        known_bodies=known_bodies(session, actor) if may_write and is_open else (),
    )


def running(
    session: Session, actor: Actor, ref: str, *, language: str, now: datetime
) -> tuple[StrategyVerdict, ...]:
    """What the rules make of what is saved so far, where the call shows it. Raises NotFound, Refused."""
    item = fetch_for(session, actor, Action.REVIEW_READ_OWN, ref, now=now)
    content = content_of(item.review, programme_of(session, item.entry).criteria)
    return _running(session, actor, item, content, language, now)


def _running(
    session: Session, actor: Actor, item: Item, content: Content, language: str, now: datetime
) -> tuple[StrategyVerdict, ...]:
    if not may(actor, Action.REVIEW_READ_RUNNING, item.facts, now):
        return ()
    if item.review is not None and item.review.state not in OPEN:
        return ()
    programme, revision = programme_of(session, item.entry), revision_of(session, item)
    result = result_of(content, programme, revision, claimed_of(revision, programme), now)
    return tuple(row for row in verdicts(session, result, language) if row.is_claimed)


_SETBACKS = {
    ReviewState.RETURNED: ReviewActKind.RETURN,
    ReviewState.VOID: ReviewActKind.VOID,
}


def _given_back(session: Session, review: Review | None) -> GivenBack | None:
    """The reason that was given to the author; while a second person has not confirmed it, there is none."""
    kind = _SETBACKS.get(review.state) if review is not None else None
    if review is None or kind is None:
        return None
    act = session.execute(
        sa.select(ReviewAct)
        .where(
            ReviewAct.review_id == review.id,
            ReviewAct.kind == kind,
            ReviewAct.outcome == ActOutcome.DONE,
        )
        .order_by(ReviewAct.ended_at.desc(), ReviewAct.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if act is None or act.ended_at is None:
        return None
    return GivenBack(act.reason, act.ended_at, kind is ReviewActKind.VOID)


def _seen(actor: Actor, item: Item, revision: Revision, now: datetime) -> dict[str, Any]:
    public = revision.content.get("public_fields") or []
    shown = shown_fields(actor, item.entry.kind, public, item.facts, now)
    return {name: value for name, value in revision.content.items() if name in shown}


def receipt(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> ReceiptPage:
    """The receipt of a submitted scorecard. Raises Refused before it is submitted."""
    item = fetch_for(session, actor, Action.REVIEW_READ_VERDICT, ref, now=now)
    review = item.review
    if review is None or review.result is None or review.submitted_at is None:
        raise Conflict(Message("This scorecard has no result yet."), code="no_result")
    revision = revision_of(session, item)
    said = _seen(actor, item, revision, now)
    return ReceiptPage(
        ref=item.assignment.ref,
        review_ref=review.ref,
        entry_ref=item.entry.ref,
        title=said.get("title"),
        language=said.get("language"),
        version=review.version,
        submitted_at=review.submitted_at,
        state_name=STATES[review.state],
        revision=review.result["revision"],
        rule_version=review.result["rule_set"]["version"],
        inputs_hash=review.result["inputs_hash"],
        strategies=verdicts(session, review.result, language),
        recommendation=review.recommendation.value if review.recommendation else None,
        may_reopen=review.state is ReviewState.SUBMITTED
        and may(actor, Action.REVIEW_REVISE, item.facts, now),
    )


def verdicts(session: Session, result: Mapping[str, Any], language: str) -> tuple[StrategyVerdict, ...]:
    """The stored result, claimed strategies first, to be read in any language."""
    names = vocabularies.labels(session, "strategies", language)
    found = (
        StrategyVerdict(
            code=entry["strategy"],
            name=names.get(entry["strategy"], entry["strategy"]),
            is_claimed=entry["is_claimed"],
            verdict=Verdict(entry["verdict"]),
            explanation=tuple(as_message(message) for message in entry["explanation"]),
        )
        for entry in result["strategies"]
    )
    return tuple(sorted(found, key=lambda row: not row.is_claimed))
