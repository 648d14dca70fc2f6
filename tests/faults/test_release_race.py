"""Two deciders release the same results at once, on PostgreSQL: one wins, and no letter goes twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from models.decisions import Decision, Release
from models.operation import OutgoingMail
from services.decisions.proposing import approve
from services.decisions.releasing import preview, release
from services.transaction import reading, transaction
from tests.factories import MADE_AT, make_actor
from tests.fixtures import Opened
from tests.panels import deliberate, make_bench, make_decided, make_reviewed
from tests.services.test_decisions import ENDORSED, propose
from vocabulary.errors import Conflict
from vocabulary.people import Role

RACERS = 4


def race(app: Flask, acts: list[Callable[[], object]]) -> list[str]:
    """Do all of these at once, each in a thread and a transaction of its own; what came of each."""
    start, results = threading.Barrier(len(acts)), [""] * len(acts)

    def one(at: int) -> None:
        with app.app_context():
            start.wait()
            try:
                acts[at]()
                results[at] = "done"
            except Conflict as lost:
                results[at] = lost.code

    threads = [threading.Thread(target=one, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(results)


@pytest.fixture
def on_postgresql(app: Flask, database_url: str) -> Flask:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite has one writer at a time")
    return app


@pytest.mark.postgres
def test_of_several_releases_exactly_one_wins(on_postgresql: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        for _ in range(3):
            make_decided(session, bench)
        deciders = [make_actor(session, Role.DECIDER) for _ in range(RACERS)]
        call = bench.call
    with on_postgresql.app_context(), reading() as session:
        seen = preview(session, deciders[0], call, now=MADE_AT)

    def let_go(at: int) -> None:
        with transaction() as session:
            release(session, deciders[at], call, seen.seen_hash, now=MADE_AT)

    results = race(on_postgresql, [lambda at=at: let_go(at) for at in range(RACERS)])

    assert results == ["done"] + ["nothing_to_release"] * (RACERS - 1)
    with on_postgresql.app_context(), reading() as session:
        (batch,) = session.execute(sa.select(Release)).scalars()
        letters = OutgoingMail.template == "decision"
        states = session.execute(sa.select(OutgoingMail.state).where(letters)).scalars().all()
        assert (batch.n_decisions, batch.n_letters, states) == (3, 3, ["queued"] * 3)


@pytest.mark.postgres
def test_of_several_approvals_exactly_one_wins(on_postgresql: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        entry = deliberate(session, bench, make_reviewed(session, bench))
        made = propose(session, bench.moderator, entry.ref, ENDORSED, entry.version, now=MADE_AT)
        ref, version = made.ref, made.version
        deciders = [make_actor(session, Role.DECIDER) for _ in range(RACERS)]

    def agree(at: int) -> None:
        with transaction() as session:
            approve(session, deciders[at], ref, version, now=MADE_AT)

    # Whoever comes later finds the entry decided: the policy refuses, or the version does not fit.
    outcomes = []

    def tried(at: int) -> None:
        try:
            agree(at)
        except Exception as lost:
            outcomes.append(getattr(lost, "code", type(lost).__name__))
            raise Conflict(lost.message, code="lost") from lost  # type: ignore[attr-defined]

    results = race(on_postgresql, [lambda at=at: tried(at) for at in range(RACERS)])

    assert results == ["done"] + ["lost"] * (RACERS - 1)
    assert set(outcomes) <= {"version_conflict", "wrong_phase", "already_approved"}
    with on_postgresql.app_context(), reading() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Decision)).scalar_one() == 1
        assert len(session.execute(sa.select(OutgoingMail).filter_by(template="decision")).all()) == 1
