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
from matching.tfidf import Piece
from matching.topics import same_subject

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.intp]

BEST = 3
"""Pairs of pieces that count, where there are more."""
ROUNDING = 1e-5
"""What bounds and near values can be wrong by, with room to spare: they are sums of 32-bit numbers."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A piece of a subject over the tokens of a segment.

    `tokens` (growing) and `weights` have shape (k,); `is_asked` has shape (number of tokens of the segment,).
    """

    tokens: Rows
    weights: Floats
    is_asked: NDArray[np.bool_]

    def of(self, tokens: NDArray[np.integer]) -> Floats:
        """The weights of some tokens, all of which are asked for."""
        return self.weights[np.searchsorted(self.tokens, tokens)]


def _look_up(piece: Piece, segment: Segment) -> _Asked:
    known = segment.asked(piece)
    tokens, weights = np.array(list(known), dtype=np.intp), np.array(list(known.values()), dtype=np.float64)
    is_asked = np.zeros(len(segment.bags.names), dtype=np.bool_)
    is_asked[tokens] = True
    return _Asked(tokens, weights, is_asked)


@dataclass(frozen=True)
class Likeness:
    """One subject against one segment of n entries."""

    subject: Subject
    segment: Segment

    @cached_property
    def most(self) -> Floats32:
        """No text part is above this and `slack` together: shape (n,), 0 or more, within `ROUNDING`."""
        return self._sums[0] if self._is_plain else self._best_of_all()

    @property
    def slack(self) -> float:
        """What words that were not looked up can add to `most`."""
        return self._sums[1] if self._is_plain else 0.0

    def bound(self, rows: Rows) -> Floats:
        """What the text parts of some rows are at most, closer than `most`, within `ROUNDING`.

        Where there is no `slack`, that is what they are.
        """
        values = self.most[rows].astype(np.float64)
        if not self._is_plain:
            return values
        values += self.slack
        if self._has_topics:
            values *= same_subject(self.subject.pieces[0].topics, self.segment.vectors.topics[rows])
        return np.minimum(values, 1.0)

    def near(self, rows: Rows) -> Floats:
        """The text parts of some rows, within `ROUNDING`: shape (n rows,)."""
        return np.minimum(self._piece_values(0, rows), 1.0) if self.slack else self.bound(rows)

    def exact(self, rows: Rows) -> Floats:
        """The text parts of some rows, 0..1 to nine digits: shape (n rows,)."""
        if self._is_plain:
            values = self._piece_values(0, rows)
        else:
            values = np.array([self._best_mean(self._grid(row)) for row in rows.tolist()], dtype=np.float64)
        return np.asarray(values.round(9).clip(0.0, 1.0))

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
    def _asked(self) -> list[_Asked]:
        return [_look_up(piece, self.segment) for piece in self.subject.pieces]

    @cached_property
    def _sums(self) -> tuple[Floats32, float]:
        """Products with the subject's only piece, shape (n,), and what is left out of them at most."""
        asked, postings = self._asked[0], self.segment.postings
        is_spared, slack = postings.spare(asked.tokens, asked.weights)
        if not slack:
            return postings.products(asked.tokens, asked.weights), 0.0
        return postings.products(asked.tokens[~is_spared], asked.weights[~is_spared]), slack

    def _best_of_all(self) -> Floats32:
        """Mean of the best pairs of pieces for every entry, within `ROUNDING`: shape (n,)."""
        first = self.segment.first_piece
        entry_of = np.repeat(np.arange(len(first) - 1), np.diff(first))
        n = len(first) - 1
        best = np.zeros((n, BEST), dtype=np.float32)
        for piece, asked in zip(self.subject.pieces, self._asked, strict=True):
            sums = self.segment.postings.products(asked.tokens, asked.weights)
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

    def _shared(self, one: int, there: int) -> tuple[list[int], list[float]]:
        """The tokens that one piece of the subject shares with one of the segment, and their products."""
        bags = self.segment.bags
        start = int(bags.starts[there])
        tokens = bags.tokens[start : int(bags.starts[there + 1])]
        held = self._asked[one].is_asked[tokens].nonzero()[0]
        products = self._asked[one].of(tokens[held]) * self.segment.vectors.weights[start + held]
        return tokens[held].tolist(), products.tolist()

    def _piece_values(self, one: int, there: Rows) -> Floats:
        """A piece of the subject against some pieces of the segment, not capped.

        Summed one by one in the order of the alphabet over shared words: the same from both sides.
        """
        bags, starts = self.segment.bags, self.segment.bags.starts
        lengths = starts[there + 1] - starts[there]
        piece = np.repeat(np.arange(len(there)), lengths)
        places = np.arange(len(piece)) + np.repeat(starts[there] - np.cumsum(lengths) + lengths, lengths)
        tokens = bags.tokens[places]
        held = self._asked[one].is_asked[tokens].nonzero()[0]
        products = self._asked[one].of(tokens[held]) * self.segment.vectors.weights[places[held]]
        sums = np.asarray(np.bincount(piece[held], weights=products, minlength=len(there)), dtype=np.float64)
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
