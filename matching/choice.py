"""Which rows of a segment score best, without working out every score to the last digit?

Bounds tell for all rows what they can reach at most; near scores of the most promising ones tell what has
to be reached; only rows that still can are scored exactly. The answer is that of scoring every row exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.facets import Floats
from matching.likeness import ROUNDING, Likeness, Rows
from matching.score import TEXT, Judged, Scores

_BLOCK = 64
"""Scores looked at as one to find a bound: of so many only the highest counts."""


def best_rows(likeness: Likeness, judged: Judged, top: int, least: float) -> tuple[Rows, Scores]:
    """The `top` rows of highest score above `least` among those that `judged` is about.

    Returns
    -------
    (array of rows of the segment, Scores)
        Best first, ties in the order of rows; at most `top` of them.
    """
    at = _promising(likeness, judged, top) if top else np.empty(0, dtype=np.intp)
    scores = judged.score(at, likeness.exact(judged.rows_at(at)))
    order = (-scores.score).argsort(kind="stable")
    order = order[scores.score[order] > least][:top]
    best = Scores(scores.parts[:, order], scores.weights[:, order], scores.score[order])
    return judged.rows_at(at[order]), best


def _promising(likeness: Likeness, judged: Judged, top: int) -> Rows:
    """Where those stand among the judged that can be among the `top` best; some more, seldom many."""
    most = _most(likeness, judged)
    if len(most) <= top:
        return np.arange(len(most))
    enough = _reached(likeness, judged, _highest(most, 2 * top + 8), top)
    at = np.flatnonzero(most >= enough)
    rest = judged.rest(at)
    can = most[at] - (judged.most[at] if len(judged.most) > 1 else judged.most) + rest >= enough
    at, rest = at[can], rest[can]
    near = rest + _text_weight(judged, at) * likeness.bound(judged.rows_at(at))
    if likeness.slack:
        at, rest = at[near >= enough], rest[near >= enough]
        near = _near(likeness, judged, at, rest)
    return at[near >= max(enough, _kth(near, top) - 2 * ROUNDING)]


def _most(likeness: Likeness, judged: Judged) -> NDArray[np.float32]:
    """What each score can be at most, within `ROUNDING`: shape (n judged,)."""
    weight = judged.weights[TEXT].astype(np.float32)
    most = weight * (likeness.most if judged.rows is None else likeness.most[judged.rows])
    most += judged.most + weight * np.float32(likeness.slack)
    return np.asarray(most)


def _reached(likeness: Likeness, judged: Judged, promising: Rows, top: int) -> float:
    """A score that `top` rows reach for certain."""
    near = _near(likeness, judged, promising, judged.rest(promising))
    return _kth(near, top) - 2 * ROUNDING


def _near(likeness: Likeness, judged: Judged, at: Rows, rest: Floats) -> Floats:
    """Some scores within `ROUNDING`, from what all parts but the words add to them."""
    return rest + _text_weight(judged, at) * likeness.near(judged.rows_at(at))


def _text_weight(judged: Judged, at: Rows) -> Floats:
    weight = judged.weights[TEXT]
    return np.asarray(weight[at] if len(weight) != 1 else weight)


def _highest(values: NDArray[np.floating], k: int) -> Rows:
    """k rows of values that are high: the highest, but for ties."""
    if len(values) // _BLOCK <= k:
        return np.argpartition(values, -k)[-k:] if len(values) > k else np.arange(len(values))
    n_whole = len(values) // _BLOCK * _BLOCK
    peaks = values[:n_whole].reshape(_BLOCK, -1).max(axis=0)
    rows = np.flatnonzero(values >= _kth(peaks, k))
    return rows[np.argpartition(values[rows], -k)[-k:]]


def _kth(values: NDArray[np.floating], k: int) -> float:
    """The k-th highest value, or the lowest where there are fewer."""
    k = min(k, len(values))
    return float(np.partition(values, len(values) - k)[len(values) - k])
