"""How alike are the words of a subject and of every entry, and which words make it so? The part `text`.

    text of two pieces = sum over shared words of one weight times the other, times `topics.same_subject`
    text of a pair     = mean of its three best pairs of pieces (of fewer, where it has fewer)

never above 1, to nine digits. Every word's share is its term of the sum. A search wants only the best of
many entries: it reads bounds that are cheap for all (`most`), near values of a few (`near`), and exact ones
of those that can still win (`exact`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.bags import Floats32
from matching.index import Segment, Subject
from matching.topics import same_subject

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.intp]

BEST = 3
"""Pairs of pieces that count, where there are more."""
ROUNDING = 1e-5
"""What bounds and near values can be wrong by, with room to spare: they are sums of 32-bit numbers."""


@dataclass(frozen=True)
class Likeness:
    """One subject against one segment of n entries."""

    subject: Subject
    segment: Segment

    @cached_property
    def most(self) -> Floats32:
        """No text part is above this: shape (n,), 0 or more, within `ROUNDING`."""
        return self._sums if self._is_plain else self._best_of_all()

    def near(self, rows: Rows) -> Floats:
        """The text parts of some rows, within `ROUNDING`: shape (n rows,)."""
        if not self._is_plain:
            return self.most[rows].astype(np.float64)
        values: Floats = np.zeros(len(rows))
        values += self._sums[rows]
        if self._has_topics:
            values *= same_subject(self.subject.pieces[0].topics, self.segment.vectors.topics[rows])
        values[values > 1.0] = 1.0
        return values

    def exact(self, rows: Rows) -> Floats:
        """The text parts of some rows, 0..1 to nine digits: shape (n rows,)."""
        if self._is_plain:
            values = self._piece_values(0, rows)
        else:
            values = np.array([self._best_mean(self._grid(row)) for row in rows.tolist()], dtype=np.float64)
        return np.clip(np.round(values, 9), 0.0, 1.0)

    def shares(self, row: int, text: float) -> dict[str, float]:
        """Each shared token to what it adds to `text`, the exact text part of one row."""
        first = int(self.segment.first_piece[row])
        if self._is_plain:
            return self._split(0, first, text)
        grid = np.minimum(self._grid(row), 1.0)
        best = np.argsort(-grid, axis=None, kind="stable")[:BEST].tolist()
        shares: defaultdict[str, float] = defaultdict(float)
        for at in best:
            one, other = divmod(at, grid.shape[1])
            for token, share in self._split(one, first + other, float(grid[one, other]) / len(best)).items():
                shares[token] += share
        return dict(shares)

    def _split(self, one: int, there: int, value: float) -> dict[str, float]:
        """Each token that two pieces share to its part of a value."""
        tokens, products = self._shared(one, there)
        scale = value / sum(products) if products else 0.0
        names = self.segment.bags.names
        return {
            names[token]: product * scale for token, product in zip(tokens, products, strict=True) if scale
        }

    @property
    def _is_plain(self) -> bool:
        """One piece on either side: the common case, and the quick one."""
        return len(self.subject.pieces) == 1 and not self.segment.is_split

    @property
    def _has_topics(self) -> bool:
        return bool(self.segment.vectors.topics.shape[1])

    @cached_property
    def _known(self) -> list[dict[int, float]]:
        """The words of the subject's pieces that are known here."""
        return [self.segment.asked(piece) for piece in self.subject.pieces]

    @cached_property
    def _sums(self) -> Floats32:
        """Products with the subject's only piece: shape (n,)."""
        return self.segment.postings.products(self._known[0])

    def _best_of_all(self) -> Floats32:
        """Mean of the best pairs of pieces for every entry, within `ROUNDING`: shape (n,)."""
        first = self.segment.first_piece
        entry_of = np.repeat(np.arange(len(first) - 1), np.diff(first))
        n = len(first) - 1
        best = np.zeros((n, BEST), dtype=np.float32)
        for piece, known in zip(self.subject.pieces, self._known, strict=True):
            sums = self.segment.postings.products(known)
            held = np.flatnonzero(sums)
            values = np.zeros(len(sums), dtype=np.float32)
            factors = same_subject(piece.topics, self.segment.vectors.topics[held])
            values[held] = np.minimum(sums[held] * factors, 1.0)
            best = _merged(best, _highest_of_each(values, entry_of, first))
        n_pairs = np.minimum(np.diff(first) * len(self.subject.pieces), BEST)
        return np.asarray(best.sum(axis=1) / n_pairs, dtype=np.float32)

    def _grid(self, row: int) -> Floats:
        """Values of every pair of pieces with one entry, not capped: shape (pieces here, pieces there)."""
        first = self.segment.first_piece
        there = np.arange(first[row], first[row + 1])
        return np.stack([self._piece_values(one, there) for one in range(len(self.subject.pieces))])

    @staticmethod
    def _best_mean(grid: Floats) -> float:
        best = np.sort(np.minimum(grid, 1.0), axis=None)[::-1][:BEST].tolist()
        return float(sum(best) / len(best))

    @cached_property
    def _asked(self) -> list[Floats]:
        """The subject's pieces over all tokens of the segment: shape (number of tokens,) each."""
        laid = []
        for known in self._known:
            over = np.zeros(max(len(self.segment.bags.names), 1))
            over[list(known)] = list(known.values())
            laid.append(over)
        return laid

    def _shared(self, one: int, there: int) -> tuple[list[int], list[float]]:
        """The tokens that one piece of the subject shares with one of the segment, and their products."""
        bags = self.segment.bags
        here = slice(int(bags.starts[there]), int(bags.starts[there + 1]))
        products = self._asked[one][bags.tokens[here]] * self.segment.vectors.weights[here]
        held = np.flatnonzero(products)
        return bags.tokens[here][held].tolist(), products[held].tolist()

    def _piece_values(self, one: int, there: Rows) -> Floats:
        """A piece of the subject against some pieces of the segment, not capped.

        Summed one by one in the order of the alphabet over shared words: the same from both sides.
        """
        bags, starts = self.segment.bags, self.segment.bags.starts
        lengths = starts[there + 1] - starts[there]
        piece = np.repeat(np.arange(len(there)), lengths)
        places = np.arange(len(piece)) + np.repeat(starts[there] - np.cumsum(lengths) + lengths, lengths)
        products = self._asked[one][bags.tokens[places]] * self.segment.vectors.weights[places]
        sums = np.asarray(np.bincount(piece, weights=products, minlength=len(there)), dtype=np.float64)
        if not self._has_topics:
            return sums
        factors = same_subject(self.subject.pieces[one].topics, self.segment.vectors.topics[there])
        return np.asarray(sums * factors, dtype=np.float64)


def _highest_of_each(values: Floats32, entry_of: Rows, first: Rows) -> Floats32:
    """The `BEST` highest values of each entry's pieces, 0 where it has fewer: shape (n, BEST)."""
    order = np.lexsort((-values, entry_of))
    n = len(first) - 1
    found = np.zeros((n, BEST), dtype=np.float32)
    lengths = np.diff(first)
    for place in range(BEST):
        has = lengths > place
        found[has, place] = values[order[first[:-1][has] + place]]
    return found


def _merged(one: Floats32, other: Floats32) -> Floats32:
    return np.sort(np.hstack([one, other]), axis=1)[:, ::-1][:, :BEST]
