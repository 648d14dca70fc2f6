"""Fetch a nomination for somebody, with its call and settings, and what the policy must know of it.

Not visible is not found. Each of the two parties has a deadline of its own; a late file has its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from models.calls import Call
from models.fellowships import Fellowship, Nomination, PanelSeat
from models.people import Account
from procedure.access import may, require
from procedure.facts import ItemFacts, Standing
from procedure.reasons import REASONS
from services.facts import deadline
from vocabulary.actions import Action
from vocabulary.errors import Conflict, NotFound, Refused
from vocabulary.fellowships import NominationState, NominatorAnswer
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import CallKind, ConflictAnswer

STALE = Message("Somebody else changed this meanwhile. Compare both versions and repeat your change.")
_BY_NOMINATOR = frozenset({Action.NOMINATION_APPROVE})
_WHOLE_CALL = frozenset({Action.MARK_SEAT, Action.MARK_RULE, Action.SHORTLIST_EDIT, Action.SHORTLIST_READ})
_IN_THE_ROOM = _WHOLE_CALL | {
    Action.FELLOWSHIP_EDIT,
    Action.NOMINATION_SCREEN,
    Action.NOMINATION_ERASE,
    Action.NOMINATION_IMPORT,
    Action.CALIBRATION_READ_RESULTS,
}
_ENDED = (NominationState.WITHDRAWN, NominationState.LAPSED)


@dataclass(frozen=True, slots=True)
class Item:
    """A nomination with its call and what the call selects by, and the facts towards one actor."""

    nomination: Nomination
    call: Call
    fellowship: Fellowship
    facts: ItemFacts


def fellowship_of(session: Session, call_ref: str, *, lock: bool = False) -> tuple[Call, Fellowship]:
    """A fellowship call and its settings. Raises NotFound."""
    query = sa.select(Call).where(Call.ref == call_ref, Call.kind == CallKind.FELLOWSHIP)
    call = session.execute(query).scalar_one_or_none()
    if call is None:
        raise NotFound
    settings = sa.select(Fellowship).where(Fellowship.call_id == call.id)
    if lock:
        settings = settings.with_for_update().execution_options(populate_existing=True)
    found = session.execute(settings).scalar_one_or_none()
    if found is None:
        raise NotFound
    return call, found


def fetch_for(
    session: Session, actor: Actor, action: Action, ref: str, *, now: datetime, lock: bool = False
) -> Item:
    """A nomination, if the actor may do this to it.

    Raises NotFound where the actor may not even see it, Refused where only the action is closed.
    """
    query = sa.select(Nomination).where(Nomination.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    nomination = session.execute(query).scalar_one_or_none()
    if nomination is None:
        raise NotFound
    item = item_of(session, actor, nomination, action)
    ways = (Action.NOMINATION_READ, Action.MARK_ANSWER, Action.NOMINATION_WITHDRAW)
    if not any(may(actor, way, item.facts, now) for way in ways):
        raise NotFound
    require(actor, action, item.facts, now)
    return item


def item_of(
    session: Session, actor: Actor, nomination: Nomination, action: Action = Action.NOMINATION_READ
) -> Item:
    """A nomination with everything around it, unchecked."""
    call, fellowship = _around(session, nomination.call_id)
    return Item(nomination, call, fellowship, facts_of(session, actor, nomination, call, fellowship, action))


def facts_of(
    session: Session,
    actor: Actor,
    nomination: Nomination,
    call: Call,
    fellowship: Fellowship,
    action: Action = Action.NOMINATION_READ,
) -> ItemFacts:
    """The facts of one nomination towards one actor, with the deadline of the party who may act."""
    return facts_of_all(session, actor, [nomination], call, fellowship, action)[nomination.id]


def facts_of_all(
    session: Session,
    actor: Actor,
    nominations: Iterable[Nomination],
    call: Call,
    fellowship: Fellowship,
    action: Action = Action.NOMINATION_READ,
) -> dict[int, ItemFacts]:
    """The facts of several nominations of one call, by id, in one query."""
    rows = list(nominations)
    seats = _seats(session, actor, [one.id for one in rows])
    found = {}
    for one in rows:
        seat = seats.get(one.id)
        is_nominators = action in _BY_NOMINATOR
        at = nominator_deadline(call, fellowship, one) if is_nominators else nominee_deadline(call, one)
        found[one.id] = replace(
            call_only(call),
            nomination_id=one.id,
            nominee_id=one.nominee_id,
            nominator_id=one.nominator_id,
            assigned_reviewer_ids=frozenset({actor.account_id or 0} if seat else ()),
            deadline_at=at,
            conflict=standing(seat) if seat else Standing.UNANSWERED,
            break_glass_reason=actor.reason_to_open(nomination_id=one.id),
        )
    return found


def call_only(call: Call) -> ItemFacts:
    """The facts of a fellowship call where no nomination is concerned."""
    return ItemFacts(
        call_id=call.id,
        call_phase=call.state,
        opens_at=call.opens_at,
        closes_at=call.closes_at,
        deadline_at=deadline(call, call.opens_at),
        four_eyes=call.four_eyes,
    )


def require_for_all(session: Session, actor: Actor, action: Action, call: Call, now: datetime) -> None:
    """Raise Refused unless the actor may do this to a whole call, and is no party to a nomination in it.

    What touches every nomination (marks side by side, pins, runs, the approval) touches one's own.
    """
    require(actor, action, call_only(call), now)
    if is_party(session, actor, call):
        raise Refused(REASONS["own_case"], code="own_case")


def acts_in_room(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> frozenset[Action]:
    """What the actor may do in the room of a call as it stands, for its buttons; each use case asks again."""
    call, _ = fellowship_of(session, call_ref)
    facts = call_only(call)
    allowed = frozenset(action for action in _IN_THE_ROOM if may(actor, action, facts, now))
    return allowed - _WHOLE_CALL if is_party(session, actor, call) else allowed


def is_party(session: Session, actor: Actor, call: Call) -> bool:
    """Is the actor nominee or nominator, by account or by mail address, of a nomination of this call?"""
    if actor.account_id is None:
        return False
    address = sa.select(sa.func.lower(Account.email)).where(Account.id == actor.account_id).scalar_subquery()
    query = sa.select(Nomination.id).where(
        Nomination.call_id == call.id,
        Nomination.state.not_in(_ENDED),
        sa.or_(
            Nomination.nominee_id == actor.account_id,
            Nomination.nominator_id == actor.account_id,
            # a name in a form makes nobody a party; an approval by the mailed link does
            sa.and_(
                Nomination.nominator_answer == NominatorAnswer.APPROVED,
                Nomination.nominator_email == address,
            ),
        ),
    )
    return session.execute(query.limit(1)).first() is not None


def refuse_own(item: Item, actor: Actor) -> None:
    """Raise Refused for somebody who is a party of this nomination, whatever their office."""
    parties = (item.nomination.nominee_id, item.nomination.nominator_id)
    if actor.account_id is not None and actor.account_id in parties:
        raise Refused(REASONS["own_case"], code="own_case")


def nominee_deadline(call: Call, nomination: Nomination) -> datetime | None:
    """Until when the nominee can fill in and complete the form: a late file's own day, if that is later."""
    at = deadline(call, nomination.opened_at)
    if nomination.late_until is None:
        return at
    return nomination.late_until if at is None else max(at, nomination.late_until)


def nominator_deadline(call: Call, fellowship: Fellowship, nomination: Nomination) -> datetime:
    """Until when the nominator can approve: the second deadline and the grace of the call, or a late file's
    own day, if that is later."""
    at = fellowship.nominators_until + timedelta(minutes=call.grace_minutes)
    return at if nomination.late_until is None else max(at, nomination.late_until)


def standing(seat: PanelSeat) -> Standing:
    """Where a panel member stands towards a nomination."""
    if seat.ruled_clear_by_id is not None:
        return Standing.CLEARED
    if seat.upheld_by_id is not None:
        return Standing.UPHELD
    return {
        None: Standing.UNANSWERED,
        ConflictAnswer.NONE: Standing.CLEARED,
        ConflictAnswer.POSSIBLE: Standing.UNDECIDED,
        ConflictAnswer.CONFLICT: Standing.UPHELD,
    }[seat.answer]


def check_version(item: Item, expected: int, *, for_nominee: bool = False) -> None:
    """Raises Conflict when the nomination is not at the version that was read.

    Only the nominee, who writes it, is told what is there now: not all of it is for the nominator.
    """
    if item.nomination.version != expected:
        current = {"current": dict(item.nomination.content)} if for_nominee else {}
        raise Conflict(STALE, code="version_conflict", extra={"version": item.nomination.version} | current)


def touch(row: Nomination | Fellowship | PanelSeat, now: datetime) -> None:
    """Note the time of a change; the version counts up even where nothing else of the row changed."""
    row.updated_at = now
    flag_modified(row, "updated_at")


def _around(session: Session, call_id: int) -> tuple[Call, Fellowship]:
    query = sa.select(Call, Fellowship).join(Fellowship, Fellowship.call_id == Call.id)
    found = session.execute(query.where(Call.id == call_id)).one()
    return found[0], found[1]


def _seats(session: Session, actor: Actor, ids: list[int]) -> dict[int, PanelSeat]:
    if actor.account_id is None or not ids:
        return {}
    query = sa.select(PanelSeat).where(
        PanelSeat.account_id == actor.account_id,
        PanelSeat.nomination_id.in_(ids),
        PanelSeat.removed_at.is_(None),
    )
    return {seat.nomination_id: seat for seat in session.execute(query).scalars()}
