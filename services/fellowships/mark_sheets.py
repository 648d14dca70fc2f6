"""What does a panel member see of a nomination to mark? Never gender, age or nationality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Fellowship, Nomination, PanelSeat
from procedure.access import require
from procedure.facts import ANYWHERE
from services.fellowships.fields import without_protected
from services.fellowships.mark_checks import is_locked
from services.fellowships.panel import is_clear, seat_of
from services.fellowships.practice import left_to_practise
from services.fellowships.rows import fetch_for
from vocabulary.actions import Action
from vocabulary.fellowships import MeritBand
from vocabulary.people import Actor
from vocabulary.states import ConflictAnswer


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a panel member sees of a nomination to mark. `content` is None before the conflict question.

    `samples_left`: the sample nominations of the call that the member marks before this one.
    """

    ref: str
    call_ref: str
    call_title: Mapping[str, str]
    name: str
    organisation: str | None
    country: str | None
    nominator_body: str | None
    seat_version: int
    answer: ConflictAnswer | None
    content: Mapping[str, Any] | None
    marks: Mapping[str, int]
    notes: Mapping[str, str]
    band: MeritBand | None
    submitted_at: datetime | None
    due_at: datetime | None
    is_locked: bool
    criteria: Sequence[Mapping[str, Any]]
    scale: tuple[int, int, int]
    samples_left: tuple[int, ...]


def my_sheets(session: Session, actor: Actor, *, now: datetime) -> tuple[Sheet, ...]:
    """The nominations that somebody is to mark, those not yet submitted first. Raises Refused."""
    require(actor, Action.MARK_LIST_OWN, ANYWHERE, now)
    query = (
        sa.select(PanelSeat, Nomination, Call, Fellowship)
        .join(Nomination, Nomination.id == PanelSeat.nomination_id)
        .join(Call, Call.id == Nomination.call_id)
        .join(Fellowship, Fellowship.call_id == Call.id)
        .where(PanelSeat.account_id == actor.account_id, PanelSeat.removed_at.is_(None))
        .order_by(PanelSeat.submitted_at.is_not(None), Nomination.ref)
    )
    rows = session.execute(query).all()
    left = {
        call.id: left_to_practise(session, actor.account_id, call)
        for call in {row[2].id: row[2] for row in rows}.values()
    }
    return tuple(_sheet(*row, left[row[2].id]) for row in rows)


def my_sheet(session: Session, actor: Actor, ref: str, *, now: datetime) -> Sheet:
    """One nomination to mark; its content only after the conflict question. Raises NotFound."""
    item = fetch_for(session, actor, Action.MARK_ANSWER, ref, now=now)
    left = left_to_practise(session, actor.account_id, item.call)
    return _sheet(seat_of(session, actor, item), item.nomination, item.call, item.fellowship, left)


def _sheet(
    seat: PanelSeat, nomination: Nomination, call: Call, fellowship: Fellowship, left: tuple[int, ...]
) -> Sheet:
    content = nomination.content
    return Sheet(
        ref=nomination.ref,
        call_ref=call.ref,
        call_title=call.title,
        name=" ".join(part for part in (content.get("first_name"), content.get("last_name")) if part),
        organisation=content.get("organisation"),
        country=content.get("country"),
        nominator_body=content.get("nominator_body"),
        seat_version=seat.version,
        answer=seat.answer,
        content=without_protected(content) if is_clear(seat) else None,
        marks=seat.marks,
        notes=seat.notes,
        band=seat.band,
        submitted_at=seat.submitted_at,
        due_at=seat.due_at,
        is_locked=is_locked(fellowship, nomination),
        criteria=fellowship.marks,
        scale=(fellowship.mark_low, fellowship.mark_high, fellowship.mark_step),
        samples_left=left,
    )
