"""Which entries can be matched at the moment, laid out so that a search is quick?

An index is one fitted version: a frozen `TermModel`, an immutable base, and an overlay of what was added,
changed or withdrawn since. A change makes a new index that shares the base, so readers never wait and never
see half a change; fitting anew is a new version. Arrays in memory stand behind `Segment` alone:
memory-mapped ones, or sentence vectors beside them, go in there without touching a caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.columns import Bools, Columns, build_columns
from matching.facets import Floats
from matching.facts import EntryFacts
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from matching.tfidf import TermModel, count_tokens, fit, weigh
from vocabulary.states import EntryKind

Vector: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Segment:
    """n entries of one kind, ordered by id, with their vectors kept both ways round.

    By row: `starts` (n + 1,), `tokens` and `weights` (number of weights,). By token: `postings` gives the
    rows that hold a token and the weight it has there.
    """

    entries: tuple[EntryFacts, ...]
    ids: NDArray[np.str_]
    rows: Mapping[str, int]
    columns: Columns
    starts: NDArray[np.intp]
    tokens: NDArray[np.intp]
    weights: Floats
    names: tuple[str, ...]
    postings: Mapping[str, tuple[NDArray[np.intp], Floats]]

    def vector(self, row: int) -> dict[str, float]:
        """The weights of one entry's tokens; their squares add up to 1, or there are none."""
        here = slice(self.starts[row], self.starts[row + 1])
        named = (self.names[token] for token in self.tokens[here])
        return dict(zip(named, self.weights[here].tolist(), strict=True))

    def cosines(self, vector: Vector) -> Floats:
        """Cosine of a vector of length 1 with every entry: shape (n,), 0..1, to nine digits.

        Terms are added in alphabetical order whatever else is in the segment, so a sum never depends on it.
        """
        total = np.zeros(len(self.entries))
        for token in sorted(vector):
            found = self.postings.get(token)
            if found is not None:
                total[found[0]] += vector[token] * found[1]
        return np.minimum(np.round(total, 9), 1.0)

    @property
    def has_words(self) -> Bools:
        """Which entries hold any word that counts; shape (n,)."""
        return np.diff(self.starts) > 0


def build_segment(
    entries: Sequence[EntryFacts], vectors: Sequence[Vector], settings: MatchingSettings
) -> Segment:
    """Lay out entries and their vectors, both in the order of ids."""
    names = sorted({token for vector in vectors for token in vector})
    numbers = {token: number for number, token in enumerate(names)}
    lengths = [len(vector) for vector in vectors]
    tokens = np.array([numbers[token] for vector in vectors for token in vector], dtype=np.intp)
    weights = np.array([weight for vector in vectors for weight in vector.values()], dtype=np.float64)
    return Segment(
        entries=tuple(entries),
        ids=np.array([entry.id for entry in entries], dtype=np.str_),
        rows={entry.id: row for row, entry in enumerate(entries)},
        columns=build_columns(entries, settings),
        starts=np.concatenate([[0], np.cumsum(lengths, dtype=np.intp)]).astype(np.intp),
        tokens=tokens,
        weights=weights,
        names=tuple(names),
        postings=_postings(names, tokens, np.repeat(np.arange(len(entries)), lengths), weights),
    )


def _postings(
    names: Sequence[str], tokens: NDArray[np.intp], rows: NDArray[np.intp], weights: Floats
) -> dict[str, tuple[NDArray[np.intp], Floats]]:
    order = np.argsort(tokens, kind="stable")
    ends = np.cumsum(np.bincount(tokens, minlength=len(names)))
    by_rows, by_weights = np.split(rows[order], ends[:-1]), np.split(weights[order], ends[:-1])
    return {name: (by_rows[number], by_weights[number]) for number, name in enumerate(names)}


@dataclass(frozen=True, slots=True)
class Index:
    """The entries of one kind that a subject is ranked against.

    `is_current` has shape (n of base,): False where the overlay holds a newer form, or the entry is gone.
    """

    kind: EntryKind
    model: TermModel
    settings: MatchingSettings
    base: Segment
    overlay: Segment
    is_current: Bools

    @property
    def version(self) -> str:
        """Names the fit and the settings that weighed the words; scores compare only within it."""
        return f"{self.model.version}-{self.settings.version}"

    def __len__(self) -> int:
        """Count the entries that can be found."""
        return int(self.is_current.sum()) + len(self.overlay.entries)

    def segments(self) -> tuple[tuple[Segment, Bools], ...]:
        """The parts to search, each with which of its rows count."""
        in_overlay = np.ones(len(self.overlay.entries), dtype=np.bool_)
        return ((self.base, self.is_current), (self.overlay, in_overlay))

    def get(self, entry_id: str) -> EntryFacts | None:
        """The facts of an entry as this index knows them, or None."""
        for segment, is_current in self.segments():
            row = segment.rows.get(entry_id)
            if row is not None and is_current[row]:
                return segment.entries[row]
        return None

    def versions(self) -> dict[str, int]:
        """Id of every entry to the version of its row, to find what changed since."""
        return {
            entry.id: entry.version
            for segment, is_current in self.segments()
            for entry, counts in zip(segment.entries, is_current.tolist(), strict=True)
            if counts
        }

    def vector_of(self, entry: EntryFacts) -> dict[str, float]:
        """Weigh an entry, in the index or not, with the frozen idf of this version."""
        return weigh(count_tokens(entry, self.settings), self.model)

    def with_changes(self, changed: Iterable[EntryFacts] = (), removed: Iterable[str] = ()) -> Index:
        """A new index with entries added or put in place of older forms, and others gone.

        Scores of all other entries stay what they were. Costs as much as the overlay is long, so a long one
        (thousands) is worth a new fit. Unknown ids in `removed` do not matter; an id in both is removed.

        Raises ValueError for an entry of the other kind, or an id twice in `changed`.
        """
        gone = set(removed)
        fresh = {entry.id: entry for entry in _ordered(changed, self.kind) if entry.id not in gone}
        vectors = {
            entry_id: self.overlay.vector(row)
            for entry_id, row in self.overlay.rows.items()
            if entry_id not in gone and entry_id not in fresh
        }
        kept = {entry_id: self.overlay.entries[self.overlay.rows[entry_id]] for entry_id in vectors}
        vectors |= {entry_id: self.vector_of(entry) for entry_id, entry in fresh.items()}
        entries = sorted([*kept.values(), *fresh.values()], key=lambda entry: entry.id)
        is_current = self.is_current.copy()
        is_current[[self.base.rows[name] for name in gone | fresh.keys() if name in self.base.rows]] = False
        overlay = build_segment(entries, [vectors[entry.id] for entry in entries], self.settings)
        return replace(self, overlay=overlay, is_current=is_current)


def fit_index(
    entries: Iterable[EntryFacts], kind: EntryKind, settings: MatchingSettings = DEFAULT_SETTINGS
) -> Index:
    """Fit a version on these entries alone and index them. Raises ValueError on an id twice."""
    ordered = _ordered(entries, kind)
    counts = [count_tokens(entry, settings) for entry in ordered]
    return _index(kind, fit(counts), settings, ordered, counts)


def fit_indexes(
    entries: Iterable[EntryFacts], settings: MatchingSettings = DEFAULT_SETTINGS
) -> dict[EntryKind, Index]:
    """Fit one version on requests and offers together: a pair then scores the same from both sides.

    Raises ValueError on an id twice within a kind.
    """
    every = list(entries)
    ordered = {kind: _ordered((entry for entry in every if entry.kind is kind), kind) for kind in EntryKind}
    counts = {kind: [count_tokens(entry, settings) for entry in ordered[kind]] for kind in EntryKind}
    model = fit(counted for kind in EntryKind for counted in counts[kind])
    return {kind: _index(kind, model, settings, ordered[kind], counts[kind]) for kind in EntryKind}


def _index(
    kind: EntryKind,
    model: TermModel,
    settings: MatchingSettings,
    ordered: Sequence[EntryFacts],
    counts: Sequence[Mapping[str, float]],
) -> Index:
    base = build_segment(ordered, [weigh(counted, model) for counted in counts], settings)
    everything = np.ones(len(ordered), dtype=np.bool_)
    return Index(kind, model, settings, base, build_segment((), (), settings), everything)


def _ordered(entries: Iterable[EntryFacts], kind: EntryKind) -> list[EntryFacts]:
    ordered = sorted(entries, key=lambda entry: entry.id)
    for entry, following in pairwise(ordered):
        if entry.id == following.id:
            raise ValueError(f"entry {entry.id} stands twice")
    for entry in ordered:
        if entry.kind is not kind:
            raise ValueError(f"entry {entry.id} is not of the kind {kind}")
    return ordered
