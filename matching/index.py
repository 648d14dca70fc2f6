"""Which entries can be matched at the moment, laid out so that a search is quick?

An index is one fitted version: a frozen `TermModel`, an immutable base, and an overlay of what was added,
changed or withdrawn since. A change makes a new index that shares the base, so readers never wait and never
see half a change; fitting anew is a new version. The overlay is a few segments, each many times as long as
the next, so that a change lays out anew only the short ones. Arrays stand behind `Segment` alone: in memory,
or mapped from files (`matching.stored`), without a difference to a caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from matching.bags import Bag, Bags, count_entries, count_words, gather, read_words
from matching.columns import Bools, Columns, build_columns
from matching.facts import EntryFacts
from matching.postings import Postings, turn_round
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from matching.tfidf import Piece, TermModel, Vectors, fit, weigh, weigh_pieces
from vocabulary.states import EntryKind

_SHORT = 64
"""A segment of the overlay of fewer entries is laid out anew with every change."""
_STEP = 16
"""How many times as long a segment of the overlay is as the next, at least."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An entry that asks: its weighed pieces, and token to the form it is written in."""

    entry: EntryFacts
    pieces: tuple[Piece, ...]
    written: Mapping[str, str]

    @property
    def has_words(self) -> bool:
        """Does any word of it count?"""
        return any(piece.weights for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Segment:
    """n entries of one kind, ordered by id, with their words kept both ways round.

    Attributes
    ----------
    entries, ids, row_versions, columns
        The entries in order, the version of the row of each, and their facts in columns.
    rows : mapping of id to row
    first_piece : array of shape (n + 1,)
        Where the pieces of each entry begin.
    bags, vectors
        The words of every piece, counted and weighed, by piece.
    numbers : mapping of token to its number
    postings : Postings
        The same weights by token.
    """

    entries: Sequence[EntryFacts]
    ids: NDArray[np.str_]
    row_versions: NDArray[np.int64]
    rows: Mapping[str, int]
    columns: Columns
    first_piece: NDArray[np.intp]
    bags: Bags
    vectors: Vectors
    numbers: Mapping[str, int]
    postings: Postings

    @property
    def has_words(self) -> Bools:
        """Which entries hold any word that counts; shape (n,)."""
        return np.diff(self.bags.starts[self.first_piece]) > 0

    @property
    def is_split(self) -> bool:
        """Has any entry more than one piece?"""
        return self.bags.n > len(self.entries)

    def asked(self, piece: Piece) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The words of a piece that are known here: numbers of the tokens, growing, and what they weigh."""
        tokens = piece.numbers_in(self.bags.names, self.numbers)
        weights = np.array(list(piece.weights.values()), dtype=np.float64)
        is_known = tokens >= 0
        return (tokens, weights) if is_known.all() else (tokens[is_known], weights[is_known])

    def weights(self, row: int) -> list[dict[str, float]]:
        """Token to weight for each piece of one entry."""
        found = []
        for piece in range(int(self.first_piece[row]), int(self.first_piece[row + 1])):
            here = slice(int(self.bags.starts[piece]), int(self.bags.starts[piece + 1]))
            named = (self.bags.names[token] for token in self.bags.tokens[here].tolist())
            found.append(dict(zip(named, self.vectors.weights[here].tolist(), strict=True)))
        return found


def build_segment(
    entries: Sequence[EntryFacts],
    bags: Bags,
    first_piece: NDArray[np.intp],
    vectors: Vectors,
    settings: MatchingSettings,
) -> Segment:
    """Lay out entries in the order of their ids, and the vectors of their pieces."""
    return Segment(
        entries=tuple(entries),
        ids=np.array([entry.id for entry in entries], dtype=np.str_),
        row_versions=np.array([entry.version for entry in entries], dtype=np.int64),
        rows={entry.id: row for row, entry in enumerate(entries)},
        columns=build_columns(entries, settings),
        first_piece=first_piece,
        bags=replace(bags, counts=np.empty(0, dtype=np.float32)),
        vectors=vectors,
        numbers={name: number for number, name in enumerate(bags.names)},
        postings=turn_round(bags, vectors.weights),
    )


@dataclass(frozen=True, slots=True)
class Index:
    """The entries of one kind that a subject is ranked against.

    `is_current` has shape (n of base,): False where the overlay holds a newer form, or the entry is gone.
    `overlay` is in segments, the longest first, each with which of its rows count in the same way; `counted`
    holds the counted pieces of every entry that counts there.
    """

    kind: EntryKind
    model: TermModel
    settings: MatchingSettings
    base: Segment
    is_current: Bools
    overlay: tuple[tuple[Segment, Bools], ...] = ()
    counted: Mapping[str, Sequence[Bag]] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Names the fit and the settings that weighed the words; scores compare only within it."""
        return f"{self.model.version}-{self.settings.version}"

    def __len__(self) -> int:
        """Count the entries that can be found."""
        return int(np.count_nonzero(self.is_current)) + len(self.counted)

    @property
    def n_changes(self) -> int:
        """Entries that came, changed or went since the fit, 0 or more."""
        n_gone = len(self.is_current) - int(np.count_nonzero(self.is_current))
        return n_gone + sum(name not in self.base.rows for name in self.counted)

    def segments(self) -> tuple[tuple[Segment, Bools], ...]:
        """The parts to search, each with which of its rows count."""
        return ((self.base, self.is_current), *self.overlay)

    def get(self, entry_id: str) -> EntryFacts | None:
        """The facts of an entry as this index knows them, or None."""
        for segment, is_current in self.segments():
            row = segment.rows.get(entry_id)
            if row is not None and is_current[row]:
                return segment.entries[row]
        return None

    def versions(self) -> dict[str, int]:
        """Id of every entry to the version of its row, to find what changed since."""
        found: dict[str, int] = {}
        for segment, is_current in self.segments():
            ids, versions = segment.ids[is_current].tolist(), segment.row_versions[is_current].tolist()
            found.update(zip(ids, versions, strict=True))
        return found

    def read(self, entry: EntryFacts) -> Subject:
        """Weigh an entry of the other kind with the frozen numbers of this version."""
        reading = read_words(entry)
        pieces = weigh_pieces(count_words(reading, self.settings), self.model, entry.kind)
        return Subject(entry, self._numbered(pieces), reading.written())

    def read_all(self, entries: Sequence[EntryFacts]) -> Iterator[Subject]:
        """Weigh several entries of the other kind at once, each as `read` does."""
        readings = [read_words(entry) for entry in entries]
        counted = [count_words(reading, self.settings) for reading in readings]
        kind = EntryKind.OFFER if self.kind is EntryKind.REQUEST else EntryKind.REQUEST
        pieces = iter(weigh_pieces([bag for bags in counted for bag in bags], self.model, kind))
        for entry, reading, bags in zip(entries, readings, counted, strict=True):
            yield Subject(entry, self._numbered(islice(pieces, len(bags))), reading.written())

    def _numbered(self, pieces: Iterable[Piece]) -> tuple[Piece, ...]:
        """The same pieces with the numbers of their tokens in the base, where nearly all entries are."""
        names, numbers = self.base.bags.names, self.base.numbers
        return tuple(
            Piece(piece.weights, piece.topics, piece.numbers_in(names, numbers), names) for piece in pieces
        )

    def only(self, entry_id: str) -> Index:
        """An index in which at most this entry is found, weighed as here."""
        overlay = tuple((segment, _only(segment, mask, entry_id)) for segment, mask in self.overlay)
        counted = {name: bags for name, bags in self.counted.items() if name == entry_id}
        is_current = _only(self.base, self.is_current, entry_id)
        return replace(self, is_current=is_current, overlay=overlay, counted=counted)

    def with_changes(self, changed: Iterable[EntryFacts] = (), removed: Iterable[str] = ()) -> Index:
        """A new index with entries added or put in place of older forms, and others gone.

        Scores of all other entries stay what they were. Few changes cost what they are long, however long the
        overlay is. Unknown ids in `removed` do not matter; an id in both is removed.

        Raises ValueError for an entry of the other kind, or an id twice in `changed`.
        """
        gone = set(removed)
        fresh = [entry for entry in _ordered(changed, self.kind) if entry.id not in gone]
        left = gone.union(entry.id for entry in fresh)
        counted = {name: bags for name, bags in self.counted.items() if name not in left}
        counted |= {entry.id: count_words(read_words(entry), self.settings) for entry in fresh}
        overlay = [(segment, _without(segment, mask, left)) for segment, mask in self.overlay]
        overlay = [(segment, mask) for segment, mask in overlay if mask.any()]
        return replace(
            self,
            is_current=_without(self.base, self.is_current, left),
            overlay=self._joined(overlay, fresh, counted) if fresh else tuple(overlay),
            counted=counted,
        )

    def _joined(
        self,
        overlay: list[tuple[Segment, Bools]],
        fresh: Sequence[EntryFacts],
        counted: Mapping[str, Sequence[Bag]],
    ) -> tuple[tuple[Segment, Bools], ...]:
        """An overlay with more entries, joined to those segments that are not much longer than they are."""
        kept, entries = list(overlay), list(fresh)
        while kept and len(kept[-1][0].entries) < max(_SHORT, _STEP * len(entries)):
            segment, is_current = kept.pop()
            entries += [segment.entries[row] for row in np.flatnonzero(is_current).tolist()]
        entries.sort(key=lambda entry: entry.id)
        segment = _overlay(entries, counted, self)
        return (*kept, (segment, np.ones(len(entries), dtype=np.bool_)))


def _without(segment: Segment, is_current: Bools, names: Set[str]) -> Bools:
    """The same rows without those of some ids; the same array where nothing goes."""
    rows = [row for name in names if (row := segment.rows.get(name)) is not None]
    if not rows:
        return is_current
    left = is_current.copy()
    left[rows] = False
    return left


def _only(segment: Segment, is_current: Bools, name: str) -> Bools:
    left = np.zeros(len(is_current), dtype=np.bool_)
    row = segment.rows.get(name)
    if row is not None:
        left[row] = is_current[row]
    return left


def _overlay(entries: Sequence[EntryFacts], counted: Mapping[str, Sequence[Bag]], index: Index) -> Segment:
    bags = gather(bag for entry in entries for bag in counted[entry.id])
    n_pieces = [len(counted[entry.id]) for entry in entries]
    first_piece = np.concatenate([[0], np.cumsum(n_pieces)]).astype(np.intp)
    vectors = weigh(bags, index.model, index.kind)
    return build_segment(entries, bags, first_piece, vectors, index.settings)


def fit_index(
    entries: Iterable[EntryFacts], kind: EntryKind, settings: MatchingSettings = DEFAULT_SETTINGS
) -> Index:
    """Fit a version on these entries alone and index them. Raises ValueError on an id twice."""
    ordered = _ordered(entries, kind)
    bags, first_piece = count_entries(ordered, settings)
    return _index(kind, fit([bags]), settings, ordered, bags, first_piece)


def fit_indexes(
    entries: Iterable[EntryFacts], settings: MatchingSettings = DEFAULT_SETTINGS
) -> dict[EntryKind, Index]:
    """Fit one version on requests and offers together: a pair then scores the same from both sides.

    Raises ValueError on an id twice within a kind.
    """
    every = list(entries)
    ordered = {kind: _ordered((entry for entry in every if entry.kind is kind), kind) for kind in EntryKind}
    counted = {kind: count_entries(ordered[kind], settings) for kind in EntryKind}
    model = fit([bags for bags, _ in counted.values()])
    return {kind: _index(kind, model, settings, ordered[kind], *counted[kind]) for kind in EntryKind}


def _index(
    kind: EntryKind,
    model: TermModel,
    settings: MatchingSettings,
    ordered: Sequence[EntryFacts],
    bags: Bags,
    first_piece: NDArray[np.intp],
) -> Index:
    base = build_segment(ordered, bags, first_piece, weigh(bags, model, kind), settings)
    return Index(kind, model, settings, base, np.ones(len(ordered), dtype=np.bool_))


def _ordered(entries: Iterable[EntryFacts], kind: EntryKind) -> list[EntryFacts]:
    ordered = sorted(entries, key=lambda entry: entry.id)
    for entry, following in pairwise(ordered):
        if entry.id == following.id:
            raise ValueError(f"entry {entry.id} stands twice")
    for entry in ordered:
        if entry.kind is not kind:
            raise ValueError(f"entry {entry.id} is not of the kind {kind}")
    return ordered
