"""How are the reviews of a call run: until when, how many for each reviewer, with reminders or without?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assignments import ReviewSettings
from models.calls import Call
from procedure.access import require
from services import audit
from services.facts import call_facts
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor

MOST_EACH, ANSWER_DAYS = 10, 14


@dataclass(frozen=True, slots=True)
class Settings:
    """`due_at` is for assignments made from now on; `most_each` bounds what one reviewer is given by a plan;
    an invitation that nobody answers for `answer_days` days expires."""

    due_at: datetime | None = None
    most_each: int = MOST_EACH
    sends_reminders: bool = True
    answer_days: int = ANSWER_DAYS
    version: int = 0


def settings_of(session: Session, call_id: int | None) -> Settings:
    """The settings of a call, or the defaults."""
    row = session.get(ReviewSettings, call_id) if call_id is not None else None
    if row is None:
        return Settings()
    return Settings(row.due_at, row.most_each, row.sends_reminders, row.answer_days, row.version)


def call_for_planning(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> Call:
    """A call whose reviews the actor plans. Raises NotFound, Refused."""
    call = session.execute(sa.select(Call).where(Call.ref == call_ref)).scalar_one_or_none()
    if call is None:
        raise NotFound
    require(actor, Action.ASSIGNMENT_PLAN, call_facts(call, opened_at=now), now)
    return call


def change(
    session: Session, actor: Actor, call_ref: str, given: Mapping[str, Any], *, now: datetime
) -> Settings:
    """Change the settings named. Assignments that are made keep their due date."""
    call = call_for_planning(session, actor, call_ref, now=now)
    before = settings_of(session, call.id)
    values = {name: given.get(name, getattr(before, name)) for name in _NAMES}
    _check(values, before, now)
    row = session.get(ReviewSettings, call.id)
    if row is None:
        row = ReviewSettings(call_id=call.id, created_at=now)
        session.add(row)
    for name in _NAMES:
        setattr(row, name, values[name])
    row.updated_at = now
    session.flush()
    after = settings_of(session, call.id)
    audit.record(
        session,
        actor,
        "assignment.settings",
        ("call", call.ref),
        now=now,
        before=_as_data(before),
        after=_as_data(after),
    )
    return after


_NAMES = ("due_at", "most_each", "sends_reminders", "answer_days")


def _check(values: Mapping[str, Any], before: Settings, now: datetime) -> None:
    errors: dict[str, list[Message]] = {}
    if values["due_at"] is not None and values["due_at"] != before.due_at and values["due_at"] <= now:
        errors["due_at"] = [Message("This must be a time to come.")]
    for name, most in (("most_each", 1000), ("answer_days", 365)):
        value = values[name]
        if not isinstance(value, int) or not 1 <= value <= most:
            errors[name] = [Message("This must be a whole number from 1 to {most}.", most=most)]
    if errors:
        raise Invalid(errors)


def _as_data(settings: Settings) -> dict[str, Any]:
    return {
        "due_at": settings.due_at.isoformat() if settings.due_at else None,
        "most_each": settings.most_each,
        "sends_reminders": settings.sends_reminders,
        "answer_days": settings.answer_days,
    }
