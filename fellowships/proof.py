"""Why does no list have a greater sum? Multipliers that anybody can add up, in a small tree of cases.

A leaf holds integer multipliers of rows on a grid: their weighted sum bounds the gain of every list in that
case. Where one bound is not enough, the cases "at most k" and "more than k" of a count, or "not on" and "on"
of a nominee, are proved apart. A leaf with grid 0 shows that its case holds no list at all.

The prover searches every case, so when a claim is wrong it comes back with the list that shows it.

Source: linear programming duality; A. Land and A. Doig, "An automatic method of solving discrete programming
problems" (1960).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fellowships.program import NO_LIMIT, Floats, Ints, Program, conflict, relax
from vocabulary.errors import Invalid
from vocabulary.messages import Message

Tree = dict[str, Any]
"""{"grid", "rows"} of a leaf; {"count" or "person", "at", "below", "above"} of a split."""
Groups = Mapping[tuple[str, str], Ints]
GRIDS = (1, 1 << 6, 1 << 12, 1 << 20)
_MOST_LEAVES = 5000
_FRACTION = 1e-6


@dataclass(frozen=True, slots=True)
class Refuted(Exception):
    """The claim is wrong: this list keeps the rows and gains more."""

    chosen: tuple[int, ...]


def prove(program: Program, claim: int, ids: tuple[str, ...], groups: Groups) -> Tree:
    """A tree that shows: no list that keeps the rows gains more than `claim` (-1 with no gain: no list).

    ids : of the nominees. groups : (attribute, value) -> members, the counts that may be split.
    Raises Refuted with a better list; Invalid when more than 5,000 cases would be needed.
    """
    return _Prover(claim, ids, groups).tree(program, 0)


class _Prover:
    def __init__(self, claim: int, ids: tuple[str, ...], groups: Groups) -> None:
        self.claim, self.ids, self.groups = claim, ids, groups
        self.n_leaves = 0

    def tree(self, program: Program, depth: int) -> Tree:
        relaxed = relax(program)
        if relaxed is None:
            return self._leaf(empty_leaf(program))
        values, multipliers = relaxed
        for grid in GRIDS:
            whole = np.round(multipliers * grid).astype(np.int64)
            if bound_of(program, whole, grid) < grid * (self.claim + 1):
                return self._leaf(written(program, whole, grid))
        return self._split(program, values, depth)

    def _leaf(self, leaf: Tree) -> Tree:
        self.n_leaves += 1
        if self.n_leaves > _MOST_LEAVES:
            raise Invalid({}, Message("The proof would be too long; set fewer targets, or another seed."))
        return leaf

    def _split(self, program: Program, values: Floats, depth: int) -> Tree:
        is_whole = all(_part(value) < _FRACTION for value in values.tolist())
        anyone = self._refute_or_free(program, values) if is_whole else 0
        head, below, above = split_of(program, values, depth, self.ids, self.groups, anyone)
        return head | {"below": self.tree(below, depth + 1), "above": self.tree(above, depth + 1)}

    def _refute_or_free(self, program: Program, values: Floats) -> int:
        """A whole list with more than the claim refutes it; else rounding hid the bound: split on anyone."""
        chosen = tuple(int(place) for place in np.flatnonzero(np.round(values) == 1))
        if program.keeps(chosen) and int(program.gain[list(chosen)].sum()) > self.claim:
            raise Refuted(chosen)
        free = np.flatnonzero(program.low < program.high)
        if not len(free):
            raise AssertionError("a case with nobody left to decide has no bound")
        return int(free[0])


def split_of(
    program: Program, values: Floats, depth: int, ids: tuple[str, ...], groups: Groups, anyone: int
) -> tuple[Tree, Program, Program]:
    """How to part a case in two: by a count that is no whole number, else by a nominee, else by `anyone`."""
    counts = {name: float(group @ values) for name, group in groups.items()}
    name = max(counts, key=lambda one: _part(counts[one]), default=None)
    if name is not None and _part(counts[name]) > 0.01:
        at, row = int(np.floor(counts[name])), f"split:{depth}"
        below = program.with_row(row, groups[name], 0, at)
        above = program.with_row(row, groups[name], at + 1)
        return {"count": list(name), "at": at}, below, above
    place = int(np.argmax([_part(value) for value in values.tolist()]))
    if _part(float(values[place])) < _FRACTION:
        place = anyone
    return (
        {"person": ids[place], "at": 0},
        program.bounded(place, 0, 0),
        program.bounded(place, 1, 1),
    )


def _part(value: float) -> float:
    """How far a number is from a whole one, 0..0.5."""
    return abs(value - round(value))


def empty_leaf(program: Program) -> Tree:
    """A leaf whose multipliers show that the case holds no list."""
    multipliers = conflict(program)
    for grid in GRIDS:
        whole = np.round(multipliers * grid).astype(np.int64)
        if bound_of(program, whole, 0) < 0:
            return written(program, whole, 0)
    raise AssertionError("the multipliers of the solver show no conflict")


def bound_of(program: Program, whole: Ints, grid: int) -> int:
    """What the multipliers prove, in 1/grid: prices of the limits, and what each nominee is worth beyond."""
    limits = np.where(whole > 0, program.most, program.least)
    worth = program.gain * grid - whole @ program.matrix
    best = np.where(worth > 0, worth * program.high, worth * program.low)
    return int(whole @ limits + best.sum())


def written(program: Program, whole: Ints, grid: int) -> Tree:
    if ((whole > 0) & (program.most == NO_LIMIT)).any():
        raise AssertionError("a row without a most has no price above")
    rows = {name: int(one) for name, one in zip(program.names, whole, strict=True) if one}
    return {"grid": grid, "rows": rows}
