"""What does the panel see of a proposal: criteria by reviewers, medians, the verdict and why, and the flags?

Frozen rows for both doors. Nothing here is computed from what the reader may not see: somebody with a
conflict of interest gets "not found", and every list and count is as if the proposal were not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from criteria.explain import explain_panel
from criteria.flags import find_flags, has_answered
from criteria.panel import CriterionResult, PanelResult, StrategyResult
from criteria.rules import criteria_of
from criteria.scorecard import Answer
from models.calls import Call
from models.decisions import Decision
from models.entries import Entry
from models.panels import ConsensusScore, PanelNote
from models.panels import PanelResult as Stored
from models.people import Account
from procedure.access import may
from procedure.facts import ItemFacts
from services.decisions.rows import in_force, under_way
from services.entries.rows import fetch
from services.facts import entry_facts
from services.panels.benches import Bench, Seat, load_benches
from services.panels.comparing import Comparison
from services.panels.deliberation import FEWEST_REVIEWS, MINORITY
from services.panels.results import claimed_verdicts, latest_results
from services.panels.setbacks import OpenAct, may_set_back, open_acts
from services.queries.agenda import FLAG_NAMES, comparisons_of
from services.queries.cards import StrategyGroup, groups_of
from vocabulary.actions import Action
from vocabulary.decisions import AMOUNTS_TO, Outcome
from vocabulary.errors import NotFound
from vocabulary.findings import CriterionId, Score, Verdict
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import RequestState, ReviewActKind

_SOMEBODY = Message("A member of the panel")


@dataclass(frozen=True, slots=True)
class SeatColumn:
    """One reviewer as the reader may see them."""

    label: Message | str
    ref: str
    recommendation: str | None
    confidence: str | None
    is_stale: bool
    verdicts: Mapping[str, Verdict]
    comment_applicant: str | None
    comment_internal: str | None
    severity: float | None
    is_own: bool
    may: frozenset[ReviewActKind] = frozenset()
    act: OpenAct | None = None


@dataclass(frozen=True, slots=True)
class AgreedScore:
    """A score that the meeting agreed on."""

    value: Score
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion with what every reviewer gave, in the order of the columns."""

    code: str
    name: str
    answers: tuple[Answer, ...]
    result: CriterionResult
    agreed: AgreedScore | None
    is_flagged: bool


@dataclass(frozen=True, slots=True)
class StrategyBlock:
    """One strategy with its criteria, the panel's verdict and how it came about."""

    code: str
    name: str
    rule: str | None
    is_claimed: bool
    verdict: Verdict
    from_scores: Verdict
    sentences: tuple[Message, ...]
    lines: tuple[CriterionLine, ...]


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A flag in words, with what it asks for."""

    code: str
    name: Message
    message: Message
    action: Message


@dataclass(frozen=True, slots=True)
class NoteLine:
    """Something said in the deliberation."""

    kind: str
    text: str
    by: Message | str
    at: datetime


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """The decision on the proposal, as far as it is."""

    ref: str
    version: int
    outcome: Outcome
    is_approved: bool
    is_released: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class PanelPage:
    """Everything on the panel's page of a proposal."""

    ref: str
    title: str | None
    language: str | None
    version: int
    state: RequestState
    call_ref: str | None
    call_title: Mapping[str, str]
    revision: int
    seats: tuple[SeatColumn, ...]
    blocks: tuple[StrategyBlock, ...]
    flags: tuple[FlagLine, ...]
    notes: tuple[NoteLine, ...]
    minority: tuple[NoteLine, ...]
    decision: DecisionLine | None
    overall: Verdict | None
    n_counted: int
    fewest: int
    computed_at: datetime | None
    rule_version: str
    inputs_hash: str | None
    shows_severity: bool
    may: frozenset[Action]


# --- one proposal -----------------------------------------------------------------------------------------


def panel_page(session: Session, actor: Actor, ref: str, *, language: str, now: datetime) -> PanelPage:
    """The panel's page of one proposal. Raises NotFound where the reader may not see its results."""
    entry = fetch(session, ref)
    facts = entry_facts(session, entry, actor)
    if not may(actor, Action.REVIEW_READ_RESULTS, facts, now):
        raise NotFound
    bench = load_benches(session, [entry]).get(entry.id)
    if bench is None:
        raise NotFound
    call = session.get(Call, entry.call_id) if entry.call_id is not None else None
    decision = under_way(session, [entry.id]).get(entry.id) or in_force(session, [entry.id]).get(entry.id)
    labels = labels_of(bench, shows_names=may(actor, Action.REVIEW_READ_AUTHOR, facts, now))
    proposed = AMOUNTS_TO.get(Outcome(decision.outcome)) if decision is not None else None
    case = bench.case({ref_: str(label) for ref_, label in labels.items()}, proposed=proposed)
    judged = case.panel()
    flags = find_flags(case, judged)
    comparison = comparisons_of(session, actor, [entry], {entry.id: facts}, now).get(entry.call_id)
    stored = latest_results(session, [entry.id]).get(entry.id)
    notes = _notes(session, entry, shows_names=may(actor, Action.REVIEW_READ_AUTHOR, facts, now))
    flagged = {flag.criterion for flag in flags if flag.criterion is not None}
    groups = groups_of(session, bench.programme, bench.claimed, {}, language)
    columns = [_column(seat, labels, bench, judged, comparison, actor) for seat in bench.seats]
    return PanelPage(
        ref=entry.ref,
        title=entry.title,
        language=entry.language,
        version=entry.version,
        state=RequestState(entry.state),
        call_ref=call.ref if call else None,
        call_title=call.title if call else {},
        revision=bench.revision,
        seats=_with_acts(session, actor, facts, bench, columns, now),
        blocks=_blocks(session, bench, judged, groups, flagged),
        flags=tuple(
            FlagLine(flag.code.value, FLAG_NAMES[flag.code], flag.message, flag.action) for flag in flags
        ),
        notes=tuple(note for note in notes if note.kind != MINORITY),
        minority=tuple(note for note in notes if note.kind == MINORITY),
        decision=_decision_line(decision, stored),
        overall=Verdict(stored.counts["overall"]) if stored else None,
        n_counted=len(bench.counted),
        fewest=call.minimum_reviews if call else FEWEST_REVIEWS,
        computed_at=stored.computed_at if stored else None,
        rule_version=bench.programme.rule_set.version,
        inputs_hash=stored.inputs_hash if stored else None,
        shows_severity=comparison is not None and comparison.has_severity,
        may=_acts(actor, facts, decision, now),
    )


def labels_of(bench: Bench, *, shows_names: bool) -> dict[str, Message | str]:
    """What to call the author of each review: by name, where the reader may know it, else by a number."""
    if shows_names:
        return {seat.ref: seat.name for seat in bench.seats}
    return {seat.ref: Message("Reviewer {n}", n=number) for number, seat in enumerate(bench.seats, start=1)}


def _column(
    seat: Seat,
    labels: Mapping[str, Message | str],
    bench: Bench,
    judged: PanelResult,
    comparison: Comparison | None,
    actor: Actor,
) -> SeatColumn:
    found = comparison.severity.get(seat.account_id) if comparison else None
    return SeatColumn(
        label=labels[seat.ref],
        ref=seat.ref,
        recommendation=seat.card.recommendation.value if seat.card.recommendation else None,
        confidence=seat.card.confidence.value if seat.card.confidence else None,
        is_stale=seat.is_stale,
        verdicts=_own_verdicts(seat, bench, judged),
        comment_applicant=seat.comment_applicant,
        comment_internal=seat.comment_internal,
        severity=found.severity if found else None,
        is_own=seat.account_id == actor.account_id,
    )


def _with_acts(
    session: Session,
    actor: Actor,
    facts: ItemFacts,
    bench: Bench,
    columns: Sequence[SeatColumn],
    now: datetime,
) -> tuple[SeatColumn, ...]:
    """The columns with what the reader may do with each review; nobody does anything with their own."""
    kinds = may_set_back(actor, facts, now)
    if not kinds:
        return tuple(columns)
    waiting = open_acts(session, actor, facts, [seat.review_id for seat in bench.seats], now=now)
    return tuple(
        column if column.is_own else replace(column, may=kinds, act=waiting.get(seat.review_id))
        for column, seat in zip(columns, bench.seats, strict=True)
    )


def _own_verdicts(seat: Seat, bench: Bench, judged: PanelResult) -> dict[str, Verdict]:
    """A reviewer's own verdict on each strategy claimed that they looked at."""
    if seat.is_stale:
        return {}
    at = bench.counted.index(seat)
    return {
        entry.strategy: entry.own_verdicts[at]
        for entry in judged.strategies
        if entry.is_claimed and has_answered(seat.card, entry)
    }


def _blocks(
    session: Session,
    bench: Bench,
    judged: PanelResult,
    groups: Sequence[StrategyGroup],
    flagged: set[CriterionId],
) -> tuple[StrategyBlock, ...]:
    """Strategies claimed first; one that nobody claims only where somebody scored it."""
    plain = bench.case(with_agreed=False).panel() if bench.agreed else judged
    told = {one.strategy: one for one in explain_panel(judged)}
    by = _people(session, bench.agreed)
    found = []
    for entry, before in zip(judged.strategies, plain.strategies, strict=True):
        group = next((group for group in groups if group.code == entry.strategy), None)
        codes = _codes(entry, group)
        lines = tuple(_line(code, bench, judged, groups, by, flagged) for code in codes)
        if entry.is_claimed or any(line.result.scores for line in lines):
            found.append(
                StrategyBlock(
                    code=entry.strategy,
                    name=group.name if group else entry.strategy,
                    rule=group.rule if group else None,
                    is_claimed=entry.is_claimed,
                    verdict=entry.result.verdict,
                    from_scores=before.result.verdict,
                    sentences=tuple(told[entry.strategy].messages()),
                    lines=lines,
                )
            )
    return tuple(sorted(found, key=lambda block: not block.is_claimed))


def _codes(entry: StrategyResult, group: StrategyGroup | None) -> list[CriterionId]:
    """The criteria of a strategy's rule, then others of its group."""
    named = dict.fromkeys(criteria_of(entry.result.rule))
    return [*named, *(card.code for card in (group.cards if group else ()) if card.code not in named)]


def _line(
    code: CriterionId,
    bench: Bench,
    judged: PanelResult,
    groups: Sequence[StrategyGroup],
    by: Mapping[int, str],
    flagged: set[CriterionId],
) -> CriterionLine:
    agreed = bench.agreed.get(code)
    name = next((card.name for group in groups for card in group.cards if card.code == code), code)
    return CriterionLine(
        code=code,
        name=name,
        answers=tuple(seat.card.answers.get(code, Answer()) for seat in bench.seats),
        result=judged.on(code),
        agreed=None
        if agreed is None
        else AgreedScore(agreed.value, agreed.reason, by.get(agreed.recorded_by_id, ""), agreed.recorded_at),
        is_flagged=code in flagged,
    )


def _people(session: Session, agreed: Mapping[CriterionId, ConsensusScore]) -> dict[int, str]:
    ids = {row.recorded_by_id for row in agreed.values()}
    rows = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(ids))) if ids else ()
    return {row.id: row.name for row in rows}


def _notes(session: Session, entry: Entry, *, shows_names: bool) -> list[NoteLine]:
    query = (
        sa.select(PanelNote, Account.name)
        .join(Account, Account.id == PanelNote.written_by_id)
        .where(PanelNote.entry_id == entry.id)
        .order_by(PanelNote.id)
    )
    return [
        NoteLine(note.kind, note.text, name if shows_names else _SOMEBODY, note.written_at)
        for note, name in session.execute(query)
    ]


def _decision_line(decision: Decision | None, stored: Stored | None) -> DecisionLine | None:
    if decision is None:
        return None
    return DecisionLine(
        decision.ref,
        decision.version,
        Outcome(decision.outcome),
        decision.approved_by_id is not None,
        decision.released_at is not None,
        bool(decision.verdicts) and decision.verdicts != claimed_verdicts(stored),
    )


_ACTS = (
    Action.PANEL_OPEN,
    Action.PANEL_DISCUSS,
    Action.REVIEW_RECORD_CONSENSUS,
    Action.DECISION_PROPOSE,
    Action.DECISION_READ,
    Action.EXPORT_BULK,
)


def _acts(actor: Actor, facts: ItemFacts, decision: Decision | None, now: datetime) -> frozenset[Action]:
    proposed = replace(facts, proposed_by_id=decision.proposed_by_id) if decision is not None else facts
    return frozenset(action for action in _ACTS if may(actor, action, proposed, now))
