"""`flask archive` names the nominations that the clock erases, by reference alone, and erases them."""

from __future__ import annotations

import json
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from models.fellowships import Nomination
from services.clock import utc_now
from services.fellowships import nominations, retention
from services.fellowships.rows import fellowship_of
from tests.commands.operating import run
from tests.factories import make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import Opened


def test_dry_run_names_the_same_as_the_clock_erases(app: Flask, write: Opened) -> None:
    now = utc_now()
    with write() as session:
        call = make_fellowship(session, now=now)
        nominee = make_actor(session)
        made = nominations.begin(session, nominee, call, answers(), now=now)
        nominations.complete(session, nominee, made.ref, made.version, now=now)
        nominations.withdraw(session, nominee, made.ref, made.version, now=now)
        other = nominations.begin(session, make_actor(session), call, answers(first_name="Zoe"), now=now)
        _, fellowship = fellowship_of(session, call)
        fellowship.nominators_until = now - 24 * retention.MONTH + timedelta(days=3)
        ref, under_way = made.ref, other.ref

    early = run(app, "archive", "--dry-run")
    soon = run(app, "archive", "--dry-run", "--days", "4")
    rows = [
        json.loads(line)
        for line in run(app, "archive", "--dry-run", "--days", "4", "--json").output.splitlines()
    ]
    wrong = run(app, "archive", "--dry-run", "--days", "-1")
    with write() as session:
        kept = session.execute(sa.select(Nomination.erased_at)).scalars().all()
        n_gone = retention.forget_unselected(session, now=now + timedelta(days=4))
        gone = session.execute(sa.select(Nomination.ref).where(Nomination.erased_at.is_not(None))).scalars()
        gone_refs = gone.all()
    after = run(app, "archive", "--dry-run", "--days", "4")

    assert early.output == "0 due. Nothing was changed.\n"
    assert ref in soon.output
    assert "1 due. Nothing was changed." in soon.output
    assert "Amina" not in soon.output
    assert [(row["ref"], row["kind"], row["state"], row["call"]) for row in rows] == [
        (ref, "nomination", "withdrawn", call)
    ]
    assert (kept, n_gone, gone_refs) == ([None, None], 1, [ref])
    assert under_way not in soon.output
    assert after.output == "0 due. Nothing was changed.\n"
    assert wrong.exit_code == 2


def test_a_run_erases_what_is_due_and_a_second_one_finds_nothing(app: Flask, write: Opened) -> None:
    now = utc_now()
    with write() as session:
        call = make_fellowship(session, now=now)
        nominee = make_actor(session)
        made = nominations.begin(session, nominee, call, answers(), now=now)
        nominations.complete(session, nominee, made.ref, made.version, now=now)
        nominations.withdraw(session, nominee, made.ref, made.version, now=now)
        _, fellowship = fellowship_of(session, call)
        fellowship.nominators_until = now - 25 * retention.MONTH

    first, second = run(app, "archive"), run(app, "archive")

    assert first.output == "Archived 0 entries and 0 calls; erased 1 nominations.\n"
    assert second.output == "Archived 0 entries and 0 calls; erased 0 nominations.\n"
    with write() as session:
        assert session.execute(sa.select(Nomination.content)).scalars().all() == [{}]
