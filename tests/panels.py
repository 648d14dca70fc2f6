"""Proposals with their reviews, in deliberation or decided, for the tests of panels and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.decisions import Decision
from models.entries import Entry
from models.people import Account
from services.decisions.proposing import Draft, approve, propose
from services.panels.deliberation import open_item
from services.reviews import drafts
from services.reviews.submission import Declared, submit
from services.sessions import actor_of_account
from tests.factories import MADE_AT, make_account, make_actor, make_call, make_submitted
from tests.scoring import full_card, full_scores, make_sitting
from vocabulary.people import Actor, Role
from vocabulary.states import RequestState

Scores = Mapping[str, int | None]
"""What one reviewer gives on the criteria of S3; None is «cannot judge»."""

MET: Scores = {"9": 2, "10": 2, "11": 2, "12": 2}
NOT_MET: Scores = {"9": 0, "10": 1, "11": 1, "12": 0}
LATER = timedelta(days=1)


@dataclass(slots=True)
class Bench:
    """A call, its people, and the references of its proposals."""

    call: str
    call_id: int
    officer: Actor
    moderator: Actor
    decider: Actor
    owner: Actor
    reviewers: list[Actor] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)


def make_bench(session: Session, *, now: datetime = MADE_AT, n_reviewers: int = 3, **changes: Any) -> Bench:
    """A call with an officer, a moderator, a decider, somebody who asks, and reviewers; no proposal yet."""
    call = make_call(session, now=now, **changes)
    bench = Bench(
        call.ref,
        call.id,
        make_actor(session, Role.OFFICER),
        make_actor(session, Role.MODERATOR),
        make_actor(session, Role.DECIDER),
        make_actor(session, Role.REQUESTER),
    )
    bench.reviewers = [
        actor_of_account(session, make_account(session, Role.REVIEWER).id) for _ in range(n_reviewers)
    ]
    return bench


def card_of(scores: Scores, **changes: Any) -> dict[str, Any]:
    """A scorecard on S3 that can be submitted, whatever it advises."""
    answers = full_scores(2, tuple(scores))
    for code, value in scores.items():
        if value is None:
            answers[code] = {"value": None, "cannot_judge": True, "cannot_reason": "Outside of my field."}
        else:
            answers[code] |= {"value": value}
            if value < 2:
                answers[code]["parts"] = {}
    mean = sum(value or 0 for value in scores.values()) / len(scores)
    return (
        full_card()
        | {"scores": answers, "recommendation": "endorse" if mean >= 2 else "do_not_endorse"}
        | {"contradiction_reason": "It is the whole that counts."}
        | changes
    )


def make_reviewed(
    session: Session,
    bench: Bench,
    cards: Sequence[Scores | dict[str, Any]] = (MET, MET, MET),
    *,
    now: datetime = MADE_AT,
    **changes: Any,
) -> Entry:
    """A request under review with one submitted review for each of these."""
    call = session.get_one(Call, bench.call_id)
    entry = make_submitted(session, actor=bench.owner, now=now, call=call, **changes)
    bench.entries.append(entry.ref)
    for reviewer, given in zip(bench.reviewers, cards, strict=False):
        hand_in(session, bench, entry.ref, reviewer, given, now=now)
    entry.state = RequestState.IN_REVIEW
    session.flush()
    return entry


def hand_in(
    session: Session,
    bench: Bench,
    entry_ref: str,
    reviewer: Actor,
    given: Scores | dict[str, Any],
    *,
    now: datetime = MADE_AT,
) -> str:
    """One submitted review; returns the reference of its assignment."""
    account = session.get_one(Account, reviewer.account_id)
    sitting = make_sitting(session, now=now, entry_ref=entry_ref, reviewer=account)
    card = dict(given) if "scores" in given else card_of(given)  # type: ignore[arg-type]
    saved = drafts.save(session, reviewer, sitting.ref, card, 1, now=now)
    declared = Declared(still_no_conflict=True, names_intended=True)
    submit(session, reviewer, sitting.ref, declared, saved.version, now=now)
    return sitting.ref


def deliberate(session: Session, bench: Bench, entry: Entry, *, now: datetime = MADE_AT) -> Entry:
    """The panel meets on it."""
    return open_item(session, bench.officer, entry.ref, entry.version, "as agreed", now=now)


def decide(
    session: Session, bench: Bench, entry: Entry, outcome: str = "endorsed", *, now: datetime = MADE_AT
) -> Decision:
    """Proposed by the moderator, approved by the decider."""
    draft = Draft(
        outcome,
        "The criteria are met.",
        "Send a budget." if outcome == "endorsed_with_conditions" else None,
        "The meeting saw it otherwise.",
    )
    made = propose(session, bench.moderator, entry.ref, draft, entry.version, now=now)
    return approve(session, bench.decider, made.ref, made.version, now=now)


def make_decided(
    session: Session, bench: Bench, outcome: str = "endorsed", *, now: datetime = MADE_AT, **changes: Any
) -> Entry:
    """A request whose decision waits for its release."""
    entry = deliberate(session, bench, make_reviewed(session, bench, now=now, **changes), now=now)
    decide(session, bench, entry, outcome, now=now)
    return entry


def entry_of(session: Session, ref: str) -> Entry:
    """The entry of a reference."""
    return session.execute(sa.select(Entry).where(Entry.ref == ref)).scalar_one()
