"""Which rows of a segment score best, without working out every score to the last digit?

Bounds tell for all rows what they can reach at most; near scores of the most promising ones tell what has
to be reached; only rows that still can are scored exactly. The answer is that of scoring every row exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.columns import Bools
from matching.facets import Floats
from matching.likeness import ROUNDING, Likeness
from matching.score import Judged, Scores

_BLOCK = 128
_FEW = 4_096
_NEVER = -2.0
"""Below every score: a row that is not wanted."""


def best_rows(
    likeness: Likeness, judged: Judged, wanted: Bools, top: int, least: float
) -> tuple[NDArray[np.intp], Scores]:
    """The `top` wanted rows of highest score above `least`, and all that tie with the last of them.

    Returns
    -------
    (array of rows, Scores)
        Best first, ties in the order of rows; at most `top` of them.
    """
    most = _most(likeness, judged, wanted)
    rows = np.empty(0, dtype=np.intp)
    if 0 < top < np.count_nonzero(wanted):
        enough = _reached(likeness, judged, most, top)
        rows = np.flatnonzero(most >= enough)
        near = _near(likeness, judged, rows)
        rows = rows[near >= max(enough, _kth(near, top) - 2 * ROUNDING)]
    elif top:
        rows = np.flatnonzero(wanted)
    scores = judged.score(rows, _exact_text(likeness, rows))
    order = np.argsort(-scores.score, kind="stable")
    order = order[scores.score[order] > least][:top]
    return rows[order], _taken(scores, order)


def _most(likeness: Likeness, judged: Judged, wanted: Bools) -> NDArray[np.float32]:
    """What each score can be at most, within `ROUNDING`; far less for what is not wanted: shape (n,)."""
    most = judged.weights["text"].astype(np.float32) * likeness.most
    if judged.parts:
        most += judged.rest
    np.putmask(most, ~wanted, np.float32(_NEVER))
    return most


def _reached(likeness: Likeness, judged: Judged, most: NDArray[np.float32], top: int) -> float:
    """A score that `top` rows reach for certain."""
    promising = _highest(most, 2 * top + 8)
    promising = promising[most[promising] > _NEVER]
    return _kth(_near(likeness, judged, promising), top) - 2 * ROUNDING


def _near(likeness: Likeness, judged: Judged, rows: NDArray[np.intp]) -> Floats:
    """The scores of some rows within `ROUNDING`."""
    weight, rest = judged.weights["text"], judged.rest
    return _of(rest, rows) + _of(weight, rows) * likeness.near(rows)


def _exact_text(likeness: Likeness, rows: NDArray[np.intp]) -> Floats:
    text = np.zeros(len(rows))
    held = np.flatnonzero(likeness.most[rows] > 0)
    text[held] = likeness.exact(rows[held])
    return text


def _highest(values: NDArray[np.floating], k: int) -> NDArray[np.intp]:
    """k rows of values that are high: the highest, but for ties."""
    n_whole = len(values) // _BLOCK * _BLOCK
    if len(values) > _FEW and len(values) // _BLOCK > k:
        peaks = values[:n_whole].reshape(-1, _BLOCK).max(axis=1)
        rows = np.flatnonzero(values >= _kth(peaks, k))
    else:
        rows = np.arange(len(values))
    order = np.argsort(-values[rows], kind="stable")[:k]
    return rows[order]


def _kth(values: NDArray[np.floating], k: int) -> float:
    """The k-th highest value, or the lowest where there are fewer."""
    k = min(k, len(values))
    return float(np.partition(values, len(values) - k)[len(values) - k])


def _of(values: NDArray[Any], rows: NDArray[np.intp]) -> Floats:
    return values[rows] if len(values) != 1 else values


def _taken(scores: Scores, order: NDArray[np.intp]) -> Scores:
    return Scores(
        {part: values[order] for part, values in scores.parts.items()},
        {part: values[order] for part, values in scores.weights.items()},
        scores.score[order],
    )
