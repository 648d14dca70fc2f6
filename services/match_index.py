"""The indexes of this process, brought up to date with the database before each use.

A worker opens the version in the data folder (`services.index_versions`), which all of them map together, and
lays over it what has changed since. Every change of an entry has a running number (`entry_change`): before a
worker answers it reads those that it has not seen, in one small query, so a new, changed or withdrawn entry
counts in every worker at once, without any message between them. Numbers can be committed out of order, so a
window of recent ones is looked at again. A newer version is opened as soon as it is named.

Where there is no version (a fresh start, no background worker) a small index is fitted here, in memory. So is
one for a reader from whom a conflict of interest hides entries: a version counts the words of all entries,
and its scores would tell of the hidden ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import TypeAlias

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from encoders.installed import encoder
from matching.files import Damaged
from matching.index import Index, fit_indexes
from matching.meaning import PassageBlock, Passages
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from matching.stored import Stored
from models.entries import Entry, EntryChange
from models.matches import MatchingWeights
from services.index_versions import current_name, folder_of, open_current
from services.match_facts import Audience, matchable, n_matchable
from services.meaning import passage_vectors
from services.runtime import runtime
from vocabulary.errors import Unavailable
from vocabulary.messages import Message
from vocabulary.states import EntryKind

log = structlog.get_logger("capmatch.index")

WINDOW = 1000
"""Numbers looked at again, since a slow transaction may commit a lower number after a higher one."""

MOST_FITTED_HERE = 20_000
"""Entries that a worker fits by itself where no version lies in the data folder: more take too long."""

REFIT_ALL = 0
"""A change of entry 0 asks for a new fit (`flask index rebuild`) and tells of other weights."""

NOT_BUILT = Message("The index of matches is being built. Try again in a few minutes.")


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers of changes: all of `seen` above `last` - WINDOW; how many those are tells of a late one."""

    last: int = 0
    seen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The indexes of one audience, the version they come from, and the changes they hold."""

    indexes: Mapping[EntryKind, Index]
    passages: Mapping[EntryKind, Passages]
    changes: Changes
    name: str | None = None


_Refs: TypeAlias = frozenset[str]
_shelves: dict[tuple[str, Audience], _Shelf] = {}
_apart: OrderedDict[tuple[str, Audience, _Refs], _Shelf] = OrderedDict()
"""Those without entries that a conflict of interest hides from a reader, the last used last."""
_MOST_APART = 8
_refused: dict[tuple[str, Audience], str] = {}
"""Versions that were found not to be fit for use, so that each is tried, and told of, once."""
_lock = Lock()


def current_index(
    session: Session, audience: Audience, kind: EntryKind, hidden: _Refs = frozenset()
) -> Index:
    """The index of requests or of offers for an audience, as of the session's present view of the data.

    Where entries are hidden from the reader, it is as if they did not exist: neither they nor what they say
    counts in any number. Of more entries than are fitted here such a reader is compared with what everybody
    may see. Raises Unavailable where no version is built yet and there is too much to fit here.
    """
    return _shelf(session, audience, hidden).indexes[kind]


def current_passages(
    session: Session, audience: Audience, kind: EntryKind, hidden: _Refs = frozenset()
) -> Passages:
    """The vectors of the passages that an audience may see of those entries, as far as they are made."""
    return _shelf(session, audience, hidden).passages[kind]


def _shelf(session: Session, audience: Audience, hidden: _Refs) -> _Shelf:
    if not hidden:
        return _current(session, audience)
    if n_matchable(session, audience) <= MOST_FITTED_HERE:
        return _current_apart(session, audience, hidden)
    shelf = _current(session, Audience.PUBLIC)
    left = {kind: index.with_changes(removed=hidden) for kind, index in shelf.indexes.items()}
    return replace(shelf, indexes=left)


def _current_apart(session: Session, audience: Audience, hidden: _Refs) -> _Shelf:
    key = (str(session.get_bind().engine.url), audience, hidden)
    with _lock:
        shelf = _apart.get(key)
        shelf = (
            _fitted(session, audience, hidden)
            if shelf is None
            else _caught_up(session, audience, shelf, hidden)
        )
        _apart[key] = shelf
        _apart.move_to_end(key)
        while len(_apart) > _MOST_APART:
            _apart.popitem(last=False)
        return shelf


def _current(session: Session, audience: Audience) -> _Shelf:
    key = (str(session.get_bind().engine.url), audience)
    name = current_name(folder_of(runtime(session).data_dir, audience))
    with _lock:
        shelf = _shelves.get(key)
        if name is not None and name != _refused.get(key) and (shelf is None or shelf.name != name):
            shelf = _opened(session, audience, key, name) or shelf
        shelf = _fitted(session, audience) if shelf is None else _caught_up(session, audience, shelf)
        _shelves[key] = shelf
        return shelf


def _opened(session: Session, audience: Audience, key: tuple[str, Audience], name: str) -> _Shelf | None:
    """The version in the data folder; None, with a word in the log, where it cannot be used."""
    try:
        found = open_current(folder_of(runtime(session).data_dir, audience), settings_in_force(session))
        if found is None or is_ahead(session, found[1]):
            return None
        name, stored = found
        if not belongs(session, stored):
            raise Damaged(f"{name}: made from another database")
    except Damaged as fault:
        log.error("index version not used", audience=audience.value, fault=str(fault))
        _refused[key] = name
        return None
    return _Shelf(stored.indexes, passages_of(stored), changes_of(stored), name)


def is_ahead(session: Session, stored: Stored) -> bool:
    """Does a version hold changes that the session, or a database from a backup, has not seen?"""
    last = session.execute(sa.select(sa.func.max(EntryChange.sequence))).scalar_one()
    return (last or 0) < int(stored.about["through"])


def belongs(session: Session, stored: Stored) -> bool:
    """Was a version made from this database?"""
    last = sa.select(EntryChange.at, EntryChange.entry_id).where(
        EntryChange.sequence == stored.about["through"]
    )
    row = session.execute(last).one_or_none()
    return row is not None and [row.at.isoformat(), row.entry_id] == stored.about["through_is"]


def changes_of(stored: Stored) -> Changes:
    """The changes that were committed when a version was begun."""
    return Changes(stored.about["through"], frozenset(stored.about["seen"]))


def passages_of(stored: Stored) -> dict[EntryKind, Passages]:
    """The vectors of a version, where they are of the model in use."""
    made = encoder()
    is_of_model = made is not None and stored.about["model"] == made.version
    blocks: Mapping[EntryKind, PassageBlock] = stored.passages if is_of_model else {}
    return {kind: Passages({}, blocks.get(kind)) for kind in EntryKind}


def settings_in_force(session: Session) -> MatchingSettings:
    """The settings that rank matches now: those that came with the service, with the weights last adopted."""
    newest = session.execute(
        sa.select(MatchingWeights).order_by(MatchingWeights.id.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is None:
        return DEFAULT_SETTINGS
    return replace(DEFAULT_SETTINGS, version=newest.version, part_weights=newest.part_weights)


def ask_for_refit(session: Session, *, now: datetime) -> None:
    """Have the background worker build a version anew, and every worker read the weights anew."""
    session.add(EntryChange(entry_id=REFIT_ALL, at=now))


def forget() -> None:
    """Drop every index of this process; the next use opens or fits one."""
    with _lock:
        _shelves.clear()
        _apart.clear()
        _refused.clear()


def recent_changes(session: Session, known: Changes | None = None) -> dict[int, int]:
    """Number to entry of the changes above `known.last` - WINDOW, or of the last WINDOW numbers."""
    last = known.last if known else session.execute(sa.select(sa.func.max(EntryChange.sequence))).scalar_one()
    rows = session.execute(
        sa.select(EntryChange.sequence, EntryChange.entry_id).where(
            EntryChange.sequence > (last or 0) - WINDOW
        )
    )
    return {row.sequence: row.entry_id for row in rows}


def _as_changes(recent: Mapping[int, int]) -> Changes:
    return Changes(max(recent, default=0), frozenset(recent))


def _fitted(session: Session, audience: Audience, hidden: _Refs = frozenset()) -> _Shelf:
    if n_matchable(session, audience) > MOST_FITTED_HERE:
        raise Unavailable(NOT_BUILT, code="index_not_built")
    recent = recent_changes(session)
    every = [facts for facts in matchable(session, audience) if facts.id not in hidden]
    vectors = passage_vectors(session, every)
    passages = {
        kind: Passages({f.id: vectors[f.id] for f in every if f.kind is kind and f.id in vectors})
        for kind in EntryKind
    }
    return _Shelf(fit_indexes(every, settings_in_force(session)), passages, _as_changes(recent))


def _caught_up(session: Session, audience: Audience, shelf: _Shelf, hidden: _Refs = frozenset()) -> _Shelf:
    if not _is_behind(session, shelf.changes):
        return shelf
    recent = recent_changes(session, shelf.changes)
    if not recent or _is_cut_off(session, shelf.changes):
        return _fitted(session, audience, hidden)
    unseen = {recent[sequence] for sequence in recent.keys() - shelf.changes.seen}
    if REFIT_ALL in unseen:
        if shelf.name is None:
            return _fitted(session, audience, hidden)
        settings = settings_in_force(session)
        weighed = {kind: replace(index, settings=settings) for kind, index in shelf.indexes.items()}
        shelf = replace(shelf, indexes=weighed)
    kept = {number for number in recent if number > max(recent) - WINDOW}
    shelf = _with_entries(session, audience, shelf, sorted(unseen - {REFIT_ALL}), hidden)
    return replace(shelf, changes=Changes(max(recent), frozenset(kept)))


def _is_behind(session: Session, known: Changes) -> bool:
    """Is there a change that was not seen? Numbers above a floor only ever come, so counting them tells."""
    counted = sa.select(sa.func.max(EntryChange.sequence), sa.func.count()).where(
        EntryChange.sequence > known.last - WINDOW
    )
    last, n = session.execute(counted).one()
    return (last or 0, n) != (known.last, len(known.seen))


def _is_cut_off(session: Session, known: Changes) -> bool:
    """Were changes forgotten that were not seen? So it is where a newer version could not be opened."""
    first = session.execute(sa.select(sa.func.min(EntryChange.sequence))).scalar_one()
    return first is not None and first > known.last + 1


def _with_entries(
    session: Session, audience: Audience, shelf: _Shelf, changed: Sequence[int], hidden: _Refs
) -> _Shelf:
    """The shelf with some entries as they are now."""
    if not changed:
        return shelf
    gone: set[str] = set()
    for start in range(0, len(changed), WINDOW):
        named = sa.select(Entry.ref).where(Entry.id.in_(changed[start : start + WINDOW]))
        gone.update(session.execute(named).scalars())
    fresh = [facts for facts in matchable(session, audience, changed) if facts.id not in hidden]
    vectors = passage_vectors(session, fresh)
    gone -= {facts.id for facts in fresh}
    indexes, passages = {}, {}
    for kind, index in shelf.indexes.items():
        mine = [facts for facts in fresh if facts.kind is kind]
        indexes[kind] = index.with_changes(mine, gone)
        known = {facts.id: vectors[facts.id] for facts in mine if facts.id in vectors}
        unknown = gone.union(facts.id for facts in mine) - known.keys()
        passages[kind] = shelf.passages[kind].with_changes(known, unknown)
    return replace(shelf, indexes=indexes, passages=passages)
