"""Eight people save what they read at the same version: one wins, and the others are told what is there now.

CAPMATCH_ROUNDS sets how often each race is run (default 5); 1000 is a thorough run.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from models.database import db
from models.entries import Entry
from models.reviews import Review
from services import audit
from services.clock import utc_now
from services.sessions import actor_of_account, open_session
from services.transaction import reading, transaction
from tests.databases import create_database, drop_database
from tests.factories import make_account, make_draft
from tests.faults.serving import Answer, Browser, Server, cookie_of, prepared, running
from tests.scoring import make_sitting

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("CAPMATCH_ROUNDS", "5"))
N_CLIENTS = 8


@dataclass(slots=True)
class Place:
    """A server, and a signed-in browser for each client of the two people."""

    app: Flask
    owners: list[Browser]
    reviewers: list[Browser]
    draft: str
    assignment: str


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """One draft, one assignment, and a server of two workers on a database of their own."""
    server_url = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    url = create_database(server_url) if server_url else f"sqlite:///{tmp_path / 'data' / 'db.sqlite'}"
    app = prepared(url, tmp_path / "data")
    with app.app_context():
        with transaction() as session:
            now = utc_now()
            account = make_account(session)
            draft = make_draft(session, actor=actor_of_account(session, account.id), now=now).entry.ref
            sitting = make_sitting(session, now=now)
            secrets = [
                open_session(session, id_ or 0, now=now) for id_ in (account.id, sitting.reviewer.account_id)
            ]
        db.engine.dispose()
    with running(Server(url, tmp_path / "data")) as server:
        browsers = [
            [Browser(server.port, cookie_of(app, sign_in=secret)) for _ in range(N_CLIENTS)]
            for secret in secrets
        ]
        yield Place(app, browsers[0], browsers[1], draft, sitting.ref)
    with app.app_context():
        db.engine.dispose()
    if server_url:
        drop_database(server_url, url)


def race(browsers: list[Browser], send: Callable[[Browser, int], Answer]) -> list[Answer]:
    """Every client sends at the same moment."""
    barrier, answers = threading.Barrier(len(browsers)), {}

    def run(number: int) -> None:
        barrier.wait()
        answers[number] = send(browsers[number], number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(browsers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[number] for number in range(len(browsers))]


def value(place: Place, query: sa.Select[tuple[object]]) -> object:
    """One value out of the database."""
    with place.app.app_context(), reading() as session:
        return session.execute(query).scalar_one()


def is_whole(place: Place) -> bool:
    """The audit trail verifies."""
    with place.app.app_context(), reading() as session:
        return audit.verify(session)[1] is None


def test_one_of_eight_saves_of_a_draft_wins_and_the_others_see_both_texts(place: Place) -> None:
    for browser in place.owners:
        browser.get(f"/requests/{place.draft}/edit/basics")
    version_now = sa.select(Entry.version).where(Entry.ref == place.draft)
    tallies, shown = [], []

    for number in range(ROUNDS):
        version = value(place, version_now)

        def save(browser: Browser, client: int, version: object = version, number: int = number) -> Answer:
            fields = {"version": version, "language": "en", "title": f"Round {number}, client {client}"}
            return browser.post(f"/requests/{place.draft}/edit/basics", fields)

        answers = race(place.owners, save)
        kept = value(place, sa.select(Entry.title).where(Entry.ref == place.draft))
        tallies.append(Counter(answer.status for answer in answers))
        winner = [client for client, answer in enumerate(answers) if answer.status == 303]
        assert kept == f"Round {number}, client {winner[0]}"
        shown += [
            f"Round {number}, client {client}" in answer.text and str(kept) in answer.text
            for client, answer in enumerate(answers)
            if answer.status == 409
        ]

    assert tallies == [Counter({409: N_CLIENTS - 1, 303: 1})] * ROUNDS
    assert shown == [True] * (N_CLIENTS - 1) * ROUNDS
    assert is_whole(place)


def test_one_of_eight_saves_of_a_scorecard_wins(place: Place) -> None:
    for browser in place.reviewers:
        browser.get(f"/reviews/{place.assignment}")
    tallies = []

    for number in range(ROUNDS):
        with place.app.app_context(), reading() as session:
            version = session.execute(sa.select(Review.version)).scalar_one_or_none() or 0

        def save(browser: Browser, client: int, version: int = version, number: int = number) -> Answer:
            fields = {"version": version, "comment_internal": f"Round {number}, client {client}"}
            return browser.post(f"/reviews/{place.assignment}/draft", fields)

        answers = race(place.reviewers, save)
        kept = value(place, sa.select(Review.comment_internal))
        tallies.append(Counter(answer.status for answer in answers))
        winner = [client for client, answer in enumerate(answers) if answer.status == 200]
        assert [f"Round {number}, client {client}" for client in winner] == [kept]

    assert tallies == [Counter({409: N_CLIENTS - 1, 200: 1})] * ROUNDS
    assert is_whole(place)


def test_a_form_sent_eight_times_at_once_is_kept_once_and_answered_alike(place: Place) -> None:
    for browser in place.owners:
        browser.get(f"/requests/{place.draft}/edit/basics")
    version = value(place, sa.select(Entry.version).where(Entry.ref == place.draft))

    answers = race(
        place.owners,
        lambda browser, _client: browser.post(
            f"/requests/{place.draft}/edit/basics",
            {"version": version, "language": "en", "title": "The same from all"},
        ),
    )

    assert [answer.status for answer in answers] == [303] * N_CLIENTS
    assert value(place, sa.select(Entry.version).where(Entry.ref == place.draft)) == int(str(version)) + 1
