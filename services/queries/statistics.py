"""How does a call stand in figures, and which scores were given? For officers, and for files.

Counted is what the reader may see: an entry on which they have a conflict of interest is as if it were not
there, in every figure and row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.agreement import Agreement
from models.calls import Call
from models.decisions import Decision
from models.entries import Entry, EntryTerm
from models.people import Account
from procedure.access import may, require
from procedure.facts import ANYWHERE
from services import audit, vocabularies
from services.facts import facts_of_entries
from services.panels.benches import load_benches
from services.panels.comparing import compare
from services.panels.results import latest_results
from services.queries.agenda import VERDICT_NAMES, hidden_from
from vocabulary.actions import Action
from vocabulary.decisions import OUTCOMES, Outcome
from vocabulary.errors import Invalid, NotFound
from vocabulary.findings import Verdict
from vocabulary.labels import label_of
from vocabulary.messages import Message
from vocabulary.people import Actor

Figures = tuple[tuple[Message | str, int], ...]
"""What is counted, and how often."""


@dataclass(frozen=True, slots=True)
class SeverityLine:
    """How strict a reviewer is, compared with others who scored the same."""

    name: str
    severity: float | None
    n_items: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """A call in figures."""

    call_ref: str
    title: Mapping[str, str]
    n_entries: int
    states: Figures
    verdicts: Figures
    strategies: Figures
    regions: Figures
    outcomes: Figures
    together: Agreement
    by_criterion: tuple[tuple[str, Agreement], ...]
    severity: tuple[SeverityLine, ...]


def statistics(session: Session, actor: Actor, call_ref: str, *, language: str, now: datetime) -> Statistics:
    """The figures of a call. Raises NotFound, Refused."""
    require(actor, Action.REVIEW_READ_STATISTICS, ANYWHERE, now)
    call = _call(session, call_ref)
    entries = _entries(session, actor, call, Action.REVIEW_READ_STATISTICS, now)
    ids = [entry.id for entry in entries]
    results = latest_results(session, ids)
    found = compare(session, call.id, hidden_from(session, actor))
    names = _names(session, found.severity)
    return Statistics(
        call_ref=call.ref,
        title=call.title,
        n_entries=len(entries),
        states=_counted(Counter(str(entry.archived_from or entry.state) for entry in entries), label_of),
        verdicts=_counted(
            Counter(row.counts["overall"] for row in results.values()),
            lambda code: VERDICT_NAMES[Verdict(code)],
        ),
        strategies=_terms(session, ids, "strategies", language),
        regions=_terms(session, ids, "regions", language),
        outcomes=_outcomes(session, ids),
        together=found.together,
        by_criterion=tuple(found.by_criterion.items()),
        severity=tuple(
            SeverityLine(names.get(number, str(number)), one.severity, one.n_items)
            for number, one in found.severity.items()
            if found.has_severity
        ),
    )


def _call(session: Session, ref: str) -> Call:
    call = session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one_or_none()
    if call is None:
        raise NotFound
    return call


def _entries(session: Session, actor: Actor, call: Call, action: Action, now: datetime) -> list[Entry]:
    """The submitted entries of a call about which this person may do this."""
    query = sa.select(Entry).where(Entry.call_id == call.id, Entry.submitted_at.is_not(None))
    entries = session.execute(query.order_by(Entry.id)).scalars().all()
    facts = facts_of_entries(session, entries, actor)
    return [entry for entry in entries if may(actor, action, facts[entry.id], now)]


def _counted(counts: Mapping[str, int], name: Any) -> Figures:
    return tuple((name(code), n) for code, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _terms(session: Session, ids: Sequence[int], vocabulary: str, language: str) -> Figures:
    query = (
        sa.select(EntryTerm.code, sa.func.count())
        .where(EntryTerm.entry_id.in_(ids), EntryTerm.vocabulary == vocabulary)
        .group_by(EntryTerm.code)
    )
    names = vocabularies.labels(session, vocabulary, language)
    counts = {code: int(n) for code, n in session.execute(query)}
    return _counted(counts, lambda code: names.get(code, code))


def _outcomes(session: Session, ids: Sequence[int]) -> Figures:
    query = sa.select(Decision.outcome, sa.func.count()).where(
        Decision.entry_id.in_(ids), Decision.withdrawn_at.is_(None), Decision.superseded_by_id.is_(None)
    )
    counts = {code: int(n) for code, n in session.execute(query.group_by(Decision.outcome))}
    return _counted(counts, lambda code: OUTCOMES[Outcome(code)])


def _names(session: Session, ids: Mapping[int, Any]) -> dict[int, str]:
    rows = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


# --- files ------------------------------------------------------------------------------------------------

LONG = ("proposal", "review", "reviewer", "criterion", "score", "cannot_judge", "evidence", "pointer")


def score_rows(
    session: Session, actor: Actor, call_ref: str, shape: str, purpose: str, *, now: datetime
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """The scores of a call as a table: `shape` long (a row for each score) or wide (a row for each review).

    Leaves an event with the purpose in the audit trail. Raises NotFound, Refused, Invalid by field.
    """
    require(actor, Action.EXPORT_BULK, ANYWHERE, now)
    call = _call(session, call_ref)
    said = purpose.strip()[:500]
    errors: dict[str, list[Message]] = {}
    if not said:
        errors["purpose"] = [Message("Say what the file is for; the audit trail keeps it.")]
    if shape not in ("long", "wide"):
        errors["shape"] = [Message("Choose one.")]
    if errors:
        raise Invalid(errors)
    entries = _entries(session, actor, call, Action.EXPORT_BULK, now)
    rows = list(_long_rows(session, entries))
    columns: tuple[str, ...] = LONG
    if shape == "wide":
        columns, rows = _wide(rows)
    audit.record(
        session,
        actor,
        "export.scores",
        ("call", call.ref),
        now=now,
        after={"shape": shape, "n_rows": len(rows)},
        reason=said,
    )
    return columns, rows


def _long_rows(session: Session, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    refs = {entry.id: entry.ref for entry in entries}
    return [
        {
            "proposal": refs[entry_id],
            "review": seat.ref,
            "reviewer": seat.name,
            "criterion": code,
            "score": answer.value,
            "cannot_judge": answer.cannot_judge,
            "evidence": answer.evidence,
            "pointer": answer.pointer,
            "recommendation": seat.card.recommendation.value if seat.card.recommendation else None,
            "confidence": seat.card.confidence.value if seat.card.confidence else None,
        }
        for entry_id, bench in sorted(load_benches(session, entries).items())
        for seat in bench.counted
        for code in bench.programme.criteria
        if (answer := seat.card.answers.get(code)) is not None
    ]


def _wide(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """One row for each review, one column for each criterion; "-" where the reviewer could not judge."""
    codes = list(dict.fromkeys(row["criterion"] for row in rows))
    codes.sort(key=lambda code: (len(code), code))
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        line = found.setdefault(
            row["review"],
            {name: row[name] for name in ("proposal", "review", "reviewer", "recommendation", "confidence")},
        )
        line[row["criterion"]] = "–" if row["cannot_judge"] else row["score"]
    columns = ("proposal", "review", "reviewer", "recommendation", "confidence", *codes)
    return columns, list(found.values())
