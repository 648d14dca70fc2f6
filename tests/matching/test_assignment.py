"""Is an assignment the best there is, does its proof hold, and does it come out the same for everybody?"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.assignment import Assignment, Loads, Mode, Shortfall, assign
from matching.transport import NO_LIMIT, Limit, Transport, choose, proven_bound, violations
from vocabulary.errors import Invalid

IDS = st.integers(0, 2**16)


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[list[str], list[str], dict[tuple[str, str], int], set, Loads]:
    """Up to 4 proposals and 4 reviewers: few enough to try everything."""
    proposals = [f"p{n}" for n in range(draw(st.integers(1, 4)))]
    reviewers = [f"r{n}" for n in range(draw(st.integers(1, 4)))]
    pairs = list(itertools.product(proposals, reviewers))
    scores = draw(st.lists(st.integers(0, 6), min_size=len(pairs), max_size=len(pairs)))
    conflicts = set(draw(st.lists(st.sampled_from(pairs), max_size=3)))
    most = draw(st.integers(1, 4))
    loads = Loads(draw(st.integers(1, 2)), most, draw(st.integers(0, min(1, most))))
    return proposals, reviewers, dict(zip(pairs, scores, strict=True)), conflicts, loads


def every_assignment(case: tuple) -> list[tuple[int, int]]:
    """(total, worst) of every assignment that the limits allow, by trying them all."""
    proposals, reviewers, scores, conflicts, loads = case
    of_each = [
        [
            group
            for group in itertools.combinations(reviewers, loads.per_proposal)
            if not any((proposal, one) in conflicts for one in group)
        ]
        for proposal in proposals
    ]
    found = []
    for groups in itertools.product(*of_each):
        counts = [sum(one in group for group in groups) for one in reviewers]
        if all(loads.least <= n <= loads.most for n in counts):
            sums = [
                sum(scores[proposal, one] for one in group)
                for proposal, group in zip(proposals, groups, strict=True)
            ]
            found.append((sum(sums), min(sums)))
    return found


@given(small_cases())
def test_sum_reaches_the_greatest_total(case: tuple) -> None:
    proposals, reviewers, scores, conflicts, loads = case

    found = assign(proposals, reviewers, scores, conflicts, loads, seed="2026")

    allowed = every_assignment(case)
    if isinstance(found, Shortfall):
        assert allowed == []
        assert found.lacking or found.idle
    else:
        assert found.total == max(total for total, _ in allowed)
        assert found.certificate.gap == 0
        assert found.status == "optimal"


@given(small_cases())
def test_fair_serves_the_worst_best_and_then_the_total(case: tuple) -> None:
    proposals, reviewers, scores, conflicts, loads = case

    found = assign(proposals, reviewers, scores, conflicts, loads, mode=Mode.FAIR, seed="2026")

    if isinstance(found, Assignment):
        allowed = every_assignment(case)
        worst = max(worst for _, worst in allowed)
        assert found.worst == worst
        assert found.total == max(total for total, lowest in allowed if lowest == worst)
        assert found.worst_bound is not None
        assert found.worst_bound >= worst


@given(small_cases(), st.randoms())
def test_order_of_the_input_changes_nothing(case: tuple, random) -> None:
    proposals, reviewers, scores, conflicts, loads = case
    first = assign(proposals, reviewers, scores, conflicts, loads, seed="2026")
    random.shuffle(proposals)
    random.shuffle(reviewers)
    mixed = list(scores.items())
    random.shuffle(mixed)

    again = assign(proposals, reviewers, dict(mixed), conflicts, loads, seed="2026")

    assert again == first


def test_another_seed_may_settle_ties_otherwise() -> None:
    proposals, reviewers = [f"p{n}" for n in range(6)], [f"r{n}" for n in range(6)]

    found = {str(assign(proposals, reviewers, {}, [], Loads(1, 1), seed=str(seed))) for seed in range(5)}

    assert len(found) > 1


def problem(*, limits: tuple[Limit, ...] = ()) -> Transport:
    """Two to two, everything allowed; scores 5 1 / 4 3."""
    return Transport(
        ("a", "b"),
        ("x", "y"),
        np.array([0, 0, 1, 1]),
        np.array([0, 1, 0, 1]),
        np.array([5, 1, 4, 3]),
        np.array([[1, 1], [1, 1]]),
        np.array([[0, 1], [0, 1]]),
        limits,
    )


def test_certificate_is_checked_without_a_solver() -> None:
    found = choose(problem(), seed="s")

    assert found is not None
    assert found.chosen == (0, 3)
    assert found.total == 8
    assert proven_bound(problem(), found.certificate, seed="s") == 8


@given(st.integers(0, 3), st.integers(-(2**40), 2**40))
def test_certificate_with_other_numbers_never_proves_less_than_the_best(place: int, change: int) -> None:
    found = choose(problem(), seed="s")
    assert found is not None
    name = ["left:a", "left:b", "right:x", "right:y"][place]
    low, high = found.certificate.multipliers.get(name, (0, 0))
    bent = replace(
        found.certificate,
        multipliers=found.certificate.multipliers | {name: (max(low + change, 0), max(high - change, 0))},
    )

    assert proven_bound(problem(), bent, seed="s") >= 8


def test_certificate_with_a_price_where_there_is_no_limit_is_refused() -> None:
    free = replace(problem(), right_takes=np.array([[0, NO_LIMIT], [0, NO_LIMIT]]))
    found = choose(free, seed="s")
    assert found is not None
    bent = replace(found.certificate, multipliers={"right:x": (0, 10**9)})

    with pytest.raises(Invalid):
        proven_bound(free, bent, seed="s")


def test_limit_that_splits_pairs_is_still_met_by_whole_ones() -> None:
    scarce = Limit("budget", np.arange(4), np.array([3, 1, 3, 2]), most=4)

    found = choose(problem(limits=(scarce,)), seed="s")

    assert found is not None
    assert violations(problem(limits=(scarce,)), found.chosen) == []
    assert found.total == 5
    assert found.certificate.bound >= found.total


def test_limits_that_cannot_be_met_give_none() -> None:
    impossible = Limit("floor", np.array([0, 1]), np.array([1, 1]), least=2)

    assert choose(problem(limits=(impossible,)), seed="s") is None


def test_violations_are_named() -> None:
    assert violations(problem(), [0, 1]) == ["left:a", "left:b"]


def test_shortfall_names_who_lacks_reviewers() -> None:
    found = assign(
        ["p1", "p2"],
        ["r1", "r2"],
        {},
        [("p1", "r1"), ("p1", "r2")],
        Loads(1, 2),
    )

    assert found == Shortfall({"p1": 1}, {"p1": 0}, ())


def test_scores_too_great_to_add_up_exactly_are_refused() -> None:
    with pytest.raises(Invalid):
        assign(["p"], ["r"], {("p", "r"): 2**40}, [], Loads(1, 1))
