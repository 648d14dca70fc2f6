"""How do the reviewers work on the proposals, what does the panel discuss, and what is decided?

All of it through the use cases, so that results, letters and the audit trail come out as they would.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from criteria.scorecard import contradicts, judge, overall
from models.decisions import Decision, Release
from models.reference import Criterion
from models.reviews import Assignment, Review
from seed.demo.plan import AssignmentPlan, DecisionPlan, ReviewPlan, ScorePlan
from seed.loading.entries import move
from seed.loading.stage import Stage
from services import conflicts
from services.assignments import assign
from services.conflict_hints import open_hints
from services.decisions import proposing
from services.decisions.letters import hash_of
from services.decisions.releasing import release_one
from services.panels import deliberation
from services.references import next_reference
from services.reviews import drafts, submission
from services.reviews.content import card_of, content_of
from services.reviews.rows import Programme, claimed_of, latest_revision, programme_of
from services.reviews.submission import Declared
from vocabulary.states import ConflictAnswer, ConflictRuling, EntryAction

ANSWERED_AFTER, RULED_AFTER, OPENED_AFTER = timedelta(hours=3), timedelta(hours=7), timedelta(hours=9)
STARTED_AFTER = timedelta(minutes=10)
SAVED_BEFORE = timedelta(minutes=2)
DELIBERATED_BEFORE, APPROVED_AFTER, RELEASED_AFTER = (
    timedelta(hours=1),
    timedelta(minutes=35),
    timedelta(hours=3),
)
N_DELIBERATED = 8
OPENED_BECAUSE = "One of those asked stood back; the panel agreed to meet on the reviews that came in."
CONTRADICTED_BECAUSE = "The meeting weighed the whole; see its notes."
_MET = 2


def plan_panel(stage: Stage) -> None:
    """Put reviews and decisions on the timeline."""
    invited: dict[str, datetime] = {}
    for plan in stage.world.assignments:
        invited[plan.entry] = min(plan.invited_at, invited.get(plan.entry, plan.invited_at))
        plan_assignment(stage, plan)
    for key, first in invited.items():
        stage.timeline.at(first + STARTED_AFTER, partial(_start, stage, key))
    for decision in stage.world.decisions:
        _plan_decision(stage, decision)
    for key in _to_deliberate(stage, {decision.entry for decision in stage.world.decisions}):
        _plan_deliberation(stage, key)


def _to_deliberate(stage: Stage, decided: Collection[str]) -> list[str]:
    """The first proposals whose reviews are all in and that nothing is decided on."""
    waiting: dict[str, bool] = {}
    for plan in stage.world.assignments:
        is_in = plan.review is None or plan.review.submitted_at is not None
        waiting[plan.entry] = waiting.get(plan.entry, True) and is_in
    return [key for key, is_ready in waiting.items() if is_ready and key not in decided][:N_DELIBERATED]


def plan_assignment(stage: Stage, plan: AssignmentPlan) -> None:
    """Put one assignment on the timeline: asked, answered, ruled on, scored."""
    at, invited = stage.timeline.at, plan.invited_at
    at(invited, partial(_invite, stage, plan))
    if plan.conflict is not None:
        at(invited + ANSWERED_AFTER, partial(_declare, stage, plan, ConflictAnswer(plan.conflict)))
    if plan.ruling is not None:
        at(invited + RULED_AFTER, partial(_rule, stage, plan, ConflictRuling(plan.ruling)))
    if plan.review is None:
        return
    if plan.review.submitted_at is None:
        at(invited + OPENED_AFTER, partial(_write, stage, plan, plan.review))
    else:
        at(plan.review.submitted_at - SAVED_BEFORE, partial(_write, stage, plan, plan.review))
        at(plan.review.submitted_at, partial(_hand_in, stage, plan))


def _invite(stage: Stage, plan: AssignmentPlan, now: datetime) -> None:
    email = next(person.email for person in stage.world.people if person.key == plan.reviewer)
    assign(stage.session, stage.actors["officer"], stage.entry(plan.entry).ref, email, plan.due_at, now=now)


def _assignment(stage: Stage, plan: AssignmentPlan) -> Assignment:
    return stage.session.execute(
        sa.select(Assignment).where(
            Assignment.entry_id == stage.entry(plan.entry).id,
            Assignment.account_id == stage.account_id(plan.reviewer),
        )
    ).scalar_one()


def _declare(stage: Stage, plan: AssignmentPlan, answer: ConflictAnswer, now: datetime) -> None:
    """What the service points to here, an address of the demonstration, is nothing."""
    entry, me = stage.entry(plan.entry), stage.account_id(plan.reviewer)
    hints = open_hints(stage.session, entry, me, now=now)
    conflicts.declare(
        stage.session,
        stage.actors[plan.reviewer],
        _assignment(stage, plan).ref,
        answer,
        plan.conflict_kinds,
        plan.conflict_text,
        now=now,
        dismissed=[hint.fingerprint for hint in hints],
    )


def _rule(stage: Stage, plan: AssignmentPlan, ruling: ConflictRuling, now: datetime) -> None:
    ref = _assignment(stage, plan).ref
    conflicts.rule(stage.session, stage.actors["officer-2"], ref, ruling, None, now=now)


def _review(stage: Stage, assignment: Assignment) -> Review:
    return stage.session.execute(
        sa.select(Review).where(Review.assignment_id == assignment.id).options(selectinload(Review.scores))
    ).scalar_one()


def _write(stage: Stage, plan: AssignmentPlan, review: ReviewPlan, now: datetime) -> None:
    """Save the scores, then what is said about the whole."""
    session, assignment = stage.session, _assignment(stage, plan)
    programme = programme_of(session, stage.entry(plan.entry))
    changes: dict[str, Any] = {
        "scores": {
            score.criterion: _answer(score, programme.criteria[score.criterion]) for score in review.scores
        }
    }
    for name in ("recommendation", "confidence", "conditions", "comment_applicant", "minutes_spent"):
        changes[name] = getattr(review, name)
    changes["partners"] = list(review.partners)
    version = _review(stage, assignment).version
    saved = drafts.save(session, stage.actors[plan.reviewer], assignment.ref, changes, version, now=now)
    if _contradicts(stage, plan, programme):
        said = {"contradiction_reason": review.contradiction_reason}
        drafts.save(session, stage.actors[plan.reviewer], assignment.ref, said, saved.version, now=now)


def _answer(score: ScorePlan, criterion: Criterion) -> dict[str, Any]:
    """A score with the parts of the criterion that it stands on, where it has parts."""
    parts = [part["code"] for part in criterion.data.get("parts", ())]
    is_any = criterion.data.get("parts_rule") == "any"
    held = parts[: (score.value or 0) if is_any and (score.value or 0) >= _MET else None]
    return {
        "value": score.value,
        "cannot_judge": score.value is None,
        "cannot_reason": score.cannot_reason,
        "evidence": score.evidence,
        "pointer": score.pointer,
        "parts": dict.fromkeys(held, True) if (score.value or 0) >= _MET else {},
    }


def _contradicts(stage: Stage, plan: AssignmentPlan, programme: Programme) -> bool:
    review = _review(stage, _assignment(stage, plan))
    card = card_of(content_of(review, programme.criteria))
    claimed = claimed_of(latest_revision(stage.session, stage.entry(plan.entry)), programme)
    return contradicts(card.recommendation, overall(judge(card, programme.rules()), claimed))


def _hand_in(stage: Stage, plan: AssignmentPlan, now: datetime) -> None:
    assignment = _assignment(stage, plan)
    submission.submit(
        stage.session,
        stage.actors[plan.reviewer],
        assignment.ref,
        Declared(still_no_conflict=True, names_intended=True),
        _review(stage, assignment).version,
        now=now,
    )


# --- decisions --------------------------------------------------------------------------------------------


def _plan_decision(stage: Stage, plan: DecisionPlan) -> None:
    at, decided = stage.timeline.at, plan.decided_at
    at(decided - DELIBERATED_BEFORE, partial(_deliberate, stage, plan.entry))
    at(decided, partial(_propose, stage, plan))
    at(decided + APPROVED_AFTER, partial(_approve, stage, plan))
    if plan.is_released:
        at(decided + RELEASED_AFTER, partial(_release, stage, plan))


def _plan_deliberation(stage: Stage, key: str) -> None:
    """Proposals that the panel meets about now."""
    stage.timeline.at(stage.now - DELIBERATED_BEFORE, partial(_deliberate, stage, key))


def _start(stage: Stage, key: str, now: datetime) -> None:
    move(stage, stage.actors["officer"], key, EntryAction.START_REVIEW, now)


def _deliberate(stage: Stage, key: str, now: datetime) -> None:
    """The panel meets: what was handed in is locked."""
    entry = stage.entry(key)
    deliberation.open_item(
        stage.session, stage.actors["officer"], entry.ref, entry.version, OPENED_BECAUSE, now=now
    )


def _decision(stage: Stage, key: str) -> Decision:
    return stage.session.execute(
        sa.select(Decision).where(
            Decision.entry_id == stage.entry(key).id, Decision.superseded_by_id.is_(None)
        )
    ).scalar_one()


def _propose(stage: Stage, plan: DecisionPlan, now: datetime) -> None:
    entry = stage.entry(plan.entry)
    draft = proposing.Draft(plan.outcome, plan.reason, plan.conditions, CONTRADICTED_BECAUSE)
    proposing.propose(stage.session, stage.actors["moderator"], entry.ref, draft, entry.version, now=now)


def _approve(stage: Stage, plan: DecisionPlan, now: datetime) -> None:
    decision = _decision(stage, plan.entry)
    proposing.approve(stage.session, stage.actors["decider"], decision.ref, decision.version, now=now)


def _release(stage: Stage, plan: DecisionPlan, now: datetime) -> None:
    """One at a time, as requests come in all year; the letter goes as it was approved."""
    session, actor = stage.session, stage.actors["decider"]
    entry, decision = stage.entry(plan.entry), _decision(stage, plan.entry)
    batch = Release(
        ref=next_reference(session, "REL", now),
        call_id=entry.call_id,
        released_by_id=stage.account_id("decider"),
        released_at=now,
        n_decisions=1,
        n_letters=1,
        seen_hash=hash_of({"decision": decision.ref, "version": decision.version}),
    )
    session.add(batch)
    session.flush()
    release_one(session, actor, entry, decision, batch, now=now)
