"""Which calls does the demonstration world have, and how far has each come?

There is no use case for calls yet, so the rows are written here, each step with its event of the audit trail.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from models.calls import Call
from models.reference import CriteriaSet, RuleSet
from procedure.lifecycle import CALL_STEPS, advance
from seed.demo.plan import CallPlan
from seed.loading.stage import Stage
from services import audit, programmes
from services.references import next_reference
from vocabulary.states import CallAction, CallKind, CallState

ZONE = "Europe/Berlin"
"""The secretariat sits in Bonn."""

ASKING = "current"
"""The call that asks everybody for conflicts of interest; the pilot came before the question."""

AFTERWARDS = (
    (CallAction.CLOSE, timedelta(minutes=30)),
    (CallAction.START_REVIEW, timedelta(days=4)),
    (CallAction.DELIBERATE, timedelta(days=60)),
    (CallAction.DECIDE, timedelta(days=62)),
    (CallAction.RELEASE, timedelta(days=75)),
)
"""What happens to a call that is over, and how long after its deadline."""


def plan_calls(stage: Stage) -> None:
    """Put the calls on the timeline, with the steps they have taken since."""
    for plan in stage.world.calls:
        stage.timeline.at(plan.opens_at, partial(_open, stage, plan))
        if plan.state == CallState.RELEASED and plan.closes_at is not None:
            for action, after in AFTERWARDS:
                stage.timeline.at(plan.closes_at + after, partial(_step, stage, plan.key, action))


def _open(stage: Stage, plan: CallPlan, now: datetime) -> None:
    session, officer = stage.session, stage.actors["officer"]
    criteria_set, rule_set = programmes.in_force(session, CriteriaSet), programmes.in_force(session, RuleSet)
    is_scored = plan.kind != CallKind.OFFERS
    call = Call(
        ref=next_reference(session, "CALL", now),
        kind=CallKind(plan.kind),
        state=CallState.OPEN,
        title=dict(plan.title),
        text=dict(plan.text),
        strategies=list(plan.strategies),
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        zone=ZONE,
        eligibility={},
        criteria_set_id=criteria_set.id if is_scored else None,
        rule_set_id=rule_set.id if is_scored else None,
        is_public_result=plan.state == CallState.RELEASED,
        asks_everybody=plan.key == ASKING,
        created_at=now,
        updated_at=now,
    )
    session.add(call)
    for pinned in (criteria_set, rule_set) if is_scored else ():
        pinned.locked_at = pinned.locked_at or now
    session.flush()
    stage.calls[plan.key] = call.ref
    after = {"state": call.state.value, "criteria_set": criteria_set.version, "rule_set": rule_set.version}
    audit.record(session, officer, "call.publish", ("call", call.ref), now=now, after=after)


def _step(stage: Stage, key: str, action: CallAction, now: datetime) -> None:
    session, officer = stage.session, stage.actors["officer"]
    call = session.execute(sa.select(Call).where(Call.ref == stage.calls[key])).scalar_one()
    before, call.state = call.state, advance(CALL_STEPS, call.state, action)
    call.updated_at = now
    session.flush()
    audit.record(
        session,
        officer,
        f"call.{action.value}",
        ("call", call.ref),
        now=now,
        before={"state": before.value},
        after={"state": call.state.value},
    )
