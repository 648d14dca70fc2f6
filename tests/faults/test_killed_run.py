"""A worker that is killed during a run of the shortlist leaves it whole: done again, never half a record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from config import ROOT
from fellowships.checking import check, digest
from fellowships.facts import BalanceTarget, Nomination, Question
from fellowships.record import written
from models.database import db
from models.fellowships import ShortlistRun
from services.clock import utc_now
from services.fellowships import running
from services.fellowships.questions import RULE
from services.fellowships.rows import fellowship_of
from services.references import next_reference
from services.transaction import reading, transaction
from tests.factories import make_account
from tests.faults.serving import prepared
from tests.fellowship_factories import make_fellowship
from tests.fixtures import SECRETS
from vocabulary.fellowships import RunState
from vocabulary.people import Role

pytestmark = pytest.mark.slow

N_PEOPLE, N_SEATS = 300, 16
PATIENCE = 90.0


def waiting_run(app: Flask) -> str:
    """A run that counts, over a pool that takes seconds to explain; returns its reference."""
    people = tuple(
        Nomination(f"n{n:03}", (n * 7919) % 97, {"gender": ("woman", "man")[n % 2], "region": f"r{n % 5}"})
        for n in range(N_PEOPLE)
    )
    targets = (
        BalanceTarget("gender", "woman", 8),
        *(BalanceTarget("region", f"r{n}", 2, 4) for n in range(5)),
    )
    content = written(Question(people, N_SEATS, targets), RULE)
    with app.app_context(), transaction() as session:
        now = utc_now()
        call, _ = fellowship_of(session, make_fellowship(session, now=now))
        run = ShortlistRun(
            ref=next_reference(session, "SHL", now),
            call_id=call.id,
            state=RunState.WAITING,
            is_trial=False,
            n_reserve=8,
            seconds=60,
            question=content,
            question_sha256=digest(content),
            asked_by_id=make_account(session, Role.OFFICER).id,
            asked_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(run)
        session.flush()
        return run.ref


def state_of(app: Flask, ref: str) -> tuple[RunState, str | None]:
    with app.app_context(), reading() as session:
        query = sa.select(ShortlistRun.state, ShortlistRun.record).where(ShortlistRun.ref == ref)
        state, record = session.execute(query).one()
        return state, record


def kill_in_the_middle(app: Flask, url: str, data: Path, ref: str) -> None:
    """Start a worker and kill it as soon as it has taken the run."""
    environ = os.environ | SECRETS
    environ |= {"CAPMATCH_ENV": "development", "CAPMATCH_DATA": str(data), "DATABASE_URL": url}
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "run"]
    with (data.parent / "jobs.log").open("ab") as log:
        worker = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
        )
    try:
        until = time.monotonic() + PATIENCE
        while state_of(app, ref)[0] is RunState.WAITING:
            assert time.monotonic() < until, "no worker took the run"
            time.sleep(0.02)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(20)


def test_killed_worker_leaves_a_run_that_is_done_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    url = f"sqlite:///{data / 'capmatch.sqlite'}"
    app = prepared(url, data)
    ref = waiting_run(app)

    kill_in_the_middle(app, url, data, ref)
    left = state_of(app, ref)
    with app.app_context(), transaction() as session:
        at_once = running.take(session, now=utc_now())
    later = utc_now() + running.TAKEN_UP_AFTER + timedelta(minutes=1)
    with app.app_context(), transaction() as session:
        work = running.take(session, now=later)
    assert work is not None
    with app.app_context():
        running.compute(work, transaction, lambda: later)
    state, record = state_of(app, ref)
    with app.app_context():
        db.engine.dispose()

    assert left == (RunState.RUNNING, None)
    assert at_once is None
    assert state is RunState.DONE
    found = check((record or "").encode())
    assert len(found["seats"]) == N_SEATS
