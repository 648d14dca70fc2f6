"""How alike are the words of a subject and of every entry, and which words make it so? The part `text`.

    text of two pieces = sum over shared words of one weight times the other, times `topics.same_subject`
    text of a pair     = mean of its three best pairs of pieces (of fewer, where it has fewer)

never above 1, to nine digits. Every word's share is its term of the sum. A search wants only the best of
many entries: it reads bounds that are cheap for all (`bounds`), near values of a few (`near`), and exact ones
of those that can still win (`exact`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.bags import Floats32
from matching.index import Segment, Subject
from matching.tfidf import Piece
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
    def bounds(self) -> tuple[Floats32, Floats32]:
        """The least and the most that each text part can be: shape (n,), 0..1, within `ROUNDING`."""
        if self._is_plain:
            most = np.minimum(self._sums, 1.0)
            return (most * np.float32(0.5) if self._has_topics else most), most
        found = self._best_of_all()
        return found, found

    def near(self, rows: Rows) -> Floats:
        """The text parts of some rows, within `ROUNDING`: shape (n rows,)."""
        if not self._is_plain:
            return self.bounds[0][rows].astype(np.float64)
        piece = self.subject.pieces[0]
        factors = same_subject(piece.topics, self.segment.vectors.topics[rows])
        values: Floats = self._sums[rows].astype(np.float64)
        return np.clip(values * factors, 0.0, 1.0)

    def exact(self, rows: Rows) -> Floats:
        """The text parts of some rows, 0..1 to nine digits: shape (n rows,)."""
        if self._is_plain:
            values = np.minimum(self._piece_values(self.subject.pieces[0], rows), 1.0)
        else:
            values = np.array([self._best_mean(self._grid(int(row))) for row in rows], dtype=np.float64)
        return np.round(values, 9)

    def shares(self, row: int) -> dict[str, float]:
        """Each shared token to what it adds to the text part of one row."""
        grid = self._grid(row)
        order = np.argsort(-grid, axis=None, kind="stable")[:BEST].tolist()
        shares: defaultdict[str, float] = defaultdict(float)
        weights = self.segment.weights(row)
        for at in order:
            one, other = divmod(at, grid.shape[1])
            ours, theirs = self.subject.pieces[one].weights, weights[other]
            products = {token: ours[token] * theirs[token] for token in sorted(ours.keys() & theirs.keys())}
            total = sum(products.values())
            for token, product in products.items():
                shares[token] += product / total * min(float(grid[one, other]), 1.0) / len(order)
        return dict(shares)

    @property
    def _is_plain(self) -> bool:
        """One piece on either side: the common case, and the quick one."""
        return len(self.subject.pieces) == 1 and not self.segment.is_split

    @property
    def _has_topics(self) -> bool:
        return bool(self.segment.vectors.topics.shape[1])

    @cached_property
    def _sums(self) -> Floats32:
        """Products with the subject's only piece: shape (n,)."""
        return self.segment.postings.products(self.segment.asked(self.subject.pieces[0]))

    def _best_of_all(self) -> Floats32:
        """Mean of the best pairs of pieces for every entry, within `ROUNDING`: shape (n,)."""
        first = self.segment.first_piece
        entry_of = np.repeat(np.arange(len(first) - 1), np.diff(first))
        n = len(first) - 1
        best = np.zeros((n, BEST), dtype=np.float32)
        for piece in self.subject.pieces:
            sums = self.segment.postings.products(self.segment.asked(piece))
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
        return np.stack([self._piece_values(piece, there) for piece in self.subject.pieces])

    @staticmethod
    def _best_mean(grid: Floats) -> float:
        best = np.sort(np.minimum(grid, 1.0), axis=None)[::-1][:BEST].tolist()
        return float(sum(best) / len(best))

    def _piece_values(self, piece: Piece, there: Rows) -> Floats:
        """A piece of the subject against some pieces of the segment, not capped.

        Summed in the order of the alphabet over shared words, in 64 bits: the same from both sides.
        """
        bags, vectors = self.segment.bags, self.segment.vectors
        asked = np.zeros(max(len(bags.names), 1), dtype=np.float64)
        for token, weight in self.segment.asked(piece).items():
            asked[token] = weight
        shape = (bags.n, len(asked))
        laid = csr_array((vectors.weights, bags.tokens, bags.starts), shape=shape)[there]
        sums = laid @ asked
        return np.asarray(sums * same_subject(piece.topics, vectors.topics[there]))


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
