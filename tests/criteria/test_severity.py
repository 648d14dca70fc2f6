"""criteria/severity.py: sums by hand, a library's answer, and what must hold of any scores."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from criteria.agreement import GivenScore
from criteria.severity import RIDGE, Severity, adjusted_means, severities

TABLES = st.dictionaries(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from("abcd"), st.sampled_from("12")), st.integers(0, 3)
)


def scores_of(table: dict[tuple[str, str, str], int]) -> list[GivenScore]:
    return [GivenScore(item, reviewer, code, value) for (item, reviewer, code), value in table.items()]


def test_severity_done_by_hand():
    # Six cells, "strict" one point below "kind" in each: half a point from the mean, 6 * 0.5 = 3 in all.
    # (12 + 6 * 1/2) s + 6 * 1/2 s = 3 for opposite signs, so s = 3 / (12 + 3 + 3) = 1/6.
    scores = [
        GivenScore(f"p{n}", reviewer, "1", value)
        for n in range(6)
        for reviewer, value in (("kind", 2), ("strict", 1))
    ]

    kind, strict = severities(scores)

    assert (kind.severity, strict.severity) == (pytest.approx(-1 / 6), pytest.approx(1 / 6))
    assert (strict.reviewer, strict.n_items, strict.n_scores) == ("strict", 6, 6)


@given(TABLES.filter(lambda table: len({reviewer for _, reviewer, _ in table}) > 1))
def test_severities_are_the_ridge_regression_of_a_library(table):
    found = severities(scores_of(table), fewest_items=0)
    reviewers = sorted({reviewer for _, reviewer, _ in table})
    cells = sorted({(item, code) for item, _, code in table})
    design = np.zeros((len(table) + len(reviewers), len(cells) + len(reviewers)))
    values = np.zeros(len(design))
    for row, ((item, reviewer, code), value) in enumerate(table.items()):
        design[row, cells.index((item, code))] = 1
        design[row, len(cells) + reviewers.index(reviewer)] = -1
        values[row] = value
    for n in range(len(reviewers)):
        design[len(table) + n, len(cells) + n] = RIDGE**0.5

    expected = np.linalg.lstsq(design, values, rcond=None)[0][len(cells) :]

    known = [one.severity for one in found]
    assert known == [None] * len(reviewers) or known == pytest.approx(list(expected), abs=1e-9)


@given(TABLES, st.randoms(use_true_random=False))
def test_severities_are_the_same_numbers_in_any_order_and_add_up_to_zero(table, chance):
    scores = scores_of(table)
    shuffled = chance.sample(scores, len(scores))

    found = severities(shuffled, fewest_items=0)

    assert found == severities(scores, fewest_items=0)
    assert sum(one.severity or 0 for one in found) == pytest.approx(0, abs=1e-9)


def test_severities_say_nothing_of_nobody():
    assert severities([]) == ()


def test_severities_say_nothing_where_two_groups_never_met():
    scores = [GivenScore(f"p{n}", reviewer, "1", 2) for n in range(4) for reviewer in "ab"]
    scores += [GivenScore(f"q{n}", reviewer, "1", 1) for n in range(4) for reviewer in "cd"]

    assert severities(scores) == tuple(Severity(reviewer, None, 4, 4) for reviewer in "abcd")


def test_severities_say_nothing_of_a_reviewer_with_three_items():
    scores = [GivenScore(f"p{n}", reviewer, "1", 2) for n in range(4) for reviewer in "ab"]
    scores += [GivenScore(f"p{n}", "new", "1", 0) for n in range(3)]

    assert severities(scores)[2] == Severity("new", None, 3, 3)


def test_severities_of_equal_scores_are_zero():
    scores = [GivenScore(f"p{n}", reviewer, "1", n % 4) for n in range(8) for reviewer in "abc"]

    assert [one.severity for one in severities(scores)] == [0, 0, 0]


def test_severities_refuse_a_score_twice_and_no_ridge():
    twice = [GivenScore("p1", "r1", "1", 2), GivenScore("p1", "r1", "1", 3)]

    with pytest.raises(ValueError, match="twice"):
        severities(twice)
    with pytest.raises(ValueError, match="ridge"):
        severities([], ridge=0)


def test_adjusted_means_take_severity_out_and_stay_on_the_scale():
    scores = [GivenScore("p1", "a", "1", 1), GivenScore("p1", "b", "1", 2), GivenScore("p2", "b", "1", 0)]
    found = [Severity("a", 0.5, 4, 4), Severity("b", -0.5, 4, 4)]

    assert adjusted_means(scores, found) == {("p1", "1"): 1.5, ("p2", "1"): 0.0}


def test_adjusted_means_order_proposals_better_than_plain_means_when_reviewers_differ():
    chance = random.Random(3)
    gained = 0
    for _ in range(20):
        worth = [chance.gauss(1.5, 0.7) for _ in range(30)]
        leaning = {f"r{n}": chance.gauss(0, 0.8) for n in range(10)}
        scores = []
        for n, wanted in enumerate(worth):
            for reviewer, code in product(chance.sample(sorted(leaning), 3), "1234"):
                value = round(wanted - leaning[reviewer] + chance.gauss(0, 0.6))
                scores.append(GivenScore(f"p{n}", reviewer, code, min(max(value, 0), 3)))
        order = [
            [np.mean([means[f"p{n}", code] for code in "1234"]) for n in range(30)]
            for means in (adjusted_means(scores, []), adjusted_means(scores, severities(scores)))
        ]
        plain, adjusted = (spearmanr(worth, means).statistic for means in order)
        gained += adjusted > plain

    assert gained >= 18
