"""Take the next run of a shortlist from the queue, compute it outside of any transaction, keep its record.

A worker that dies leaves its run "running"; after a while another one takes it up again, and as the same
question gives the same bytes, nothing is lost by that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from fellowships.record import question_of, record_of
from models.fellowships import ShortlistRun
from services.fellowships.shortlists import signature_of
from vocabulary.errors import HouseError
from vocabulary.fellowships import RunState

Opened = Callable[[], AbstractContextManager[Session]]
TAKEN_UP_AFTER = timedelta(minutes=5)
"""Without a word from its worker."""
TELL_EVERY = timedelta(seconds=1)


class Cancelled(Exception):
    """Somebody stopped the run."""


@dataclass(frozen=True, slots=True)
class Work:
    """A run that this worker has taken."""

    run_id: int
    question: Mapping[str, Any]
    n_reserve: int
    seconds: int


def take(session: Session, *, now: datetime) -> Work | None:
    """The oldest run that waits, or whose worker has been silent; it is this worker's from now on."""
    silent = sa.and_(ShortlistRun.state == RunState.RUNNING, ShortlistRun.updated_at < now - TAKEN_UP_AFTER)
    query = (
        sa.select(ShortlistRun)
        .where(sa.or_(ShortlistRun.state == RunState.WAITING, silent))
        .order_by(ShortlistRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    run = session.execute(query).scalar_one_or_none()
    if run is None:
        return None
    run.state, run.updated_at = RunState.RUNNING, now
    session.flush()
    return Work(run.id, run.question, run.n_reserve, run.seconds)


def compute(work: Work, write: Opened, clock: Callable[[], datetime]) -> None:
    """Find the record of a run and keep it, or why there is none."""
    told_at = clock()

    def progress(n_done: int, n_to_do: int) -> None:
        nonlocal told_at
        if clock() - told_at < TELL_EVERY:
            return
        told_at = clock()
        with write() as session:
            _tell(session, work.run_id, n_done, n_to_do, now=told_at)

    try:
        question, rule = question_of({"question": work.question})
        content = record_of(
            question, rule, n_reserve=work.n_reserve, seconds=float(work.seconds), progress=progress
        )
    except Cancelled:
        with write() as session:
            _end(session, work.run_id, RunState.CANCELLED, now=clock())
    except HouseError as refused:
        with write() as session:
            _end(session, work.run_id, RunState.FAILED, now=clock(), fault=str(refused.message))
    else:
        with write() as session:
            _end(session, work.run_id, RunState.DONE, now=clock(), content=content)


def compute_within(session: Session, work: Work, *, now: datetime) -> None:
    """The same inside an open transaction, for small questions. Raises what the engine raises."""
    question, rule = question_of({"question": work.question})
    content = record_of(question, rule, n_reserve=work.n_reserve, seconds=float(work.seconds))
    _end(session, work.run_id, RunState.DONE, now=now, content=content)


def _tell(session: Session, run_id: int, n_done: int, n_to_do: int, *, now: datetime) -> None:
    run = _locked(session, run_id)
    if run.is_cancelled or run.state is not RunState.RUNNING:
        raise Cancelled
    run.n_done, run.n_to_do, run.updated_at = n_done, n_to_do, now


def _end(
    session: Session,
    run_id: int,
    state: RunState,
    *,
    now: datetime,
    content: bytes | None = None,
    fault: str | None = None,
) -> None:
    run = _locked(session, run_id)
    if run.state is not RunState.RUNNING:
        return
    run.state = RunState.CANCELLED if run.is_cancelled else state
    if run.state is RunState.DONE and content is not None:
        run.record = content.decode()
        run.record_sha256 = hashlib.sha256(content).hexdigest()
        run.signature = signature_of(session, content)
        run.n_done = run.n_to_do
    run.fault, run.ended_at, run.updated_at = fault, now, now


def _locked(session: Session, run_id: int) -> ShortlistRun:
    query = sa.select(ShortlistRun).where(ShortlistRun.id == run_id).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()
