"""criteria/agreement.py against the textbook's table, sums done by hand, and what must hold of any scores."""

from __future__ import annotations

import random
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from criteria.agreement import (
    Agreement,
    GivenScore,
    Metric,
    agreement,
    agreement_by_criterion,
    alpha,
    t_quantile,
)

NONE = None
TEXTBOOK = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3),
    (NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE),
)
"""Four coders, twelve units: Krippendorff (2011), section D."""
TEXTBOOK_UNITS = [[value for value in unit if value is not None] for unit in zip(*TEXTBOOK, strict=True)]

UNITS = st.lists(st.lists(st.integers(0, 3), max_size=5), max_size=12)
TABLES = st.dictionaries(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from("abc"), st.sampled_from("12")), st.integers(0, 3)
)


def scores_of(table: dict[tuple[str, str, str], int]) -> list[GivenScore]:
    return [GivenScore(item, reviewer, code, value) for (item, reviewer, code), value in table.items()]


def scores_by_item(*items: tuple[int, ...]) -> list[GivenScore]:
    return [
        GivenScore(f"p{n}", f"r{k}", "1", value)
        for n, values in enumerate(items)
        for k, value in enumerate(values)
    ]


def slow_alpha(units: list[list[int]], metric: Metric) -> float | None:
    """By definition: mean distance within units over mean distance between any two values."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]

    def distance(one: int, other: int) -> float:
        low, high = sorted((one, other))
        between = sum(low <= value <= high for value in values)
        rank = between - (values.count(low) + values.count(high)) / 2
        return {"nominal": one != other, "interval": (one - other) ** 2, "ordinal": (low != high) * rank**2}[
            metric
        ]

    expected = sum(distance(a, b) for a, b in permutations(values, 2))
    if not expected:
        return None
    observed = sum(sum(distance(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    return 1 - (len(values) - 1) * observed / expected


@pytest.mark.parametrize(
    ("metric", "expected"), [(Metric.NOMINAL, 0.743), (Metric.ORDINAL, 0.815), (Metric.INTERVAL, 0.849)]
)
def test_alpha_of_the_textbook_table(metric, expected):
    assert round(alpha(TEXTBOOK_UNITS, metric), 3) == expected


@given(UNITS, st.sampled_from(Metric))
def test_alpha_is_what_the_definition_says(units, metric):
    expected = slow_alpha(units, metric)

    assert alpha(units, metric) == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(UNITS, st.randoms(use_true_random=False))
def test_alpha_is_the_same_number_in_any_order(units, chance):
    shuffled = [chance.sample(unit, len(unit)) for unit in chance.sample(units, len(units))]

    assert alpha(shuffled) == alpha(units)


@given(UNITS)
def test_alpha_of_ranks_does_not_change_when_the_scale_is_stretched_or_turned(units):
    stretched = [[-(value**3) for value in unit] for unit in units]

    assert alpha(stretched) == alpha(units)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=9).filter(lambda values: len(set(values)) > 1))
def test_alpha_of_full_agreement_is_one(values):
    assert alpha([[value] * 3 for value in values]) == 1.0


@pytest.mark.parametrize(
    "units",
    [[], [[]], [[1], [2], [3]], [[2, 2], [2, 2, 2]], [[2, 2], [0]]],
    ids=["nobody", "no score", "one reviewer", "no variation", "variation in what nobody scored twice"],
)
def test_alpha_is_not_defined_where_nothing_could_disagree(units):
    assert [alpha(units, metric) for metric in Metric] == [None, None, None]


def test_agreement_of_nearly_all_met_is_high_in_pairs_and_nothing_beyond_chance():
    found = agreement(scores_by_item(*[(2, 2)] * 28, (2, 1), (1, 2)), met_threshold=2)

    assert (found.raw, round(found.alpha, 2), found.n_pairs, found.n_items) == (28 / 30, -0.02, 30, 30)


def test_agreement_done_by_hand():
    # Pairs: (0,0), (3,3), (0,3). Values 0,0,3,3,0,3: distance 9 between 0 and 3 as by (3 + 3) / 2 = 3.
    # Observed 2 * 9 / 6 = 3, expected 2 * 3 * 3 * 9 / (6 * 5) = 5.4, alpha 1 - 3 / 5.4 = 4 / 9.
    # Without either like pair: 0,0 or 3,3 and 0,3: 1 - 3 * 2 / (2 * 3 * 1) = 0; without the third pair: 1.
    # Pseudo-values 3 * 4/9 - 2 * (0, 0, 1) = 4/3, 4/3, -2/3: variance 4/3, error 2/3; t(2) = 4.3027.
    found = agreement(scores_by_item((0, 0), (3, 3), (0, 3)), met_threshold=2)

    assert (found.alpha, found.raw, found.n_pairs, found.n_items) == (pytest.approx(4 / 9), 2 / 3, 3, 3)
    assert (found.low, found.high) == (pytest.approx(4 / 9 - 4.302653 * 2 / 3), 1.0)


def test_agreement_counts_every_pair_of_three_reviewers():
    found = agreement(scores_by_item((2, 3, 0), (1, 0, 0)), met_threshold=2)

    assert (found.raw, found.n_pairs, found.n_items) == (4 / 6, 6, 2)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((), Agreement(None, None, None, None, 0, 0)),
        (((1,), (2,)), Agreement(None, None, None, None, 0, 0)),
        (((2, 2), (2, 2)), Agreement(None, None, None, 1.0, 2, 2)),
        (((2, 3), (1,)), Agreement(0.0, None, None, 1.0, 1, 1)),
        (((0, 3), (3, 3)), Agreement(0.0, None, None, 0.5, 2, 2)),
    ],
    ids=["nobody", "one reviewer", "no variation", "one item", "alpha hangs on one item"],
)
def test_agreement_says_what_is_not_defined(items, expected):
    assert agreement(scores_by_item(*items), met_threshold=2) == expected


def test_agreement_refuses_two_scores_of_one_reviewer():
    twice = [GivenScore("p1", "r1", "1", 2), GivenScore("p1", "r1", "1", 3)]

    with pytest.raises(ValueError, match="r1 scored p1, criterion 1, twice"):
        agreement(twice, met_threshold=2)


@given(TABLES, st.randoms(use_true_random=False))
def test_agreement_is_the_same_in_any_order_and_whoever_is_called_what(table, chance):
    scores = scores_of(table)
    renamed = [
        GivenScore(s.item * 2, {"a": "x", "b": "a", "c": "b"}[s.reviewer], s.criterion, s.value)
        for s in scores
    ]
    chance.shuffle(renamed)

    assert agreement(renamed, met_threshold=2) == agreement(scores, met_threshold=2)


@given(TABLES)
def test_interval_holds_alpha(table):
    found = agreement(scores_of(table), met_threshold=2)

    assert found.low is None or found.low <= found.alpha <= found.high <= 1


def test_interval_covers_the_truth_about_as_often_as_it_says():
    # Reviewers guess, so alpha is truly 0: 200 panels of 30 proposals and 3 reviewers. Over thousands of
    # panels the interval holds it in 91 % (12 proposals) to 94 % (30 proposals) of them.
    chance = random.Random(5)
    covered = 0
    for _ in range(200):
        items = [tuple(chance.randrange(4) for _ in range(3)) for _ in range(30)]
        found = agreement(scores_by_item(*items), met_threshold=2)
        covered += found.low <= 0 <= found.high

    assert 0.9 <= covered / 200 <= 0.99


def test_agreement_by_criterion_keeps_those_with_enough_items():
    scores = [
        GivenScore(f"p{n}", reviewer, code, n % 4)
        for n, reviewer, code in product(range(30), "ab", "12")
        if code == "1" or n < 29
    ]

    found = agreement_by_criterion(scores, met_threshold=2)

    assert {code: (one.alpha, one.n_items) for code, one in found.items()} == {"1": (1.0, 30)}


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 10, 29, 93, 999])
def test_t_quantile_is_that_of_students_t(freedom):
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
