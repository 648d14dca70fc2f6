"""How strict is each reviewer, compared with those who scored the same things?

Every score is what the proposal deserves on that criterion, less the strictness of the reviewer. With few
scores an estimate is mostly luck, so each is shrunk toward zero as if the reviewer had given twelve more
scores without any leaning. Advice for the order of an agenda and for training: no verdict reads it, and it
is no league table.

It says nothing at all when the reviewers fall into groups that never scored the same thing, and nothing of
a reviewer with fewer than four items. Sums run in the order of names, so the order of the scores does not
matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from criteria.agreement import GivenScore
from vocabulary.findings import CriterionId, Score

RIDGE = 12.0
"""Scores without any leaning that each reviewer is taken to have given besides."""
FEWEST_ITEMS = 4
"""Items that a reviewer has scored before anything is said."""

Cell = tuple[str, CriterionId]
"""One criterion of one item."""


@dataclass(frozen=True, slots=True)
class Severity:
    """How strict one reviewer is.

    Attributes
    ----------
    reviewer : str
    severity : float or None
        Points of the scale (0..3) by which the reviewer scores lower than the others would; below zero for
        a generous one. None where nothing can be said.
    n_items, n_scores : int
        What the reviewer scored.
    """

    reviewer: str
    severity: float | None
    n_items: int
    n_scores: int


def severities(
    scores: Iterable[GivenScore], *, ridge: float = RIDGE, fewest_items: int = FEWEST_ITEMS
) -> tuple[Severity, ...]:
    """The shrunken severity of every reviewer of a call, by name; they add up to zero.

    Raises ValueError for a ridge of zero or less, and when a reviewer scored one criterion of an item twice.
    """
    if ridge <= 0:
        raise ValueError("the ridge is above zero")
    given: dict[str, dict[Cell, Score]] = defaultdict(dict)
    for score in scores:
        cell = (score.item, score.criterion)
        if cell in given[score.reviewer]:
            raise ValueError(f"{score.reviewer} scored {score.item}, criterion {score.criterion}, twice")
        given[score.reviewer][cell] = score.value
    reviewers = sorted(given)
    cells = _cells(given, reviewers)
    known = _solve(*_equations(reviewers, cells, ridge)) if _is_connected(reviewers, cells) else None
    return tuple(
        _severity(reviewer, given[reviewer], None if known is None else known[position], fewest_items)
        for position, reviewer in enumerate(reviewers)
    )


def adjusted_means(
    scores: Iterable[GivenScore], found: Iterable[Severity]
) -> dict[tuple[str, CriterionId], float]:
    """For each criterion of each item the mean score with severities taken out, on the scale 0..3.

    A reviewer of whom nothing is known counts as given. Advice for ordering; never "the score".
    """
    severity_of = {one.reviewer: one.severity or 0.0 for one in found}
    cells: dict[Cell, list[float]] = defaultdict(list)
    for score in scores:
        cells[score.item, score.criterion].append(score.value + severity_of.get(score.reviewer, 0.0))
    return {cell: min(max(fmean(sorted(values)), 0.0), 3.0) for cell, values in sorted(cells.items())}


def _severity(
    reviewer: str, scores: Mapping[Cell, Score], value: float | None, fewest_items: int
) -> Severity:
    n_items = len({item for item, _ in scores})
    return Severity(reviewer, value if n_items >= fewest_items else None, n_items, len(scores))


def _cells(given: Mapping[str, Mapping[Cell, Score]], reviewers: Sequence[str]) -> list[dict[int, Score]]:
    """What each cell was given, by the position of the reviewer; cells in order."""
    cells: dict[Cell, dict[int, Score]] = defaultdict(dict)
    for position, reviewer in enumerate(reviewers):
        for cell, value in given[reviewer].items():
            cells[cell][position] = value
    return [cells[cell] for cell in sorted(cells)]


def _is_connected(reviewers: Sequence[str], cells: Iterable[Mapping[int, Score]]) -> bool:
    """Can every two reviewers be compared, if need be through others?"""
    group = list(range(len(reviewers)))

    def leader(position: int) -> int:
        while group[position] != position:
            group[position] = group[group[position]]
            position = group[position]
        return position

    for cell in cells:
        first, *others = cell
        for other in others:
            group[leader(other)] = leader(first)
    return len({leader(position) for position in range(len(reviewers))}) == 1


def _equations(
    reviewers: Sequence[str], cells: Iterable[Mapping[int, Score]], ridge: float
) -> tuple[list[list[float]], list[float]]:
    """Normal equations of the severities, each cell's own level taken out."""
    n = len(reviewers)
    matrix = [[ridge if row == column else 0.0 for column in range(n)] for row in range(n)]
    below = [0.0] * n
    for cell in cells:
        mean, share = fmean(cell.values()), 1 / len(cell)
        for row, value in cell.items():
            below[row] += mean - value
            matrix[row][row] += 1
            for column in cell:
                matrix[row][column] -= share
    return matrix, below


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Elimination without exchanging rows: the ridge keeps every diagonal above the rest of its row."""
    n = len(right)
    for pivot in range(n):
        for row in range(pivot + 1, n):
            factor = matrix[row][pivot] / matrix[pivot][pivot]
            if factor:
                right[row] -= factor * right[pivot]
                for column in range(pivot, n):
                    matrix[row][column] -= factor * matrix[pivot][column]
    for row in reversed(range(n)):
        known = sum(matrix[row][column] * right[column] for column in range(row + 1, n))
        right[row] = (right[row] - known) / matrix[row][row]
    return right
