"""When are the data of those who were not selected erased, and by whom?

By the clock, so many months after the release as the call says; before that by an officer, where the nominee
asked. Rows, references and states stay, so that every count stays right; what balance counted is added up
per call, never per person. Fellows and those with a place are not touched. A run's record keeps references
and values without names, since its proof holds only as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import (
    Fellowship,
    Nomination,
    NominationFile,
    NominationLink,
    NominationPair,
    NominationReminder,
    PanelSeat,
    ShortlistPin,
)
from models.operation import OutgoingMail
from procedure.access import require
from services import audit, vocabularies
from services.fellowships.fields import full_name
from services.fellowships.questions import UNSAID, values_of
from services.fellowships.rows import call_only, fellowship_of, fetch_for, item_of, touch
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.fellowships import NominationState
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Actor

FORGOTTEN = (
    NominationState.INELIGIBLE,
    NominationState.NOT_SHORTLISTED,
    NominationState.RESERVE,
    NominationState.DECLINED,
    NominationState.WITHDRAWN,
    NominationState.LAPSED,
)
"""Who was not selected, or ended it; everybody else has a place or is still in the procedure."""
COUNTED = ("region", "gender", "discipline")
AT_ONCE = 50
MONTH = timedelta(days=30)
BLANK = "–"


@dataclass(frozen=True, slots=True)
class Due:
    """A nomination whose data are to be erased: when, and whether the nominee asked."""

    ref: str
    name: str
    state: NominationState
    erased_from: datetime | None
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What is kept of a call, until when, and what would be erased if the clock ran now."""

    version: int
    months_kept: int
    released_at: datetime | None
    due_from: datetime | None
    due: tuple[Due, ...]
    asked: tuple[Due, ...]
    n_kept: int
    n_erased: int
    counts: Mapping[str, Mapping[str, int]]


def report(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> RetentionReport:
    """What the clock would erase now, what was asked for, and the counts that stay; changes nothing."""
    call, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.NOMINATION_ERASE, call_only(call), now)
    query = sa.select(Nomination).where(Nomination.call_id == call.id).order_by(Nomination.id)
    rows = session.execute(query).scalars().all()
    live = [row for row in rows if row.erased_at is None]
    start = due_from(call, fellowship)
    ended = [_due(row, start) for row in live if row.state in FORGOTTEN]
    return RetentionReport(
        version=fellowship.version,
        months_kept=fellowship.months_kept,
        released_at=fellowship.released_at,
        due_from=start,
        due=tuple(one for one in ended if start is not None and start <= now),
        asked=tuple(_due(row, start) for row in live if row.erasure_asked_at is not None),
        n_kept=len(live),
        n_erased=len(rows) - len(live),
        counts=_added(fellowship.erased_counts, _counted(session, live)),
    )


def due_from(call: Call, fellowship: Fellowship) -> datetime | None:
    """From when on the clock erases; None while the letters of a call are not out.

    A call that was never decided counts from its second deadline, so that nothing is kept for ever; twice as
    long, since its decision may only be late.
    """
    if fellowship.released_at is not None:
        return fellowship.released_at + fellowship.months_kept * MONTH
    return fellowship.nominators_until + 2 * fellowship.months_kept * MONTH


def set_months(
    session: Session, actor: Actor, call_ref: str, months: int, expected_version: int, *, now: datetime
) -> None:
    """Say how many months after the release the data are kept. Raises Invalid, Conflict."""
    call, fellowship = fellowship_of(session, call_ref, lock=True)
    require(actor, Action.NOMINATION_ERASE, call_only(call), now)
    if fellowship.version != expected_version:
        raise Conflict(Message("Somebody else changed this meanwhile."), code="version_conflict")
    if not 1 <= months <= 120:
        raise Invalid({"months_kept": [Message("Write a whole number of months, 1 to 120.")]})
    before = fellowship.months_kept
    fellowship.months_kept = months
    touch(fellowship, now)
    session.flush()
    audit.record(
        session,
        actor,
        "fellowship.keep_for",
        ("call", call_ref),
        now=now,
        before={"months": before},
        after={"months": months},
    )


def ask_erasure(session: Session, actor: Actor, ref: str, *, now: datetime) -> None:
    """The nominee asks that what a nomination says be erased. Twice is once; a nomination under way is
    withdrawn first."""
    item = fetch_for(session, actor, Action.NOMINATION_ASK_ERASURE, ref, now=now, lock=True)
    nomination = item.nomination
    if nomination.erasure_asked_at is not None:
        return
    if nomination.state not in FORGOTTEN:
        raise Conflict(
            Message("This nomination is under way. Withdraw it first, then ask."), code="under_way"
        )
    nomination.erasure_asked_at = now
    touch(nomination, now)
    session.flush()
    audit.record(session, actor, "nomination.ask_erasure", ("nomination", ref), now=now)


def erase_asked(session: Session, actor: Actor, ref: str, *, now: datetime) -> str:
    """An officer erases one nomination whose nominee asked for it; returns the reference of its call.

    Raises Conflict where nobody asked.
    """
    item = fetch_for(session, actor, Action.NOMINATION_ERASE, ref, now=now, lock=True)
    nomination = item.nomination
    if nomination.erasure_asked_at is None or nomination.state not in FORGOTTEN:
        raise Conflict(Message("Nobody asked for this, or the nomination is under way."), code="not_asked")
    _, locked = fellowship_of(session, item.call.ref, lock=True)
    erase(session, actor, [nomination], locked, now=now)
    return item.call.ref


def forget_unselected(session: Session, *, now: datetime) -> int:
    """Erase what has been kept for its time, some at a time; returns how many. Call again until it is 0."""
    n_gone = 0
    query = sa.select(Call, Fellowship).join(Fellowship, Fellowship.call_id == Call.id).order_by(Call.id)
    for call, fellowship in session.execute(query).all():
        start = due_from(call, fellowship)
        if start is None or start > now or n_gone >= AT_ONCE:
            continue
        rows = _ripe(session, call.id, AT_ONCE - n_gone)
        if rows:
            require(SYSTEM, Action.NOMINATION_ERASE, item_of(session, SYSTEM, rows[0]).facts, now)
            _, locked = fellowship_of(session, call.ref, lock=True)
            erase(session, SYSTEM, rows, locked, now=now)
            n_gone += len(rows)
    return n_gone


def falling_due(session: Session, until: datetime) -> tuple[tuple[str, Due], ...]:
    """Reference of the call and nomination of everything that the clock erases until then, the soonest first.

    Changes nothing; for whoever operates the service.
    """
    query = sa.select(Call, Fellowship).join(Fellowship, Fellowship.call_id == Call.id).order_by(Call.id)
    found = []
    for call, fellowship in session.execute(query).all():
        start = due_from(call, fellowship)
        if start is None or start > until:
            continue
        rows = session.execute(
            sa.select(Nomination)
            .where(
                Nomination.call_id == call.id,
                Nomination.state.in_(FORGOTTEN),
                Nomination.erased_at.is_(None),
            )
            .order_by(Nomination.id)
        ).scalars()
        found += [(call.ref, _due(row, start)) for row in rows]
    return tuple(sorted(found, key=lambda row: (row[1].erased_from or until, row[1].ref)))


def _ripe(session: Session, call_id: int, limit: int) -> Sequence[Nomination]:
    query = (
        sa.select(Nomination)
        .where(
            Nomination.call_id == call_id,
            Nomination.state.in_(FORGOTTEN),
            Nomination.erased_at.is_(None),
        )
        .order_by(Nomination.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.execute(query).scalars().all()


def erase(
    session: Session, actor: Actor, rows: Sequence[Nomination], fellowship: Fellowship, *, now: datetime
) -> None:
    """Blank everything that says who somebody is; the caller has checked who may and which."""
    fellowship.erased_counts = _added(fellowship.erased_counts, _counted(session, rows))
    touch(fellowship, now)
    for row in rows:
        _blank(row, now)
    session.flush()
    ids, refs = [row.id for row in rows], [row.ref for row in rows]
    _drop(session, ids)
    _blank_around(session, ids, refs)
    for ref in refs:
        audit.record(session, actor, "nomination.erase", ("nomination", ref), now=now)


def erase_person(session: Session, actor: Actor, account_id: int, email: str, *, now: datetime) -> None:
    """Erase every nomination of a person, and the person from those they made for others.

    Part of erasing an account (services/personal_data.py), which checks who may.
    """
    mine = sa.or_(Nomination.nominee_id == account_id, Nomination.nominee_email == email)
    query = (
        sa.select(Nomination, Fellowship)
        .join(Fellowship, Fellowship.call_id == Nomination.call_id)
        .where(mine, Nomination.erased_at.is_(None))
    )
    for row, fellowship in session.execute(query).all():
        erase(session, actor, [row], fellowship, now=now)
    made = sa.or_(Nomination.nominator_id == account_id, Nomination.nominator_email == email)
    for row in session.execute(sa.select(Nomination).where(made)).scalars():
        blank = dict.fromkeys(("nominator_name", "nominator_email"))
        row.content = dict(row.content) | blank if row.content else {}
        row.nominator_id = row.nominator_email = None
        touch(row, now)
    session.flush()


def _blank(row: Nomination, now: datetime) -> None:
    row.content, row.travel, row.meetings = {}, {}, []
    row.name_key, row.public_name = "", False
    row.nominee_id = row.nominator_id = row.duplicate_of_id = None
    row.nominee_email = row.nominator_email = row.mentor = None
    row.nominator_answer_reason = row.late_reason = None
    row.ineligible_reason = BLANK if row.state is NominationState.INELIGIBLE else None
    row.erased_at = now
    touch(row, now)


def _drop(session: Session, ids: Sequence[int]) -> None:
    """Files, links and what was compared go; the bytes of files follow by the sweep of the data folder."""
    for model in (NominationFile, NominationLink, NominationReminder):
        session.execute(sa.delete(model).where(model.nomination_id.in_(ids)))
    either = sa.or_(NominationPair.first_id.in_(ids), NominationPair.second_id.in_(ids))
    session.execute(sa.delete(NominationPair).where(either))


def _blank_around(session: Session, ids: Sequence[int], refs: Sequence[str]) -> None:
    """Words of panel members and officers about a person; marks and that a pin was set stay."""
    session.execute(
        sa.update(PanelSeat)
        .where(PanelSeat.nomination_id.in_(ids))
        .values(notes={}, answer_text=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(ShortlistPin)
        .where(ShortlistPin.nomination_id.in_(ids))
        .values(reason=BLANK)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.delete(OutgoingMail).where(OutgoingMail.subject_ref.in_(refs), OutgoingMail.state != "sent")
    )
    session.execute(
        sa.update(OutgoingMail)
        .where(OutgoingMail.subject_ref.in_(refs))
        .values(to_email="erased@erased.invalid", values={}, error=None)
        .execution_options(synchronize_session=False)
    )


def _counted(session: Session, rows: Sequence[Nomination]) -> dict[str, dict[str, int]]:
    """How many of each value, for each attribute on its own."""
    regions = {
        code: term.data.get("un_group")
        for code, term in vocabularies.terms(session, vocabularies.COUNTRIES).items()
    }
    said = [values_of(row, regions) for row in rows]
    found: dict[str, dict[str, int]] = {}
    for name in COUNTED:
        found[name] = dict(Counter(str(one.get(name, UNSAID)) for one in said))
    return found


def _added(
    one: Mapping[str, Mapping[str, int]], other: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    return {
        name: dict(sorted((Counter(one.get(name, {})) + Counter(other.get(name, {}))).items()))
        for name in COUNTED
    }


def _due(row: Nomination, start: datetime | None) -> Due:
    name: Any = full_name(row.content) or row.ref
    return Due(row.ref, name, row.state, start, row.erasure_asked_at)
