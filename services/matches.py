"""Which entries of the other side suit this one? For its owner, and for the secretariat.

Advises only. The owner's own entry counts in full; the other side counts as far as the reader may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.explain import SharedTerm
from matching.facts import Amount, EntryFacts, Term
from matching.rank import Match, Ranking
from models.entries import Entry
from models.matches import Match as TakenUp
from models.reviews import ConflictDeclaration
from services import vocabularies
from services.entries.rows import fetch_for
from services.match_facts import Audience, facts_of
from services.meaning import NearestSentences, nearest_sentences, remark
from services.ranking import candidates, rank_entry
from vocabulary.actions import Action
from vocabulary.messages import Message
from vocabulary.people import Actor, Role
from vocabulary.states import CLOSED_MATCHES, ConflictAnswer, ConflictRuling, EntryKind, MatchState

MOST_MATCHES = 100
VOCABULARY_OF = {
    "support": "support_types",
    "need": "needs",
    "initiative": "initiatives",
    "deliverable": "deliverables",
    "category": "categories",
    "ecosystem": "ecosystems",
    "country": "countries",
    "region": "regions",
    "scope": "place_scopes",
    "language": "languages",
}
"""Where the words of a Term in a reason come from."""


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One match as a page or the API shows it; reasons and blockers are in words of one language.

    `score` and `parts` lie in 0..1; shares of `terms` add up to `parts["text"]`. `state` is that of a match
    the secretariat has taken up, "suggested" otherwise. `nearest` are the sentences nearest in meaning.
    """

    ref: str
    kind: EntryKind
    title: str
    summary: str | None
    language: str | None
    score: float
    parts: Mapping[str, float]
    weights: Mapping[str, float]
    terms: tuple[SharedTerm, ...]
    reasons: Mapping[str, Message]
    blockers: tuple[tuple[str, Message], ...]
    nearest: NearestSentences | None = None
    state: MatchState = MatchState.SUGGESTED
    match_ref: str | None = None


@dataclass(frozen=True, slots=True)
class MatchList:
    """The matches of one entry, best first, with what was ruled out, and which versions ranked them.

    `remark` says why meaning is not compared, where that is so for the whole list.
    """

    ref: str
    version: int
    rows: tuple[MatchRow, ...]
    blocked: tuple[MatchRow, ...]
    n_blocked: int
    n_candidates: int
    index_version: str
    settings_version: str
    remark: Message | None = None


@dataclass(frozen=True, slots=True)
class MatchPage:
    """One pair side by side: what the reader may see of either entry, and the match or what rules it out."""

    subject: EntryFacts
    candidate: EntryFacts
    row: MatchRow
    settings_version: str
    index_version: str


def matches_of(
    session: Session,
    actor: Actor,
    ref: str,
    *,
    now: datetime,
    language: str,
    kind: EntryKind | None = None,
    limit: int = 10,
    include_blocked: bool = False,
) -> MatchList:
    """Rank the other side for one entry.

    Raises NotFound or Refused as for reading the entry's matches.
    """
    entry, ranking, shown, said = _ranked(session, actor, ref, now, kind, limit, include_blocked)
    taken_up = _taken_up(session, entry)
    nearest = nearest_sentences(session, facts_of(entry, None), list(shown.values()))
    words = _Words(session, language)

    def row(match: Match) -> MatchRow:
        taken = taken_up.get(match.id)
        return _row(match, shown[match.id], taken, words, nearest.get(match.id))

    return MatchList(
        ref=entry.ref,
        version=entry.version,
        rows=tuple(row(match) for match in ranking.matches),
        blocked=tuple(row(match) for match in ranking.blocked),
        n_blocked=ranking.n_blocked,
        n_candidates=ranking.n_candidates,
        index_version=ranking.index_version,
        settings_version=ranking.settings_version,
        remark=said,
    )


def _ranked(
    session: Session,
    actor: Actor,
    ref: str,
    now: datetime,
    kind: EntryKind | None,
    limit: int,
    include_blocked: bool,
) -> tuple[Entry, Ranking, dict[str, EntryFacts], Message | None]:
    entry, _ = fetch_for(session, actor, Action.MATCH_READ, ref, now=now, kind=kind)
    other = EntryKind.OFFER if entry.kind is EntryKind.REQUEST else EntryKind.REQUEST
    audience = audience_of(actor)
    hidden = conflicting(session, actor) if audience is Audience.INSIDE else frozenset()
    others = candidates(session, audience, other, hidden)
    subject = facts_of(entry, None)
    most = max(1, min(limit, MOST_MATCHES))
    ranking = rank_entry(
        session, subject, others, today=now.date(), top=most, include_blocked=include_blocked
    )
    shown = [*ranking.matches, *ranking.blocked]
    known = {match.id: facts for match in shown if (facts := others.index.get(match.id)) is not None}
    return entry, ranking, known, remark(session, subject)


def match_page(
    session: Session,
    actor: Actor,
    ref: str,
    other_ref: str,
    *,
    now: datetime,
    language: str,
    kind: EntryKind | None = None,
) -> MatchPage | None:
    """One pair, ranked or ruled out; None where the other entry is not among what the reader may see."""
    entry, _ = fetch_for(session, actor, Action.MATCH_READ, ref, now=now, kind=kind)
    other = EntryKind.OFFER if entry.kind is EntryKind.REQUEST else EntryKind.REQUEST
    audience = audience_of(actor)
    hidden = conflicting(session, actor)
    others = candidates(session, audience, other, hidden if audience is Audience.INSIDE else frozenset())
    candidate = others.index.get(other_ref)
    if candidate is None or other_ref in hidden:
        return None
    subject = facts_of(entry, None)
    ranking = rank_entry(
        session, subject, others.only(other_ref), today=now.date(), top=1, include_blocked=True
    )
    found = [*ranking.matches, *ranking.blocked]
    if not found:
        return None
    taken_up = _taken_up(session, entry).get(other_ref)
    nearest = nearest_sentences(session, subject, [candidate]).get(other_ref)
    words = _Words(session, language)
    row = _row(found[0], candidate, taken_up, words, nearest)
    return MatchPage(subject, candidate, row, ranking.settings_version, ranking.index_version)


def audience_of(actor: Actor) -> Audience:
    """The secretariat matches on everything; everybody else on what is published."""
    is_inside = actor.is_system or actor.has_role(Role.OFFICER)
    return Audience.INSIDE if is_inside else Audience.PUBLIC


def conflicting(session: Session, actor: Actor) -> frozenset[str]:
    """References of entries that a conflict of interest hides from the actor."""
    if actor.account_id is None:
        return frozenset()
    undecided_or_upheld = sa.and_(
        ConflictDeclaration.answer != ConflictAnswer.NONE,
        sa.or_(
            ConflictDeclaration.ruling.is_(None),
            ConflictDeclaration.ruling == ConflictRuling.UPHELD,
        ),
    )
    rows = session.execute(
        sa.select(Entry.ref)
        .join(ConflictDeclaration, ConflictDeclaration.entry_id == Entry.id)
        .where(ConflictDeclaration.account_id == actor.account_id, undecided_or_upheld)
    ).scalars()
    return frozenset(rows)


def _taken_up(session: Session, entry: Entry) -> dict[str, tuple[MatchState, str]]:
    """Matches of the entry that the secretariat has taken up, by the other side's reference."""
    mine, theirs = (
        (TakenUp.request_id, TakenUp.offer_id)
        if entry.kind is EntryKind.REQUEST
        else (TakenUp.offer_id, TakenUp.request_id)
    )
    rows = session.execute(
        sa.select(Entry.ref, TakenUp.state, TakenUp.ref)
        .join(TakenUp, theirs == Entry.id)
        .where(mine == entry.id, TakenUp.state.not_in(CLOSED_MATCHES))
        .order_by(TakenUp.id)
    )
    return {ref: (state, match_ref) for ref, state, match_ref in rows}


def _row(
    match: Match,
    facts: EntryFacts,
    taken_up: tuple[MatchState, str] | None,
    words: _Words,
    nearest: NearestSentences | None,
) -> MatchRow:
    state, match_ref = taken_up or (MatchState.SUGGESTED, None)
    return MatchRow(
        ref=match.id,
        kind=facts.kind,
        title=next(iter(facts.texts.get("title", ())), match.id),
        summary=next(iter(facts.texts.get("summary", ())), None),
        language=facts.language,
        score=match.score,
        parts=match.parts,
        weights=match.weights,
        terms=match.terms,
        reasons={name: words.of(message) for name, message in match.reasons.items()},
        blockers=tuple((blocker.code, words.of(blocker.message)) for blocker in match.blockers),
        nearest=nearest,
        state=state,
        match_ref=match_ref,
    )


class _Words:
    """Puts labels of one language in place of the codes inside a reason."""

    def __init__(self, session: Session, language: str) -> None:
        self._session = session
        self._language = language

    def of(self, message: Message) -> Message:
        """The same sentence, with names instead of codes."""
        values = {name: self._value(value) for name, value in message.params.items()}
        return Message(message.msgid, plural_msgid=message.plural_msgid, **values)

    def _value(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._value(item) for item in value)
        if isinstance(value, Term):
            known = vocabularies.labels(self._session, VOCABULARY_OF[value.vocabulary], self._language)
            return known.get(value.code, value.code)
        if isinstance(value, Amount):
            return Message("USD {amount}", amount=round(value.usd))
        return self.of(value) if isinstance(value, Message) else value
