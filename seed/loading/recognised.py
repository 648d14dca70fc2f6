"""Which partners' own activities are recognised? One holds, one is about to end, one was retracted.

Each is scored by three reviewers, decided by two people and recognised by the use cases.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.decisions import Decision, Recognition
from seed.demo.entries import CRITERIA_OF
from seed.demo.library import library
from seed.demo.plan import AssignmentPlan, EntryPlan, ReviewPlan, ScorePlan
from seed.loading.panel import plan_assignment
from seed.loading.people import BEFORE_THE_CALL
from seed.loading.stage import Stage
from services import recognitions
from services.decisions import endorsing
from services.decisions.proposing import Draft

FILE = Path(__file__).resolve().parent.parent / "demo" / "data" / "recognised.json"
INVITED_AFTER, SCORED_AFTER, DECIDED_AFTER = timedelta(days=4), timedelta(days=9), timedelta(days=13)
RETRACTED_BEFORE = timedelta(days=6)
OUTCOME = "endorsed"
REVIEWERS = ("reviewer-7", "reviewer-8", "reviewer-2")


def plan_recognised(stage: Stage) -> None:
    """Put reviews, decisions, recognitions and what became of them on the timeline."""
    said = json.loads(FILE.read_text(encoding="utf-8"))
    first = stage.now - BEFORE_THE_CALL
    for offer, one in zip(_asking(stage.world.entries), said["outcomes"], strict=False):
        _plan(stage, offer, max(offer.submitted_at or first, first), one, said["comment"])


def _asking(entries: Sequence[EntryPlan]) -> list[EntryPlan]:
    """Offers that stand and ask for recognition, of partners with an account, in their order."""
    asking = [
        entry
        for entry in entries
        if entry.kind == "offer"
        and entry.state == "active"
        and entry.owner is not None
        and entry.fields["seeks_recognition"]
    ]
    return sorted(asking, key=lambda entry: entry.key)


def _plan(stage: Stage, offer: EntryPlan, begun: datetime, said: Mapping[str, Any], comment: str) -> None:
    at, decided = stage.timeline.at, begun + DECIDED_AFTER
    for n, reviewer in enumerate(REVIEWERS):
        plan_assignment(stage, _assignment(offer, reviewer, n, begun, comment))
    at(decided, partial(_propose, stage, offer.key, said["reason"]))
    at(decided + timedelta(days=1), partial(_approve, stage, offer.key))
    at(decided + timedelta(days=2), partial(_issue, stage, offer.key, said))
    if said["retracted"]:
        at(stage.now - RETRACTED_BEFORE, partial(_retract, stage, offer.key, said["retracted"]))


def _assignment(offer: EntryPlan, reviewer: str, n: int, begun: datetime, comment: str) -> AssignmentPlan:
    invited = begun + INVITED_AFTER + timedelta(minutes=7 * n)
    texts = library().common["en"]["evidence"]
    codes = [code for strategy in offer.fields["strategies"] for code in CRITERIA_OF[strategy]]
    scores = tuple(
        ScorePlan(code, 2 + (n + place) % 2, texts[code][1], "Planned activities", None)
        for place, code in enumerate(codes)
    )
    submitted_at = begun + SCORED_AFTER + timedelta(hours=5 * n)
    confidence = ("high", "medium", "medium")[n % 3]
    review = ReviewPlan(scores, "endorse", confidence, None, comment, 35 + 10 * n, submitted_at)
    return AssignmentPlan(
        entry=offer.key,
        reviewer=reviewer,
        state="accepted",
        conflict="none",
        conflict_kinds=(),
        conflict_text=None,
        ruling=None,
        invited_at=invited,
        due_at=invited + timedelta(days=14),
        review=review,
    )


def _propose(stage: Stage, key: str, reason: str, now: datetime) -> None:
    entry = stage.entry(key)
    draft = Draft(OUTCOME, reason)
    endorsing.propose(
        stage.session, stage.actors["moderator"], entry.ref, draft, None, entry.version, now=now
    )


def _approve(stage: Stage, key: str, now: datetime) -> None:
    entry = stage.entry(key)
    decision = stage.session.execute(sa.select(Decision).where(Decision.entry_id == entry.id)).scalar_one()
    endorsing.approve(stage.session, stage.actors["decider"], decision.ref, decision.version, now=now)


def _issue(stage: Stage, key: str, said: Mapping[str, Any], now: datetime) -> None:
    last = stage.now + timedelta(days=said["ends_in"]) if said["ends_in"] else None
    until = last.date() if last is not None else None
    recognitions.issue(stage.session, stage.actors["officer"], stage.entry(key).ref, until, now=now)


def _retract(stage: Stage, key: str, reason: str, now: datetime) -> None:
    found = stage.session.execute(
        sa.select(Recognition).where(Recognition.entry_id == stage.entry(key).id)
    ).scalar_one()
    recognitions.retract(stage.session, stage.actors["officer"], found.ref, reason, found.version, now=now)
