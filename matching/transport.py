"""Which pairs to choose so that the total score is greatest and every limit holds, with a proof.

Left and right are any two sides: proposals and reviewers, requests and offers. The pairs that may be chosen
are given with integer scores; everything else is a row of limits. Ids are put in order before anything is
solved and ties are settled by public lots, so the answer depends neither on the order of the input nor on
chance. What a solver says is never believed: the chosen pairs are checked against every limit in integers,
and the bound that proves them best is added up in integers from the solver's multipliers.

Source: linear programming duality; L. V. Kantorovich, "On the translocation of masses" (1942), for the
transport problem, whose multipliers are integers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.optimize as so
import scipy.sparse as sp

from vocabulary.errors import Invalid
from vocabulary.messages import Message

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
NO_LIMIT = -1
"""As `most`: any number."""
_OBJECTIVE_BITS = 36
_GRID = 1 << 10
"""Multipliers are rounded to this part of a unit; a bound stays a bound whatever they are rounded to."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The sum of `weights` over the chosen ones among `pairs` lies in least..most.

    pairs, weights : shape (n,); positions of pairs, integers. most : NO_LIMIT for none.
    """

    name: str
    pairs: Ints
    weights: Ints
    least: int = 0
    most: int = NO_LIMIT


@dataclass(frozen=True, slots=True)
class Transport:
    """Pairs with scores, and how many each side takes.

    left, right : ids. rows, cols, scores : shape (n_pairs,); positions of the two ids, score 0 or more.
    left_takes, right_takes : shape (n_left, 2) and (n_right, 2); least and most pairs of each.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    rows: Ints
    cols: Ints
    scores: Ints
    left_takes: Ints
    right_takes: Ints
    limits: tuple[Limit, ...] = ()

    @property
    def n_pairs(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Why no choice has a greater total: `bound` follows from the multipliers by adding up integers.

    multipliers : row name -> multiple of 1/grid of a unit of (score * lot_range + lot).
    bound : greatest total score that any choice can have. gap : bound - total; 0 proves the choice best.
    """

    multipliers: dict[str, tuple[int, int]]
    grid: int
    lot_range: int
    bound: int
    gap: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Positions of the chosen pairs, in order; their total score; the proof. `status`: "optimal", or
    "time_limit" where the search was stopped and `gap` says how far off it can be at most."""

    chosen: tuple[int, ...]
    total: int
    certificate: Certificate
    status: str


def lots(transport: Transport, seed: str, most: int) -> Ints:
    """One integer in 0..most for each pair: the first bits of SHA-256(seed|left|right). Shape (n_pairs,)."""
    drawn = np.empty(transport.n_pairs, dtype=np.int64)
    start = hashlib.sha256(f"{seed}|".encode())
    for place, (row, col) in enumerate(zip(transport.rows.tolist(), transport.cols.tolist(), strict=True)):
        one = start.copy()
        one.update(f"{transport.left[row]}|{transport.right[col]}".encode())
        drawn[place] = int.from_bytes(one.digest()[:8], "big") % (most + 1)
    return drawn


def choose(transport: Transport, *, seed: str, seconds: float = 60.0) -> Choice | None:
    """The choice with the greatest total score and, among those, the greatest sum of lots.

    Parameters
    ----------
    transport : Transport
    seed : str
        Public; with another seed other equally good choices may come out.
    seconds : float
        The search stops after this time with the best found so far.

    Returns
    -------
    Choice, or None where no choice meets the limits

    Raises
    ------
    Invalid
        When the scores are too great to be added up exactly, or the time was too short for any choice.
    """
    problem = _Problem(transport, seed)
    relaxed = problem.relaxed()
    if relaxed is None:
        return None
    values, multipliers = relaxed
    status = "optimal"
    if np.abs(values - np.round(values)).max(initial=0.0) > 1e-6:
        found = problem.whole(seconds)
        if found is None:
            return None
        values, status = found
    chosen = tuple(int(place) for place in np.flatnonzero(np.round(values) == 1))
    broken = violations(transport, chosen)
    if broken:
        raise AssertionError(f"the solver broke its own limits: {broken[:3]}")
    total = int(transport.scores[list(chosen)].sum())
    return Choice(chosen, total, problem.certificate(multipliers, total), status)


def violations(transport: Transport, chosen: Sequence[int]) -> list[str]:
    """Names of the rows that a choice breaks, in integers and without a solver."""
    rows = _Rows(transport)
    picked = np.zeros(transport.n_pairs, dtype=np.int64)
    picked[list(chosen)] = 1
    sums = rows.matrix.astype(np.int64) @ picked
    is_low = sums < rows.least
    is_high = (rows.most != NO_LIMIT) & (sums > rows.most)
    return [rows.names[place] for place in np.flatnonzero(is_low | is_high)]


class _Rows:
    """Every limit as one row over the pairs."""

    def __init__(self, transport: Transport) -> None:
        n, ones = transport.n_pairs, np.ones(transport.n_pairs, dtype=np.int64)
        every = np.arange(n)
        blocks = [
            sp.csr_array((ones, (transport.rows, every)), shape=(len(transport.left), n)),
            sp.csr_array((ones, (transport.cols, every)), shape=(len(transport.right), n)),
        ]
        for limit in transport.limits:
            at = np.zeros(len(limit.pairs), dtype=np.int64)
            blocks.append(sp.csr_array((limit.weights, (at, limit.pairs)), shape=(1, n)))
        self.matrix = sp.vstack(blocks, format="csr")
        sides = np.vstack([transport.left_takes, transport.right_takes]).reshape(-1, 2)
        others = np.array([(one.least, one.most) for one in transport.limits], dtype=np.int64).reshape(-1, 2)
        self.least, self.most = np.vstack([sides, others]).T
        self.names = [
            *(f"left:{one}" for one in transport.left),
            *(f"right:{one}" for one in transport.right),
            *(f"limit:{one.name}" for one in transport.limits),
        ]


class _Problem:
    """The rows with an objective in which one more score outweighs all lots together."""

    def __init__(self, transport: Transport, seed: str) -> None:
        self.transport, self.rows = transport, _Rows(transport)
        n_chosen = int(_caps(transport).sum()) or 1
        bits = _OBJECTIVE_BITS - int(transport.scores.max(initial=1)).bit_length()
        if bits < 8:
            most = 1 << (_OBJECTIVE_BITS - 8)
            raise Invalid({"score": [Message("Scores must be below {most}.", most=most)]})
        self.lot_range = 1 << bits
        self.drawn = lots(transport, seed, max(self.lot_range // n_chosen - 1, 0))
        self.gain: Ints = transport.scores * self.lot_range + self.drawn

    def relaxed(self) -> tuple[Floats, Floats] | None:
        """The best choice of parts of pairs, and the multipliers of each row's least and most.

        Shapes (n_pairs,) and (2, n_rows); None where the limits cannot be met.
        """
        rows = self.rows
        if not self.transport.n_pairs:  # the solver takes no empty problem
            return None if (rows.least > 0).any() else (np.zeros(0), np.zeros((2, len(rows.names))))
        has_least, has_most = rows.least > 0, rows.most != NO_LIMIT
        matrix = sp.vstack([-rows.matrix[has_least], rows.matrix[has_most]], format="csr").astype(float)
        bound = np.concatenate([-rows.least[has_least], rows.most[has_most]]).astype(float)
        scale = float(max(abs(self.gain).max(), 1))  # on gains of many digits the solver sometimes gives up
        found = so.linprog(-self.gain / scale, A_ub=matrix, b_ub=bound, bounds=(0, 1), method="highs-ds")
        if found.status == 2:
            return None
        if found.status != 0:
            raise AssertionError(f"the solver gave up: {found.message}")
        multipliers = np.zeros((2, len(rows.names)))
        split = int(has_least.sum())
        multipliers[0, has_least] = -found.ineqlin.marginals[:split] * scale
        multipliers[1, has_most] = -found.ineqlin.marginals[split:] * scale
        return found.x, multipliers

    def whole(self, seconds: float) -> tuple[Floats, str] | None:
        """The best choice of whole pairs by branch and bound, and how the search ended."""
        rows = self.rows
        most = np.where(rows.most == NO_LIMIT, np.inf, rows.most.astype(float))
        found = so.milp(
            -self.gain.astype(float),
            integrality=np.ones(self.transport.n_pairs),
            bounds=so.Bounds(0, 1),
            constraints=so.LinearConstraint(rows.matrix.astype(float), rows.least.astype(float), most),
            options={"mip_rel_gap": 0.0, "time_limit": seconds},
        )
        if found.x is None:
            if found.status == 2:
                return None
            raise Invalid({}, Message("No choice was found in {seconds} seconds.", seconds=seconds))
        return found.x, "optimal" if found.status == 0 else "time_limit"

    def certificate(self, multipliers: Floats, total: int) -> Certificate:
        """The multipliers on the grid, and what they prove."""
        whole = np.maximum(np.round(multipliers * _GRID), 0).astype(np.int64)
        bound = _bound(self.rows, self.gain, whole) // (_GRID * self.lot_range)
        named = {
            name: (int(low), int(high))
            for name, low, high in zip(self.rows.names, *whole, strict=True)
            if low or high
        }
        return Certificate(named, _GRID, self.lot_range, bound, bound - total)


def proven_bound(transport: Transport, certificate: Certificate, *, seed: str) -> int:
    """The greatest total any choice can have, from the certificate alone: no solver, integers only."""
    problem = _Problem(transport, seed)
    whole = np.array([certificate.multipliers.get(name, (0, 0)) for name in problem.rows.names]).T
    is_priced_without_limit = (problem.rows.most == NO_LIMIT) & (whole[1] > 0)
    is_foreign = certificate.grid != _GRID or certificate.lot_range != problem.lot_range
    if is_foreign or (whole < 0).any() or is_priced_without_limit.any():
        raise Invalid({}, Message("The certificate does not belong to this problem."))
    return _bound(problem.rows, problem.gain, whole) // (_GRID * problem.lot_range)


def _bound(rows: _Rows, gain: Ints, whole: Ints) -> int:
    """Weak duality: most·y − least·z + Σ max(0, gain − Aᵀ(y − z)), for y and z of 0 or more; in 1/grid."""
    low, high = whole
    priced = rows.matrix.T.astype(np.int64) @ (high - low)
    left_over = np.maximum(gain * _GRID - priced, 0)
    most = np.where(rows.most == NO_LIMIT, 0, rows.most)
    paid = sum(one * many for one, many in zip(high.tolist(), most.tolist(), strict=True))
    owed = sum(one * many for one, many in zip(low.tolist(), rows.least.tolist(), strict=True))
    return int(paid - owed + sum(left_over.tolist()))


def _caps(transport: Transport) -> Ints:
    """How many pairs each of the left can be in at most, shape (n_left,)."""
    n_pairs = np.bincount(transport.rows, minlength=len(transport.left))
    most = transport.left_takes[:, 1]
    caps: Ints = np.where(most == NO_LIMIT, n_pairs, np.minimum(most, n_pairs))
    return caps
