"""How often does each word stand in an entry, field by field and piece by piece?

An entry is compared as one piece, or, where a field holds a list of texts (passages, documents, papers), as
one piece for each of them; what stands in its other fields belongs to every piece. Counting knows nothing of
weights: `matching.tfidf` gives them.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.facts import EntryFacts
from matching.settings import MatchingSettings
from matching.text import analyse, identify

Floats32: TypeAlias = NDArray[np.float32]
Numbers: TypeAlias = NDArray[np.int32]
Starts: TypeAlias = NDArray[np.int32] | NDArray[np.int64]
Bag: TypeAlias = Mapping[str, float]
Words: TypeAlias = Sequence[tuple[str, str]]
Pieces: TypeAlias = Sequence[Bag]
"""Those of one entry."""
CountEach: TypeAlias = Callable[[Iterable[EntryFacts], MatchingSettings], Iterator[Pieces]]

_MOST_32_BIT = 2**31
_TOKEN = itemgetter(0)
SHORTEST_PIECE = 12
"""Words that count in a text of a list that is compared by itself; shorter ones belong to every piece."""


@dataclass(frozen=True, slots=True)
class Bags:
    """The counted words of n pieces.

    Attributes
    ----------
    names : sequence of str
        Every token, in alphabetical order; a token's number is its place here.
    starts : array of shape (n + 1,)
        Where the tokens of each piece begin.
    tokens, counts : arrays of shape (number of counts,)
        Numbers of tokens, growing within a piece, and how often each stands there, above 0; a segment, where
        they have been weighed, keeps no counts.
    """

    names: Sequence[str]
    starts: Starts
    tokens: Numbers
    counts: Floats32

    @property
    def n(self) -> int:
        """Pieces, 0 or more."""
        return len(self.starts) - 1

    @property
    def rows(self) -> NDArray[np.intp]:
        """The piece of each count: shape (number of counts,)."""
        return np.repeat(np.arange(self.n), np.diff(self.starts))

    def part(self, first: int, last: int) -> Bags:
        """The pieces from `first` up to before `last`, over the same names."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        starts = self.starts[first : last + 1] - self.starts[first]
        return Bags(self.names, starts, self.tokens[begin:end], self.counts[begin:end])

    def every(self, step: int) -> Bags:
        """Every `step`th piece, over the same names."""
        if step == 1:
            return self
        shape = (self.n, max(len(self.names), 1))
        laid = csr_array((self.counts, self.tokens, self.starts), shape=shape)[::step]
        return Bags(self.names, laid.indptr, laid.indices.astype(np.int32, copy=False), laid.data)


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of one entry that count: (field, words) for each text, in the order of `passages`."""

    texts: tuple[tuple[str, Words], ...]

    def written(self) -> dict[str, str]:
        """Token to its commonest written form, ties alphabetically."""
        best: dict[str, tuple[int, str]] = {}
        for (token, surface), n in Counter(chain.from_iterable(words for _, words in self.texts)).items():
            held = best.get(token)
            if held is None or (-n, surface) < held:
                best[token] = (-n, surface)
        return {token: surface for token, (_, surface) in best.items()}


def language_of(entry: EntryFacts) -> str:
    """The language an entry says it is in, or the one its texts read like."""
    return entry.language or identify(" ".join(text for _, text in passages(entry)))


def passages(entry: EntryFacts) -> list[tuple[str, str]]:
    """Every (field, passage) of an entry; fields in the order of their names, so that order never matters."""
    return [(name, text) for name in sorted(entry.texts) for text in entry.texts[name]]


def read_words(entry: EntryFacts) -> Reading:
    """Find the words of an entry that count."""
    language = language_of(entry)
    return Reading(tuple((field, analyse(text, language)) for field, text in passages(entry)))


def count_words(reading: Reading, settings: MatchingSettings) -> list[dict[str, float]]:
    """Weighted count of each token, above 0, for each piece of an entry.

    Returns
    -------
    list of dict of token to float
        One for each piece, at least one; an entry without words has one that is empty.
    """
    in_field = Counter(field for field, words in reading.texts if len(words) >= SHORTEST_PIECE)
    shared: dict[str, float] = {}
    alone: list[dict[str, float]] = []
    for field, words in reading.texts:
        is_piece = in_field[field] > 1 and len(words) >= SHORTEST_PIECE
        bag: dict[str, float] = {} if is_piece else shared
        _add(bag, words, settings.field_weights.get(field, 1.0))
        if is_piece:
            alone.append(bag)
    for bag in alone:
        for token, count in shared.items():
            bag[token] = bag.get(token, 0.0) + count
    return alone or [shared]


def _add(bag: dict[str, float], words: Words, weight: float) -> None:
    for token, n in Counter(map(_TOKEN, words)).items():
        bag[token] = bag.get(token, 0.0) + weight * n


def count_each(entries: Iterable[EntryFacts], settings: MatchingSettings) -> Iterator[Pieces]:
    """The counted pieces of each entry, one entry after the other: what takes most of the time of a build."""
    return (count_words(read_words(entry), settings) for entry in entries)


def count_entries(
    entries: Iterable[EntryFacts], settings: MatchingSettings, each: CountEach = count_each
) -> tuple[Bags, NDArray[np.intp]]:
    """Count the words of many entries; `each` is `count_each`, or what gives the same by other hands.

    Returns
    -------
    (Bags, array of shape (n entries + 1,))
        The pieces of all entries, and where those of each entry begin.
    """
    n_pieces = array("q", [0])

    def pieces() -> Iterator[Bag]:
        for found in each(entries, settings):
            n_pieces.append(n_pieces[-1] + len(found))
            yield from found

    bags = gather(pieces())
    return bags, np.array(n_pieces, dtype=np.intp)


def gather_one(bag: Bag) -> Bags:
    """Lay one counted piece out in arrays, as `gather` does."""
    names = sorted(bag)
    counts = np.array([bag[name] for name in names], dtype=np.float32)
    starts = np.array([0, len(names)], dtype=np.int32)
    return Bags(tuple(names), starts, np.arange(len(names), dtype=np.int32), counts)


def gather(pieces: Iterable[Bag]) -> Bags:
    """Lay counted pieces out in arrays, with the tokens numbered in alphabetical order."""
    numbers: dict[str, int] = {}
    starts, tokens, counts = array("q", [0]), array("i"), array("f")
    for bag in pieces:
        tokens.extend([numbers.setdefault(token, len(numbers)) for token in bag])
        counts.extend(bag.values())
        starts.append(len(tokens))
    names = sorted(numbers)
    place = np.empty(len(names), dtype=np.int32)
    place[[numbers[name] for name in names]] = np.arange(len(names), dtype=np.int32)
    at: Starts = np.array(starts, dtype=np.int64)
    at = at.astype(np.int32) if len(tokens) < _MOST_32_BIT else at
    numbered, values = place[np.array(tokens, dtype=np.int32)], np.array(counts, dtype=np.float32)
    laid = csr_array((values, numbered, at), shape=(len(at) - 1, max(len(names), 1)))
    laid.sort_indices()
    return Bags(tuple(names), at, laid.indices.astype(np.int32, copy=False), laid.data)
