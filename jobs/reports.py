"""Reports that take too long for a page, made in the background: entries that look alike, large bundles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from services import alike, stored_reports
from services.match_facts import Audience
from services.queries import bundles
from services.transaction import reading, transaction

log = structlog.get_logger("capmatch.jobs")

Clock = Callable[[], datetime]
COMPARED_IN_A_ROW = 25
"""After so many the other jobs have their turn."""
NOTED_AFTER = 100
"""Requests that are read between two words on how far it is: half a second."""


def find_alike(clock: Clock, stop: threading.Event | None = None) -> bool:
    """Compare the next entries that changed; True when there may be more."""
    with reading() as session:
        todo, report = alike.unseen(session)
        gone = alike.has_gone(session, report)
    if not todo and not gone:
        return False
    with transaction() as session:
        if not stored_reports.take(session, alike.KIND, Audience.INSIDE, len(todo), now=clock()):
            return False
    some = dict(sorted(todo.items(), reverse=True)[:COMPARED_IN_A_ROW])
    try:
        with reading() as session:
            alike.compare(session, some, report)
    except BaseException:
        with transaction() as session:
            stored_reports.let_go(session, alike.KIND, Audience.INSIDE)
        raise
    with transaction() as session:
        made_from = stored_reports.data_hash(report["seen"])
        stored_reports.keep(session, alike.KIND, Audience.INSIDE, made_from, report, now=clock())
    return len(todo) > len(some) and not (stop is not None and stop.is_set())


def _note(clock: Clock, audience: Audience, n_read: int) -> None:
    """Let the page say how far the bundles are, now and then."""
    if n_read % NOTED_AFTER == 0:
        with transaction() as session:
            stored_reports.go_on(session, bundles.KIND, audience, n_read, now=clock())


def make_bundles(clock: Clock) -> bool:
    """Make the bundles of one audience that has too many requests for a page, where they changed."""
    for audience in Audience:
        with reading() as session:
            work = bundles.work_of(session, audience)
        if work is None:
            continue
        with transaction() as session:
            if not stored_reports.take(session, bundles.KIND, audience, work.n_requests, now=clock()):
                continue
        try:
            content = bundles.make(work, partial(_note, clock, audience))
        except BaseException:
            with transaction() as session:
                stored_reports.let_go(session, bundles.KIND, audience)
            raise
        with transaction() as session:
            stored_reports.keep(session, bundles.KIND, audience, work.made_from, content, now=clock())
        log.info("made bundles", audience=audience.value, n=work.n_requests)
    return False
