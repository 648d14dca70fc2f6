"""A service that can be killed and started again, and the people of a whole call, each with a password."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from models.calls import Call
from models.database import db
from models.entries import Entry
from models.people import Account
from models.reviews import Assignment
from services.assignments import assign
from services.calls import advance_call, close_due_calls
from services.clock import utc_now
from services.conflicts import declare
from services.decisions.proposing import Draft, approve, propose
from services.decisions.releasing import preview, release
from services.reviews import drafts
from services.reviews.submission import Declared, submit
from services.screening import find_eligible
from services.screening_clock import start_ready_reviews
from services.sessions import actor_of_account
from services.transaction import reading, transaction
from tests.factories import make_account, make_call, make_submitted
from tests.faults.serving import Server, prepared, running
from tests.panels import MET, Scores, card_of, entry_of
from tests.signing_in import password_hash
from vocabulary.people import Actor, Role
from vocabulary.states import CallAction, ConflictAnswer

PEOPLE: Mapping[str, Role] = {
    "officer": Role.OFFICER,
    "colleague": Role.OFFICER,
    "other": Role.OFFICER,
    "moderator": Role.MODERATOR,
    "decider": Role.DECIDER,
    "successor": Role.DECIDER,
    "owner": Role.REQUESTER,
    "reviewer": Role.REVIEWER,
    "second": Role.REVIEWER,
    "third": Role.REVIEWER,
}
REVIEWERS = ("reviewer", "second", "third")


@dataclass(frozen=True, slots=True)
class Stage:
    """A running service, an app of the test's own on its database, and the people of this play."""

    server: Server
    app: Flask
    people: Mapping[str, str]
    """Name to address."""

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server.port}"

    def fall_and_rise(self) -> None:
        """Kill every process of the web server at once, as a power cut does, and start it again."""
        self.server.kill()
        self.server.start()

    def actor(self, session: Any, name: str) -> Actor:
        """Somebody of this play, for a service."""
        query = sa.select(Account.id).where(Account.email == self.people[name])
        return actor_of_account(session, session.execute(query).scalar_one())

    def proposal(self, call: str | None, **changes: Any) -> str:
        """A proposal of the owner's, submitted to the call; returns its reference."""
        with self.app.app_context(), transaction() as session:
            found = session.execute(sa.select(Call).where(Call.ref == call)).scalar_one()
            given = {"contact_email": self.people["owner"]} | changes
            actor = self.actor(session, "owner")
            return make_submitted(session, actor=actor, now=utc_now(), call=found, **given).ref

    def deadline_passes(self, call: str) -> None:
        """The deadline and its grace are over, and the clock has seen it."""
        with self.app.app_context(), transaction() as session:
            past = utc_now() - timedelta(hours=1)
            session.execute(sa.update(Call).where(Call.ref == call).values(closes_at=past))
        with self.app.app_context(), transaction() as session:
            assert close_due_calls(session, now=utc_now()) == 1

    def clock_ticks(self) -> int:
        """What the background worker does meanwhile: proposals with their reviewers go under review."""
        with self.app.app_context(), transaction() as session:
            return start_ready_reviews(session, now=utc_now())

    def assignments(self, name: str) -> list[str]:
        """What this reviewer is asked to score."""
        with self.app.app_context(), reading() as session:
            query = sa.select(Assignment.ref).join(Account, Account.id == Assignment.account_id)
            found = session.execute(query.where(Account.email == self.people[name]).order_by(Assignment.id))
            return list(found.scalars())

    def review(self, name: str, ref: str, scores: Scores = MET) -> None:
        """This reviewer has no conflict, scores and submits."""
        with self.app.app_context(), transaction() as session:
            actor, now = self.actor(session, name), utc_now()
            declare(session, actor, ref, ConflictAnswer.NONE, [], None, now=now)
            saved = drafts.save(session, actor, ref, card_of(scores), 1, now=now)
            submit(session, actor, ref, Declared(still_no_conflict=True), saved.version, now=now)

    def call_in_review(self) -> tuple[str, str, dict[str, str]]:
        """One proposal, three reviewers asked: the call, the first assignment, those of the others."""
        with self.app.app_context(), transaction() as session:
            call = make_call(session, now=utc_now(), closes_at=utc_now() + timedelta(hours=1)).ref
        ref = self.proposal(call)
        self.deadline_passes(call)
        with self.app.app_context(), transaction() as session:
            officer, now = self.actor(session, "officer"), utc_now()
            entry = entry_of(session, ref)
            find_eligible(session, officer, ref, entry.version, now=now)
            advance_call(session, officer, call, CallAction.START_REVIEW, now=now)
            asked = {
                name: assign(session, officer, ref, self.people[name], None, now=now).ref
                for name in REVIEWERS
            }
        return call, asked.pop("reviewer"), asked

    def deliberation_begins(self, call: str) -> str:
        """Every review is in and locked; returns the reference of the proposal."""
        with self.app.app_context(), transaction() as session:
            advance_call(session, self.actor(session, "officer"), call, CallAction.DELIBERATE, now=utc_now())
            found = sa.select(Entry.ref).join(Call, Call.id == Entry.call_id).where(Call.ref == call)
            return str(session.execute(found).scalar_one())

    def result_is_released(self, call: str, ref: str) -> None:
        """Proposed, approved and released."""
        with self.app.app_context(), transaction() as session:
            moderator, decider = self.actor(session, "moderator"), self.actor(session, "decider")
            now, entry = utc_now(), entry_of(session, ref)
            draft = Draft("endorsed", "The criteria are met.", None, "The meeting saw it otherwise.")
            made = propose(session, moderator, ref, draft, entry.version, now=now)
            approve(session, decider, made.ref, made.version, now=now)
            seen = preview(session, decider, call, now=now)
            release(session, decider, call, seen.seen_hash, now=now)

    def count(self, query: sa.Select[Any]) -> int:
        """The number that a query finds."""
        with self.app.app_context(), reading() as session:
            return int(session.execute(query).scalar_one())


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Run the web server on a new data folder with the people of a call in it."""
    data = folder / "data"
    data.mkdir(parents=True)
    url = f"sqlite:///{data / 'capmatch.sqlite'}"
    app = prepared(url, data)
    people = {name: f"{name}@{name}.example" for name in PEOPLE}
    with app.app_context(), transaction() as session:
        for name, role in PEOPLE.items():
            full = f"{name.title()} Example"
            make_account(session, role, email=people[name], name=full, password_hash=password_hash())
    with running(Server(url, data, workers=1, environ={"WEB_THREADS": "8"})) as server:
        yield Stage(server, app, people)
    with app.app_context():
        db.engine.dispose()
