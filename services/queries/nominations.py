"""Nominations as the two parties, the secretariat and the API see them: lists, and one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Nomination
from procedure.access import may, require
from procedure.nominations import public_state, what_now
from services.fellowships.fields import full_name, without_protected
from services.fellowships.invitations import BY_NOMINATOR
from services.fellowships.nominations import advice, problems
from services.fellowships.rows import Item, call_only, fellowship_of, fetch_for, is_party, nominee_deadline
from vocabulary.actions import Action
from vocabulary.fellowships import FELLOWS, MeritBand, NominationState, NominatorAnswer
from vocabulary.messages import Message
from vocabulary.people import Actor


@dataclass(frozen=True, slots=True)
class NominationRow:
    """One of a list. Score and band are there only for whoever runs the call."""

    ref: str
    version: int
    call: str
    call_title: Mapping[str, str]
    name: str
    state: NominationState
    submitted_at: datetime | None
    score: int | None
    band: MeritBand | None


@dataclass(frozen=True, slots=True)
class NominationPage:
    """One nomination; `may` holds what the actor may do with it now."""

    ref: str
    version: int
    call: str
    call_title: Mapping[str, str]
    state: NominationState
    what_now: Message
    nominator_answer: NominatorAnswer
    nominator_answer_reason: str | None
    completed_at: datetime | None
    submitted_at: datetime | None
    deadline_at: datetime | None
    nominators_until: datetime
    answer_by_at: datetime | None
    travel: Mapping[str, str]
    travel_as_of: str | None
    travel_confirmed: bool | None
    travel_answer: Mapping[str, Any]
    chapter: Mapping[str, str] | None
    mentor: str | None
    meetings: list[Mapping[str, Any]]
    advice: tuple[Message, ...]
    problems: Mapping[str, list[Message]]
    content: Mapping[str, Any]
    chapters: list[Any]
    documents: list[str]
    is_own: bool
    may: frozenset[Action]


_NEVER = datetime.min.replace(tzinfo=UTC)
_ASKED = (
    Action.NOMINATION_EDIT,
    Action.NOMINATION_WITHDRAW,
    Action.NOMINATION_SCREEN,
    Action.NOMINATION_ASK_ERASURE,
    Action.NOMINATION_READ_PROTECTED,
    Action.PLACE_ANSWER,
    Action.FELLOWSHIP_EDIT,
)


def nomination_page(session: Session, actor: Actor, ref: str, *, now: datetime) -> NominationPage:
    """One nomination, as much of it as the actor may see. Raises NotFound."""
    item = fetch_for(session, actor, Action.NOMINATION_READ, ref, now=now)
    row = item.nomination
    allowed = frozenset(action for action in _ASKED if may(actor, action, item.facts, now))
    is_own = actor.account_id is not None and actor.account_id == row.nominee_id
    sees_all = Action.NOMINATION_READ_PROTECTED in allowed
    state = _told_state(item, actor, now)
    return NominationPage(
        ref=row.ref,
        version=row.version,
        call=item.call.ref,
        call_title=item.call.title,
        state=state,
        what_now=what_now(state, is_own=is_own),
        nominator_answer=row.nominator_answer,
        nominator_answer_reason=row.nominator_answer_reason,
        completed_at=row.completed_at,
        submitted_at=row.submitted_at,
        deadline_at=nominee_deadline(item.call, row),
        nominators_until=max(item.fellowship.nominators_until, row.late_until or _NEVER),
        answer_by_at=row.answer_by_at,
        travel=row.travel.get("nationalities", {}) if sees_all else {},
        travel_as_of=row.travel.get("as_of") if sees_all else None,
        travel_confirmed=row.travel_confirmed if sees_all else None,
        travel_answer=row.travel.get("confirmed", {}) if sees_all else {},
        **_fellowship_of(item, is_shown=sees_all and state in FELLOWS),
        advice=advice(item) if sees_all else (),
        problems=problems(session, item) if is_own else {},
        content=row.content if sees_all else _told_content(item, actor),
        chapters=item.fellowship.chapters,
        documents=item.fellowship.documents,
        is_own=is_own,
        may=allowed,
    )


def _told_content(item: Item, actor: Actor) -> dict[str, Any]:
    """Without what the panel never sees; to the nominator, until the nominee has completed the form, no more
    than the nominator knows."""
    row = item.nomination
    if row.completed_at is None and actor.account_id is not None and actor.account_id == row.nominator_id:
        return {name: value for name, value in row.content.items() if name in BY_NOMINATOR}
    return without_protected(row.content)


def _fellowship_of(item: Item, *, is_shown: bool) -> dict[str, Any]:
    """Chapter, mentor and meetings, for the fellow and for whoever runs the call."""
    row = item.nomination
    if not is_shown:
        return {"chapter": None, "mentor": None, "meetings": []}
    titles = {one["code"]: one["title"] for one in item.fellowship.chapters}
    return {"chapter": titles.get(row.chapter), "mentor": row.mentor, "meetings": list(row.meetings)}


def own_nominations(session: Session, actor: Actor, *, now: datetime) -> tuple[NominationRow, ...]:
    """The actor's own nominations, as nominee or nominator, the latest first."""
    if actor.account_id is None:
        return ()
    mine = sa.or_(Nomination.nominee_id == actor.account_id, Nomination.nominator_id == actor.account_id)
    query = (
        sa.select(Nomination, Call)
        .join(Call, Call.id == Nomination.call_id)
        .where(mine)
        .order_by(Nomination.id.desc())
        .limit(100)
    )
    return tuple(
        _row(row, call, public_state(row.state, is_released=_is_released(session, call)), is_inside=False)
        for row, call in session.execute(query)
    )


def nominations_of_call(
    session: Session,
    actor: Actor,
    call_ref: str,
    *,
    now: datetime,
    state: NominationState | None = None,
    after: int = 0,
    limit: int = 50,
) -> tuple[tuple[NominationRow, ...], int | None, int]:
    """One page of a call's nominations, for whoever runs it: rows, where to go on, and how many in all."""
    call, _ = fellowship_of(session, call_ref)
    require(actor, Action.NOMINATION_LIST_ALL, call_only(call), now)
    where = [Nomination.call_id == call.id, Nomination.state != NominationState.DRAFT]
    if state is not None:
        where.append(Nomination.state == state)
    mine = (Nomination.nominee_id == actor.account_id) | (Nomination.nominator_id == actor.account_id)
    where.append(sa.not_(sa.func.coalesce(mine, sa.false())))
    total = session.execute(sa.select(sa.func.count(Nomination.id)).where(*where)).scalar_one()
    query = sa.select(Nomination).where(*where, Nomination.id > after).order_by(Nomination.id)
    rows = session.execute(query.limit(limit + 1)).scalars().all()
    more = rows[limit - 1].id if len(rows) > limit else None
    if is_party(session, actor, call):  # who competes here, or nominated, sees nobody's marks
        is_released = _is_released(session, call)
        told = [
            _row(row, call, public_state(row.state, is_released=is_released), is_inside=False)
            for row in rows[:limit]
        ]
    else:
        told = [_row(row, call, row.state, is_inside=True) for row in rows[:limit]]
    return tuple(told), more, total


def _row(row: Nomination, call: Call, state: NominationState, *, is_inside: bool) -> NominationRow:
    return NominationRow(
        ref=row.ref,
        version=row.version,
        call=call.ref,
        call_title=call.title,
        name=full_name(row.content) or row.ref,
        state=state,
        submitted_at=row.submitted_at,
        score=row.score if is_inside else None,
        band=row.band if is_inside else None,
    )


def _told_state(item: Item, actor: Actor, now: datetime) -> NominationState:
    """Whoever runs the call sees the state as it is; the parties no more than they are told."""
    is_party = actor.account_id is not None and actor.account_id in (
        item.nomination.nominee_id,
        item.nomination.nominator_id,
    )
    runs = may(actor, Action.NOMINATION_LIST_ALL, item.facts, now) and not is_party
    is_released = runs or item.fellowship.released_at is not None
    return public_state(item.nomination.state, is_released=is_released)


def _is_released(session: Session, call: Call) -> bool:
    _, fellowship = fellowship_of(session, call.ref)
    return fellowship.released_at is not None
