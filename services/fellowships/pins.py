"""Hold a nominee on the list or off it, with a reason that stands in the record, or lift that again.

Whoever sets a pin does not approve the list (services/fellowships/shortlists.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Nomination, ShortlistPin
from models.people import Account
from services import audit
from services.fellowships.fields import full_name
from services.fellowships.rows import fellowship_of, require_for_all
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.messages import Message
from vocabulary.people import Actor


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A pin that is set: whom, which way, why, who set it and when."""

    ref: str
    name: str
    is_in: bool
    reason: str
    made_by: str
    made_at: datetime


def held(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> tuple[HeldRow, ...]:
    """The pins of a call that are set, by the time they were. Raises NotFound, Refused."""
    call, _ = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    query = (
        sa.select(ShortlistPin, Nomination, Account.name)
        .join(Nomination, Nomination.id == ShortlistPin.nomination_id)
        .join(Account, Account.id == ShortlistPin.made_by_id)
        .where(Nomination.call_id == call.id, ShortlistPin.lifted_at.is_(None))
        .order_by(ShortlistPin.made_at, ShortlistPin.id)
    )
    return tuple(
        HeldRow(row.ref, full_name(row.content) or row.ref, one.is_in, one.reason, name, one.made_at)
        for one, row, name in session.execute(query)
    )


def pin(session: Session, actor: Actor, ref: str, *, is_in: bool, reason: str, now: datetime) -> ShortlistPin:
    """Hold a nominee on the list, or off it, with a reason that stands in the record."""
    nomination, call = _pinned(session, actor, ref, now)
    said = reason.replace("\x00", "").strip()
    if not said:
        raise Invalid({"reason": [Message("Give the reason; it stands in the record.")]})
    lift_pin(session, actor, ref, now=now, is_quiet=True)
    row = ShortlistPin(
        nomination_id=nomination.id, is_in=is_in, reason=said, made_by_id=actor.account_id, made_at=now
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "shortlist.pin",
        ("nomination", ref),
        now=now,
        after={"is_in": is_in, "call": call.ref},
    )
    return row


def lift_pin(session: Session, actor: Actor, ref: str, *, now: datetime, is_quiet: bool = False) -> None:
    """Let the engine decide again. Raises NotFound where there is no pin, unless `is_quiet`."""
    nomination, _ = _pinned(session, actor, ref, now)
    query = sa.select(ShortlistPin).where(
        ShortlistPin.nomination_id == nomination.id, ShortlistPin.lifted_at.is_(None)
    )
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        if is_quiet:
            return
        raise NotFound
    row.lifted_at, row.lifted_by_id = now, actor.account_id
    session.flush()
    audit.record(session, actor, "shortlist.lift_pin", ("nomination", ref), now=now)


def _pinned(session: Session, actor: Actor, ref: str, now: datetime) -> tuple[Nomination, Call]:
    query = sa.select(Nomination, Call).join(Call, Call.id == Nomination.call_id)
    found = session.execute(query.where(Nomination.ref == ref)).one_or_none()
    if found is None:
        raise NotFound
    require_for_all(session, actor, Action.SHORTLIST_EDIT, found[1], now)
    return found[0], found[1]
