"""The background worker: a loop over a few jobs, each with its own pause, until it is told to stop.

Any number of workers may run on one database. A fault in one job is logged and the job tried again; it never
stops the others. On SIGTERM the job under way is finished, then the loop ends.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from types import FrameType

import structlog

from jobs.allocations import make_allocation
from jobs.delivery import Deliver
from jobs.index import IndexBuilder
from jobs.mail import Clock, send_next
from jobs.reports import find_alike, make_bundles
from jobs.shortlists import run_shortlists
from jobs.trail import check_trail
from jobs.vectors import build_vectors, drop_vectors
from services import (
    assignment_steps,
    attachments,
    calls,
    conflict_answers,
    consultations,
    offer_reminders,
    recognition_renewals,
    screening_clock,
    upkeep,
)
from services.archiving import clock as archiving
from services.fellowships import deadlines, placing, retention
from services.introductions import steps
from services.transaction import reading, transaction
from vocabulary.errors import HouseError

log = structlog.get_logger("capmatch.jobs")

HEARTBEAT = "jobs"
MAILS_IN_A_ROW = 50
"""After so many the other jobs have their turn."""


@dataclass(slots=True)
class Task:
    """Something to do again and again; `run` says whether there is more to do at once."""

    name: str
    every: timedelta
    run: Callable[[], bool]
    due_at: datetime | None = field(default=None)


def tasks(
    deliver: Deliver,
    clock: Clock,
    *,
    sender: str,
    site: str,
    index: IndexBuilder,
    stop: threading.Event | None = None,
) -> list[Task]:
    """Everything that the worker does; a long row of mails ends early when `stop` is set."""

    def mail() -> bool:
        for _ in range(MAILS_IN_A_ROW):
            if stop is not None and stop.is_set():
                return False
            if not send_next(deliver, clock, sender=sender, site=site):
                return False
        return True

    return [
        Task("heartbeat", timedelta(seconds=15), partial(heartbeat, clock)),
        Task("mail", timedelta(seconds=1), mail),
        Task("open_calls", timedelta(seconds=15), partial(open_calls, clock)),
        Task("close_calls", timedelta(seconds=15), partial(close_calls, clock)),
        Task("lapse_returned", timedelta(minutes=1), partial(lapse_returned, clock)),
        Task("start_reviews", timedelta(minutes=1), partial(start_reviews, clock)),
        Task("vectors", timedelta(seconds=1), partial(build_vectors, clock, stop)),
        Task("shortlists", timedelta(seconds=1), partial(run_shortlists, clock)),
        Task("allocations", timedelta(seconds=1), partial(make_allocation, clock, stop)),
        Task("find_alike", timedelta(seconds=5), partial(find_alike, clock, stop)),
        Task("check_trail", timedelta(seconds=5), partial(check_trail, clock)),
        Task("bundles", timedelta(minutes=1), partial(make_bundles, clock)),
        Task("remind_offers", timedelta(minutes=10), partial(remind_offers, clock)),
        Task("ask_focal_points", timedelta(minutes=1), partial(ask_focal_points, clock)),
        Task("expire_offers", timedelta(minutes=10), partial(expire_offers, clock)),
        Task("lapse_matches", timedelta(minutes=5), partial(lapse_matches, clock)),
        Task("lapse_places", timedelta(minutes=5), partial(lapse_places, clock)),
        Task("nomination_reminders", timedelta(minutes=10), partial(nomination_reminders, clock)),
        Task("lapse_nominations", timedelta(minutes=5), partial(lapse_nominations, clock)),
        Task("review_reminders", timedelta(minutes=10), partial(review_reminders, clock)),
        Task("expiring_recognitions", timedelta(hours=1), partial(expiring_recognitions, clock)),
        Task("expire_invitations", timedelta(minutes=30), partial(expire_invitations, clock)),
        Task("conflict_check", timedelta(hours=24), partial(conflict_check, clock)),
        Task("archive", timedelta(hours=6), partial(archive, clock)),
        Task("archive_calls", timedelta(hours=6), partial(archive_calls, clock)),
        Task("forget_unselected", timedelta(hours=6), partial(forget_unselected, clock)),
        Task("forget_drafts", timedelta(hours=1), partial(forget_drafts, clock)),
        Task("forget_old", timedelta(hours=1), partial(forget_old, clock)),
        Task("drop_vectors", timedelta(minutes=10), drop_vectors),
        Task("match_index", timedelta(seconds=5), index.look),
        Task("check_index", timedelta(days=1), index.check),
        Task("forget_changes", timedelta(hours=1), index.forget_changes),
        Task("sweep_files", timedelta(hours=6), partial(sweep_files, clock)),
    ]


def heartbeat(clock: Clock) -> bool:
    """Say that the worker is alive."""
    with transaction() as session:
        upkeep.beat(session, HEARTBEAT, now=clock())
    return False


def open_calls(clock: Clock) -> bool:
    """Open the announced calls whose time has come."""
    with transaction() as session:
        calls.open_due_calls(session, now=clock())
    return False


def close_calls(clock: Clock) -> bool:
    """Close the calls whose deadline and grace are over."""
    with transaction() as session:
        calls.close_due_calls(session, now=clock())
    return False


def lapse_returned(clock: Clock) -> bool:
    """End the requests whose owners have not answered in time, some at a time."""
    with transaction() as session:
        return screening_clock.lapse_due(session, now=clock()) > 0


def start_reviews(clock: Clock) -> bool:
    """Put under review what has enough reviewers, some at a time."""
    with transaction() as session:
        return screening_clock.start_ready_reviews(session, now=clock()) > 0


def expire_offers(clock: Clock) -> bool:
    """End the offers that have run out, some at a time."""
    with transaction() as session:
        return upkeep.expire_offers(session, now=clock()) > 0


def ask_focal_points(clock: Clock) -> bool:
    """Ask focal points about the requests that touch their country, some at a time."""
    with transaction() as session:
        return consultations.ask_focal_points(session, now=clock()) > 0


def remind_offers(clock: Clock) -> bool:
    """Ask whether the offers that end soon still stand, some at a time."""
    with transaction() as session:
        return offer_reminders.remind_of_end(session, now=clock()) > 0


def lapse_matches(clock: Clock) -> bool:
    """End the proposed matches that were not answered in time, some at a time."""
    with transaction() as session:
        return steps.lapse_matches(session, now=clock()) > 0


def lapse_places(clock: Clock) -> bool:
    """End the offers of a fellowship that were not answered in time, some at a time."""
    with transaction() as session:
        return placing.lapse_places(session, now=clock()) > 0


def nomination_reminders(clock: Clock) -> bool:
    """Remind nominees and nominators before their deadlines, some at a time."""
    with transaction() as session:
        return deadlines.remind_parties(session, now=clock()) > 0


def lapse_nominations(clock: Clock) -> bool:
    """End the nominations whose party did not act in time, some at a time."""
    with transaction() as session:
        return deadlines.lapse_nominations(session, now=clock()) > 0


def review_reminders(clock: Clock) -> bool:
    """Remind reviewers, and tell officers of what is overdue, where the call sends reminders."""
    with transaction() as session:
        return assignment_steps.remind_due(session, now=clock()) > 0


def expiring_recognitions(clock: Clock) -> bool:
    """Tell partners whose recognition is about to end, some at a time."""
    with transaction() as session:
        return recognition_renewals.remind_expiring(session, now=clock()) > 0


def expire_invitations(clock: Clock) -> bool:
    """End the invitations that nobody has answered."""
    with transaction() as session:
        return assignment_steps.expire_invitations(session, now=clock()) > 0


def conflict_check(clock: Clock) -> bool:
    """Look every night whether anybody holds an assignment against an upheld conflict; end what is found."""
    with transaction() as session:
        n_found = conflict_answers.end_forbidden(session, now=clock())
    if n_found:
        log.error("assignments against an upheld conflict ended", n=n_found)
    return False


def archive(clock: Clock) -> bool:
    """Archive the entries that were kept for their time, some at a time."""
    with transaction() as session:
        n_archived = archiving.archive_due(session, now=clock())
    if n_archived:
        log.info("archived entries", n=n_archived)
    return n_archived > 0


def archive_calls(clock: Clock) -> bool:
    """Archive the calls whose entries all are."""
    with transaction() as session:
        n_archived = archiving.archive_calls(session, now=clock())
    if n_archived:
        log.info("archived calls", n=n_archived)
    return False


def forget_unselected(clock: Clock) -> bool:
    """Erase nominees who were not selected once their time is over, some at a time."""
    with transaction() as session:
        n_gone = retention.forget_unselected(session, now=clock())
    if n_gone:
        log.info("erased nominations", n=n_gone)
    return n_gone > 0


def forget_drafts(clock: Clock) -> bool:
    """Delete the drafts that nobody can open any more, some at a time."""
    with transaction() as session:
        n_gone = upkeep.forget_drafts(session, now=clock())
    if n_gone:
        log.info("forgot drafts", n=n_gone)
    return n_gone > 0


def forget_old(clock: Clock) -> bool:
    """Delete what has served its time."""
    with transaction() as session:
        gone = upkeep.forget_old(session, now=clock())
    if any(gone.values()):
        log.info("forgot", **gone)
    return False


def sweep_files(clock: Clock) -> bool:
    """Remove files that no row has named for a day: of removed attachments, and of writes broken off."""
    with reading() as session:
        n_swept = attachments.sweep(session, older_than=clock() - timedelta(days=1))
    if n_swept:
        log.info("swept files", n=n_swept)
    return False


def run_once(todo: Sequence[Task]) -> bool:
    """Do everything there is to do now. False when a job failed."""
    is_well = True
    for task in todo:
        is_well = _attempt(task, again=True) and is_well
    return is_well


def run(todo: Sequence[Task], stop: threading.Event, clock: Clock) -> None:
    """Work until `stop` is set."""
    while not stop.is_set():
        for task in todo:
            if not stop.is_set() and (task.due_at is None or task.due_at <= clock()):
                _attempt(task, again=False)
                task.due_at = clock() + task.every
        stop.wait(1.0)


def _attempt(task: Task, *, again: bool) -> bool:
    try:
        while task.run() and again:
            pass
    except HouseError as refused:  # the database is away or busy: nothing a trace could add
        log.warning("job put off", job=task.name, code=refused.code)
        return False
    except Exception:
        log.exception("job failed", job=task.name)
        return False
    return True


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    return stop
