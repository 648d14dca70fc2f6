"""Keep the scores of a practice sample that are not complete yet, as those of a scorecard are kept.

A draft is nobody's but its writer's: no result, count or figure reads it, and handing the scores in ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.calibration import CalibrationDraft, CalibrationSample
from procedure.access import require
from services import audit
from services.calibration.samples import ALLOWED, answerable_sample, call_of
from services.facts import call_facts
from services.reviews.rows import programme_of_call, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Actor


@dataclass(frozen=True, slots=True)
class Kept:
    """What a page says once a draft is kept; `version` 0 where there is none yet."""

    version: int
    saved_at: datetime | None
    n_scored: int
    n_criteria: int
    scores: Mapping[str, int | None]


def draft_of(session: Session, sample: CalibrationSample, actor: Actor) -> CalibrationDraft | None:
    """What somebody has begun of a sample."""
    return session.get(CalibrationDraft, (sample.id, actor.account_id))


def save(
    session: Session,
    actor: Actor,
    ref: str,
    position: int,
    given: Mapping[str, str],
    expected_version: int,
    *,
    now: datetime,
) -> Kept:
    """Keep some scores: {criterion: "0" to "3", or "cannot_judge", or "" for none}; the rest stays.

    What is there already changes nothing. Raises Invalid by criterion, Conflict with the present scores when
    it was saved elsewhere meanwhile, was handed in, or the deliberation has begun.
    """
    call = call_of(session, ref, lock=True)
    require(actor, Action.CALIBRATION_SCORE, call_facts(call, opened_at=now), now)
    sample = answerable_sample(session, actor, call, position)
    codes = list(programme_of_call(session, call).criteria)
    errors = {
        code: [Message("Choose a score.")]
        for code, value in given.items()
        if code not in codes or (value and value not in ALLOWED)
    }
    if errors:
        raise Invalid(errors)
    draft = draft_of(session, sample, actor)
    present = dict(draft.scores) if draft is not None else {}
    scores = {code: value for code, value in present.items() if code not in given}
    scores |= {code: ALLOWED[value] for code, value in given.items() if value}
    if scores == present:
        return _kept(draft, present, len(codes))
    _check_version(draft, expected_version)
    draft = draft or CalibrationDraft(sample_id=sample.id, account_id=actor.account_id or 0, created_at=now)
    draft.scores = scores
    touch(draft, now)
    session.add(draft)
    session.flush()
    audit.record(session, actor, "calibration.save", ("call", call.ref), now=now, after={"sample": position})
    return _kept(draft, scores, len(codes))


def _kept(draft: CalibrationDraft | None, scores: Mapping[str, Any], n_criteria: int) -> Kept:
    version, at = (draft.version, draft.updated_at) if draft is not None else (0, None)
    return Kept(version, at, len(scores), n_criteria, dict(scores))


def _check_version(draft: CalibrationDraft | None, expected: int) -> None:
    version = draft.version if draft is not None else 0
    if version != expected:
        raise Conflict(
            Message("Somebody else changed this meanwhile. Look at it again."),
            code="version_conflict",
            extra={"version": version, "current": dict(draft.scores) if draft is not None else {}},
        )
