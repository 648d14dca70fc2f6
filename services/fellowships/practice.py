"""Sample nominations: what the members of a fellowship panel mark first, before anything that counts.

An officer invents them, with the marks and the band of reference and the reasons. They are kept where the
samples of reviewers are kept (services/calibration), and nothing that counts reads them. Whoever has not
marked every sample cannot begin with the nominations; whoever has begun is not stopped by a later sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calibration import CalibrationAnswer, CalibrationSample
from models.calls import Call
from models.fellowships import Fellowship, Nomination, PanelSeat
from procedure.access import require
from services.calibration import samples
from services.calibration.samples import LONGEST_REASON, SCORED_IN, Invented
from services.fellowships.mark_checks import check_marks
from services.fellowships.rows import call_only, fellowship_of
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import MeritBand
from vocabulary.messages import Message, plural_message
from vocabulary.people import Actor
from vocabulary.states import CallState

TEXTS = ("position", "other_expertise", "publications", "statement", "justification")
"""What a sample says; named and titled as the answers of the form are."""
NEEDED = "statement"


def add(
    session: Session, actor: Actor, call_ref: str, given: Invented, *, now: datetime
) -> CalibrationSample:
    """Add a sample that an officer has written. Raises Invalid by field, Conflict, NotFound, Refused."""
    call = _preparing(session, actor, call_ref, now)
    content = samples.content_of(given, TEXTS, needed=NEEDED)
    return samples.add_sample(session, actor, call, content, None, now)


def set_reference(
    session: Session,
    actor: Actor,
    call_ref: str,
    position: int,
    marks: Mapping[str, Mapping[str, Any]],
    band: Mapping[str, Any],
    expected_version: int,
    *,
    now: datetime,
) -> CalibrationSample:
    """Keep the marks of reference, {criterion: {"value", "reason"}}, and the band, {"value", "reason"}.

    Every criterion has a mark and a reason, since members learn from the reasons. Raises Invalid by field,
    Conflict for a stale version or once somebody has marked the sample.
    """
    call = _preparing(session, actor, call_ref, now)
    _, fellowship = fellowship_of(session, call_ref)
    sample = samples.untouched_sample(session, call, position, expected_version)
    given = {code: one["value"] for code, one in marks.items() if one.get("value") is not None}
    named = band.get("value")
    errors = _wrong_marks(fellowship, given, MeritBand(named) if named in set(MeritBand) else None)
    reasons = {code: str(one.get("reason") or "").strip() for code, one in marks.items()}
    for code in (one["code"] for one in fellowship.marks):
        if not reasons.get(code):
            errors[f"reasons.{code}"] = [Message("Say in a sentence why; members learn from it.")]
        elif len(reasons[code]) > LONGEST_REASON:
            errors[f"reasons.{code}"] = [Message("This is longer than {max} characters.", max=LONGEST_REASON)]
    said = str(band.get("reason") or "").strip()
    if len(said) > LONGEST_REASON:
        errors["reasons.band"] = [Message("This is longer than {max} characters.", max=LONGEST_REASON)]
    if errors:
        raise Invalid(errors)
    checked = {
        "marks": {code: {"value": value, "reason": reasons[code]} for code, value in given.items()},
        "band": {"value": named, "reason": said or None},
    }
    return samples.keep_reference(session, actor, call, sample, checked, now)


def remove(session: Session, actor: Actor, call_ref: str, position: int, *, now: datetime) -> None:
    """Take a sample away that nobody has marked. Raises Conflict, NotFound, Refused."""
    samples.remove(session, actor, call_ref, position, now=now, of_fellows=True)


def answer(
    session: Session,
    actor: Actor,
    call_ref: str,
    position: int,
    marks: Mapping[str, int],
    band: MeritBand | None,
    *,
    now: datetime,
) -> CalibrationAnswer:
    """Hand in one's marks of a sample, every criterion and a band, and once.

    Raises Invalid by criterion, Conflict once it was handed in or samples are marked no more.
    """
    call = samples.call_of(session, call_ref, lock=True, of_fellows=True)
    _, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.CALIBRATION_SCORE, call_only(call), now)
    sample = samples.answerable_sample(session, actor, call, position)
    check_marks(fellowship, marks, band, is_final=True)
    scores = {"marks": dict(marks), "band": band.value if band else None}
    return samples.keep_answer(session, actor, call, sample, scores, now)


def left_to_practise(session: Session, account_id: int | None, call: Call) -> tuple[int, ...]:
    """Positions of the samples that a member marks before anything else in this call.

    None once they have submitted marks that count, or where samples are not marked any more.
    """
    if account_id is None or call.state not in SCORED_IN:
        return ()
    has_begun = sa.exists().where(
        PanelSeat.account_id == account_id,
        PanelSeat.submitted_at.is_not(None),
        PanelSeat.nomination_id == Nomination.id,
        Nomination.call_id == call.id,
    )
    if session.execute(sa.select(has_begun)).scalar_one():
        return ()
    done = sa.select(CalibrationAnswer.sample_id).where(CalibrationAnswer.account_id == account_id)
    query = sa.select(CalibrationSample).where(
        CalibrationSample.call_id == call.id, CalibrationSample.id.not_in(done)
    )
    rows = session.execute(query.order_by(CalibrationSample.position)).scalars()
    return tuple(row.position for row in rows if row.reference)


def check_practised(session: Session, actor: Actor, call: Call) -> None:
    """Raise Conflict while the actor has samples of this call to mark first."""
    left = left_to_practise(session, actor.account_id, call)
    if left:
        raise Conflict(
            plural_message(
                "Mark one sample nomination first; then this one.",
                "Mark {n} sample nominations first; then this one.",
                len(left),
            ),
            code="samples_first",
            extra={"positions": list(left)},
        )


def _preparing(session: Session, actor: Actor, call_ref: str, now: datetime) -> Call:
    """The call whose samples are prepared, once what its panel marks is pinned."""
    call = samples.preparing(session, actor, call_ref, now, of_fellows=True)
    if call.state is CallState.DRAFT:
        raise Conflict(
            Message("Announce the call first; what the panel marks is pinned then."), code="call_draft"
        )
    return call


def _wrong_marks(
    fellowship: Fellowship, marks: Mapping[str, Any], band: MeritBand | None
) -> dict[str, list[Message]]:
    try:
        check_marks(fellowship, marks, band, is_final=True)
    except Invalid as wrong:
        return dict(wrong.errors)
    return {}
