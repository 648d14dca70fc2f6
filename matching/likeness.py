"""How alike are the words of a subject and of every entry, and which words make it so? The part `text`.

    text of two pieces = sum over shared words of one weight times the other, times `topics.same_subject`
    text of a pair     = mean of its three best pairs of pieces (of fewer, where it has fewer)

never above 1, to nine digits. Every word's share is its term of the sum. Entries in another language than the
subject's are compared with its words as read in theirs (`matching.readings`), without the factor. A search
wants only the best of many entries: it reads bounds that are cheap for all (`most`), near values of a few
(`near`), and exact ones of those that can still win (`exact`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.bags import Floats32
from matching.index import Segment, Subject
from matching.readings import Readings
from matching.topics import same_subject

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.intp]
Shares: TypeAlias = dict[tuple[str, str], float]

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
        """No text part is above this and `slack` together: shape (n,), 0 or more, within `ROUNDING`."""
        return self._sums[0] if self._is_plain else self._best_of_all()

    @property
    def slack(self) -> float:
        """What words that were not looked up can add to `most`."""
        return self._sums[1] if self._is_plain else 0.0

    @property
    def is_close(self) -> bool:
        """Are bounds the text parts themselves, within `ROUNDING`?"""
        return not self._is_plain or not (self.slack or self._has_topics)

    def factors(self, rows: Rows) -> Floats | None:
        """How far shared words are on one subject, by row; None where no subjects are told apart.

        Both `bound` and `exact` work them out, unless they are given those of the same rows.
        """
        return self._factors(0, rows) if self._is_plain and self._has_topics else None

    def bound(self, rows: Rows, factors: Floats | None = None) -> Floats:
        """What the text parts of some rows are at most, closer than `most`, within `ROUNDING`."""
        values = self.most.take(rows).astype(np.float64)
        if not self._is_plain:
            return values
        values += self.slack
        return np.minimum(self._times(values, rows, factors), 1.0)

    def exact(self, rows: Rows, factors: Floats | None = None) -> Floats:
        """The text parts of some rows, 0..1 to nine digits: shape (n rows,)."""
        if self._is_plain:
            values = self._times(self._summed(0, rows), rows, factors)
        else:
            values = np.array([self._best_mean(self._grid(row)) for row in rows.tolist()], dtype=np.float64)
        return np.asarray(values.round(9).clip(0.0, 1.0))

    def shares(self, rows: Rows, texts: Sequence[float]) -> list[Shares]:
        """For some rows: each shared pair of tokens to what it adds to the text part.

        Parameters
        ----------
        rows : array of shape (k,)
        texts : sequence of k floats
            Their exact text parts.

        Returns
        -------
        list of k mappings of (token as the subject has it, as the entry has it) to share
            In one language both tokens are the same.
        """
        if not self._is_plain:
            return [self._shares(row, text) for row, text in zip(rows.tolist(), texts, strict=True)]
        at, tokens, products = self._shared(0, rows)
        ends = np.cumsum(np.bincount(at, minlength=len(rows))).tolist()
        every, adds = tokens.tolist(), products.tolist()
        found = []
        for row, start, end, text in zip(rows.tolist(), (0, *ends), ends, texts, strict=False):
            found.append(self._split(0, row, every[start:end], adds[start:end], text))
        return found

    def _shares(self, row: int, text: float) -> Shares:
        first = int(self.segment.first_piece[row])
        grid = np.minimum(self._grid(row), 1.0)
        best = np.argsort(-grid, axis=None, kind="stable")[:BEST].tolist()
        shares: defaultdict[tuple[str, str], float] = defaultdict(float)
        for at in best:
            one, other = divmod(at, grid.shape[1])
            there, value = first + other, float(grid[one, other]) / len(best)
            _, tokens, products = self._shared(one, np.array([there]))
            for pair, share in self._split(one, there, tokens.tolist(), products.tolist(), value).items():
                shares[pair] += share
        return dict(shares)

    def is_across(self, row: int) -> bool:
        """Are the subject and this entry compared across two languages?"""
        return self._readings.is_across(row)

    def _split(
        self, one: int, there: int, tokens: Sequence[int], products: Sequence[float], value: float
    ) -> Shares:
        """Each pair of tokens that two pieces share to its part of a value."""
        scale = value / sum(products) if products else 0.0
        if not scale:
            return {}
        names, origins = self.segment.bags.names, self._readings.one_of(one, there).origins
        if not origins:
            named = (names[token] for token in tokens)
            shared = zip(named, products, strict=True)
            return {(name, name): product * scale for name, product in shared}
        shares: Shares = {}
        for token, product in zip(tokens, products, strict=True):
            theirs = names[token]
            come = origins.get(token) or ((theirs, 1.0),)
            whole = sum(weight for _, weight in come)
            for ours, weight in come:
                shares[ours, theirs] = product * scale * (weight / whole)
        return shares

    @property
    def _is_plain(self) -> bool:
        """One piece on either side: the common case, and the quick one."""
        return len(self.subject.pieces) == 1 and not self.segment.is_split

    @property
    def _has_topics(self) -> bool:
        return bool(self.segment.vectors.topics.shape[1])

    @cached_property
    def _readings(self) -> Readings:
        return Readings(self.subject, self.segment)

    def _times(self, values: Floats, rows: Rows, factors: Floats | None) -> Floats:
        factors = self.factors(rows) if factors is None else factors
        return values if factors is None else values * factors

    def _factors(self, one: int, there: Rows) -> Floats:
        """How far shared words are on one subject; 1 across languages, whose words span no direction."""
        factors = same_subject(self.subject.pieces[one].topics, self.segment.vectors.topics[there])
        if self._readings.others:
            factors[self._readings.of(there) > 0] = 1.0
        return factors

    @cached_property
    def _sums(self) -> tuple[Floats32, float]:
        """Products with the subject's only piece, shape (n,), and what is left out of them at most."""
        asked, postings = self._readings.asked[0][0], self.segment.postings
        if self._readings.others:
            return self._readings.products(0), 0.0
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
        for one in range(len(self.subject.pieces)):
            sums = self._readings.products(one)
            held = np.flatnonzero(sums)
            values = np.zeros(len(sums), dtype=np.float32)
            values[held] = np.minimum(sums[held] * self._factors(one, held), 1.0)
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

    def _shared(self, one: int, there: Rows) -> tuple[Rows, NDArray[np.integer], Floats]:
        """What a piece of the subject shares with some pieces of the segment, one word after the other.

        Returns
        -------
        (place among `there`, token, product)
            Three arrays, in the order of `there` and then of the alphabet: the same from both sides.
        """
        bags = self.segment.bags
        starts = bags.starts.take(there)
        lengths = bags.starts.take(there + 1) - starts
        ends = lengths.cumsum()
        piece = np.arange(len(there)).repeat(lengths)
        places = np.arange(len(piece)) + (starts - ends + lengths).repeat(lengths)
        tokens = bags.tokens.take(places)
        held, weights = self._readings.weights_at(one, there, piece, tokens)
        products = weights * self.segment.vectors.weights.take(places.take(held))
        return piece.take(held), tokens.take(held), products

    def _piece_values(self, one: int, there: Rows) -> Floats:
        """A piece of the subject against some pieces of the segment, not capped.

        Summed one by one in the order of the alphabet over shared words: the same from both sides.
        """
        sums = self._summed(one, there)
        return sums * self._factors(one, there) if self._has_topics else sums

    def _summed(self, one: int, there: Rows) -> Floats:
        piece, _, products = self._shared(one, there)
        return np.asarray(np.bincount(piece, weights=products, minlength=len(there)), dtype=np.float64)


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
