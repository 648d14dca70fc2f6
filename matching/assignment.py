"""Who reviews which proposal: the greatest total of affinity, or the fairest.

`sum`: the greatest total. `fair`: the proposal that is served worst is served as well as can be, and under
that the total is greatest. A conflict rules a pair out; loads are limits. Both come with a proof that can be
checked without a solver (`matching.transport`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import scipy.optimize as so
import scipy.sparse as sp

from matching.transport import Certificate, Choice, Ints, Limit, Transport, choose

Pair: TypeAlias = tuple[str, str]
_WEIGHT_GRID = 1 << 12


class Mode(StrEnum):
    """What is made greatest first."""

    SUM = "sum"
    FAIR = "fair"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who reviews what.

    reviewers_of : proposal -> its reviewers, both in the order of their ids.
    total : sum of the scores of all pairs. worst : the smallest sum of a proposal.
    worst_bound : no assignment serves every proposal better; None in mode `sum`, which does not ask.
    certificate : why the total cannot be greater (in mode `fair`: with every proposal at `worst` or above).
    status : "optimal" or "time_limit".
    """

    reviewers_of: Mapping[str, tuple[str, ...]]
    total: int
    worst: int
    worst_bound: int | None
    certificate: Certificate
    status: str


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why no assignment exists: with as many places filled as can be, these proposals still lack reviewers.

    lacking : proposal -> how many are missing. n_candidates : proposal -> reviewers without a conflict.
    idle : reviewers who cannot be given their least load.
    """

    lacking: Mapping[str, int]
    n_candidates: Mapping[str, int]
    idle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loads:
    """per_proposal : reviewers of each proposal. most, least : proposals of each reviewer."""

    per_proposal: int
    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Further:
    """Where places are filled already, and of whom at least one is needed.

    wanted : proposal -> reviewers still wanted, where that is not `per_proposal`.
    room : reviewer -> proposals still taken, where that is not `most`.
    one_of : proposal -> reviewers of whom at least one is chosen; left out where none is needed.
    """

    wanted: Mapping[str, int]
    room: Mapping[str, int]
    one_of: Mapping[str, frozenset[str]]


def assign(
    proposals: Iterable[str],
    reviewers: Iterable[str],
    affinities: Mapping[Pair, int],
    conflicts: Iterable[Pair],
    loads: Loads,
    *,
    mode: Mode = Mode.SUM,
    seed: str = "",
    seconds: float = 60.0,
    further: Further | None = None,
) -> Assignment | Shortfall:
    """Reviewers for every proposal.

    Parameters
    ----------
    proposals, reviewers : ids, each once
    affinities : mapping of (proposal, reviewer) to int, 0 or more
        A pair without one scores 0.
    conflicts : pairs that are ruled out
    loads : Loads
    seed : str
        Public seed of the lots that settle ties.
    further : Further, optional
        What is filled already, and of whom each proposal needs one.

    Raises
    ------
    Invalid
        When the scores are too great, or the time was too short for any answer.
    """
    problem = _transport(sorted(proposals), sorted(reviewers), affinities, frozenset(conflicts), loads)
    problem = _with(problem, further) if further is not None else problem
    best = choose(problem, seed=seed, seconds=seconds)
    if best is None:
        return _shortfall(problem, seed, seconds)
    bound = None
    if mode is Mode.FAIR:
        best, bound = _fairest(problem, best, seed, seconds)
    return _assignment(problem, best, bound)


def _transport(
    proposals: Sequence[str],
    reviewers: Sequence[str],
    affinities: Mapping[Pair, int],
    conflicts: frozenset[Pair],
    loads: Loads,
) -> Transport:
    row_of = {one: place for place, one in enumerate(proposals)}
    col_of = {one: place for place, one in enumerate(reviewers)}
    scores = np.zeros((len(proposals), len(reviewers)), dtype=np.int64)
    is_open = np.ones(scores.shape, dtype=bool)
    for (proposal, reviewer), score in affinities.items():
        scores[row_of[proposal], col_of[reviewer]] = score
    for proposal, reviewer in conflicts:
        is_open[row_of[proposal], col_of[reviewer]] = False
    rows, cols = np.nonzero(is_open)
    return Transport(
        tuple(proposals),
        tuple(reviewers),
        rows,
        cols,
        scores[rows, cols],
        np.full((len(proposals), 2), loads.per_proposal, dtype=np.int64),
        np.tile(np.array([loads.least, loads.most], dtype=np.int64), (len(reviewers), 1)),
    )


def _with(problem: Transport, further: Further) -> Transport:
    takes, room = problem.left_takes.copy(), problem.right_takes.copy()
    for row, one in enumerate(problem.left):
        takes[row] = further.wanted.get(one, int(takes[row, 1]))
    for col, one in enumerate(problem.right):
        most = further.room.get(one, int(room[col, 1]))
        room[col] = (min(int(room[col, 0]), most), most)
    limits = []
    for row, one in enumerate(problem.left):
        if one in further.one_of and takes[row, 1]:
            cols = [col for col, other in enumerate(problem.right) if other in further.one_of[one]]
            places = np.flatnonzero((problem.rows == row) & np.isin(problem.cols, cols))
            limits.append(Limit(f"one_of:{one}", places, np.ones(len(places), dtype=np.int64), least=1))
    return replace(problem, left_takes=takes, right_takes=room, limits=(*problem.limits, *limits))


def _assignment(problem: Transport, best: Choice, bound: int | None) -> Assignment:
    chosen = list(best.chosen)
    reviewers_of: dict[str, list[str]] = {one: [] for one in problem.left}
    for row, col in zip(problem.rows[chosen].tolist(), problem.cols[chosen].tolist(), strict=True):
        reviewers_of[problem.left[row]].append(problem.right[col])
    sums = _sums(problem, best)
    return Assignment(
        {one: tuple(sorted(found)) for one, found in reviewers_of.items()},
        best.total,
        int(sums.min(initial=best.total)),
        bound,
        best.certificate,
        best.status,
    )


def _sums(problem: Transport, best: Choice) -> Ints:
    """What each proposal gets, shape (n_left,)."""
    chosen = list(best.chosen)
    weights = problem.scores[chosen].astype(float)
    sums = np.bincount(problem.rows[chosen], weights=weights, minlength=len(problem.left))
    whole: Ints = np.round(sums).astype(np.int64)
    return whole


# --- fairness ---------------------------------------------------------------------------------------------


def _fairest(problem: Transport, best: Choice, seed: str, seconds: float) -> tuple[Choice, int]:
    """The greatest total among those in which the worst-served proposal is served best, and the bound on
    how well that one can be served.

    The linear bound is tried first: on real bids it is nearly always reached at once. Otherwise the highest
    reachable step of the score grid is found by halving.
    """
    step = int(np.gcd.reduce(problem.scores)) or 1
    bound = _worst_bound(problem, seed) // step * step
    reached = int(_sums(problem, best).min(initial=0)) // step * step
    low, high = reached, bound
    threshold = high
    while low < high:
        found = choose(_at_least(problem, threshold), seed=seed, seconds=seconds)
        if found is not None:
            best, low = found, threshold
        else:
            high = threshold - step
        threshold = low + (high - low + step) // (2 * step) * step
    return best, high


def _at_least(problem: Transport, threshold: int) -> Transport:
    """With the rule that every proposal's scores add up to the threshold."""
    order = np.argsort(problem.rows, kind="stable")
    ends = np.cumsum(np.bincount(problem.rows, minlength=len(problem.left)))
    limits = tuple(
        Limit(f"worst:{one}", places, problem.scores[places], least=threshold)
        for one, places in zip(problem.left, np.split(order, ends[:-1]), strict=True)
    )
    return replace(problem, limits=(*problem.limits, *limits))


def _worst_bound(problem: Transport, seed: str) -> int:
    """No assignment gives every proposal more than this.

    The worst-served proposal gets no more than any weighted mean of what all get; the weights that bound it
    best are multipliers of a linear program, and the greatest weighted total is proved by its certificate.
    """
    weights = _worst_weights(problem)
    weighted = replace(problem, scores=problem.scores * weights[problem.rows])
    found = choose(weighted, seed=seed)
    if found is None:
        raise AssertionError("a problem with a solution lost it by weighing")
    return found.certificate.bound // int(weights.sum())


def _worst_weights(problem: Transport) -> Ints:
    """Weights of the proposals, 0 or more and not all 0, shape (n_left,), on a grid."""
    n, n_left, n_right = problem.n_pairs, len(problem.left), len(problem.right)
    every, ones = np.arange(n), np.ones(n)
    by_row = sp.csr_array((ones, (problem.rows, every)), shape=(n_left, n + 1))
    by_col = sp.csr_array((ones, (problem.cols, every)), shape=(n_right, n + 1))
    gives = sp.csr_array((problem.scores.astype(float), (problem.rows, every)), shape=(n_left, n))
    short = sp.hstack([-gives, sp.csr_array(np.ones((n_left, 1)))])
    goal = np.zeros(n + 1)
    goal[-1] = -1.0
    right = problem.right_takes.astype(float)
    found = so.linprog(
        goal,
        A_ub=sp.vstack([short, by_col, -by_col], format="csr"),
        b_ub=np.concatenate([np.zeros(n_left), right[:, 1], -right[:, 0]]),
        A_eq=by_row,
        b_eq=problem.left_takes[:, 0].astype(float),
        bounds=[(0, 1)] * n + [(0, None)],
        method="highs-ds",
    )
    if found.status != 0:
        return np.ones(n_left, dtype=np.int64)
    weights: Ints = np.round(-found.ineqlin.marginals[:n_left] * _WEIGHT_GRID).astype(np.int64)
    return weights if weights.any() else np.ones(n_left, dtype=np.int64)


# --- when nothing fits ------------------------------------------------------------------------------------


def _shortfall(problem: Transport, seed: str, seconds: float) -> Shortfall:
    """Fill as many places as can be filled and name who still lacks one."""
    free = replace(
        problem,
        scores=np.ones(problem.n_pairs, dtype=np.int64),
        left_takes=np.column_stack([np.zeros(len(problem.left), dtype=np.int64), problem.left_takes[:, 1]]),
        right_takes=np.column_stack(
            [np.zeros(len(problem.right), dtype=np.int64), problem.right_takes[:, 1]]
        ),
    )
    found = choose(free, seed=seed, seconds=seconds)
    if found is None:
        raise AssertionError("a problem without least numbers has no solution")
    filled = np.bincount(problem.rows[list(found.chosen)], minlength=len(problem.left))
    loads = np.bincount(problem.cols[list(found.chosen)], minlength=len(problem.right))
    n_candidates = np.bincount(problem.rows, minlength=len(problem.left))
    wanted = problem.left_takes[:, 0]
    lacking = np.flatnonzero(filled < wanted)
    return Shortfall(
        {problem.left[one]: int(wanted[one] - filled[one]) for one in lacking},
        {problem.left[one]: int(n_candidates[one]) for one in lacking},
        tuple(problem.right[one] for one in np.flatnonzero(loads < problem.right_takes[:, 0])),
    )
