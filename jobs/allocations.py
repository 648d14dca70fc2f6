"""Allocations in the background: one at a time, with its progress noted, stopped when somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from services.allocations import making
from services.allocations.making import Work
from services.transaction import reading, transaction
from vocabulary.errors import HouseError, Invalid

log = structlog.get_logger("capmatch.jobs")

Clock = Callable[[], datetime]


def make_allocation(clock: Clock, stop: threading.Event | None = None) -> bool:
    """Make the oldest allocation that waits; False where none does."""
    with transaction() as session:
        work = making.take(session, now=clock())
    if work is None:
        return False
    try:
        if _ranked(work, clock, stop):
            _choose(work, clock)
    except HouseError:  # the database is away: the lease runs out, and it begins again
        raise
    except Exception:
        with transaction() as session:
            making.fail(session, work.ref, now=clock())
        raise
    return True


def _ranked(work: Work, clock: Clock, stop: threading.Event | None) -> bool:
    """Rank every request; False when it was stopped."""
    while work.todo:
        if stop is not None and stop.is_set():
            with transaction() as session:
                making.put_back(session, work.ref, now=clock())
            return False
        with reading() as session:
            making.rank_some(session, work, now=clock())
        with transaction() as session:
            if not making.go_on(session, work, now=clock()):
                log.info("allocation stopped", ref=work.ref)
                return False
    return True


def _choose(work: Work, clock: Clock) -> None:
    try:
        found = making.solve(work)
    except Invalid as refused:
        with transaction() as session:
            making.keep(session, work, refused, now=clock())
        return
    with transaction() as session:
        making.keep(session, work, found, now=clock())
    log.info("allocation made", ref=work.ref)
