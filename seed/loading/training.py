"""How do the reviewers of the open call practise? Two samples with a reference, and most have scored them.

The first has begun the second sample; one has not looked yet. The first also states where they have worked,
at last with the body behind the proposal that waits for them: the conflict question points to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from seed.demo.panel import SEVERITY
from seed.loading.calls import ASKING
from seed.loading.stage import Stage
from services import affiliations
from services.calibration import drafts, samples
from services.calibration.samples import CANNOT_JUDGE, Invented

FILE = Path(__file__).resolve().parent.parent / "demo" / "data" / "practice.json"
PREPARED_BEFORE, SCORED_BEFORE = timedelta(days=12), timedelta(days=9)
STATED_BEFORE, LEFT_BEFORE, STAYED = timedelta(days=30), timedelta(days=430), timedelta(days=1_400)
EARLIER_BODY = "Wetland Observatory of the Upper Lenga"
N_BEGUN = 5
"""Criteria that the first reviewer has scored of the second sample."""


def plan_training(stage: Stage) -> None:
    """Put the samples, and the scores of all reviewers but the last, on the timeline."""
    said = json.loads(FILE.read_text(encoding="utf-8"))["samples"]
    at, now = stage.timeline.at, stage.now
    for n, sample in enumerate(said, start=1):
        at(now - PREPARED_BEFORE + timedelta(hours=n), partial(_prepare, stage, n, sample))
    reviewers = [person.key for person in stage.world.people if person.role == "reviewer"]
    for place, key in enumerate(reviewers[:-1]):
        for n, sample in enumerate(said, start=1):
            given = _scores(place, n, sample["reference"])
            when = now - SCORED_BEFORE + timedelta(hours=17 * place + n, minutes=11 * place)
            is_begun = place == 0 and n == len(said)
            at(when, partial(_begin if is_begun else _score, stage, key, n, given))
    _plan_affiliations(stage, reviewers[0])


def _plan_affiliations(stage: Stage, reviewer: str) -> None:
    """Two bodies that somebody has left, the last one that of a proposal which they have not opened yet."""
    waiting = next(
        (one.entry for one in stage.world.assignments if one.reviewer == reviewer and one.conflict is None),
        None,
    )
    bodies = [plan.fields["organisation_name"] for plan in stage.world.entries if plan.key == waiting]
    left = stage.now.date() - LEFT_BEFORE
    for n, name in enumerate([EARLIER_BODY, *bodies]):
        years = timedelta(days=1_500) * (len(bodies) - n)
        given = {
            "organisation_name": name,
            "started_on": left - years - STAYED,
            "ended_on": left - years,
        }
        when = stage.now - STATED_BEFORE + timedelta(minutes=3 * n)
        stage.timeline.at(when, partial(_state, stage, reviewer, given))


def _state(stage: Stage, key: str, given: Mapping[str, Any], now: datetime) -> None:
    affiliations.state(stage.session, stage.actors[key], given, now=now)


def _prepare(stage: Stage, position: int, sample: Mapping[str, Any], now: datetime) -> None:
    session, officer, call = stage.session, stage.actors["officer"], stage.calls[ASKING]
    invented = Invented(sample["title"], sample["language"], sample["texts"])
    made = samples.invent(session, officer, call, invented, now=now)
    samples.set_reference(session, officer, call, position, sample["reference"], made.version, now=now)


def _scores(place: int, position: int, reference: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The reference as this reviewer sees it: with their severity, chance, and now and then no judgement."""
    rng = Random(f"practice:{place}:{position}")  # noqa: S311 -- a repeatable demonstration, no secret
    shift = SEVERITY[place % len(SEVERITY)]
    return {
        code: CANNOT_JUDGE
        if rng.random() < 0.03
        else str(max(0, min(3, round(held["value"] + shift + rng.gauss(0, 0.4)))))
        for code, held in reference.items()
    }


def _score(stage: Stage, key: str, position: int, given: Mapping[str, str], now: datetime) -> None:
    samples.answer(stage.session, stage.actors[key], stage.calls[ASKING], position, given, now=now)


def _begin(stage: Stage, key: str, position: int, given: Mapping[str, str], now: datetime) -> None:
    some = dict(list(given.items())[:N_BEGUN])
    drafts.save(stage.session, stage.actors[key], stage.calls[ASKING], position, some, 0, now=now)
