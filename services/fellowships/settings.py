"""What a fellowship call asks and selects by: seats, chapters, documents, marks, targets, thresholds.

Written while the call is a draft, and pinned when it is announced, by somebody else than wrote in it last.
Targets and caps can be changed until the list is approved, since each run keeps its own copy, and whoever
changed them does not approve it. The seed is named after the marks are locked, with its source and time.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
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
from services.fellowships.setting_checks import check_settings
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound
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
    "by_bands",
    "documents",
    "targets",
    "caps",
)
UNTIL_APPROVED = frozenset({"targets", "caps"})
TARGETS_CHANGED = "shortlist.targets"
"""In the audit trail: targets or caps were changed after the announcement."""
_FIXED = Message("The call was announced; only targets and limits can still be changed.")


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


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """What the form of the settings starts from. `open_to`: the fields that can still be changed."""

    call_ref: str
    call_title: Mapping[str, str]
    is_draft: bool
    closes_at: datetime | None
    zone: str
    sheet: FellowshipSheet | None
    open_to: frozenset[str]


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
    call = _call_to_write(session, actor, call_ref, now)
    query_own = sa.select(Fellowship).where(Fellowship.call_id == call.id).with_for_update()
    found = session.execute(query_own).scalar_one_or_none()
    if found is None:
        found = Fellowship(call_id=call.id, created_at=now, **(defaults() | dict(content)))
        session.add(found)
    else:
        if expected_version != found.version:
            raise Conflict(STALE, code="version_conflict", extra={"version": found.version})
        _check_open_to_change(call, found, content)
        for name, value in content.items():
            setattr(found, name, value)
    with session.no_autoflush:  # what is wrong is told by its field, not by the database
        check_settings(session, call, found)
    touch(found, now)
    session.flush()
    event = "fellowship.edit" if call.state is CallState.DRAFT else TARGETS_CHANGED
    audit.record(session, actor, event, ("call", call.ref), now=now, after={"fields": sorted(content)})
    return sheet_of(call, found)


def settings_to_edit(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> SettingsPage:
    """The settings for their form, also where none were written yet. Raises NotFound, Refused."""
    call = _call_to_write(session, actor, call_ref, now)
    query = sa.select(Fellowship).where(Fellowship.call_id == call.id)
    found = session.execute(query).scalar_one_or_none()
    if found is not None and found.approved_at is not None:
        open_to = frozenset[str]()
    else:
        open_to = frozenset(WRITTEN) if call.state is CallState.DRAFT else UNTIL_APPROVED
    return SettingsPage(
        call_ref=call.ref,
        call_title=call.title,
        is_draft=call.state is CallState.DRAFT,
        closes_at=call.closes_at,
        zone=call.zone,
        sheet=sheet_of(call, found) if found is not None else None,
        open_to=open_to,
    )


def copy_settings(session: Session, old: Call, new: Call, *, now: datetime) -> None:
    """A new version of a call begins with the settings of the one before."""
    query = sa.select(Fellowship).where(Fellowship.call_id == old.id)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        return
    content = {name: deepcopy(getattr(found, name)) for name in WRITTEN}
    session.add(Fellowship(call_id=new.id, created_at=now, updated_at=now, **content))
    session.flush()


def move_nominators_deadline(session: Session, call: Call, before: datetime | None, *, now: datetime) -> None:
    """Where the nominees get longer, their nominators get as much longer."""
    query = sa.select(Fellowship).where(Fellowship.call_id == call.id).with_for_update()
    found = session.execute(query).scalar_one_or_none()
    if found is None or before is None or call.closes_at is None or call.closes_at <= before:
        return
    found.nominators_until += call.closes_at - before
    touch(found, now)
    session.flush()


def _call_to_write(session: Session, actor: Actor, call_ref: str, now: datetime) -> Call:
    query = sa.select(Call).where(Call.ref == call_ref, Call.kind == CallKind.FELLOWSHIP)
    call = session.execute(query).scalar_one_or_none()
    if call is None:
        raise NotFound
    require_for_all(session, actor, Action.FELLOWSHIP_EDIT, call, now)
    return call


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


def defaults() -> dict[str, Any]:
    """What holds where nothing was said."""
    return {
        "body": FellowshipBody.ASSESSMENT,
        "selecting_body": "",
        "chapters": [],
        "mark_low": 0,
        "mark_high": 10,
        "mark_step": 1,
        "marks": [],
        "by_bands": False,
        "targets": [],
        "caps": [],
        "documents": [],
    }


def _check_open_to_change(call: Call, found: Fellowship, content: Mapping[str, Any]) -> None:
    if found.approved_at is not None:
        raise Conflict(Message("The list was approved; nothing of this can be changed."), code="approved")
    fixed = sorted(name for name in set(content) - UNTIL_APPROVED if content[name] != getattr(found, name))
    if call.state is not CallState.DRAFT and fixed:
        raise Conflict(_FIXED, code="call_open", errors={name: [_FIXED] for name in fixed})
