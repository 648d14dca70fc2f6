"""The shortlist room: which question the call asks, runs of the engine, pins, the seed, approval.

A run is computed by the background worker, never in a web request, and tells how far it is; it can be
cancelled. What it answers is a record that anybody can check (docs/shortlists.md), kept with its question as
it stood, and signed. The engine advises: the body that selects approves one run, and a person releases
letters.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.certificates import Untrue
from fellowships.checking import check, digest
from fellowships.facts import require_sound
from fellowships.record import written
from models.calls import Call
from models.fellowships import Fellowship, Nomination, ShortlistPin, ShortlistRun
from procedure.access import may
from procedure.lifecycle import advance
from procedure.nominations import NOMINATION_STEPS
from services import audit
from services.fellowships.fields import full_name
from services.fellowships.panel import check_marked
from services.fellowships.questions import POOL, question_of_call, rule_of
from services.fellowships.rows import call_only, fellowship_of, is_party, require_for_all, touch
from services.fellowships.settings import TARGETS_CHANGED
from services.references import next_reference
from services.runtime import runtime
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.fellowships import NominationAction, RunState
from vocabulary.messages import Message
from vocabulary.people import Actor

MOST_RESERVES = 100
LEAST_SECONDS, MOST_SECONDS = 1, 1_800
"""Time limit of a run."""


@dataclass(frozen=True, slots=True)
class RunSheet:
    """A run as it is shown; `record` is None until it is done."""

    ref: str
    version: int
    state: RunState
    is_trial: bool
    n_done: int
    n_to_do: int
    asked_at: datetime
    ended_at: datetime | None
    fault: str | None
    record: Mapping[str, Any] | None
    record_sha256: str | None
    signature: str | None
    is_approved: bool


def ask_run(
    session: Session,
    actor: Actor,
    call_ref: str,
    *,
    n_reserve: int,
    is_trial: bool,
    now: datetime,
    seconds: int = 60,
    by_bands: bool | None = None,
) -> RunSheet:
    """Put a run into the queue of the background worker, with the question as it stands.

    `by_bands`: nobody stands above a better band of merit but where a limit asks for it, and the record says
    which; None: as the call has it. A run that counts goes as the call has it, and needs the marks locked and
    a seed; a trial only says what would come out. Raises Conflict while another run is waiting, Invalid where
    the question cannot be meant.
    """
    call, fellowship = fellowship_of(session, call_ref, lock=True)
    require_for_all(session, actor, Action.SHORTLIST_EDIT, call, now)
    if not 0 <= n_reserve <= MOST_RESERVES:
        raise Invalid({"n_reserve": [Message("This must lie between {min} and {max}.", min=0, max=100)]})
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        text = Message("This must lie between {min} and {max}.", min=LEAST_SECONDS, max=MOST_SECONDS)
        raise Invalid({"seconds": [text]})
    if not is_trial and fellowship.seed is None:
        raise Conflict(
            Message("Lock the marks and name the seed first; until then only trials are run."), code="no_seed"
        )
    if not is_trial:
        check_marked(session, call)
        _check_as_the_call_has_it(fellowship, by_bands)
    if _under_way(session, call.id):
        raise Conflict(Message("A run is under way; wait for it or cancel it."), code="run_under_way")
    bands_first = fellowship.by_bands if by_bands is None else by_bands
    question = question_of_call(session, call, fellowship, by_bands=bands_first)
    require_sound(question)
    content = written(question, rule_of(fellowship))
    run = ShortlistRun(
        ref=next_reference(session, "SHL", now),
        call_id=call.id,
        state=RunState.WAITING,
        is_trial=is_trial,
        n_reserve=n_reserve,
        seconds=seconds,
        question=content,
        question_sha256=digest(content),
        asked_by_id=actor.account_id,
        asked_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(run)
    session.flush()
    audit.record(
        session,
        actor,
        "shortlist.run",
        ("call", call_ref),
        now=now,
        after={"run": run.ref, "trial": is_trial, "question_sha256": run.question_sha256},
    )
    return _sheet(run, fellowship)


def may_approve(session: Session, actor: Actor, call_ref: str, *, now: datetime) -> bool:
    """May the actor take a list of this call, for the button? The use case asks again."""
    call, _ = fellowship_of(session, call_ref)
    return may(actor, Action.SHORTLIST_APPROVE, call_only(call), now) and not is_party(session, actor, call)


def cancel_run(session: Session, actor: Actor, ref: str, *, now: datetime) -> RunSheet:
    """Stop a run that waits or is under way; the worker sees it at the next step."""
    run, call, fellowship = _fetch(session, ref, lock=True)
    require_for_all(session, actor, Action.SHORTLIST_EDIT, call, now)
    if run.state not in (RunState.WAITING, RunState.RUNNING):
        raise Conflict(Message("This run has ended."), code="ended")
    run.is_cancelled = True
    if run.state is RunState.WAITING:
        run.state, run.ended_at = RunState.CANCELLED, now
    run.updated_at = now
    session.flush()
    audit.record(session, actor, "shortlist.cancel", ("call", call.ref), now=now, after={"run": ref})
    return _sheet(run, fellowship)


def read_run(session: Session, actor: Actor, ref: str, *, now: datetime) -> RunSheet:
    """One run. Raises NotFound, Refused."""
    run, call, fellowship = _fetch(session, ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    return _sheet(run, fellowship)


def list_runs(
    session: Session,
    actor: Actor,
    call_ref: str,
    *,
    now: datetime,
    before: str | None = None,
    limit: int = 200,
) -> tuple[RunSheet, ...]:
    """Runs of a call, the latest first; `before`: only those older than this one, given by its reference."""
    call, fellowship = fellowship_of(session, call_ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    query = sa.select(ShortlistRun).where(ShortlistRun.call_id == call.id)
    if before is not None:
        of_cursor = sa.select(ShortlistRun.id).where(ShortlistRun.ref == before).scalar_subquery()
        query = query.where(ShortlistRun.id < of_cursor)
    query = query.order_by(ShortlistRun.id.desc()).limit(limit)
    return tuple(_sheet(run, fellowship) for run in session.execute(query).scalars())


def record_bytes(session: Session, actor: Actor, ref: str, *, now: datetime) -> bytes:
    """The record of a run, byte by byte. Raises NotFound until there is one."""
    run, call, _ = _fetch(session, ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    if run.record is None:
        raise NotFound
    return run.record.encode()


def call_of_run(session: Session, actor: Actor, ref: str, *, now: datetime) -> str:
    """The call that a run is of. Raises NotFound, Refused."""
    _, call, _ = _fetch(session, ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    return call.ref


def people_of_run(
    session: Session, actor: Actor, ref: str, *, now: datetime
) -> tuple[str, dict[str, tuple[str, str | None]]]:
    """The call of a run, and name and country of each nominee in its question, by reference."""
    run, call, _ = _fetch(session, ref)
    require_for_all(session, actor, Action.SHORTLIST_READ, call, now)
    rows = session.execute(sa.select(Nomination).where(Nomination.call_id == call.id)).scalars()
    asked = {one["id"] for one in run.question.get("nominations", ())}
    return call.ref, {
        row.ref: (full_name(row.content) or row.ref, row.content.get("nationality"))
        for row in rows
        if row.ref in asked
    }


def name_seed(
    session: Session, actor: Actor, call_ref: str, seed: str, source: str, *, now: datetime
) -> None:
    """Name the public seed of the lottery, once, after the marks are locked. Raises Conflict, Invalid."""
    call, fellowship = fellowship_of(session, call_ref, lock=True)
    require_for_all(session, actor, Action.SHORTLIST_EDIT, call, now)
    if fellowship.marks_locked_at is None:
        raise Conflict(Message("Lock the marks first; the seed is named after that."), code="marks_open")
    if fellowship.seed is not None:
        raise Conflict(Message("The seed was named before and stays."), code="seed_named")
    errors = {
        name: [Message("This is missing.")]
        for name, text in (("seed", seed), ("source", source))
        if not text.strip()
    }
    if errors:
        raise Invalid(errors)
    fellowship.seed, fellowship.seed_source, fellowship.seed_at = seed.strip()[:200], source.strip(), now
    touch(fellowship, now)
    session.flush()
    audit.record(
        session, actor, "shortlist.seed", ("call", call_ref), now=now, after={"seed": fellowship.seed}
    )


def approve(session: Session, actor: Actor, ref: str, *, now: datetime) -> RunSheet:
    """The body that selects takes the list of one run: seats, with their chapters, reserve, and the others.

    Raises Conflict for a trial, a run that found no list, one whose question is no longer what stands, a run
    of the same person, or a second approval.
    """
    run, call, _ = _fetch(session, ref)
    _, fellowship = fellowship_of(session, call.ref, lock=True)
    require_for_all(session, actor, Action.SHORTLIST_APPROVE, call, now)
    _check_approvable(session, actor, run, call, fellowship)
    record = json.loads(run.record or "{}")
    seats = {one["id"]: one.get("chapter") for one in record["seats"]}
    reserve = [one["id"] for one in record["reserve"]]
    rows = session.execute(
        sa.select(Nomination)
        .where(Nomination.call_id == call.id, Nomination.state.in_(POOL))
        .order_by(Nomination.id)
        .with_for_update()
    ).scalars()
    for row in rows:
        action = NominationAction.LEAVE_OUT
        row.reserve_order = row.chapter = None
        if row.ref in seats:
            action, row.chapter = NominationAction.SHORTLIST, seats[row.ref]
        elif row.ref in reserve:
            action = NominationAction.PLACE_ON_RESERVE
            row.reserve_order = reserve.index(row.ref) + 1
        if (row.state, action) in NOMINATION_STEPS:
            row.state = advance(NOMINATION_STEPS, row.state, action)
        touch(row, now)
    fellowship.approved_run_id, fellowship.approved_by_id, fellowship.approved_at = (
        run.id,
        actor.account_id,
        now,
    )
    touch(fellowship, now)
    session.flush()
    audit.record(
        session,
        actor,
        "shortlist.approve",
        ("call", call.ref),
        now=now,
        after={"run": run.ref, "record_sha256": run.record_sha256},
    )
    return _sheet(run, fellowship)


def signature_of(session: Session, content: bytes) -> str:
    """The seal of a record by this service: HMAC-SHA256 under the key of the audit trail."""
    return hmac.new(runtime(session).audit_key, b"shortlist\0" + content, hashlib.sha256).hexdigest()


def _check_approvable(
    session: Session, actor: Actor, run: ShortlistRun, call: Call, fellowship: Fellowship
) -> None:
    if fellowship.approved_at is not None:
        raise Conflict(Message("A list was approved before."), code="approved")
    if run.is_trial or run.state is not RunState.DONE or run.record is None:
        raise Conflict(Message("Only a finished run that counts can be approved."), code="not_final")
    if call.four_eyes and run.asked_by_id == actor.account_id:
        raise Conflict(Message("Somebody else has to approve a run of yours."), code="own_run")
    if call.four_eyes:
        _check_hands_off(session, actor, call)
    asked = question_of_call(session, call, fellowship, by_bands=fellowship.by_bands)
    if digest(written(asked, rule_of(fellowship))) != run.question_sha256:
        raise Conflict(
            Message("Nominations, marks, targets or pins changed since this run; run it again."),
            code="outdated",
        )
    try:
        record = check(run.record.encode())
    except Untrue as wrong:
        raise Conflict(
            Message("The record does not hold: {reason}.", reason=str(wrong)), code="untrue"
        ) from wrong
    if record["status"] != "optimal":
        raise Conflict(Message("This run found no list."), code="no_list")


def _check_as_the_call_has_it(fellowship: Fellowship, by_bands: bool | None) -> None:
    if by_bands is not None and by_bands != fellowship.by_bands:
        raise Conflict(
            Message("The call says whether a better band comes first; only a trial can go the other way."),
            code="bands_of_the_call",
        )


def _check_hands_off(session: Session, actor: Actor, call: Call) -> None:
    """Whoever holds people on or off the list, or changed what it is balanced by, leaves it to others."""
    query = (
        sa.select(sa.func.count(ShortlistPin.id))
        .join(Nomination, Nomination.id == ShortlistPin.nomination_id)
        .where(
            Nomination.call_id == call.id,
            ShortlistPin.lifted_at.is_(None),
            ShortlistPin.made_by_id == actor.account_id,
        )
    )
    if session.execute(query).scalar_one():
        raise Conflict(
            Message("You hold somebody on or off the list; somebody else has to approve it."), code="own_pin"
        )
    if audit.last_actor(session, ("call", call.ref), (TARGETS_CHANGED,)) == f"account:{actor.account_id}":
        raise Conflict(
            Message("You changed the targets last; somebody else has to approve the list."),
            code="own_targets",
        )


def _under_way(session: Session, call_id: int) -> bool:
    query = sa.select(
        sa.exists().where(
            ShortlistRun.call_id == call_id,
            ShortlistRun.state.in_((RunState.WAITING, RunState.RUNNING)),
        )
    )
    return bool(session.execute(query).scalar_one())


def _fetch(session: Session, ref: str, *, lock: bool = False) -> tuple[ShortlistRun, Call, Fellowship]:
    query = sa.select(ShortlistRun).where(ShortlistRun.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    run = session.execute(query).scalar_one_or_none()
    if run is None:
        raise NotFound
    around = (
        sa.select(Call, Fellowship)
        .join(Fellowship, Fellowship.call_id == Call.id)
        .where(Call.id == run.call_id)
    )
    call, fellowship = session.execute(around).one()
    return run, call, fellowship


def _sheet(run: ShortlistRun, fellowship: Fellowship) -> RunSheet:
    return RunSheet(
        run.ref,
        run.version,
        run.state,
        run.is_trial,
        run.n_done,
        run.n_to_do,
        run.asked_at,
        run.ended_at,
        run.fault,
        json.loads(run.record) if run.record else None,
        run.record_sha256,
        run.signature,
        fellowship.approved_run_id == run.id,
    )
