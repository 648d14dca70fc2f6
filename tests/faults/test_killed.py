"""What was acknowledged is there, once, after workers, server and database were killed under load.

CAPMATCH_KILLS sets how many kills each test makes (default 2); 50 is a thorough run.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from models.database import db
from models.entries import Entry, Revision
from services import audit
from services.clock import utc_now
from services.sessions import actor_of_account, open_session
from services.transaction import reading, transaction
from tests.databases import start_postgres, stop_postgres
from tests.factories import make_account, make_draft
from tests.faults.serving import Browser, Server, cookie_of, prepared, running

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("CAPMATCH_KILLS", "2"))
PAUSE = 0.8
N_WRITERS = 6
N_PREPARED = 25 * (KILLS + 2)


@dataclass(slots=True)
class Work:
    """What the writers sent, and what they were told."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    odd: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """A server under load."""

    app: Flask
    server: Server
    cookie: dict[str, str]
    drafts: list[str]


def a_place(url: str, tmp_path: Path) -> Place:
    """Reference data, one account and its drafts that only need to be submitted."""
    app = prepared(url, tmp_path / "data")
    with app.app_context():
        with transaction() as session:
            account = make_account(session)
            owner, now = actor_of_account(session, account.id), utc_now()
            refs = [
                make_draft(session, actor=owner, now=now, title=f"Prepared {n}").entry.ref
                for n in range(N_PREPARED)
            ]
            secret = open_session(session, account.id, now=now)
        db.engine.dispose()
    return Place(app, Server(url, tmp_path / "data"), cookie_of(app, sign_in=secret), refs)


def write_until(place: Place, over: threading.Event, number: int, work: Work) -> None:
    """One person who begins drafts and submits others, and goes on after every fault."""
    browser, count = Browser(place.server.port, dict(place.cookie)), 0
    mine = place.drafts[number::N_WRITERS]
    while not over.is_set():
        count += 1
        try:
            if not browser.token:
                browser.get("/requests/new")
            elif count % 3 == 0 and mine:
                submit(browser, mine.pop(), work)
            else:
                begin(browser, f"Draft {number}.{count}", work)
        except OSError:
            time.sleep(0.05)


def begin(browser: Browser, title: str, work: Work) -> None:
    """Begin a draft; a 303 is the promise that it is kept."""
    work.sent.add(title)
    status = browser.post("/requests/new", {"title": title, "language": "en"}).status
    if status == 303:
        work.acknowledged.add(title)
    elif status != 503:
        work.odd.append(status)


def submit(browser: Browser, ref: str, work: Work) -> None:
    """Submit a draft; a 303 is the receipt."""
    work.tried.add(ref)
    fields = {"version": "1", "consent_terms": "yes", "public_fields": ["title", "summary"]}
    status = browser.post(f"/requests/{ref}/submission", fields).status
    if status == 303:
        work.submitted.add(ref)
    elif status not in (503, 409):
        work.odd.append(status)


def under_load(place: Place, break_it: Callable[[int], None]) -> Work:
    """Six people write while `break_it` is called again and again."""
    work, over = Work(), threading.Event()
    threads = [
        threading.Thread(target=write_until, args=(place, over, number, work)) for number in range(N_WRITERS)
    ]
    for thread in threads:
        thread.start()
    try:
        for number in range(KILLS):
            let_work(work)
            break_it(number)
        let_work(work)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return work


def let_work(work: Work) -> None:
    """Until a few more writes were acknowledged, however busy the machine is; a minute at most."""
    before, until = len(work.acknowledged), time.monotonic() + 60
    time.sleep(PAUSE)
    while len(work.acknowledged) < before + N_WRITERS and time.monotonic() < until:
        time.sleep(0.1)


def record_figure(text: str) -> None:
    """Show how much was tried: with `pytest -s`, or in the captured output of a failure."""
    sys.stdout.write(f"\n{text}\n")


def check(place: Place, work: Work) -> None:
    """Nothing acknowledged is missing, nothing is there twice, and all of it holds together."""
    with place.app.app_context(), reading() as session:
        titles = Counter(session.execute(sa.select(Entry.title)).scalars())
        states = dict(tuple(row) for row in session.execute(sa.select(Entry.ref, Entry.state)))
        revisions = Counter(
            session.execute(sa.select(Entry.ref).join(Revision, Revision.entry_id == Entry.id)).scalars()
        )
        n_events, fault = audit.verify(session)
        if session.get_bind().dialect.name == "sqlite":
            whole = session.execute(sa.text("PRAGMA integrity_check")).scalars().all()
            broken = session.execute(sa.text("PRAGMA foreign_key_check")).all()
            assert (whole, broken) == (["ok"], [])
    lost = {title for title in work.acknowledged if not titles[title]} | {
        ref for ref in work.submitted if states[ref] != "submitted"
    }
    double = {title for title in work.sent if titles[title] > 1} | {r for r, n in revisions.items() if n > 1}
    half = {ref for ref in work.tried if (states[ref] == "submitted") != (revisions[ref] == 1)}
    record_figure(
        f"{len(work.acknowledged)} drafts and {len(work.submitted)} submissions acknowledged, {KILLS} kills,"
        f" {n_events} audit events"
    )
    assert (lost, double, half, fault, work.odd) == (set(), set(), set(), None, [])
    assert len(work.acknowledged) > KILLS


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A server on a durable database of its own."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'data' / 'capmatch.sqlite'}"
    else:
        url = start_postgres(request.getfixturevalue("postgres_folder"), durable=True)
    made = a_place(url, tmp_path)
    with running(made.server):
        yield made
    with made.app.app_context():
        db.engine.dispose()


def test_workers_are_killed(place: Place) -> None:
    work = under_load(place, place.server.kill_worker)

    check(place, work)


def test_the_whole_web_server_is_killed(place: Place) -> None:
    def kill_and_start(_number: int) -> None:
        place.server.kill()
        place.server.start()

    work = under_load(place, kill_and_start)

    check(place, work)


@pytest.mark.postgres
def test_the_database_server_is_killed(postgres_folder: Path, tmp_path: Path) -> None:
    place = a_place(start_postgres(postgres_folder, durable=True), tmp_path)

    def kill_and_start(_number: int) -> None:
        stop_postgres(postgres_folder, how=signal.SIGKILL)
        time.sleep(random.uniform(0.1, 0.5))
        start_postgres(postgres_folder, durable=True)

    try:
        with running(place.server):
            work = under_load(place, kill_and_start)
            with place.app.app_context():
                db.engine.dispose()
            recovered = place.server.wait("/health/ready")
            check(place, work)
    finally:
        with place.app.app_context():
            db.engine.dispose()
    assert recovered < 10
