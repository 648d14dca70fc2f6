"""How far do reviewers agree, beyond what chance would give?

Krippendorff's alpha for any number of reviewers and missing scores, with a jackknife interval that leaves
out whole proposals, since the scores of one proposal are not independent of each other. It never stands
alone: the plain share of pairs that agree on "met" is beside it, as alpha can be near zero at 93 % plain
agreement when nearly everything is met. It is a description, not a gate; no decision reads it.

All sums are exact fractions, so the order of the scores cannot matter.
Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); interval: J. Hughes, arXiv
2210.13265.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from statistics import fmean, variance

from vocabulary.findings import CriterionId, Score

FEWEST_ITEMS = 30
"""Items below which agreement on a single criterion says nothing: its 95 % range is then half the scale."""

Unit = Sequence[int]
"""The values that one thing was given, one a reviewer; who gave none is left out."""


class Metric(StrEnum):
    """How far apart two values are."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class GivenScore:
    """One number that one reviewer gave on one criterion of one item (a proposal)."""

    item: str
    reviewer: str
    criterion: CriterionId
    value: Score


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far reviewers agree.

    Attributes
    ----------
    alpha : float or None
        1 is full agreement, 0 what chance gives, below 0 worse than chance. None where it is not defined:
        nobody scored, nothing was scored twice, or every score that was is the same.
    low, high : float or None
        Ends of the 95 % jackknife interval (high at most 1). None without alpha, with a single item, or
        when alpha hangs on a single item.
    raw : float or None
        Share of pairs of scores that agree on met or not met, 0..1; None without pairs.
    n_pairs : int
        Pairs of scores on the same criterion of the same item.
    n_items : int
        Items with at least one pair.
    """

    alpha: float | None
    low: float | None
    high: float | None
    raw: float | None
    n_pairs: int
    n_items: int


def alpha(units: Iterable[Unit], metric: Metric = Metric.ORDINAL) -> float | None:
    """Krippendorff's alpha of values given to units, at most 1.

    Parameters
    ----------
    units : iterable of sequences of int
        Values of each unit; units with fewer than two values say nothing.
    metric : Metric

    Returns
    -------
    float or None
        None when no unit has two values, or all values in such units are equal (nothing could disagree).
    """
    found = _alpha(_table(units), metric)
    return None if found is None else float(found)


def agreement(scores: Iterable[GivenScore], *, met_threshold: Score) -> Agreement:
    """Agreement pooled over all criteria of all items, on the ordinal scale.

    Raises ValueError when a reviewer has two scores for one criterion of one item.
    """
    items: dict[str, list[Unit]] = defaultdict(list)
    for (item, _), unit in _units(scores).items():
        if len(unit) > 1:
            items[item].append(unit)
    units = [unit for of_item in items.values() for unit in of_item]
    n_pairs = sum(math.comb(len(unit), 2) for unit in units)
    n_same = sum(_pairs_alike(unit, met_threshold) for unit in units)
    low, high = _interval(list(items.values()))
    return Agreement(
        alpha(units), low, high, float(Fraction(n_same, n_pairs)) if n_pairs else None, n_pairs, len(items)
    )


def agreement_by_criterion(
    scores: Iterable[GivenScore], *, met_threshold: Score, fewest_items: int = FEWEST_ITEMS
) -> dict[CriterionId, Agreement]:
    """Agreement on each criterion that at least `fewest_items` items have pairs of scores on, by its code."""
    of_criterion: dict[CriterionId, list[GivenScore]] = defaultdict(list)
    for score in scores:
        of_criterion[score.criterion].append(score)
    found = {
        code: agreement(given, met_threshold=met_threshold) for code, given in sorted(of_criterion.items())
    }
    return {code: one for code, one in found.items() if one.n_items >= fewest_items}


def _units(scores: Iterable[GivenScore]) -> dict[tuple[str, CriterionId], list[int]]:
    cells: dict[tuple[str, CriterionId], dict[str, int]] = defaultdict(dict)
    for score in scores:
        cell = cells[score.item, score.criterion]
        if score.reviewer in cell:
            raise ValueError(f"{score.reviewer} scored {score.item}, criterion {score.criterion}, twice")
        cell[score.reviewer] = score.value
    return {key: list(cell.values()) for key, cell in cells.items()}


def _pairs_alike(unit: Unit, met_threshold: Score) -> int:
    n_met = sum(value >= met_threshold for value in unit)
    return math.comb(n_met, 2) + math.comb(len(unit) - n_met, 2)


# --- coincidences -----------------------------------------------------------------------------------------

_Table = Mapping[int, Counter[tuple[int, int]]]
"""Ordered pairs of values within units, apart by how many values the unit has (each weighs 1/(that - 1))."""


def _table(units: Iterable[Unit]) -> _Table:
    table: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
    for unit in units:
        if len(unit) < 2:
            continue
        counts = Counter(unit)
        for one, n_one in counts.items():
            for other, n_other in counts.items():
                table[len(unit)][one, other] += n_one * (n_other - (one == other))
    return table


def _without(table: _Table, part: _Table) -> _Table:
    return {size: pairs - part.get(size, Counter()) for size, pairs in table.items()}


def _alpha(table: _Table, metric: Metric) -> Fraction | None:
    weighed: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for size, pairs in table.items():
        for pair, n in pairs.items():
            weighed[pair] += Fraction(n, size - 1)
    totals: dict[int, Fraction] = defaultdict(Fraction)
    for (one, _), weight in weighed.items():
        totals[one] += weight
    apart = _distances(totals, metric)
    expected = sum((totals[a] * totals[b] * far for (a, b), far in apart.items()), Fraction())
    if not expected:
        return None
    observed = sum((weight * apart[pair] for pair, weight in weighed.items() if pair in apart), Fraction())
    return 1 - (sum(totals.values()) - 1) * observed / expected


def _distances(totals: Mapping[int, Fraction], metric: Metric) -> dict[tuple[int, int], Fraction]:
    """Squared distance of every two different values; on the ordinal scale by how many lie between."""
    values = sorted(value for value, total in totals.items() if total)
    found: dict[tuple[int, int], Fraction] = {}
    for position, low in enumerate(values):
        between = Fraction()
        for high in values[position + 1 :]:
            match metric:
                case Metric.NOMINAL:
                    far = Fraction(1)
                case Metric.INTERVAL:
                    far = Fraction(high - low)
                case Metric.ORDINAL:
                    far = between + (totals[low] + totals[high]) / 2
            between += totals[high]
            found[low, high] = found[high, low] = far**2
    return found


# --- interval ---------------------------------------------------------------------------------------------


def _interval(items: Sequence[Sequence[Unit]]) -> tuple[float | None, float | None]:
    """95 % interval from leaving out each item in turn; (None, None) where that cannot be done."""
    n = len(items)
    whole = _table(unit for units in items for unit in units)
    centre = _alpha(whole, Metric.ORDINAL)
    if n < 2 or centre is None:
        return None, None
    pseudo: list[float] = []
    for units in items:
        rest = _alpha(_without(whole, _table(units)), Metric.ORDINAL)
        if rest is None:
            return None, None
        pseudo.append(float(n * centre - (n - 1) * rest))
    pseudo.sort()
    half = t_quantile(n - 1) * math.sqrt(variance(pseudo, fmean(pseudo)) / n)
    return float(centre) - half, min(float(centre) + half, 1.0)


def t_quantile(freedom: int) -> float:
    """What Student's t stays within, either way, 95 times of 100.

    Parameters
    ----------
    freedom : int
        Degrees of freedom, 1 or more.

    Notes
    -----
    Halves an interval around the closed form for whole degrees of freedom: Abramowitz and Stegun, 26.7.3-4.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _share_within(middle, freedom) < 0.95:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan(low)


def _share_within(angle: float, freedom: int) -> float:
    """Share of Student's t within plus or minus sqrt(freedom) * tan(angle)."""
    cosine, sine = math.cos(angle), math.sin(angle)
    is_odd = freedom % 2 == 1
    term = cosine if is_odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if is_odd else 2, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + sine * total) if is_odd else sine * total
