"""Which marks can be given, and until when?"""

from __future__ import annotations

from collections.abc import Mapping

from models.fellowships import Fellowship, Nomination
from services.fellowships.settings import scale_of, weights_of
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import MeritBand, NominationState
from vocabulary.messages import Message

LOCKED = Message("The marks are locked; they can no longer be changed.")
TO_MARK = (NominationState.IN_REVIEW, NominationState.BANDED)


def is_locked(fellowship: Fellowship, nomination: Nomination) -> bool:
    """Can the marks of this nomination no longer change?"""
    try:
        check_unlocked(fellowship, nomination)
    except Conflict:
        return True
    return False


def check_unlocked(fellowship: Fellowship, nomination: Nomination | None = None) -> None:
    """Raise Conflict once the marks are locked.

    One nomination that lost all its marks to conflicts of interest since then is marked anew.
    """
    if fellowship.marks_locked_at is None:
        return
    lost_all = nomination is not None and nomination.score is None and nomination.state in TO_MARK
    if not lost_all or fellowship.approved_at is not None:
        raise Conflict(LOCKED, code="marks_locked")


def check_marks(
    fellowship: Fellowship, marks: Mapping[str, int], band: MeritBand | None, *, is_final: bool
) -> None:
    """Raise Invalid by criterion for what is no mark; `is_final`: each needs one, and a band is named."""
    scale, weights = scale_of(fellowship), weights_of(fellowship)
    errors: dict[str, list[Message]] = {}
    for code, value in marks.items():
        if code not in weights:
            errors[f"marks.{code}"] = [Message("There is no such field.")]
        elif not scale.holds(value):
            errors[f"marks.{code}"] = [
                Message(
                    "“{value}” is no mark; write {low} to {high} in steps of {step}.",
                    value=value,
                    low=scale.low,
                    high=scale.high,
                    step=scale.step,
                )
            ]
    if is_final:
        for code in weights.keys() - marks.keys():
            errors[f"marks.{code}"] = [Message("Give a mark.")]
        if band is None:
            errors["band"] = [Message("Name a band.")]
    if errors:
        raise Invalid(errors)
