"""How far have requests and offers come with each other?

Taking a match up has no use case yet, so the rows are written here as an officer and both sides would have
made them; score, reasons and versions are those that the ranking gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from models.matches import Match
from procedure.lifecycle import MATCH_STEPS, advance
from seed.demo.plan import MatchPlan
from seed.loading.stage import Stage
from services import audit
from services.allocations.asking import Asked, ask
from services.matches import MOST_MATCHES, MatchList, MatchRow, matches_of
from services.references import next_reference
from services.reviews.rows import touch
from services.sentences import as_data
from vocabulary.states import DeclineReason, MatchAction, MatchAnswer, MatchState

_A = MatchAction
STEPS: Mapping[MatchState, tuple[MatchAction, ...]] = {
    MatchState.SUGGESTED: (),
    MatchState.SHORTLISTED: (_A.SHORTLIST,),
    MatchState.PROPOSED: (_A.SHORTLIST, _A.PROPOSE),
    MatchState.AGREED: (_A.SHORTLIST, _A.PROPOSE, _A.AGREE),
    MatchState.ACTIVE: (_A.SHORTLIST, _A.PROPOSE, _A.AGREE, _A.START),
    MatchState.COMPLETED: (_A.SHORTLIST, _A.PROPOSE, _A.AGREE, _A.START, _A.COMPLETE),
    MatchState.DECLINED: (_A.SHORTLIST, _A.PROPOSE, _A.DECLINE),
    MatchState.LAPSED: (_A.SHORTLIST, _A.PROPOSE, _A.LAPSE),
}
"""The way to each state."""

DECLINED: Mapping[str, DeclineReason] = {
    "Too late": DeclineReason.TOO_LATE,
    "Wrong level": DeclineReason.WRONG_LEVEL,
    "No money for travel": DeclineReason.NO_MONEY,
    "Not our region": DeclineReason.NOT_OUR_REGION,
    "Other partner found": DeclineReason.OTHER,
}
"""What the plan calls a reason, and the reason that it is."""

AFTER_BOTH = timedelta(days=2)
"""An officer looks at a pair so long after the later of the two was submitted."""

LAST_BEFORE = timedelta(hours=5)
ASKED_BEFORE = timedelta(hours=1)


def plan_matches(stage: Stage) -> None:
    """Put every step of every match on the timeline, evenly between its beginning and now."""
    entries = {entry.key: entry for entry in stage.world.entries}
    for plan in stage.world.matches:
        steps = STEPS[MatchState(plan.state)]
        submitted = [entries[key].submitted_at for key in (plan.request, plan.offer)]
        first = max(when for when in submitted if when is not None) + AFTER_BOTH
        apart = (stage.now - LAST_BEFORE - first) / max(len(steps) - 1, 1)
        for n, action in enumerate(steps):
            stage.timeline.at(first + n * apart, partial(_step, stage, plan, action))


def plan_allocation(stage: Stage) -> None:
    """Let the officer ask for an allocation shortly before now; the background worker makes it."""
    asked = Asked(
        "Places of the standing offers",
        floors={"africa": 3, "asia_pacific": 2},
        most_per_offer=2,
        least_score=0.25,
        seed="Bonn, first of the month",
    )

    def ask_for_it(now: datetime) -> None:
        ask(stage.session, stage.actors["officer"], asked, now=now)

    stage.timeline.at(stage.now - ASKED_BEFORE, ask_for_it)


def _step(stage: Stage, plan: MatchPlan, action: MatchAction, now: datetime) -> None:
    match = _begun(stage, plan, now) if action is MatchAction.SHORTLIST else _match(stage, plan)
    before, match.state = match.state, advance(MATCH_STEPS, match.state, action)
    _say(match, plan, action, now)
    touch(match, now)
    stage.session.add(match)
    stage.session.flush()
    audit.record(
        stage.session,
        stage.actors["officer"],
        f"match.{action.value}",
        ("match", match.ref),
        now=now,
        before={"state": before.value},
        after={"state": match.state.value},
        reason=plan.reason if action is MatchAction.DECLINE else None,
    )


def _say(match: Match, plan: MatchPlan, action: MatchAction, now: datetime) -> None:
    """What the sides answer, by when they are asked to, and what came of it."""
    if action is MatchAction.PROPOSE:
        match.proposed_at, match.answer_by_at = now, plan.answer_by_at
        if plan.state in (MatchState.PROPOSED, MatchState.LAPSED):
            _answer(match, plan)
    elif action in (MatchAction.AGREE, MatchAction.DECLINE):
        _answer(match, plan)
    elif action is MatchAction.START:
        match.starts_on = now.date()
    elif action is MatchAction.COMPLETE:
        match.outcome = match.requester_outcome = plan.outcome
        match.requester_result = MatchState.COMPLETED.value


def _answer(match: Match, plan: MatchPlan) -> None:
    match.requester_answer = MatchAnswer(plan.requester_answer)
    match.partner_answer = MatchAnswer(plan.partner_answer)
    match.requester_reason, match.partner_reason = plan.requester_reason, plan.partner_reason
    because = DECLINED[plan.reason].value if plan.reason else None
    match.requester_decline = because if plan.requester_answer == MatchAnswer.NO else None
    match.partner_decline = because if plan.partner_answer == MatchAnswer.NO else None
    if because is not None:
        match.explanation = match.explanation | {"declined_because": because}


def _match(stage: Stage, plan: MatchPlan) -> Match:
    return stage.session.execute(
        sa.select(Match).where(
            Match.request_id == stage.entry(plan.request).id,
            Match.offer_id == stage.entry(plan.offer).id,
            Match.slot == plan.slot,
        )
    ).scalar_one()


def _begun(stage: Stage, plan: MatchPlan, now: datetime) -> Match:
    """A suggestion as the officer saw it, with the score and reasons of that moment."""
    ranked, row = _ranked(stage, plan, now)
    return Match(
        ref=next_reference(stage.session, "MAT", now),
        request_id=stage.entry(plan.request).id,
        offer_id=stage.entry(plan.offer).id,
        slot=plan.slot,
        state=MatchState.SUGGESTED,
        score=row.score,
        explanation=_explanation(row),
        settings_version=ranked.settings_version,
        index_version=ranked.index_version,
        requester_answer=MatchAnswer.NONE,
        partner_answer=MatchAnswer.NONE,
        facilitator_id=stage.account_id("officer"),
        created_at=now,
    )


def _ranked(stage: Stage, plan: MatchPlan, now: datetime) -> tuple[MatchList, MatchRow]:
    ranked = matches_of(
        stage.session,
        stage.actors["officer"],
        stage.entry(plan.request).ref,
        now=now,
        language="en",
        limit=MOST_MATCHES,
        include_blocked=True,
    )
    rows = {row.ref: row for row in (*ranked.blocked, *ranked.rows)}
    return ranked, rows[stage.entry(plan.offer).ref]


def _explanation(row: MatchRow) -> dict[str, Any]:
    return {
        "parts": dict(row.parts),
        "weights": dict(row.weights),
        "terms": [{"term": term.term, "share": term.share} for term in row.terms],
        "reasons": {name: as_data(message) for name, message in row.reasons.items()},
        "blockers": [{"code": code, "reason": as_data(message)} for code, message in row.blockers],
    }
