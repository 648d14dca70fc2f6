"""`flask archive` and the job: a dry run changes nothing, a run archives, a second one finds nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from jobs import worker
from models.entries import Entry
from services.clock import utc_now
from services.entries.submission import withdraw
from tests.factories import make_actor, make_submitted
from tests.fixtures import Opened
from vocabulary.people import Role


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["archive", *arguments])


@pytest.fixture
def refs(write: Opened) -> tuple[str, str]:
    """A request that is due, and one that is due in twenty days."""
    found = []
    now = utc_now()
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        for days in (-1, 20):
            entry = make_submitted(session, actor=owner, now=now)
            ended = now.replace(year=now.year - 10) + timedelta(days=days)
            withdraw(session, owner, entry.ref, entry.version, "", now=ended)
            found.append(entry.ref)
    return found[0], found[1]


def states(read: Opened) -> list[str]:
    with read() as session:
        return list(session.execute(sa.select(Entry.state).order_by(Entry.id)).scalars())


def test_a_dry_run_names_what_is_due_and_changes_nothing(
    app: Flask, read: Opened, refs: tuple[str, str]
) -> None:
    now, soon = run(app, "--dry-run"), run(app, "--dry-run", "--days", "30", "--json")

    assert (now.exit_code, refs[0] in now.output, refs[1] in now.output) == (0, True, False)
    assert now.output.splitlines()[-1] == "1 due. Nothing was changed."
    rows = [json.loads(line) for line in soon.output.splitlines()]
    assert [(row["ref"], row["kind"], row["state"], row["call"]) for row in rows] == [
        (ref, "request", "withdrawn", None) for ref in refs
    ]
    assert states(read) == ["withdrawn", "withdrawn"]


def test_a_run_archives_and_a_second_one_finds_nothing(
    app: Flask, read: Opened, refs: tuple[str, str]
) -> None:
    first, second = run(app), run(app)

    assert (first.exit_code, first.output.strip()) == (
        0,
        "Archived 1 entries and 0 calls; erased 0 nominations.",
    )
    assert second.output.strip() == "Archived 0 entries and 0 calls; erased 0 nominations."
    assert states(read) == ["archived", "withdrawn"]


def test_days_go_with_a_dry_run_only(app: Flask) -> None:
    result = run(app, "--days", "3")

    assert (result.exit_code, "--dry-run" in result.output) == (2, True)


def test_the_worker_does_the_same(app: Flask, read: Opened, refs: tuple[str, str]) -> None:
    with app.app_context():
        more = [worker.archive(utc_now), worker.archive(utc_now), worker.archive_calls(utc_now)]

    assert more == [True, False, False]
    assert states(read) == ["archived", "withdrawn"]
