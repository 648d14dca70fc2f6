"""How does a question become rows of integers, and which list has the greatest sum within them?

A row says that a weighted count of the list lies between two numbers. The solver works on floats, so nothing
that it says is believed: a list is checked against every row in integers before anybody sees it, and the
proof (fellowships/proof.py) is checked by a program that has never met the solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import scipy.optimize as so
import scipy.sparse as sp

from fellowships.chapters import chapter_rows
from fellowships.facts import Question
from vocabulary.errors import Invalid
from vocabulary.messages import Message

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Sparse: TypeAlias = Any
"""A csr_array of integers; scipy has no types."""
NO_LIMIT = -1
"""As `most`: any number."""
_WHOLE = 1e-6
_SMALL, _MOST_KEPT = 2000, 0.5
"""Up to so many nominees, and where a greater part would stay, the solver looks at everybody."""


@dataclass(frozen=True, slots=True)
class Program:
    """Rows over the nominees in order of their ids.

    names : of the rows. matrix : shape (n_rows, n); weights of 0 or more. least, most : shape (n_rows,).
    low, high : shape (n,); 0 or 1: who must be, and who may be on the list. gain : shape (n,); what to sum.
    """

    names: tuple[str, ...]
    matrix: Sparse
    least: Ints
    most: Ints
    low: Ints
    high: Ints
    gain: Ints

    @property
    def n(self) -> int:
        return len(self.gain)

    def with_row(self, name: str, weights: Ints, least: int = 0, most: int = NO_LIMIT) -> Program:
        """The same with one row more."""
        return replace(
            self,
            names=(*self.names, name),
            matrix=sp.vstack([self.matrix, sp.csr_array(weights.reshape(1, -1))], format="csr"),
            least=np.append(self.least, least),
            most=np.append(self.most, most),
        )

    def without_rows(self, names: Sequence[str]) -> Program:
        """The same without these rows."""
        kept = [place for place, name in enumerate(self.names) if name not in set(names)]
        return replace(
            self,
            names=tuple(self.names[place] for place in kept),
            matrix=self.matrix[kept],
            least=self.least[kept],
            most=self.most[kept],
        )

    def bounded(self, place: int, low: int, high: int) -> Program:
        """The same with one nominee forced in (1, 1) or out (0, 0)."""
        lows, highs = self.low.copy(), self.high.copy()
        lows[place], highs[place] = low, high
        return replace(self, low=lows, high=highs)

    def among(self, places: Ints) -> Program:
        """The same among these nominees only; whoever is left out must not be forced in."""
        if len(places) == self.n:
            return self
        return replace(
            self,
            matrix=self.matrix[:, places],
            low=self.low[places],
            high=self.high[places],
            gain=self.gain[places],
        )

    def keeps(self, chosen: Sequence[int]) -> bool:
        """Whether a list keeps every row and bound, in integers."""
        picked = np.zeros(self.n, dtype=np.int64)
        picked[list(chosen)] = 1
        sums = self.matrix @ picked
        is_high = (self.most != NO_LIMIT) & (sums > self.most)
        is_out = (picked < self.low) | (picked > self.high)
        return not ((sums < self.least).any() or is_high.any() or is_out.any())


def program_of(question: Question) -> Program:
    """The rows of an ordered question, with the scores to sum. Row names are those of the record."""
    people = question.nominations
    n = len(people)
    names, rows, limits = ["seats"], [np.arange(n)], [(question.n_seats, question.n_seats)]
    for place, target in enumerate(question.targets):
        names.append(f"target:{place}")
        rows.append(np.flatnonzero(members(question, target.attribute, target.value)))
        limits.append((target.least, NO_LIMIT if target.most is None else target.most))
    for place, cap in enumerate(question.caps):
        for value, places in sorted(_places_by_value(question, cap.attribute).items()):
            if len(places) > cap.most:  # others are never too many
                names.append(f"cap:{place}:{value}")
                rows.append(np.array(places))
                limits.append((0, cap.most))
    for name, row, most in chapter_rows(question):
        names.append(name)
        rows.append(row)
        limits.append((0, most))
    place_of = {one.id: place for place, one in enumerate(people)}
    low, high = np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64)
    for pin in question.pins:
        (low if pin.is_in else high)[place_of[pin.id]] = int(pin.is_in)
    least, most = np.array(limits, dtype=np.int64).T
    gain = np.array([one.score for one in people], dtype=np.int64)
    return Program(tuple(names), _matrix(rows, n), least, most, low, high, gain)


def _places_by_value(question: Question, attribute: str) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, one in enumerate(question.nominations):
        for value in one.every(attribute):
            places.setdefault(value, []).append(place)
    return places


def _matrix(rows: list[Ints], n: int) -> Sparse:
    """1 at the places of each row, shape (n_rows, n)."""
    starts = np.cumsum([0, *(len(places) for places in rows)])
    ones = np.ones(starts[-1], dtype=np.int64)
    return sp.csr_array((ones, np.concatenate(rows), starts), shape=(len(rows), n))


def members(question: Question, attribute: str, value: str) -> Ints:
    """1 for each nominee who has this value, shape (n,)."""
    return np.array([value in one.every(attribute) for one in question.nominations], dtype=np.int64)


def members_of_band(question: Question, band: str) -> Ints:
    """1 for each nominee in this band of merit, shape (n,)."""
    return np.array([one.band == band for one in question.nominations], dtype=np.int64)


def merit_of(question: Question) -> Ints:
    """One number for each nominee by which lists are compared, shape (n,): score, and bands far above it.

    Without bands it is the score. A nominee more in a band outweighs everything below it.
    """
    scores = [one.score for one in question.nominations]
    weights, weight = {"": 0}, 0
    for band in reversed(question.bands):
        weights[band] = weight
        weight = weight * (question.n_seats + 1) if weight else question.n_seats * max(scores) + 1
    bands = [weights[one.band] if question.bands else 0 for one in question.nominations]
    return np.array([band + score for band, score in zip(bands, scores, strict=True)], dtype=np.int64)


def greatest(program: Program, seconds: float = 60.0) -> tuple[int, ...] | None:
    """Places of the list with the greatest gain, in order; None where no list keeps the rows.

    Raises Invalid when the time was too short. The list keeps every row; that it is the greatest is the
    word of the solver until it is proved.
    """
    kept = contenders(program)
    full, program = program, program.among(kept)
    relaxed = relax(program)
    if relaxed is None:
        return None
    values = relaxed[0]
    if np.abs(values - np.round(values)).max(initial=0.0) > _WHOLE:
        most = np.where(program.most == NO_LIMIT, np.inf, program.most.astype(float))
        found = so.milp(
            -program.gain.astype(float),
            integrality=np.ones(program.n),
            bounds=so.Bounds(program.low, program.high),
            constraints=so.LinearConstraint(program.matrix.astype(float), program.least.astype(float), most),
            options={"mip_rel_gap": 0.0, "time_limit": seconds},
        )
        if found.status == 2:
            return None
        if found.status != 0:
            raise Invalid({}, Message("No list was proved best in {seconds} seconds.", seconds=seconds))
        values = found.x
    chosen = tuple(int(place) for place in kept[np.flatnonzero(np.round(values) == 1)])
    if not full.keeps(chosen):
        raise AssertionError("the solver broke its own rows")
    return chosen


def relax(program: Program) -> tuple[Floats, Floats] | None:
    """The greatest gain with parts of people, and a multiplier for each row: above 0 for its most, below 0
    for its least. Shapes (n,) and (n_rows,); None where even that cannot be."""
    kept = contenders(program)
    full, program = program, program.among(kept)
    matrix, bound, sides = _below(program)
    found = so.linprog(
        -program.gain.astype(float),
        A_ub=matrix,
        b_ub=bound,
        bounds=np.column_stack([program.low, program.high]),
        method="highs-ds",
    )
    if found.status == 2:
        return None
    if found.status != 0:
        raise AssertionError(f"the solver gave up: {found.message}")
    values = np.zeros(full.n)
    values[kept] = found.x
    return values, _per_row(program, -found.ineqlin.marginals, sides)


def contenders(program: Program) -> Ints:
    """Places of those who can matter, in order, shape (n_kept,); everybody where few would go.

    Of free nominees with the same weight in every row, no more than `u` can be chosen, the least "most" of
    these rows; so those with the u + 1 greatest gains do. The one more keeps the multipliers true for all.
    """
    if program.n <= _SMALL:
        return np.arange(program.n)
    kinds, firsts = _kinds(program.matrix)
    limit = np.full(len(firsts.indptr) - 1, program.n, dtype=np.int64)
    most = np.where(program.most == NO_LIMIT, program.n, program.most)[firsts.indices]
    kind_of_weight = np.repeat(np.arange(len(limit)), np.diff(firsts.indptr))
    np.minimum.at(limit, kind_of_weight[firsts.data > 0], most[firsts.data > 0])
    free = np.flatnonzero(program.low < program.high)
    free = free[np.lexsort((free, -program.gain[free], kinds[free]))]
    starts = np.searchsorted(kinds[free], kinds[free])
    best = free[np.arange(len(free)) - starts <= limit[kinds[free]]]
    kept = np.sort(np.concatenate([best, np.flatnonzero((program.low == 1) & (program.high == 1))]))
    if not len(kept) or len(kept) > _MOST_KEPT * program.n:
        return np.arange(program.n)
    return kept


def _kinds(matrix: Sparse) -> tuple[Ints, Sparse]:
    """A number for each column, equal where the columns are, shape (n,); and one column of each number.

    Found by one sum for each column, and compared; where two different columns have one sum, which is next
    to never, each column is a kind of its own.
    """
    marks = np.random.default_rng(0).integers(1 << 38, size=matrix.shape[0])
    _, firsts, kinds = np.unique(matrix.T @ marks, return_index=True, return_inverse=True)
    columns = matrix.tocsc()
    if (columns != columns[:, firsts[kinds]]).nnz:
        return np.arange(matrix.shape[1]), columns
    return kinds, columns[:, firsts]


def conflict(program: Program) -> Floats:
    """Multipliers that show why no list keeps the rows, where parts of people cannot either (Farkas).

    They come from the least sum of violations; shape (n_rows,).
    """
    matrix, bound, sides = _below(program)
    n_rows = len(bound)
    found = so.linprog(
        np.concatenate([np.zeros(program.n), np.ones(n_rows)]),
        A_ub=sp.hstack([matrix, -sp.eye_array(n_rows)], format="csr"),
        b_ub=bound,
        bounds=[*zip(program.low.tolist(), program.high.tolist(), strict=True), *[(0, None)] * n_rows],
        method="highs-ds",
    )
    return _per_row(program, -found.ineqlin.marginals, sides)


def _below(program: Program) -> tuple[Sparse, Floats, tuple[Any, Any]]:
    """Every row as "at most": first those with a least, then those with a most."""
    has_least, has_most = program.least > 0, program.most != NO_LIMIT
    matrix = sp.vstack([-program.matrix[has_least], program.matrix[has_most]], format="csr").astype(float)
    bound = np.concatenate([-program.least[has_least], program.most[has_most]]).astype(float)
    return matrix, bound, (has_least, has_most)


def _per_row(program: Program, multipliers: Floats, sides: tuple[Any, Any]) -> Floats:
    has_least, has_most = sides
    split = int(has_least.sum())
    of_rows = np.zeros(len(program.names))
    of_rows[has_least] -= np.maximum(multipliers[:split], 0)
    of_rows[has_most] += np.maximum(multipliers[split:], 0)
    return of_rows
