"""What do the rules make of the reviews of a proposal, and did that change? Results are only ever added.

A result advises; it never touches a decision. Where a later one differs from what a decision was made on,
that is noted in the audit trail and shown to the officers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.cases import Case, Flag
from criteria.explain import explain_panel
from criteria.flags import find_flags, has_answered
from criteria.panel import PanelResult as Judged
from criteria.rules import ENGINE
from criteria.scorecard import overall
from models.decisions import Decision
from models.entries import Entry
from models.panels import PanelResult
from services import audit
from services.panels.benches import Bench, load_benches
from services.sentences import as_data
from vocabulary.findings import Recommendation
from vocabulary.people import SYSTEM

ENDORSING = (Recommendation.ENDORSE, Recommendation.ENDORSE_WITH_CONDITIONS)


def refresh(session: Session, entries: Iterable[Entry], *, now: datetime) -> int:
    """Add a result for every proposal whose reviews, rules or agreed scores say something new.

    Returns how many were added. A proposal that nobody reviewed yet and that has no result gets none.
    """
    benches = load_benches(session, entries)
    before = latest_results(session, benches)
    added: dict[int, PanelResult] = {}
    for entry_id, bench in benches.items():
        known = before.get(entry_id)
        if not bench.seats and known is None:
            continue
        digest = inputs_hash(bench)
        if known is None or known.inputs_hash != digest:
            added[entry_id] = _result(bench, digest, now)
    session.add_all(added.values())
    session.flush()
    _note_differences(session, added, now)
    return len(added)


def latest_results(session: Session, ids: Collection[int]) -> dict[int, PanelResult]:
    """The newest result of each of these entries that has one."""
    newest = (
        sa.select(sa.func.max(PanelResult.id))
        .where(PanelResult.entry_id.in_(ids))
        .group_by(PanelResult.entry_id)
    )
    rows = session.execute(sa.select(PanelResult).where(PanelResult.id.in_(newest))).scalars()
    return {row.entry_id: row for row in rows}


def inputs_hash(bench: Bench) -> str:
    """SHA-256 over everything that the result is made from."""
    inputs = {
        "reviews": [
            {
                "ref": seat.ref,
                "is_stale": seat.is_stale,
                "scores": {
                    code: [answer.value, answer.cannot_judge, (answer.pointer or "").strip()]
                    for code, answer in sorted(seat.card.answers.items())
                },
                "recommendation": seat.card.recommendation,
                "confidence": seat.card.confidence,
            }
            for seat in bench.seats
        ],
        "agreed": {code: row.value for code, row in sorted(bench.agreed.items())},
        "rules": bench.programme.rule_set.content_hash,
        "criteria": bench.programme.criteria_set.content_hash,
        "revision": bench.revision,
        "claimed": list(bench.claimed),
        "engine": ENGINE,
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _result(bench: Bench, digest: str, now: datetime) -> PanelResult:
    case = bench.case()
    judged = case.panel()
    from_scores = bench.case(with_agreed=False).panel() if bench.agreed else judged
    return PanelResult(
        entry_id=bench.entry_id,
        revision_id=bench.revision_id,
        computed_at=now,
        inputs_hash=digest,
        engine=ENGINE,
        medians={
            found.criterion: {
                "scores": list(found.scores),
                "n_cannot_judge": found.n_cannot_judge,
                "median": found.median,
                "agreed": found.agreed,
                "finding": found.finding.value,
            }
            for found in judged.criteria
        },
        verdicts=_verdicts(bench, case, judged, from_scores),
        explanation={
            told.strategy: [as_data(message) for message in told.messages()] for told in explain_panel(judged)
        },
        flags=[flag_as_data(flag) for flag in find_flags(case, judged)],
        counts=_counts(bench, judged),
    )


def _verdicts(bench: Bench, case: Case, judged: Judged, from_scores: Judged) -> dict[str, Any]:
    """By strategy: the verdict, what it would be without scores agreed on, and each reviewer's own."""
    plain = {entry.strategy: entry.result.verdict.value for entry in from_scores.strategies}
    return {
        entry.strategy: {
            "is_claimed": entry.is_claimed,
            "verdict": entry.result.verdict.value,
            "from_scores": plain[entry.strategy],
            "tree": entry.result.as_data(),
            "own": {
                seat.ref: entry.own_verdicts[at].value
                for at, seat in enumerate(bench.counted)
                if has_answered(seat.card, entry)
            },
        }
        for entry in judged.strategies
    }


def _counts(bench: Bench, judged: Judged) -> dict[str, Any]:
    together = overall({entry.strategy: entry.result for entry in judged.strategies}, bench.claimed)
    return {
        "n_counted": len(bench.counted),
        "n_stale": len(bench.seats) - len(bench.counted),
        "n_endorsing": sum(seat.card.recommendation in ENDORSING for seat in bench.counted),
        "claimed": list(bench.claimed),
        "overall": together.value,
    }


def flag_as_data(flag: Flag) -> dict[str, Any]:
    """A flag as JSON values; what it is not about is None."""
    return {
        "code": flag.code.value,
        "message": as_data(flag.message),
        "strategy": flag.strategy,
        "criterion": flag.criterion,
        "reviewers": list(flag.reviewers),
        "change": None
        if flag.change is None
        else {
            "score": flag.change.score,
            "would_be": flag.change.would_be,
            "verdict": flag.change.verdict.value,
        },
    }


def claimed_verdicts(result: PanelResult | None) -> dict[str, str]:
    """The verdict on every strategy claimed, as a decision keeps it."""
    if result is None:
        return {}
    return {code: found["verdict"] for code, found in result.verdicts.items() if found["is_claimed"]}


def _note_differences(session: Session, added: Mapping[int, PanelResult], now: datetime) -> None:
    """A notice for every decision that was made on another verdict; the decision stays as it is."""
    if not added:
        return
    query = sa.select(Decision).where(
        Decision.entry_id.in_(added),
        Decision.withdrawn_at.is_(None),
        Decision.superseded_by_id.is_(None),
        Decision.approved_by_id.is_not(None),
    )
    for decision in session.execute(query).scalars():
        new = claimed_verdicts(added[decision.entry_id])
        if decision.verdicts and new != decision.verdicts:
            audit.record(
                session,
                SYSTEM,
                "panel.differs",
                ("decision", decision.ref),
                now=now,
                before=decision.verdicts,
                after=new,
            )
