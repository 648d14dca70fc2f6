"""The indexes of this process, brought up to date with the database before each use.

Every change of an entry has a running number (`entry_change`). Before a worker answers it reads the changes
that it has not seen, in one small query, and lays them over its index; so a new, changed or withdrawn entry
counts in every worker at once, without any message between them. Numbers can be committed out of order, so a
window of recent ones is looked at again. An overlay that grew long is fitted anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from matching.facts import EntryFacts
from matching.index import Index, fit_indexes
from matching.meaning import Passages
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from models.entries import Entry, EntryChange
from models.matches import MatchingWeights
from services.match_facts import MATCHABLE, Audience, facts_of, places_taken, public_fields
from services.meaning import passage_vectors
from vocabulary.states import EntryKind, Publication

WINDOW = 1000
"""Numbers looked at again, since a slow transaction may commit a lower number after a higher one."""

LONGEST_OVERLAY = 2000
REFIT_ALL = 0
"""A change of entry 0 asks every worker to fit anew (`flask index rebuild`)."""


@dataclass
class _Shelf:
    """The indexes of one audience, and the changes they hold."""

    indexes: dict[EntryKind, Index]
    passages: dict[EntryKind, Passages]
    seen: frozenset[int] = field(default_factory=frozenset)


_shelves: dict[tuple[str, Audience], _Shelf] = {}
_lock = Lock()


def current_index(session: Session, audience: Audience, kind: EntryKind) -> Index:
    """The index of requests or of offers for an audience, as of the session's present view of the data."""
    return _current(session, audience).indexes[kind]


def current_passages(session: Session, audience: Audience, kind: EntryKind) -> Passages:
    """The vectors of the passages that an audience may see of those entries, as far as they are made."""
    return _current(session, audience).passages[kind]


def _current(session: Session, audience: Audience) -> _Shelf:
    key = (str(session.get_bind().engine.url), audience)
    with _lock:
        shelf = _shelves.get(key)
        recent = _recent(session)
        shelf = (
            _fitted(session, audience, recent)
            if shelf is None
            else _caught_up(session, audience, shelf, recent)
        )
        _shelves[key] = shelf
        return shelf


def settings_in_force(session: Session) -> MatchingSettings:
    """The settings that rank matches now: those that came with the service, with the weights last adopted."""
    newest = session.execute(
        sa.select(MatchingWeights).order_by(MatchingWeights.id.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is None:
        return DEFAULT_SETTINGS
    return replace(DEFAULT_SETTINGS, version=newest.version, part_weights=newest.part_weights)


def ask_for_refit(session: Session, *, now: datetime) -> None:
    """Let every worker fit anew before its next answer."""
    session.add(EntryChange(entry_id=REFIT_ALL, at=now))


def forget() -> None:
    """Drop every index of this process; the next use fits anew."""
    with _lock:
        _shelves.clear()


def _recent(session: Session) -> dict[int, int]:
    """Number to entry of the latest changes."""
    rows = session.execute(
        sa.select(EntryChange.sequence, EntryChange.entry_id)
        .order_by(EntryChange.sequence.desc())
        .limit(WINDOW)
    )
    return {row.sequence: row.entry_id for row in rows}


def _fitted(session: Session, audience: Audience, recent: dict[int, int]) -> _Shelf:
    every = list(_matchable(session, audience))
    vectors = passage_vectors(session, every)
    passages = {
        kind: Passages({f.id: vectors[f.id] for f in every if f.kind is kind and f.id in vectors})
        for kind in EntryKind
    }
    return _Shelf(fit_indexes(every, settings_in_force(session)), passages, frozenset(recent))


def _caught_up(session: Session, audience: Audience, shelf: _Shelf, recent: dict[int, int]) -> _Shelf:
    unseen = recent.keys() - shelf.seen
    if not unseen:
        return shelf
    changed = {recent[sequence] for sequence in unseen}
    is_gap = len(unseen) == WINDOW
    if is_gap or REFIT_ALL in changed or _is_long(shelf):
        return _fitted(session, audience, recent)
    named = sa.select(Entry.id, Entry.ref).where(Entry.id.in_(changed))
    refs = {row.id: row.ref for row in session.execute(named)}
    fresh = list(_matchable(session, audience, sorted(changed)))
    vectors = passage_vectors(session, fresh)
    indexes, passages = {}, {}
    for kind, index in shelf.indexes.items():
        mine = [facts for facts in fresh if facts.kind is kind]
        gone = set(refs.values()) - {facts.id for facts in mine}
        indexes[kind] = index.with_changes(mine, gone)
        known = {facts.id: vectors[facts.id] for facts in mine if facts.id in vectors}
        passages[kind] = shelf.passages[kind].with_changes(known, set(refs.values()) - known.keys())
    return _Shelf(indexes, passages, frozenset(recent))


def _is_long(shelf: _Shelf) -> bool:
    return any(index.n_changes > LONGEST_OVERLAY for index in shelf.indexes.values())


def _matchable(
    session: Session, audience: Audience, entry_ids: Sequence[int] | None = None
) -> Iterator[EntryFacts]:
    """Facts of the entries that may be matched, all of them or those of the ids."""
    query = sa.select(Entry).where(Entry.state.in_(MATCHABLE)).options(selectinload(Entry.terms))
    if audience is Audience.PUBLIC:
        query = query.where(Entry.publication == Publication.PUBLISHED)
    if entry_ids is not None:
        query = query.where(Entry.id.in_(entry_ids))
    for rows in session.execute(query.execution_options(yield_per=500)).scalars().partitions():
        taken = places_taken(session, [row.id for row in rows if row.kind is EntryKind.OFFER])
        for row in rows:
            shown = public_fields(row) if audience is Audience.PUBLIC else None
            yield facts_of(row, shown, taken.get(row.id, 0))
