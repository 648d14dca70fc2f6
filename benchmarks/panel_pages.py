"""A call of a thousand proposals, twelve criteria, five reviews each: how long do its pages take?

    .venv/bin/python -m benchmarks.panel_pages [--proposals 1000] [--reviewers 50]

Rows are written straight into a new SQLite file, then measured: working out every result anew, one result
after one review changed, the agenda, one proposal's page, and the figures of the call. Each page is timed in
the service (processor time of its queries and its judging), the first time and again.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import create_app
from config import from_environment
from models.calls import Call
from models.database import db
from models.entries import Entry, Revision
from models.people import Account, RoleGrant
from models.reference import CriteriaSet, Criterion, RuleSet
from models.reviews import Assignment, CriterionScore, Review
from seed.reference import load_reference
from services.panels import comparing
from services.panels.results import refresh
from services.queries.agenda import agenda
from services.queries.panels import panel_page
from services.queries.statistics import statistics as figures
from services.sessions import actor_of_account
from services.transaction import reading, transaction
from vocabulary.people import Role

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PER_PROPOSAL = 5
TIMES = 5


def fill(session: Session, n_proposals: int, n_reviewers: int) -> int:
    """The call and everything in it; returns the number of an officer's account."""
    rng = Random(1)
    people = [
        Account(
            email=f"p{n}@people.example", name=f"Person {n}", language="en", working_languages=["en"],
            created_at=NOW, updated_at=NOW,
            grants=[RoleGrant(role=Role.OFFICER if n == 0 else Role.REVIEWER, granted_at=NOW)],
        )
        for n in range(n_reviewers + 1)
    ]  # fmt: skip
    session.add_all(people)
    call = Call(
        ref="CALL-2026-0001", kind="requests", state="deliberation", title={"en": "A call"}, text={"en": "-"},
        strategies=["S1", "S2", "S3"], opens_at=NOW, zone="UTC", eligibility={}, asks_everybody=False,
        created_at=NOW, updated_at=NOW,
        criteria_set_id=session.execute(sa.select(sa.func.max(CriteriaSet.id))).scalar_one(),
        rule_set_id=session.execute(sa.select(sa.func.max(RuleSet.id))).scalar_one(),
    )  # fmt: skip
    session.add(call)
    session.flush()
    criteria = list(session.execute(sa.select(Criterion.id).order_by(Criterion.position)).scalars())
    reviewers = [person.id for person in people[1:]]
    insert(session, call.id, n_proposals, reviewers, criteria, rng)
    return people[0].id


def insert(
    session: Session, call_id: int, n: int, reviewers: list[int], criteria: list[int], rng: Random
) -> None:
    """Rows of proposals, assignments, reviews and scores, many at a time."""
    times: dict[str, Any] = {"created_at": NOW, "updated_at": NOW, "version": 1}
    entries, revisions, assignments, reviews, scores = [], [], [], [], []
    for entry in range(1, n + 1):
        ref = f"REQ-2026-{entry:04d}"
        entries.append(
            {"id": entry, "ref": ref, "kind": "request", "state": "deliberation", "call_id": call_id,
             "title": f"Proposal {entry}", "language": "en", "submitted_at": NOW, "opened_at": NOW,
             "revision_number": 1, "publication": "none", "public_fields": [], "self_assessment": {}, **times}
        )  # fmt: skip
        revisions.append(
            {"id": entry, "entry_id": entry, "number": 1, "content": {"strategies": ["S1", "S2", "S3"]},
             "files": [], "content_hash": "0" * 64, "submitted_at": NOW}
        )  # fmt: skip
        for account_id in rng.sample(reviewers, PER_PROPOSAL):
            number = len(reviews) + 1
            assignments.append(
                {"id": number, "ref": f"ASG-{number}", "entry_id": entry, "account_id": account_id,
                 "state": "accepted", "invited_at": NOW, **times}
            )  # fmt: skip
            reviews.append(
                {"id": number, "ref": f"REV-{number}", "assignment_id": number, "entry_id": entry,
                 "revision_id": entry, "state": "locked", "recommendation": "endorse", "confidence": "medium",
                 "expertise": {}, "submitted_at": NOW, **times}
            )  # fmt: skip
            scores += [
                {"review_id": number, "criterion_id": criterion, "value": rng.choice((0, 1, 2, 2, 3)),
                 "cannot_judge": False, "evidence": "It is in the plan.", "pointer": "p. 2", "parts": {}}
                for criterion in criteria
            ]  # fmt: skip
    for model, rows in (
        (Entry, entries), (Revision, revisions), (Assignment, assignments), (Review, reviews),
        (CriterionScore, scores),
    ):  # fmt: skip
        table = model.__table__
        for start in range(0, len(rows), 2_000):
            session.execute(sa.insert(table), rows[start : start + 2_000])


def seconds(act: Callable[[], object]) -> float:
    """Processor time of one call: other work does not count, and SQLite runs in this process."""
    before = time.process_time()
    act()
    return time.process_time() - before


def line(name: str, taken: list[float]) -> str:
    """One row of the table, in milliseconds: the first time, then the median of the others."""
    again = statistics.median(taken[1:]) if len(taken) > 1 else None
    return f"| {name} | {taken[0] * 1000:.0f} | {'–' if again is None else f'{again * 1000:.0f}'} |"


def main() -> None:
    """Make the call, measure, print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--proposals", type=int, default=1_000)
    asked.add_argument("--reviewers", type=int, default=50)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            from_environment(
                {
                    "CAPMATCH_ENV": "test",
                    "CAPMATCH_DATA": folder,
                    "CAPMATCH_ADDRESS": "http://localhost",
                    "CAPMATCH_LOG_LEVEL": "ERROR",
                    "DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite'}",
                    "SECRET_KEY": "s" * 40,
                    "AUDIT_KEY": "a" * 40,
                }
            )
        )
        with app.app_context():
            db.create_all()
            with transaction() as session:
                load_reference(session, now=NOW)
            with transaction() as session:
                officer = fill(session, given.proposals, given.reviewers)
            print(
                f"\n{platform.machine()}, Python {platform.python_version()}, sqlite, "
                f"{given.proposals} proposals × 12 criteria × {PER_PROPOSAL} reviews\n"
            )
            print("| what | first, ms | again, ms |\n|---|---|---|")
            for row in measured(officer):
                print(row)
            db.engine.dispose()


def measured(officer: int) -> list[str]:
    """Every row of the table."""
    rows = []
    with transaction() as session:
        entries = session.execute(sa.select(Entry)).scalars().all()
        rows.append(
            line("every result, worked out anew", [seconds(lambda: refresh(session, entries, now=NOW))])
        )
    with transaction() as session:
        review = session.execute(sa.select(Review).limit(1)).scalar_one()
        review.state = "void"  # type: ignore[assignment]
        review.void_reason = "test"
        session.flush()
        entry = session.get_one(Entry, review.entry_id)
        rows.append(
            line(
                "one result, after one review changed", [seconds(lambda: refresh(session, [entry], now=NOW))]
            )
        )
    comparing.forget()
    for name, act in (
        ("the agenda, all proposals", lambda s, a: agenda(s, a, None, now=NOW)),
        ("one proposal's page", lambda s, a: panel_page(s, a, "REQ-2026-0010", language="en", now=NOW)),
        ("the figures of the call", lambda s, a: figures(s, a, "CALL-2026-0001", language="en", now=NOW)),
    ):
        taken = []
        for _ in range(TIMES):
            with reading() as session:
                actor = actor_of_account(session, officer)
                taken.append(seconds(lambda act=act, s=session, a=actor: act(s, a)))
        rows.append(line(name, taken))
    return rows


if __name__ == "__main__":
    main()
