"""What a fellowship call asks and selects by: seats, chapters, documents, marks, targets, thresholds.

Written while the call is a draft or announced but not open; targets and caps until the list is approved,
since each run keeps its own copy. The seed is named after the marks are locked, with its source and time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.panel import Scale
from models.calls import Call
from models.fellowships import Fellowship
from procedure.access import require
from services import audit
from services.fellowships.rows import STALE, call_only, require_for_all, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.fellowships import FellowshipBody
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallKind, CallState

WRITTEN = (
    "body",
    "selecting_body",
    "n_seats",
    "chapters",
    "nominators_until",
    "oldest_age",
    "most_years_since_degree",
    "mark_low",
    "mark_high",
    "mark_step",
    "marks",
    "documents",
    "targets",
    "caps",
)
UNTIL_APPROVED = frozenset({"targets", "caps"})
ATTRIBUTES = ("region", "gender", "discipline", "knowledge", "country", "organisation", "route", "chapter")
"""What a target or a cap can count."""
_BEFORE_OPEN = (CallState.DRAFT, CallState.SCHEDULED)
_FIXED = Message("The call is open; only targets and caps can still be changed.")


@dataclass(frozen=True, slots=True)
class FellowshipSheet:
    """Everything that a fellowship call asks and selects by."""

    call_ref: str
    version: int
    content: Mapping[str, Any]
    marks_locked_at: datetime | None
    seed: str | None
    seed_source: str | None
    seed_at: datetime | None
    approved_at: datetime | None
    released_at: datetime | None


def read_fellowship(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> FellowshipSheet:
    """The settings of a fellowship call. Raises NotFound where there are none or the call is not seen."""
    call, found = _fetch(session, call_ref)
    if call.state is CallState.DRAFT:
        require(actor, Action.CALL_READ_DRAFT, call_only(call), now)
    return sheet_of(call, found)


def set_fellowship(
    session: Session,
    actor: Actor,
    call_ref: str,
    content: Mapping[str, Any],
    expected_version: int | None,
    *,
    now: datetime,
) -> FellowshipSheet:
    """Write the settings: all of them at first (`expected_version` None), some of them later.

    Raises NotFound, Refused, Conflict (stale, or open already), Invalid by field.
    """
    query = sa.select(Call).where(Call.ref == call_ref, Call.kind == CallKind.FELLOWSHIP)
    call = session.execute(query).scalar_one_or_none()
    if call is None:
        raise NotFound
    require_for_all(session, actor, Action.FELLOWSHIP_EDIT, call, now)
    query_own = sa.select(Fellowship).where(Fellowship.call_id == call.id).with_for_update()
    found = session.execute(query_own).scalar_one_or_none()
    if found is None:
        found = Fellowship(call_id=call.id, created_at=now, **(_defaults() | dict(content)))
        session.add(found)
    else:
        if expected_version != found.version:
            raise Conflict(STALE, code="version_conflict", extra={"version": found.version})
        _check_open_to_change(call, found, content)
        for name, value in content.items():
            setattr(found, name, value)
    _check(call, found)
    touch(found, now)
    session.flush()
    audit.record(
        session, actor, "fellowship.edit", ("call", call.ref), now=now, after={"fields": sorted(content)}
    )
    return sheet_of(call, found)


def scale_of(fellowship: Fellowship) -> Scale:
    """The scale of the marks."""
    return Scale(fellowship.mark_low, fellowship.mark_high, fellowship.mark_step)


def weights_of(fellowship: Fellowship) -> dict[str, int]:
    """Criterion to its weight."""
    return {one["code"]: int(one.get("weight", 1)) for one in fellowship.marks}


def sheet_of(call: Call, found: Fellowship) -> FellowshipSheet:
    """The settings as they are shown."""
    return FellowshipSheet(
        call.ref,
        found.version,
        {name: getattr(found, name) for name in WRITTEN},
        found.marks_locked_at,
        found.seed,
        found.seed_source,
        found.seed_at,
        found.approved_at,
        found.released_at,
    )


def _fetch(session: Session, call_ref: str) -> tuple[Call, Fellowship]:
    query = sa.select(Call, Fellowship).join(Fellowship, Fellowship.call_id == Call.id)
    found = session.execute(query.where(Call.ref == call_ref)).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def _defaults() -> dict[str, Any]:
    return {
        "body": FellowshipBody.ASSESSMENT,
        "selecting_body": "",
        "chapters": [],
        "mark_low": 0,
        "mark_high": 10,
        "mark_step": 1,
        "marks": [],
        "targets": [],
        "caps": [],
        "documents": [],
    }


def _check_open_to_change(call: Call, found: Fellowship, content: Mapping[str, Any]) -> None:
    if found.approved_at is not None:
        raise Conflict(Message("The list was approved; nothing of this can be changed."), code="approved")
    fixed = sorted(set(content) - UNTIL_APPROVED)
    if call.state not in _BEFORE_OPEN and fixed:
        raise Conflict(_FIXED, code="call_open", errors={name: [_FIXED] for name in fixed})


def _check(call: Call, found: Fellowship) -> None:
    errors: dict[str, Any] = {}
    if found.n_seats is None or found.n_seats < 1:
        errors["n_seats"] = [Message("Write how many fellows are chosen, 1 or more.")]
    if not found.selecting_body:
        errors["selecting_body"] = [Message("Say which body selects the fellows.")]
    if found.nominators_until is None or (call.closes_at and found.nominators_until < call.closes_at):
        errors["nominators_until"] = [
            Message("The nominators' deadline cannot be before the nominees' deadline.")
        ]
    if wrong := _wrong_targets(found):
        errors["targets"] = wrong
    errors |= _wrong_lists(found)
    if errors:
        raise Invalid(errors)


def _wrong_lists(found: Fellowship) -> dict[str, list[Message]]:
    """What is wrong with chapters, marks and their scale, by field."""
    errors: dict[str, list[Message]] = {}
    seats = sum(int(one["seats"]) for one in found.chapters)
    if found.chapters and seats != found.n_seats:
        errors["chapters"] = [
            Message("The chapters have {n} seats together; the call has {all}.", n=seats, all=found.n_seats)
        ]
    if not found.marks:
        errors["marks"] = [Message("Name at least one thing that the panel marks.")]
    scale = found.mark_high - found.mark_low
    if scale <= 0 or found.mark_step < 1 or scale % found.mark_step:
        errors["mark_high"] = [Message("The highest mark lies above the lowest by a whole number of steps.")]
    for name in ("chapters", "marks"):
        codes = [one["code"] for one in getattr(found, name)]
        if len(set(codes)) != len(codes):
            errors[name] = [Message("A code stands twice; keep one.")]
    return errors


def _wrong_targets(found: Fellowship) -> list[Message]:
    wrong = []
    seen = set()
    for one in found.targets:
        least, most = one.get("least", 0), one.get("most")
        if one["attribute"] not in ATTRIBUTES:
            wrong.append(Message("“{value}” is none of {words}.", value=one["attribute"], words=ATTRIBUTES))
        if least > (found.n_seats if most is None else most) or least < 0:
            text = Message(
                "{attribute} = {value}: the minimum {least} is above {most}.",
                attribute=one["attribute"],
                value=one["value"],
                least=least,
                most=found.n_seats if most is None else most,
            )
            wrong.append(text)
        key = (one["attribute"], one["value"])
        if key in seen:
            wrong.append(Message("“{id}” stands twice; keep one.", id=" = ".join(key)))
        seen.add(key)
    return wrong
