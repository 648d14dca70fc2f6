"""Which rows of a segment score best, without working out every score to the last digit?

Bounds tell for all rows what they can reach at most; the scores of the most promising ones tell what has to
be reached; only rows that still can are scored too. The answer is that of scoring every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.facets import Floats
from matching.likeness import ROUNDING, Likeness, Rows
from matching.score import TEXT, Judged, Scores

_PILES = 64
"""Bounds are laid in so many rows, one below the other: only the highest of each column is looked at."""

_FAR = 1e30
"""Further off than any bound."""


def best_rows(likeness: Likeness, judged: Judged, top: int, least: float) -> tuple[Rows, Scores]:
    """The `top` rows of highest score above `least` among those that `judged` is about.

    Returns
    -------
    (array of rows of the segment, Scores)
        Best first, ties in the order of rows; at most `top` of them.
    """
    at, scores = _scored(likeness, judged, top)
    order = np.lexsort((at, -scores.score))
    order = order[scores.score[order] > least][:top]
    best = Scores(scores.parts[:, order], scores.weights[:, order], scores.score[order])
    return judged.rows_at(at[order]), best


def _scored(likeness: Likeness, judged: Judged, top: int) -> tuple[Rows, Scores]:
    """Some of the judged, the `top` best among them, and their scores."""
    if not top:
        return _scores(likeness, judged, np.empty(0, dtype=np.intp))
    bounds = _bounds(likeness, judged)
    if bounds.n <= top:
        return _scores(likeness, judged, np.arange(bounds.n))
    first = bounds.highest(2 * top + 8)
    if likeness.is_close:
        enough = _kth(_near(likeness, judged, first), top) - 2 * ROUNDING
        at = bounds.reaching(enough)
        near = _near(likeness, judged, at)
        return _scores(likeness, judged, at[near >= max(enough, _kth(near, top) - 2 * ROUNDING)])
    first, scores = _scores(likeness, judged, first)
    enough = _kth(scores.score, top) - 2 * ROUNDING
    others = _without(bounds.reaching(enough), first)
    others, factors = _still_can(likeness, judged, bounds, others, enough)
    if not len(others):
        return first, scores
    more = judged.score(others, likeness.exact(judged.rows_at(others), factors))
    return np.concatenate([first, others]), scores.and_also(more)


def _scores(likeness: Likeness, judged: Judged, at: Rows) -> tuple[Rows, Scores]:
    return at, judged.score(at, likeness.exact(judged.rows_at(at)))


def _near(likeness: Likeness, judged: Judged, at: Rows) -> Floats:
    """Some scores within `ROUNDING`, where bounds are close."""
    return judged.rest(at) + _text_weight(judged, at) * likeness.bound(judged.rows_at(at))


def _text_weight(judged: Judged, at: Rows) -> Floats:
    weight = judged.weights[TEXT]
    return np.asarray(weight[at] if len(weight) != 1 else weight)


def _still_can(
    likeness: Likeness, judged: Judged, bounds: _Bounds, at: Rows, enough: float
) -> tuple[Rows, Floats | None]:
    """Those that can reach `enough` by closer bounds: what the other parts add, then the words' subjects.

    With the factors of their words, which were worked out for it.
    """
    rest = judged.rest(at)
    most = judged.most[at] if len(judged.most) > 1 else judged.most
    can = bounds.at(at) - most + rest >= enough
    at, rest = at[can], rest[can]
    rows = judged.rows_at(at)
    factors = likeness.factors(rows)
    can = rest + _text_weight(judged, at) * likeness.bound(rows, factors) >= enough
    return at[can], None if factors is None else factors[can]


def _without(at: Rows, known: Rows) -> Rows:
    """Those of `at` that are not known, of which there is one or more."""
    known = np.sort(known)
    return np.asarray(at[known.take(known.searchsorted(at), mode="clip") != at])


@dataclass(frozen=True)
class _Bounds:
    """What each of n scores can be at most, within `ROUNDING`: `values` * `scale` + `added`.

    Where all of them weigh their words alike, `values` are those of the words as they were summed: a search
    reads them all, and would read them once more to multiply them.
    """

    values: NDArray[np.float32]
    scale: float
    added: float

    @property
    def n(self) -> int:
        return len(self.values)

    def at(self, at: Rows) -> Floats:
        """Some of the bounds."""
        return np.asarray(self.values[at] * self.scale + self.added, dtype=np.float64)

    @cached_property
    def _peaks(self) -> NDArray[np.float32]:
        """The highest of every column of the whole rows of `_PILES`; empty where there are few."""
        n_columns = self.n // _PILES
        return np.asarray(self.values[: n_columns * _PILES].reshape(_PILES, n_columns).max(axis=0))

    def highest(self, k: int) -> Rows:
        """k of high bound: the highest, but for ties and what stands beyond the whole rows."""
        if len(self._peaks) <= k:
            return np.argpartition(self.values, -k)[-k:] if self.n > k else np.arange(self.n)
        at = self._below(np.argpartition(self._peaks, -k)[-k:])
        return at[np.argpartition(self.values[at], -k)[-k:]]

    def reaching(self, enough: float) -> Rows:
        """All whose bound is `enough` or more."""
        if self.scale <= 0.0:
            return np.arange(self.n) if self.added >= enough else np.empty(0, dtype=np.intp)
        least = np.float32(min(max((enough - self.added) / self.scale - ROUNDING, -_FAR), _FAR))
        columns = np.flatnonzero(self._peaks >= least)
        if len(columns) * _PILES * 2 > self.n:
            return np.flatnonzero(self.values >= least)
        tail = np.arange(len(self._peaks) * _PILES, self.n)
        at = np.concatenate([self._below(columns), tail])
        return np.asarray(at[self.values[at] >= least])

    def _below(self, columns: Rows) -> Rows:
        """Where the numbers of some columns stand."""
        rows = np.arange(_PILES) * len(self._peaks)
        return np.asarray((rows[:, None] + columns).ravel())


def _bounds(likeness: Likeness, judged: Judged) -> _Bounds:
    weight = judged.weights[TEXT]
    values = likeness.most if judged.rows is None else likeness.most.take(judged.rows)
    if len(weight) == 1 and len(judged.most) == 1:
        scale = float(weight[0])
        return _Bounds(values, scale, float(judged.most[0]) + scale * likeness.slack)
    weight = weight.astype(np.float32)
    return _Bounds(np.asarray(weight * values + judged.most + weight * np.float32(likeness.slack)), 1.0, 0.0)


def _kth(values: Floats, k: int) -> float:
    """The k-th highest value, or the lowest where there are fewer."""
    k = min(k, len(values))
    return float(np.partition(values, len(values) - k)[len(values) - k])
