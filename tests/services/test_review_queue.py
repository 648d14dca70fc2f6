"""The reviewer's queue: what comes first, how far it is, and what an empty one says."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models.people import Account
from models.reviews import Assignment, Review
from services.panels.setbacks import set_back
from services.queries.review_queue import queue
from tests.factories import MADE_AT
from tests.fixtures import Opened
from tests.panels import MET, Bench, make_bench, make_reviewed
from tests.scoring import make_sitting
from tests.signing_in import sign_in
from vocabulary.people import Actor
from vocabulary.states import ReviewActKind


def ask(session: Session, bench: Bench, entry_ref: str, reviewer: Actor, days: int | None) -> str:
    """The reviewer is asked about an entry, due in so many days."""
    account = session.get_one(Account, reviewer.account_id)
    ref = make_sitting(session, now=MADE_AT, entry_ref=entry_ref, reviewer=account).ref
    row = session.execute(sa.select(Assignment).where(Assignment.ref == ref)).scalar_one()
    row.due_at = MADE_AT + timedelta(days=days) if days is not None else None
    session.flush()
    return entry_ref


def order(session: Session, reviewer: Actor) -> list[str]:
    """The references of the entries in the queue, in its order."""
    found = queue(session, reviewer, language="en", now=MADE_AT)
    refs = dict(
        session.execute(
            sa.select(Assignment.ref, Assignment.entry_id).where(Assignment.account_id == reviewer.account_id)
        ).all()
    )
    return [refs[row.ref] for row in found.rows]


def test_fewest_reviews_come_first_then_the_day_it_is_due(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        reviewer = bench.reviewers[2]
        given = {"two": (MET, MET), "late": (MET,), "soon": (MET,), "none": (), "open": ()}
        due = {"two": 1, "late": 9, "soon": 2, "none": 20, "open": None}
        entries = {name: make_reviewed(session, bench, cards) for name, cards in given.items()}
        for name, entry in entries.items():
            ask(session, bench, entry.ref, reviewer, due[name])

        names = {entry.id: name for name, entry in entries.items()}

        assert [names[found] for found in order(session, reviewer)] == ["none", "open", "soon", "late", "two"]


def test_a_voided_review_is_none(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        reviewer = bench.reviewers[2]
        one, other = (make_reviewed(session, bench, (MET,)) for _ in range(2))
        ask(session, bench, one.ref, reviewer, 1)
        ask(session, bench, other.ref, reviewer, 2)
        review = session.execute(
            sa.select(Review.ref).where(Review.entry_id == other.id, Review.submitted_at.is_not(None))
        ).scalar_one()
        before = order(session, reviewer)

        set_back(session, bench.moderator, other.ref, review, ReviewActKind.VOID, "A slip.", now=MADE_AT)

        assert (before, order(session, reviewer)) == ([one.id, other.id], [other.id, one.id])


def test_queue_says_how_far_one_is_and_when_the_next_is_due(write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        reviewer = bench.reviewers[0]
        make_reviewed(session, bench, (MET,))
        for days in (9, 4):
            ask(session, bench, make_reviewed(session, bench, ()).ref, reviewer, days)

        found = queue(session, reviewer, language="en", now=MADE_AT)

        assert (found.n_done, len(found.rows)) == (1, 3)
        assert found.next_due_at == MADE_AT + timedelta(days=4)


def test_page_of_the_queue_is_clear_when_there_is_nothing(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session)
        make_reviewed(session, bench, (MET,))
    said = []
    for reviewer in bench.reviewers[:2]:
        client = app.test_client()
        sign_in(app, client, reviewer.account_id or 0)
        text = client.get("/reviews").text
        said.append(("1 of 1 done." in text, "Nothing is left to do." in text, "Nothing to review" in text))

    assert said == [(True, True, False), (False, False, True)]
