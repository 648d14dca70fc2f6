"""criteria/panel.py: lower median, quorum, verdicts of the panel beside those of its members."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criteria.panel import CriterionResult, judge_panel, lower_median
from criteria.scorecard import Answer
from tests.criteria.programme import CRITERIA, RULES, card
from vocabulary.findings import Finding, Verdict

SCORES = st.lists(st.integers(0, 3), min_size=1, max_size=9)


def panel(*cards, claimed=("S1",), **changes):
    return judge_panel(cards, criteria=CRITERIA, rules=RULES, claimed=claimed, **changes)


@given(SCORES)
def test_lower_median_is_a_given_score_with_half_on_either_side(scores):
    median = lower_median(scores)

    counts = Counter(scores)
    n_below = sum(n for score, n in counts.items() if score < median)
    n_up_to = n_below + counts[median]
    assert counts[median] > 0
    assert 2 * n_below < len(scores) <= 2 * n_up_to


@pytest.mark.parametrize(
    ("scores", "median"), [([3], 3), ([1, 2], 1), ([2, 2, 0], 2), ([3, 0, 1], 1), ([0, 3, 2, 1], 1)]
)
def test_lower_median_takes_the_lower_of_two_middle_scores(scores, median):
    assert lower_median(scores) == median


def test_lower_median_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no score"):
        lower_median([])


def test_judge_panel_takes_the_median_per_criterion_and_then_the_rule():
    cards = (
        card({"1": 2, "2": 2, "3": 1, "4": 2}),
        card({"1": 2, "2": 3, "3": 1, "4": None}),
        card({"1": 3, "2": 2, "3": 2, "4": None}),
    )

    result = panel(*cards)

    assert result.criteria[:4] == (
        CriterionResult("1", (2, 2, 3), 0, 2, None, None, Finding.MET),
        CriterionResult("2", (2, 3, 2), 0, 2, None, None, Finding.MET),
        CriterionResult("3", (1, 1, 2), 0, 1, None, None, Finding.NOT_MET),
        CriterionResult("4", (2,), 2, None, None, None, Finding.UNCLEAR),
    )
    assert [(s.strategy, s.is_claimed, s.result.verdict) for s in result.strategies] == [
        ("S1", True, Verdict.UNDECIDED),
        ("S2", False, Verdict.UNDECIDED),
        ("S3", False, Verdict.UNDECIDED),
    ]
    assert result.strategies[0].own_verdicts == (
        Verdict.SATISFIED,
        Verdict.UNDECIDED,
        Verdict.SATISFIED,
    )
    assert [strategy.is_split for strategy in result.strategies] == [True, False, False]


def test_judge_panel_can_pass_what_every_single_reviewer_would_fail():
    cards = (
        card({"9": 0, "10": 2, "11": 2, "12": 0}),
        card({"9": 2, "10": 0, "11": 2, "12": 0}),
        card({"9": 2, "10": 2, "11": 0, "12": 0}),
    )

    strategy = panel(*cards, claimed=("S3",)).strategies[2]

    assert strategy.result.verdict is Verdict.SATISFIED
    assert strategy.own_verdicts == (Verdict.FAILED,) * 3


def test_judge_panel_takes_no_number_beside_cannot_judge():
    both = replace(card({}), answers={"5": Answer(value=3, cannot_judge=True)})

    result = panel(both, card({"5": 0}), card({"5": 1}))

    assert result.on("5") == CriterionResult("5", (0, 1), 1, 0, None, None, Finding.NOT_MET)


def test_judge_panel_leaves_everything_open_without_reviews():
    result = panel()

    assert {found.finding for found in result.criteria} == {Finding.UNCLEAR}
    assert [(s.result.verdict, s.own_verdicts, s.is_split) for s in result.strategies] == [
        (Verdict.UNDECIDED, (), False)
    ] * 3


def test_judge_panel_prefers_what_the_meeting_agreed_on_and_keeps_the_scores():
    cards = (card({"5": 0}), card({"5": 1}))

    result = panel(*cards, claimed=("S2",), agreed={"5": 2})

    assert result.on("5") == CriterionResult("5", (0, 1), 0, 0, 2, None, Finding.MET)
    assert result.strategies[1].result.verdict is Verdict.SATISFIED


def test_judge_panel_counts_a_criterion_that_does_not_apply_as_met_with_its_reason():
    cards = (card({"9": 2, "10": 0, "11": 2}), card({"9": 2, "10": None, "11": 2}))

    result = panel(*cards, claimed=("S3",), waived={"10": "The work is regional."})

    assert result.on("10") == CriterionResult("10", (0,), 1, None, None, "The work is regional.", Finding.MET)
    assert result.strategies[2].result.verdict is Verdict.SATISFIED


def test_panel_result_knows_no_other_criterion():
    with pytest.raises(KeyError):
        panel().on("13")
