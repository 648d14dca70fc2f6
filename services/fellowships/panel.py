"""The panel: who marks which nomination, the conflict question before the content, marks, bands, the lock.

Those who mark never see gender, age or nationality, and not each other's marks before the lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.panel import PanelResult, panel_result
from models.calls import Call
from models.fellowships import Fellowship, Nomination, PanelSeat
from models.people import Account, RoleGrant
from procedure.facts import Standing
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit
from services.fellowships.mark_checks import TO_MARK, check_marks, check_unlocked
from services.fellowships.practice import check_practised
from services.fellowships.rows import Item, fellowship_of, fetch_for, require_for_all, standing, touch
from services.fellowships.settings import scale_of, weights_of
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import IN_THE_POOL, MeritBand, NominationAction, NominationState
from vocabulary.messages import Message
from vocabulary.people import Actor, Role
from vocabulary.states import ConflictAnswer

LONGEST_NOTE = 4000


def start_review(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> int:
    """Hand every received nomination to the panel; returns how many."""
    call, _ = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.MARK_SEAT, call, now)
    rows = session.execute(
        sa.select(Nomination)
        .where(Nomination.call_id == call.id, Nomination.state == NominationState.SUBMITTED)
        .order_by(Nomination.id)
        .with_for_update()
    ).scalars()
    n = 0
    for row in rows:
        row.state = advance(NOMINATION_STEPS, row.state, NominationAction.START_REVIEW)
        touch(row, now)
        n += 1
    session.flush()
    audit.record(session, actor, "panel.start", ("call", call_ref), now=now, after={"n": n})
    return n


def seat_members(
    session: Session,
    actor: Actor,
    call_ref: str,
    pairs: Sequence[tuple[str, str]],
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> int:
    """Ask panel members to mark nominations: pairs of reference and mail address; returns the new ones.

    All or nothing. Raises Invalid naming each pair that cannot be.
    """
    call, fellowship = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.MARK_SEAT, call, now)
    wanted = _wanted(session, call, pairs)
    for row in session.execute(
        sa.select(Nomination).where(Nomination.id.in_({one for one, _ in wanted}))
    ).scalars():
        check_unlocked(fellowship, row)
    kept = {
        (seat.nomination_id, seat.account_id): seat
        for seat in session.execute(
            sa.select(PanelSeat).where(PanelSeat.nomination_id.in_([one for one, _ in wanted]))
        ).scalars()
    }
    n_new = 0
    for key in dict.fromkeys(wanted):
        seat = kept.get(key)
        if seat is None:
            seat = PanelSeat(nomination_id=key[0], account_id=key[1], marks={}, notes={}, created_at=now)
            session.add(seat)
            n_new += 1
        elif seat.removed_at is not None:
            seat.removed_at = None
            n_new += 1
        seat.due_at = due_at
        seat.updated_at = now
    session.flush()
    audit.record(session, actor, "mark.seat", ("call", call_ref), now=now, after={"n": n_new})
    return n_new


def _wanted(session: Session, call: Call, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Nomination and account of each pair. Raises Invalid naming each pair that cannot be."""
    query = sa.select(Nomination).where(Nomination.call_id == call.id, Nomination.state.in_(IN_THE_POOL))
    nominations = {row.ref: row for row in session.execute(query).scalars()}
    members = _members(session, {email.lower() for _, email in pairs}, call.id)
    errors: dict[str, list[Message]] = {}
    wanted = []
    for place, (ref, email) in enumerate(pairs):
        nomination, member = nominations.get(ref), members.get(email.lower())
        if nomination is None:
            wrong = Message("“{ref}” is not with the panel of this call.", ref=ref)
        elif member is None:
            wrong = Message("“{email}” is no panel member of this call.", email=email)
        elif member in (nomination.nominee_id, nomination.nominator_id) or (
            email.lower() == nomination.nominator_email
        ):
            wrong = Message("“{email}” is a party to {ref}.", email=email, ref=ref)
        else:
            wanted.append((nomination.id, member))
            continue
        errors[f"pairs.{place}"] = [wrong]
    if errors:
        raise Invalid(errors)
    return wanted


def with_panel(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> list[str]:
    """References of the nominations that are with the panel of a call, for whoever seats its members."""
    call, _ = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.MARK_SEAT, call, now)
    query = sa.select(Nomination.ref).where(Nomination.call_id == call.id, Nomination.state.in_(IN_THE_POOL))
    return list(session.execute(query.order_by(Nomination.ref)).scalars())


def answer_conflict(
    session: Session, actor: Actor, ref: str, answer: ConflictAnswer, text: str | None, *, now: datetime
) -> PanelSeat:
    """Answer the conflict question on one nomination; a weaker answer than before is not taken."""
    item = fetch_for(session, actor, Action.MARK_ANSWER, ref, now=now)
    seat = seat_of(session, actor, item, lock=True)
    order = {None: -1, ConflictAnswer.NONE: 0, ConflictAnswer.POSSIBLE: 1, ConflictAnswer.CONFLICT: 2}
    if order[answer] < order[seat.answer]:
        raise Conflict(
            Message("You declared a conflict before. Ask the officer of the call to look into it."),
            code="already_declared",
        )
    said = (text or "").replace("\x00", "").strip()[:LONGEST_NOTE] or None
    if answer is not ConflictAnswer.NONE and said is None:
        raise Invalid({"text": [Message("Say in a sentence what the conflict is, or could be.")]})
    seat.answer, seat.answer_text, seat.answered_at = answer, said, now
    if answer is not ConflictAnswer.NONE:
        seat.ruled_clear_by_id = seat.upheld_by_id = seat.ruled_at = seat.ruling_reason = None
    touch(seat, now)
    session.flush()
    audit.record(session, actor, "mark.answer", ("nomination", ref), now=now, after={"answer": answer.value})
    settle(session, item, now)  # marks given before are kept, and count no more
    return seat


def mark(
    session: Session,
    actor: Actor,
    ref: str,
    marks: Mapping[str, int],
    notes: Mapping[str, str],
    band: MeritBand | None,
    expected_version: int,
    *,
    is_final: bool,
    now: datetime,
) -> PanelSeat:
    """Keep marks; `is_final` submits them, and then every criterion needs one, and a band is named.

    Raises Conflict when locked, stale, or while there are samples to mark first; Invalid by criterion.
    """
    item = fetch_for(session, actor, Action.MARK_GIVE, ref, now=now)
    check_unlocked(item.fellowship, item.nomination)
    check_practised(session, actor, item.call)
    seat = seat_of(session, actor, item, lock=True)
    if seat.version != expected_version:
        raise Conflict(
            Message("Somebody else changed this meanwhile. Compare both versions and repeat your change."),
            code="version_conflict",
            extra={"version": seat.version, "current": {"marks": seat.marks, "notes": seat.notes}},
        )
    check_marks(item.fellowship, marks, band, is_final=is_final)
    seat.marks, seat.band = dict(marks), band
    seat.notes = {code: text.strip()[:LONGEST_NOTE] for code, text in notes.items() if text.strip()}
    seat.submitted_at = now if is_final else None
    touch(seat, now)
    session.flush()
    audit.record(session, actor, "mark.give", ("nomination", ref), now=now, after={"is_final": is_final})
    settle(session, item, now)
    return seat


def lock_marks(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> None:
    """No mark changes any more; only then can the seed of the lots be named. Raises Conflict."""
    call, fellowship = fellowship_of(session, call_ref, lock=True)
    require_for_all(session, actor, Action.SHORTLIST_EDIT, call, now)
    check_unlocked(fellowship)
    check_marked(session, call)
    fellowship.marks_locked_at = now
    touch(fellowship, now)
    session.flush()
    audit.record(session, actor, "panel.lock", ("call", call_ref), now=now)


def check_marked(session: Session, call: Call) -> None:
    """Raise Conflict naming the nominations that the panel has and that have no marks that count."""
    query = sa.select(Nomination.ref).where(
        Nomination.call_id == call.id, Nomination.state.in_(TO_MARK), Nomination.score.is_(None)
    )
    unmarked = session.execute(query.order_by(Nomination.ref)).scalars().all()
    if unmarked:
        raise Conflict(
            Message("{n} nominations have no marks yet: {refs}.", n=len(unmarked), refs=tuple(unmarked[:10])),
            code="unmarked",
            extra={"refs": list(unmarked)},
        )


def result_of(seats: Sequence[PanelSeat], fellowship: Fellowship) -> PanelResult | None:
    """The result of the submitted marks of members without a conflict."""
    counted = [seat for seat in seats if seat.submitted_at and seat.removed_at is None and is_clear(seat)]
    return panel_result(
        [seat.marks for seat in counted],
        [seat.band for seat in counted if seat.band is not None],
        weights_of(fellowship),
        scale_of(fellowship),
    )


def is_clear(seat: PanelSeat) -> bool:
    """May this member see and mark the nomination?"""
    return standing(seat) is Standing.CLEARED


def settle(session: Session, item: Item, now: datetime) -> None:
    """Write the score and band that the marks make, and the state that follows; none without marks.

    What came out before the approval of a list is not touched after it: the room tells instead.
    """
    nomination = item.nomination
    if item.fellowship.approved_at is not None or nomination.state not in TO_MARK:
        return
    seats = (
        session.execute(sa.select(PanelSeat).where(PanelSeat.nomination_id == nomination.id)).scalars().all()
    )
    result = result_of(seats, item.fellowship)
    if result is None:
        if nomination.score is not None:
            nomination.score = nomination.band = None
            touch(nomination, now)
            session.flush()
        return
    nomination.score, nomination.band = result.score, result.band
    nomination.state = advance(NOMINATION_STEPS, nomination.state, NominationAction.BAND)
    touch(nomination, now)
    session.flush()


def seat_of(session: Session, actor: Actor, item: Item, *, lock: bool = False) -> PanelSeat:
    """The actor's seat on a nomination that was fetched for them."""
    query = sa.select(PanelSeat).where(
        PanelSeat.nomination_id == item.nomination.id, PanelSeat.account_id == actor.account_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.execute(query).scalar_one()


def _members(session: Session, emails: set[str], call_id: int) -> dict[str, int]:
    """Mail address to account of those who may review in this call."""
    query = (
        sa.select(Account.email, Account.id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            Account.email.in_(emails),
            Account.is_disabled.is_(False),
            RoleGrant.role == Role.REVIEWER,
            sa.or_(RoleGrant.call_id.is_(None), RoleGrant.call_id == call_id),
        )
    )
    return {row.email: row.id for row in session.execute(query)}
