"""Possible conflicts of interest of panel members: an officer without interest clears or upholds each.

A cleared member's marks count again; an upheld one's are kept and do not count. Nobody rules on a case of
their own, and nobody who is party to a nomination of the call.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Nomination, PanelSeat
from models.people import Account
from services import audit
from services.fellowships.fields import full_name
from services.fellowships.panel import settle
from services.fellowships.rows import STALE, fellowship_of, item_of, require_for_all, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import ConflictAnswer, ConflictRuling

LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Declared:
    """What a panel member declared about a nomination, and what was ruled on it.

    `is_after_list`: it came to light after the list was approved, so that the list does not heed it.
    """

    seat_id: int
    version: int
    ref: str
    nominee: str
    member: str
    answer: ConflictAnswer
    text: str | None
    answered_at: datetime
    ruling: ConflictRuling | None
    ruling_reason: str | None
    had_marked: bool
    is_after_list: bool
    may_rule: bool


def declared_in(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> tuple[Declared, ...]:
    """Conflicts that panel members of a call declared, those to rule on first. Raises NotFound, Refused."""
    call, fellowship = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.MARK_RULE, call, now)
    rows = session.execute(
        sa.select(PanelSeat, Nomination, Account.name)
        .join(Nomination, Nomination.id == PanelSeat.nomination_id)
        .join(Account, Account.id == PanelSeat.account_id)
        .where(
            Nomination.call_id == call.id,
            PanelSeat.answer.in_((ConflictAnswer.POSSIBLE, ConflictAnswer.CONFLICT)),
        )
        .order_by(PanelSeat.answered_at, PanelSeat.id)
    )
    found = []
    for seat, nomination, name in rows:
        if seat.answer is None or seat.answered_at is None:  # the query leaves none
            continue
        ruling = ruling_of(seat)
        found.append(
            Declared(
                seat_id=seat.id,
                version=seat.version,
                ref=nomination.ref,
                nominee=full_name(nomination.content) or nomination.ref,
                member=name,
                answer=seat.answer,
                text=seat.answer_text,
                answered_at=seat.answered_at,
                ruling=ruling,
                ruling_reason=seat.ruling_reason,
                had_marked=seat.submitted_at is not None,
                is_after_list=bool(fellowship.approved_at and seat.answered_at > fellowship.approved_at),
                may_rule=seat.answer is ConflictAnswer.POSSIBLE
                and ruling is None
                and seat.account_id != actor.account_id,
            )
        )
    return tuple(sorted(found, key=lambda one: not one.may_rule))


def waiting_for_ruling(session: Session, actor: Actor, *, now: datetime) -> tuple[tuple[Call, Declared], ...]:
    """Possible conflicts of panel members that this actor may rule on, in every call, the oldest first."""
    query = (
        sa.select(Call)
        .where(
            Call.id.in_(
                sa.select(Nomination.call_id)
                .join(PanelSeat, PanelSeat.nomination_id == Nomination.id)
                .where(
                    PanelSeat.answer == ConflictAnswer.POSSIBLE,
                    PanelSeat.ruled_clear_by_id.is_(None),
                    PanelSeat.upheld_by_id.is_(None),
                )
            )
        )
        .order_by(Call.id)
    )
    found = []
    for call in session.execute(query).scalars():
        with suppress(Refused, NotFound):
            declared = declared_in(session, actor, call.ref, now=now)
            found += [(call, one) for one in declared if one.may_rule]
    return tuple(sorted(found, key=lambda row: (row[1].answered_at, row[1].seat_id)))


def rule(
    session: Session,
    actor: Actor,
    seat_id: int,
    ruling: ConflictRuling,
    reason: str,
    expected_version: int,
    *,
    now: datetime,
    call_ref: str,
) -> PanelSeat:
    """Clear or uphold a possible conflict; the score follows at once, unless a list was approved.

    Raises NotFound, Refused (one's own case), Conflict (ruled before, nothing to rule on, or the member says
    something else by now), Invalid.
    """
    query = sa.select(PanelSeat).where(PanelSeat.id == seat_id).with_for_update()
    seat = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if seat is None:
        raise NotFound
    item = item_of(session, actor, session.get_one(Nomination, seat.nomination_id))
    if item.call.ref != call_ref:
        raise NotFound
    require_for_all(session, actor, Action.MARK_RULE, item.call, now)
    if seat.account_id == actor.account_id:
        raise Refused(Message("Somebody else rules on a conflict of yours."), code="own_case")
    if seat.answer is not ConflictAnswer.POSSIBLE or ruling_of(seat) is not None:
        raise Conflict(Message("There is nothing to rule on here, or it was done before."), code="ruled")
    if seat.version != expected_version:
        raise Conflict(
            STALE,
            code="version_conflict",
            extra={"version": seat.version, "current": {"text": seat.answer_text}},
        )
    said = reason.replace("\x00", "").strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid({"reason": [Message("Give the reason, in at most {n} signs.", n=LONGEST_REASON)]})
    if ruling is ConflictRuling.CLEARED:
        seat.ruled_clear_by_id = actor.account_id
    else:
        seat.upheld_by_id = actor.account_id
    seat.ruled_at, seat.ruling_reason = now, said
    touch(seat, now)
    session.flush()
    audit.record(
        session,
        actor,
        "mark.rule",
        ("nomination", item.nomination.ref),
        now=now,
        after={"ruling": ruling.value},
    )
    settle(session, item, now)
    return seat


def ruling_of(seat: PanelSeat) -> ConflictRuling | None:
    """What was ruled on a declaration, if anything was."""
    if seat.ruled_clear_by_id is not None:
        return ConflictRuling.CLEARED
    return ConflictRuling.UPHELD if seat.upheld_by_id is not None else None
