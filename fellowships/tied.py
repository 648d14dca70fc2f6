"""Which lists are equally good: all of them, with a proof that there is no other?

The multipliers of a proof say what each departure costs, so of all nominees only a few can still be on or off
a list with the greatest total; those are tried one by one, never past what the total allows. A case where
that would take too long is parted, as in any proof (fellowships/proof.py). The tree that comes out is such a
proof with one leaf more: "list", the case whose lists the checker finds itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fellowships.program import NO_LIMIT, Floats, Ints, Program, relax
from fellowships.proof import GRIDS, Groups, Tree, bound_of, empty_leaf, split_of, written

MOST_LISTS = 200
_MOST_STEPS = 2500
_MOST_LEAVES = 32


class _TooMany(Exception):
    """More lists, or more cases, than are worth a lottery."""


def tied_lists(
    program: Program, chosen: tuple[int, ...], ids: tuple[str, ...], groups: Groups
) -> tuple[tuple[tuple[int, ...], ...], Tree] | None:
    """Every list with the greatest total, as places in order, and the tree; None when more than 200.

    Parameters
    ----------
    program : Program
    chosen : tuple of int
        Places of a list with the greatest total; that it is the greatest is proved elsewhere.
    ids, groups
        As for a proof.
    """
    if _has_many(program, chosen):
        return None
    lister = _Lister(int(program.gain[list(chosen)].sum()), ids, groups)
    try:
        tree = lister.tree(program, 0)
    except _TooMany:
        return None
    return tuple(sorted(lister.found)), tree


def _has_many(program: Program, chosen: tuple[int, ...]) -> bool:
    """Are there more than 200 lists that exchanges of two people with the same score lead to, one by one?

    A quick way to know when there surely are; a False says nothing.
    """
    scores = program.gain[list(chosen)]
    alike = np.flatnonzero(np.isin(program.gain, scores) & (program.low < program.high))
    columns = program.matrix[:, alike].toarray()
    gains = program.gain[alike]
    first = np.isin(alike, chosen)
    fixed = sorted(set(chosen) - set(alike.tolist()))
    base = program.matrix[:, fixed].sum(axis=1) if fixed else np.zeros(len(program.names), dtype=np.int64)
    most = np.where(program.most == NO_LIMIT, program.n, program.most)
    seen, waiting = {first.tobytes()}, [first]
    while waiting:
        picked = waiting.pop()
        counts = base + columns @ picked
        outside = np.flatnonzero(~picked)
        for leaving in np.flatnonzero(picked).tolist():
            others = outside[gains[outside] == gains[leaving]]
            after = (counts - columns[:, leaving])[:, None] + columns[:, others]
            fits = ((after >= program.least[:, None]) & (after <= most[:, None])).all(axis=0)
            for coming in others[fits].tolist():
                other = picked.copy()
                other[leaving], other[coming] = False, True
                if other.tobytes() not in seen:
                    seen.add(other.tobytes())
                    waiting.append(other)
                    if len(seen) > MOST_LISTS:
                        return True
    return False


class _Lister:
    def __init__(self, total: int, ids: tuple[str, ...], groups: Groups) -> None:
        self.total, self.ids, self.groups = total, ids, groups
        self.found: list[tuple[int, ...]] = []
        self.n_leaves = 0

    def tree(self, program: Program, depth: int) -> Tree:
        relaxed = relax(program)
        if relaxed is None:
            return self._leaf(empty_leaf(program))
        values, multipliers = relaxed
        grid, whole, slack = self._tightest(program, multipliers)
        if slack < 0:
            return self._leaf(written(program, whole, grid))
        case = _case(program, whole, grid, slack)
        listed = self._listed(program, case)
        if listed is not None:
            self.found += listed
            return self._leaf(written(program, whole, grid) | {"list": True})
        head, below, above = split_of(program, values, depth, self.ids, self.groups, self._anyone(case))
        return head | {"below": self.tree(below, depth + 1), "above": self.tree(above, depth + 1)}

    def _leaf(self, leaf: Tree) -> Tree:
        self.n_leaves += 1
        if self.n_leaves > _MOST_LEAVES:
            raise _TooMany
        return leaf

    def _tightest(self, program: Program, multipliers: Floats) -> tuple[int, Ints, int]:
        """The coarsest grid that leaves less than a point, else the finest; multipliers; what is left."""
        found = []
        for grid in GRIDS:
            whole = np.round(multipliers * grid).astype(np.int64)
            slack = bound_of(program, whole, grid) - grid * self.total
            if slack < grid:
                return grid, whole, slack
            found.append((grid, whole, slack))
        return found[-1]

    def _listed(self, program: Program, case: _Case) -> list[tuple[int, ...]] | None:
        """The lists of a case; None when that takes too many steps. Raises _TooMany lists."""
        lists = []
        for chosen in case.lists():
            if chosen is None:
                return None
            if int(program.gain[list(chosen)].sum()) != self.total:
                continue
            lists.append(chosen)
            if len(self.found) + len(lists) > MOST_LISTS:
                raise _TooMany
        return lists

    @staticmethod
    def _anyone(case: _Case) -> int:
        return case.free[0]


@dataclass(frozen=True, slots=True)
class _Case:
    """Who is on every list of the case, who may be, what each choice costs, and how much may be spent.

    Attributes
    ----------
    fixed, free : tuples of places
        `free` with the dearest to decide first.
    worth : tuple of int
        Of each free one: left out, it costs that much; taken, minus that much where it is below 0.
    weights : array of shape (n_free, n_rows)
    least, most : arrays of shape (n_rows,)
        Still to be chosen among the free.
    budget : int
    """

    fixed: tuple[int, ...]
    free: tuple[int, ...]
    worth: tuple[int, ...]
    weights: Ints
    least: Ints
    most: Ints
    budget: int

    def lists(self) -> Iterator[tuple[int, ...] | None]:
        """Every list that keeps the rows within the budget; a None ends it after too many steps."""
        left = np.vstack([np.cumsum(self.weights[::-1], axis=0)[::-1], np.zeros_like(self.least)])
        lowest = self.least - left
        stack = [(0, self.budget, np.zeros_like(self.least), self.fixed)]
        for _ in range(_MOST_STEPS):
            if not stack:
                return
            at, budget, counts, chosen = stack.pop()
            if (counts < lowest[at]).any() or (counts > self.most).any():
                continue
            if at == len(self.free):
                yield tuple(sorted(chosen))
                continue
            worth = self.worth[at]
            if budget >= worth:
                stack.append((at + 1, budget - max(worth, 0), counts, chosen))
            if budget >= -worth:
                taken = (at + 1, budget + min(worth, 0), counts + self.weights[at], (*chosen, self.free[at]))
                stack.append(taken)
        yield None


def _case(program: Program, whole: Ints, grid: int, budget: int) -> _Case:
    worth = program.gain * grid - whole @ program.matrix
    is_on = (program.low == 1) | ((program.high == 1) & (worth > budget))
    is_free = ~is_on & (program.high == 1) & (-worth <= budget)
    free = np.flatnonzero(is_free)
    free = free[np.lexsort((free, -np.abs(worth[free])))]
    counted = program.matrix @ is_on.astype(np.int64)
    return _Case(
        tuple(np.flatnonzero(is_on).tolist()),
        tuple(free.tolist()),
        tuple(worth[free].tolist()),
        program.matrix[:, free].toarray().T,
        program.least - counted,
        np.where(program.most == NO_LIMIT, program.n, program.most) - counted,
        budget,
    )
