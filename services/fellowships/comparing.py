"""What does one run of a shortlist have that another one has not: people, total, and what was asked?

Reads two records as they are kept; says nothing of why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.fellowships.shortlists import call_of_run, read_run
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

ASKED = ("nominations", "seats", "targets", "caps", "pins", "seed", "bands")
"""Parts of a question in which two runs can differ."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs. `comes`: on this list and not on the other; `goes`: the other way round; `total`: the sum of
    the scores of this list less that of the other; `asked`: the parts of the question that differ."""

    run: str
    other: str
    comes: tuple[str, ...]
    goes: tuple[str, ...]
    total: int
    asked: tuple[str, ...]


def compare_runs(session: Session, actor: Actor, ref: str, other: str, *, now: datetime) -> Comparison:
    """Compare two runs of one call.

    Raises NotFound, Refused, Invalid for another run that is none of this call, Conflict where one of the
    two has no list.
    """
    one = read_run(session, actor, ref, now=now)
    call_ref = call_of_run(session, actor, ref, now=now)
    try:
        two = read_run(session, actor, other, now=now)
        is_same_call = call_of_run(session, actor, other, now=now) == call_ref
    except NotFound:
        is_same_call = False
    if not is_same_call or other == ref:
        raise Invalid({"with": [Message("Name another run of the same call.")]})
    found = compared(ref, one.record, other, two.record)
    if found is None:
        raise Conflict(Message("Only two runs that found a list can be compared."), code="no_list")
    return found


def compared(
    ref: str, record: Mapping[str, Any] | None, other: str, theirs: Mapping[str, Any] | None
) -> Comparison | None:
    """The same of two records; None where one of them holds no list."""
    if not record or not theirs or "seats" not in record or "seats" not in theirs:
        return None
    mine = [one["id"] for one in record["seats"]]
    others = [one["id"] for one in theirs["seats"]]
    return Comparison(
        run=ref,
        other=other,
        comes=tuple(one for one in mine if one not in others),
        goes=tuple(one for one in others if one not in mine),
        total=record["value"]["total"] - theirs["value"]["total"],
        asked=tuple(name for name in ASKED if record["question"].get(name) != theirs["question"].get(name)),
    )
