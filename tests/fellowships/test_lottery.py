"""Are the tickets as fair as any can be to whoever is worst off, and the same for everybody?"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize as so
from hypothesis import given
from hypothesis import strategies as st

from fellowships import lottery
from fellowships.lottery import Lottery, draw, tied

PEOPLE = "abcdefgh"
families = st.sets(st.frozensets(st.sampled_from(PEOPLE), min_size=3, max_size=3), min_size=1, max_size=20)


def worst(drawn: Lottery) -> Fraction:
    return Fraction(min(drawn.chances.values()), drawn.n_tickets)


@given(families)
def test_worst_chance_is_the_greatest_that_there_can_be(lists: set[frozenset[str]]) -> None:
    drawn = draw([sorted(one) for one in lists], "2026")

    people = tied(drawn.lists)
    if not people:
        assert drawn.tickets == (1,)
        return
    on = np.array([[name in one for one in drawn.lists] for name in people], dtype=float)
    n = len(lists)
    best = so.linprog(
        [0.0] * n + [-1.0],
        A_ub=np.hstack([-on, np.ones((len(people), 1))]),
        b_ub=np.zeros(len(people)),
        A_eq=[[1.0] * n + [0.0]],
        b_eq=[1.0],
    )
    assert float(worst(drawn)) == pytest.approx(-best.fun, abs=1e-9)


@given(families)
def test_weights_prove_that_no_tickets_are_fairer(lists: set[frozenset[str]]) -> None:
    drawn = draw([sorted(one) for one in lists], "2026")

    if drawn.chances:
        heaviest = max(sum(drawn.weights.get(name, 0) for name in one) for one in drawn.lists)
        assert worst(drawn) == Fraction(heaviest, sum(drawn.weights.values()))


@given(families, st.randoms(use_true_random=False))
def test_order_of_the_lists_changes_nothing(lists: set[frozenset[str]], chance: object) -> None:
    ordered = [sorted(one) for one in sorted(lists, key=sorted)]
    shuffled = list(ordered)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert draw(shuffled, "2026") == draw(ordered, "2026")


def test_drawn_ticket_names_the_list_it_belongs_to() -> None:
    drawn = Lottery((("a",), ("b",), ("c",)), (2, 0, 3), 2, {})

    assert drawn.chosen == ("c",)


def test_every_list_is_drawn_as_often_as_its_tickets_say() -> None:
    lists = [["a", "b"], ["a", "c"], ["b", "c"]]

    seen = [draw(lists, f"seed {n}").chosen for n in range(3000)]

    for one in lists:
        assert seen.count(tuple(one)) == pytest.approx(1000, abs=100)


def test_lists_get_one_ticket_each_when_the_sums_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lottery, "_MOST_PIVOTS", 0)

    drawn = draw([["a", "b"], ["a", "c"], ["b", "d"]], "2026")

    assert (drawn.tickets, drawn.weights) == ((1, 1, 1), {})
