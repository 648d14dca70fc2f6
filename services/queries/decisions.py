"""Which decisions wait for whom, and what does one look like to the secretariat and to whoever asked?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.decisions import Decision, Reconsideration
from models.entries import Entry
from models.people import Account
from procedure.access import may, require
from procedure.facts import ANYWHERE, ItemFacts
from services import recognitions
from services.decisions.letters import RECONSIDERED_WITHIN, letter_of, values_shown
from services.decisions.reconsidering import may_ask, reconsideration_of
from services.decisions.rows import fetch_for, in_force, involved
from services.entries.rows import fetch
from services.facts import entry_facts, facts_of_entries
from services.panels.results import claimed_verdicts, latest_results
from services.sentences import as_message
from vocabulary.actions import Action
from vocabulary.decisions import FAVOURABLE, GROUNDS, Ground, Outcome
from vocabulary.errors import NotFound
from vocabulary.findings import Verdict
from vocabulary.messages import Message
from vocabulary.people import Actor
from vocabulary.states import EntryKind, RequestState


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as a line of the board."""

    ref: str
    entry_ref: str
    title: str | None
    language: str | None
    call_ref: str | None
    outcome: Outcome
    step: str
    at: datetime
    proposed_by: str
    differs: bool


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A call of which decisions wait for their release."""

    call_ref: str
    title: Mapping[str, str]
    n_ready: int


@dataclass(frozen=True, slots=True)
class Board:
    """Decisions by what is to be done with them."""

    to_approve: tuple[DecisionRow, ...]
    to_release: tuple[ReleaseRow, ...]
    approved: tuple[DecisionRow, ...]
    to_reconsider: tuple[DecisionRow, ...]
    differing: tuple[DecisionRow, ...]
    released: tuple[DecisionRow, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked about a decision, and what was made of it."""

    ground: Message
    text: str
    at: datetime
    preparation: str | None
    prepared_by: str | None
    new_ref: str | None


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Everything about one decision, for the secretariat."""

    ref: str
    version: int
    entry_ref: str
    kind: EntryKind
    title: str | None
    language: str | None
    outcome: Outcome
    reason: str
    conditions: str | None
    contradiction_reason: str | None
    verdicts: Mapping[str, Verdict]
    differs: bool
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    released_at: datetime | None
    superseded_by: str | None
    supersedes: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    call_ref: str | None
    letter_version: int | None
    letter_language: str | None
    letter_note: str | None
    letter_is_draft: bool
    letter: Mapping[str, Any] | None
    asked: Asked | None
    recognition_ref: str | None
    may_recognise: bool
    may: frozenset[Action]


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """The result as whoever asked sees it, with the letter that they were sent."""

    ref: str
    entry_ref: str
    kind: EntryKind
    outcome: Outcome
    released_at: datetime
    language: str
    letter: Mapping[str, Any]
    sentences: tuple[Message, ...]
    ask_until: date
    may_ask: bool
    asked: Asked | None
    recognition_ref: str | None
    may_ask_renewal: bool


MOST_RELEASED = 50


def board(session: Session, actor: Actor, *, now: datetime) -> Board:
    """The decisions that this person may know of, by what is to be done."""
    require(actor, Action.DECISION_LIST, ANYWHERE, now)
    query = (
        sa.select(Decision, Entry, Account.name)
        .join(Entry, Entry.id == Decision.entry_id)
        .join(Account, Account.id == Decision.proposed_by_id)
        .where(Decision.withdrawn_at.is_(None), Decision.superseded_by_id.is_(None))
        .order_by(Decision.id.desc())
    )
    found = session.execute(query).all()
    facts = facts_of_entries(session, [entry for _, entry, _ in found], actor)
    mine = [row for row in found if may(actor, Action.DECISION_READ, facts[row[1].id], now)]
    calls = {call.id: call for call in session.execute(sa.select(Call)).scalars()}
    results = latest_results(session, [entry.id for _, entry, _ in mine])
    rows = [
        (
            decision,
            entry,
            _row(decision, entry, name, calls, claimed_verdicts(results.get(entry.id))),
        )
        for decision, entry, name in mine
    ]
    asked = {RequestState.RECONSIDERATION}
    return Board(
        to_approve=_chosen(rows, lambda d, e: d.approved_by_id is None and e.state not in asked),
        to_release=_to_release(rows, calls),
        approved=_chosen(rows, lambda d, e: d.approved_by_id is not None and d.released_at is None),
        to_reconsider=_chosen(rows, lambda d, e: e.state in asked and d.released_at is not None),
        differing=tuple(row for _, _, row in rows if row.differs),
        released=_chosen(rows, lambda d, e: d.released_at is not None)[:MOST_RELEASED],
    )


def _row(
    decision: Decision, entry: Entry, name: str, calls: Mapping[int, Call], verdicts: Mapping[str, str]
) -> DecisionRow:
    call = calls.get(entry.call_id or 0)
    return DecisionRow(
        decision.ref,
        entry.ref,
        entry.title,
        entry.language,
        call.ref if call else None,
        Outcome(decision.outcome),
        "released" if decision.released_at else "approved" if decision.approved_at else "proposed",
        decision.released_at or decision.approved_at or decision.decided_at,
        name,
        bool(decision.verdicts) and bool(verdicts) and decision.verdicts != verdicts,
    )


def _chosen(rows: Sequence[tuple[Decision, Entry, DecisionRow]], test: Any) -> tuple[DecisionRow, ...]:
    return tuple(row for decision, entry, row in rows if test(decision, entry))


def _to_release(
    rows: Sequence[tuple[Decision, Entry, DecisionRow]], calls: Mapping[int, Call]
) -> tuple[ReleaseRow, ...]:
    counts: dict[int, int] = {}
    for decision, entry, _ in rows:
        if decision.approved_by_id is not None and decision.released_at is None and entry.call_id:
            counts[entry.call_id] = counts.get(entry.call_id, 0) + 1
    return tuple(
        ReleaseRow(calls[call_id].ref, calls[call_id].title, n) for call_id, n in sorted(counts.items())
    )


def decision_page(session: Session, actor: Actor, ref: str, *, now: datetime) -> DecisionPage:
    """One decision, for those who work on it. Raises NotFound, also for its owner: they have a page."""
    ruling = fetch_for(session, actor, Action.DECISION_LIST, ref, now=now)
    decision, entry = ruling.decision, ruling.entry
    letter = letter_of(session, decision)
    verdicts = claimed_verdicts(latest_results(session, [entry.id]).get(entry.id))
    recognition = recognitions.of_entry(session, entry)
    people = _people(session, decision.proposed_by_id, decision.approved_by_id)
    call = session.get(Call, entry.call_id) if entry.call_id is not None else None
    before = session.execute(
        sa.select(Decision.ref).where(Decision.superseded_by_id == decision.id)
    ).scalar_one_or_none()
    after = session.get(Decision, decision.superseded_by_id) if decision.superseded_by_id else None
    current = decision.released_at is not None and after is None
    return DecisionPage(
        ref=decision.ref,
        version=decision.version,
        entry_ref=entry.ref,
        kind=EntryKind(entry.kind),
        title=entry.title,
        language=entry.language,
        outcome=Outcome(decision.outcome),
        reason=decision.reason,
        conditions=decision.conditions,
        contradiction_reason=decision.contradiction_reason,
        verdicts={code: Verdict(verdict) for code, verdict in decision.verdicts.items()},
        differs=bool(decision.verdicts) and bool(verdicts) and decision.verdicts != verdicts,
        proposed_by=people.get(decision.proposed_by_id, ""),
        proposed_at=decision.decided_at,
        approved_by=people.get(decision.approved_by_id or 0),
        approved_at=decision.approved_at,
        released_at=decision.released_at,
        superseded_by=after.ref if after else None,
        supersedes=before,
        withdrawn_at=decision.withdrawn_at,
        withdrawn_reason=decision.withdrawn_reason,
        call_ref=call.ref if call else None,
        letter_version=letter.version if letter else None,
        letter_language=letter.language if letter else None,
        letter_note=letter.note if letter else None,
        letter_is_draft=letter is not None and letter.released_at is None,
        letter=values_shown(session, decision, entry, letter, now=now) if letter else None,
        asked=_asked(session, _question(session, decision)),
        recognition_ref=recognition.ref if recognition else None,
        may_recognise=current
        and (recognition is None or recognitions.awaits_issue(recognition, decision))
        and Outcome(decision.outcome) in FAVOURABLE
        and may(actor, Action.RECOGNITION_ISSUE, ruling.facts, now),
        may=_acts(session, actor, decision, ruling.facts, now),
    )


def _people(session: Session, *ids: int | None) -> dict[int, str]:
    rows = session.execute(sa.select(Account.id, Account.name).where(Account.id.in_([i for i in ids if i])))
    return {row.id: row.name for row in rows}


def _question(session: Session, decision: Decision) -> Reconsideration | None:
    """What was asked about this decision, or what it is the answer to."""
    return (
        reconsideration_of(session, decision)
        or session.execute(
            sa.select(Reconsideration).where(Reconsideration.new_decision_id == decision.id)
        ).scalar_one_or_none()
    )


def _asked(session: Session, row: Reconsideration | None) -> Asked | None:
    if row is None:
        return None
    new = session.get(Decision, row.new_decision_id) if row.new_decision_id else None
    return Asked(
        GROUNDS[Ground(row.ground)],
        row.text,
        row.asked_at,
        row.preparation,
        _people(session, row.prepared_by_id).get(row.prepared_by_id or 0),
        new.ref if new else None,
    )


_ACTS = (
    Action.DECISION_APPROVE,
    Action.DECISION_REVERT,
    Action.DECISION_PROPOSE,
    Action.LETTER_EDIT,
    Action.RECONSIDERATION_PREPARE,
    Action.RECONSIDERATION_DECIDE,
    Action.EXPORT_BULK,
)


def _acts(
    session: Session, actor: Actor, decision: Decision, facts: ItemFacts, now: datetime
) -> frozenset[Action]:
    """What the reader may do with it as it stands."""
    found = {action for action in _ACTS if may(actor, action, facts, now)}
    is_open = decision.withdrawn_at is None and decision.released_at is None
    is_approved = decision.approved_by_id is not None
    if not is_open or is_approved:
        found -= {Action.DECISION_APPROVE, Action.DECISION_PROPOSE, Action.RECONSIDERATION_DECIDE}
    if not is_open or not is_approved:
        found -= {Action.DECISION_REVERT}
    question = reconsideration_of(session, decision)
    if question is None or question.new_decision_id is not None:
        found -= {Action.RECONSIDERATION_PREPARE}
    if decision.proposed_by_id == actor.account_id:
        found -= {Action.RECONSIDERATION_DECIDE}
    if actor.account_id in involved(session, session.get_one(Entry, decision.entry_id)):
        found -= {Action.RECONSIDERATION_PREPARE}
    return frozenset(found)


def own_decision(session: Session, actor: Actor, entry_ref: str, *, now: datetime) -> OwnDecision:
    """The result of one's own entry, once it is released. Raises NotFound, Refused before that."""
    entry = fetch(session, entry_ref)
    facts = entry_facts(session, entry, actor)
    if not may(actor, Action.ENTRY_READ, facts, now):
        raise NotFound
    require(actor, Action.DECISION_READ, facts, now)
    decision = in_force(session, [entry.id]).get(entry.id)
    letter = letter_of(session, decision) if decision is not None else None
    if decision is None or letter is None or decision.released_at is None:
        raise NotFound
    values = values_shown(session, decision, entry, letter, now=now)
    recognition = recognitions.of_entry(session, entry)
    return OwnDecision(
        ref=decision.ref,
        entry_ref=entry.ref,
        kind=EntryKind(entry.kind),
        outcome=Outcome(decision.outcome),
        released_at=decision.released_at,
        language=letter.language,
        letter=values,
        sentences=tuple(as_message(sentence) for sentence in values["sentences"]),
        ask_until=(decision.released_at + RECONSIDERED_WITHIN).date(),
        may_ask=may(actor, Action.RECONSIDERATION_ASK, facts, now) and may_ask(session, decision, now),
        asked=_asked(session, _question(session, decision)),
        recognition_ref=recognition.ref if recognition else None,
        may_ask_renewal=recognition is not None
        and may(actor, Action.RECOGNITION_ASK_RENEWAL, facts, now)
        and recognitions.may_be_asked(recognition, entry, now.date()),
    )
