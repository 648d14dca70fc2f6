"""After a list is approved: release the letters, offer places, take answers, confirm, begin and finish.

Every nominee and nominator hears on the same day, and as many mails go out as the preview said. A place that
falls free is offered by a person (services/fellowships/calling_up.py), never by the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.fellowships import Fellowship, Nomination
from models.people import Account
from procedure.access import require
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit
from services.fellowships.fields import full_name
from services.fellowships.nominations import mail
from services.fellowships.rows import Item, call_only, fellowship_of, fetch_for, item_of, touch
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import FELLOWS, NominationAction, NominationState
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor

LAPSED_AT_ONCE = 50
LONGEST_MENTOR = 200
_MOVED = Message("The approved list gives another chapter. Give the reason for the change.")
_TOLD = {
    NominationState.SHORTLISTED: "nomination_offered",
    NominationState.RESERVE: "nomination_reserve",
    NominationState.NOT_SHORTLISTED: "nomination_not_chosen",
}
HOLDING = (
    NominationState.OFFERED,
    NominationState.ACCEPTED,
    NominationState.CONFIRMED,
    NominationState.ACTIVE,
    NominationState.COMPLETED,
)
"""Whoever is in one of these has a place."""


@dataclass(frozen=True, slots=True)
class ReleaseCounts:
    """How many hear what, and how many mails that takes."""

    n_offered: int
    n_reserve: int
    n_not_chosen: int
    n_mails: int


@dataclass(frozen=True, slots=True)
class Place:
    """A nominee who was offered a place, and what came of it."""

    ref: str
    name: str
    state: NominationState
    answer_by_at: datetime | None
    answered_at: datetime | None
    chapter: str | None
    mentor: str | None
    is_named: bool


def preview_release(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> ReleaseCounts:
    """What a release would do now; changes nothing. Raises what `release` raises, but for the day."""
    call, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.SHORTLIST_RELEASE, call_only(call), now)
    _check_releasable(fellowship)
    rows = _decided(session, call.id)
    return _counts(rows, sum(len(addresses(session, row)) for row in rows))


def release(
    session: Session,
    actor: Actor,
    call_ref: str,
    *,
    now: datetime,
    answer_by_at: datetime,
    n_mails: int | None = None,
) -> ReleaseCounts:
    """Offer the places of the approved list and tell every nominee and nominator; all of it, or nothing.

    `n_mails` is what the preview showed. Raises Invalid for a day that has passed; Conflict without an
    approved list, for a second release, or where the preview no longer holds.
    """
    call, fellowship = fellowship_of(session, call_ref, lock=True)
    require(actor, Action.SHORTLIST_RELEASE, call_only(call), now)
    _check_releasable(fellowship)
    check_day(answer_by_at, now)
    rows = _decided(session, call.id, lock=True)
    told = {row.id: addresses(session, row) for row in rows}
    counts = _counts(rows, sum(map(len, told.values())))
    if n_mails is not None and n_mails != counts.n_mails:
        raise Conflict(
            Message("Nominations changed since the preview; look at the new counts."), code="outdated"
        )
    fellowship.released_at = now
    touch(fellowship, now)
    for row in rows:
        template = _TOLD[row.state]
        if row.state is NominationState.SHORTLISTED:
            offer(row, answer_by_at, now)
        tell(session, item_of(session, actor, row), template, told[row.id], now=now)
    session.flush()
    after = {
        "offered": counts.n_offered,
        "reserve": counts.n_reserve,
        "not_chosen": counts.n_not_chosen,
        "mails": counts.n_mails,
    }
    audit.record(session, actor, "shortlist.release", ("call", call_ref), now=now, after=after)
    return counts


def answer_place(session: Session, actor: Actor, ref: str, accepts: bool, *, now: datetime) -> Nomination:
    """The nominee takes the place, or not. Raises NotFound, Refused, Conflict once the day has passed."""
    item = fetch_for(session, actor, Action.PLACE_ANSWER, ref, now=now, lock=True)
    row = item.nomination
    if row.state is NominationState.OFFERED and row.answer_by_at is not None and row.answer_by_at <= now:
        raise Conflict(Message("The day to answer has passed. Write to the secretariat."), code="too_late")
    _step(session, actor, row, NominationAction.ACCEPT if accepts else NominationAction.DECLINE, now)
    row.answered_at = now
    session.flush()
    return row


def lapse_places(session: Session, *, now: datetime) -> int:
    """End the offers that were not answered in time, some at a time; returns how many."""
    query = (
        sa.select(Nomination)
        .where(Nomination.state == NominationState.OFFERED, Nomination.answer_by_at <= now)
        .order_by(Nomination.id)
        .limit(LAPSED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(query).scalars().all()
    for row in rows:
        _step(session, SYSTEM, row, NominationAction.LAPSE, now)
    return len(rows)


def confirm(
    session: Session,
    actor: Actor,
    ref: str,
    chapter: str | None,
    mentor: str | None,
    *,
    now: datetime,
    reason: str | None = None,
) -> Nomination:
    """The secretariat confirms an accepted place, its chapter (where the call has any) and its mentor.

    Without a chapter the one that the approved list gave stays; another one needs a reason. Raises Invalid
    for a chapter that the call does not have, Conflict where nothing was accepted.
    """
    item = fetch_for(session, actor, Action.FELLOWSHIP_EDIT, ref, now=now, lock=True)
    placed = item.nomination.chapter
    chapter, said = chapter or placed, (reason or "").replace("\x00", "").strip()
    codes = {one["code"] for one in item.fellowship.chapters}
    errors: dict[str, list[Message]] = {}
    if codes and not chapter:
        errors["chapter"] = [Message("Choose the chapter.")]
    elif chapter and chapter not in codes:
        errors["chapter"] = [Message("There is no such chapter in this call.")]
    elif placed and chapter != placed and not said:
        errors["reason"] = [_MOVED]
    named = (mentor or "").replace("\x00", "").strip()
    if len(named) > LONGEST_MENTOR:
        errors["mentor"] = [Message("Use at most {max} characters.", max=LONGEST_MENTOR)]
    if errors:
        raise Invalid(errors)
    row = item.nomination
    _step(session, actor, row, NominationAction.CONFIRM, now)
    row.chapter, row.mentor = chapter or None, named or None
    session.flush()
    if placed and chapter != placed:
        audit.record(
            session,
            actor,
            "place.chapter",
            ("nomination", row.ref),
            now=now,
            before={"chapter": placed},
            after={"chapter": chapter},
            reason=said,
        )
    return row


def move_on(
    session: Session, actor: Actor, ref: str, action: NominationAction, *, now: datetime
) -> Nomination:
    """Begin a confirmed fellowship (START), or finish one under way (FINISH). Raises Conflict."""
    if action not in (NominationAction.START, NominationAction.FINISH):
        raise Conflict(Message("A fellowship begins, and it is finished."), code="wrong_state")
    item = fetch_for(session, actor, Action.FELLOWSHIP_EDIT, ref, now=now, lock=True)
    _step(session, actor, item.nomination, action, now)
    return item.nomination


def places(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> tuple[Place, ...]:
    """Everybody who was offered a place in this call, for whoever runs it. Raises NotFound, Refused."""
    call, _ = fellowship_of(session, call_ref)
    require(actor, Action.FELLOWSHIP_EDIT, call_only(call), now)
    query = sa.select(Nomination).where(Nomination.call_id == call.id, Nomination.answer_by_at.is_not(None))
    return tuple(
        Place(
            row.ref,
            full_name(row.content) or row.ref,
            row.state,
            row.answer_by_at,
            row.answered_at,
            row.chapter,
            row.mentor,
            row.public_name and row.state in FELLOWS and row.erased_at is None,
        )
        for row in session.execute(query.order_by(Nomination.id)).scalars()
    )


def offer(row: Nomination, answer_by_at: datetime, now: datetime) -> None:
    """Select a nominee of the list or the reserve and offer the place."""
    for action in (NominationAction.SELECT, NominationAction.OFFER):
        row.state = advance(NOMINATION_STEPS, row.state, action)
    row.answer_by_at = answer_by_at
    touch(row, now)


def tell(session: Session, item: Item, template: str, to: Sequence[str], *, now: datetime) -> None:
    """Mail the outcome of one nomination to its parties."""
    row = item.nomination
    values = {"link": f"{runtime(session).address}/{row.language}/nominations/{row.ref}"}
    if row.answer_by_at is not None:
        values["until"] = row.answer_by_at.isoformat()
    for address in to:
        mail(session, address, template, item, values, now=now)


def addresses(session: Session, row: Nomination) -> tuple[str, ...]:
    """The nominee's address and the nominator's, as far as there are any."""
    query = sa.select(Account.email).where(Account.id == row.nominee_id, Account.is_disabled.is_(False))
    nominee = session.execute(query).scalar_one_or_none()
    return tuple(dict.fromkeys(one for one in (nominee, row.nominator_email) if one))


def check_day(answer_by_at: datetime, now: datetime) -> None:
    """Raise Invalid for a day to answer by that has passed."""
    if answer_by_at <= now:
        raise Invalid({"answer_by_at": [Message("This day has passed; name a later one.")]})


def _check_releasable(fellowship: Fellowship) -> None:
    if fellowship.approved_at is None:
        raise Conflict(Message("A list has to be approved first."), code="not_approved")
    if fellowship.released_at is not None:
        raise Conflict(Message("The letters were released before."), code="released")


def _decided(session: Session, call_id: int, *, lock: bool = False) -> Sequence[Nomination]:
    query = sa.select(Nomination).where(Nomination.call_id == call_id, Nomination.state.in_(tuple(_TOLD)))
    query = query.order_by(Nomination.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.execute(query).scalars().all()


def _counts(rows: Sequence[Nomination], n_mails: int) -> ReleaseCounts:
    n_in = {state: sum(row.state is state for row in rows) for state in _TOLD}
    return ReleaseCounts(
        n_in[NominationState.SHORTLISTED],
        n_in[NominationState.RESERVE],
        n_in[NominationState.NOT_SHORTLISTED],
        n_mails,
    )


def _step(session: Session, actor: Actor, row: Nomination, action: NominationAction, now: datetime) -> None:
    before = row.state
    row.state = advance(NOMINATION_STEPS, before, action)
    touch(row, now)
    session.flush()
    audit.record(
        session,
        actor,
        f"place.{action.value}",
        ("nomination", row.ref),
        now=now,
        before={"state": before.value},
        after={"state": row.state.value},
    )
