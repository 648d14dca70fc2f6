"""What does the panel meet about, in which order? From the newest result of every proposal.

What the reader has a conflict of interest on is left out of every row, count and comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.cases import FlagCode
from models.calls import Call
from models.decisions import Decision
from models.entries import Entry
from models.panels import PanelResult as Stored
from models.reviews import ConflictDeclaration
from procedure.access import may, require
from procedure.facts import ANYWHERE, ItemFacts, Standing
from services.decisions.rows import under_way
from services.facts import facts_of_entries, standing
from services.panels.comparing import Comparison, adjusted_share, compare
from services.panels.deliberation import FEWEST_REVIEWS
from services.panels.results import claimed_verdicts, latest_results
from vocabulary.actions import Action
from vocabulary.decisions import Outcome
from vocabulary.findings import Verdict
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import RequestState

ON_AGENDA = (RequestState.IN_REVIEW, RequestState.DELIBERATION, RequestState.DECIDED)

FLAG_NAMES: Mapping[str, Message] = {
    FlagCode.VERDICT_SPLIT: Message("Verdicts differ"),
    FlagCode.CRITERION_GAP: Message("Scores far apart"),
    FlagCode.FRAGILE: Message("Hangs on one score"),
    FlagCode.SINGLE: Message("Rests on one criterion"),
    FlagCode.CONTRADICTION: Message("Advice against the scores"),
    FlagCode.UNKNOWN: Message("Open question"),
    FlagCode.LOW_CONFIDENCE: Message("Low confidence"),
    FlagCode.THIN_EVIDENCE: Message("Evidence without a place"),
    FlagCode.STALE: Message("Review of an older text"),
}


VERDICT_NAMES: Mapping[Verdict, Message] = {
    Verdict.SATISFIED: Message("Met"),
    Verdict.FAILED: Message("Not met"),
    Verdict.UNDECIDED: Message("Not determined"),
}


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """One proposal on the agenda, from its newest result."""

    ref: str
    title: str | None
    language: str | None
    call_ref: str | None
    state: RequestState
    strategies: tuple[str, ...]
    verdicts: tuple[tuple[str, Verdict], ...]
    flags: tuple[tuple[str, Message], ...]
    n_counted: int
    fewest: int
    n_endorsing: int
    adjusted: float | None
    decision_ref: str | None
    outcome: Outcome | None
    differs: bool

    @property
    def share_endorsing(self) -> float:
        """Of the reviews that count, 0..1."""
        return self.n_endorsing / self.n_counted if self.n_counted else 0.0


@dataclass(frozen=True, slots=True)
class Agenda:
    """What the panel meets about, in the order of the meeting; calls to choose from; how far it is."""

    rows: tuple[AgendaRow, ...]
    calls: tuple[tuple[str, Mapping[str, str]], ...]
    call_ref: str | None
    n_to_open: int
    may_open: bool
    shows_adjusted: bool


def agenda(session: Session, actor: Actor, call_ref: str | None, *, now: datetime) -> Agenda:
    """What the panel meets about: flags first, then by strategy, then by the share that endorses."""
    require(actor, Action.PANEL_LIST, ANYWHERE, now)
    query = sa.select(Entry).where(Entry.state.in_(ON_AGENDA)).order_by(Entry.id)
    entries = session.execute(query).scalars().all()
    facts = facts_of_entries(session, entries, actor)
    seen = [entry for entry in entries if may(actor, Action.REVIEW_READ_RESULTS, facts[entry.id], now)]
    ids = {entry.call_id for entry in seen if entry.call_id is not None}
    calls = {row.id: row for row in session.execute(sa.select(Call).where(Call.id.in_(ids))).scalars()}
    chosen = next((call for call in calls.values() if call.ref == call_ref), None)
    if chosen is not None:
        seen = [entry for entry in seen if entry.call_id == chosen.id]
    comparisons = comparisons_of(session, actor, seen, facts, now)
    rows = _agenda_rows(session, seen, calls, comparisons)
    to_open = [
        entry
        for entry in seen
        if entry.state == RequestState.IN_REVIEW and may(actor, Action.PANEL_OPEN, facts[entry.id], now)
    ]
    return Agenda(
        tuple(sorted(rows, key=_by_urgency)),
        tuple((call.ref, call.title) for call in sorted(calls.values(), key=lambda call: call.ref)),
        chosen.ref if chosen else None,
        len(to_open),
        bool(to_open) and chosen is not None,
        any(row.adjusted is not None for row in rows),
    )


_FLAG_ORDER = {code.value: at for at, code in enumerate(FlagCode)}


def _by_urgency(row: AgendaRow) -> tuple[int, tuple[str, ...], float, float, str]:
    first = min((_FLAG_ORDER[code] for code, _ in row.flags), default=len(_FLAG_ORDER))
    return first, row.strategies, -row.share_endorsing, -(row.adjusted or 0.0), row.ref


def comparisons_of(
    session: Session, actor: Actor, entries: Sequence[Entry], facts: Mapping[int, ItemFacts], now: datetime
) -> dict[int | None, Comparison]:
    """How the reviewers of each call compare, where the reader may know."""
    found: dict[int | None, Comparison] = {}
    for entry in entries:
        if entry.call_id not in found and may(actor, Action.REVIEW_READ_STATISTICS, facts[entry.id], now):
            found[entry.call_id] = compare(session, entry.call_id, hidden_from(session, actor))
    return found


def hidden_from(session: Session, actor: Actor) -> frozenset[int]:
    """The entries on which somebody has a conflict of interest, decided or not, or that are their own."""
    from_declarations = sa.select(Entry.id).where(Entry.owner_id == actor.account_id)
    own = set(session.execute(from_declarations).scalars())
    conflicted = _conflicted(session, actor)
    return frozenset(own | conflicted)


def _conflicted(session: Session, actor: Actor) -> set[int]:
    query = sa.select(ConflictDeclaration).where(ConflictDeclaration.account_id == actor.account_id)
    return {
        row.entry_id
        for row in session.execute(query).scalars()
        if standing(row) in (Standing.UPHELD, Standing.UNDECIDED)
    }


def _agenda_rows(
    session: Session,
    entries: Sequence[Entry],
    calls: Mapping[int, Call],
    comparisons: Mapping[int | None, Comparison],
) -> list[AgendaRow]:
    ids = [entry.id for entry in entries]
    results, decisions = latest_results(session, ids), under_way(session, ids)
    return [
        _agenda_row(
            entry,
            calls.get(entry.call_id or 0),
            results.get(entry.id),
            decisions.get(entry.id),
            comparisons.get(entry.call_id),
        )
        for entry in entries
    ]


def _agenda_row(
    entry: Entry,
    call: Call | None,
    result: Stored | None,
    decision: Decision | None,
    comparison: Comparison | None,
) -> AgendaRow:
    counts = result.counts if result else {}
    codes = dict.fromkeys(flag["code"] for flag in (result.flags if result else ()))
    verdicts = claimed_verdicts(result)
    named = [code for code, found in (result.medians if result else {}).items() if found["scores"]]
    return AgendaRow(
        ref=entry.ref,
        title=entry.title,
        language=entry.language,
        call_ref=call.ref if call else None,
        state=RequestState(entry.state),
        strategies=tuple(counts.get("claimed", ())),
        verdicts=tuple((code, Verdict(verdict)) for code, verdict in verdicts.items()),
        flags=tuple((code, FLAG_NAMES[code]) for code in codes),
        n_counted=counts.get("n_counted", 0),
        fewest=call.minimum_reviews if call else FEWEST_REVIEWS,
        n_endorsing=counts.get("n_endorsing", 0),
        adjusted=adjusted_share(comparison, entry.id, named) if comparison else None,
        decision_ref=decision.ref if decision else None,
        outcome=Outcome(decision.outcome) if decision else None,
        differs=decision is not None and bool(decision.verdicts) and decision.verdicts != verdicts,
    )
