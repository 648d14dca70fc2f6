"""Counts that are published do not tell who anybody is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fellowships.disclosure import disclosed, total_of

COUNTS = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 20))


def test_small_cell_takes_the_next_one_with_it() -> None:
    assert disclosed({"a": 12, "b": 7, "c": 3}) == {"a": 12, "b": None, "c": None}


def test_two_small_cells_that_add_up_to_enough_need_no_third() -> None:
    assert disclosed({"a": 12, "b": 4, "c": 3}) == {"a": 12, "b": None, "c": None}


def test_two_cells_of_one_are_not_left_to_be_worked_out() -> None:
    assert disclosed({"a": 12, "b": 1, "c": 1}) == {"a": None, "b": None, "c": None}


def test_large_cells_are_shown_and_empty_ones_left_out() -> None:
    assert disclosed({"a": 5, "b": 9, "c": 0}) == {"a": 5, "b": 9}


def test_total_is_held_back_only_when_it_is_small_itself() -> None:
    assert [total_of({"a": n}) for n in (0, 1, 4, 5)] == [0, None, None, 5]


@given(COUNTS)
def test_nothing_small_is_shown_and_nothing_follows_from_the_rest(counts: dict[str, int]) -> None:
    shown = disclosed(counts)
    present = {name: n for name, n in counts.items() if n}
    held = [present[name] for name, n in shown.items() if n is None]

    assert set(shown) == set(present)
    assert all(n is None or n == present[name] >= 5 for name, n in shown.items())
    assert not held or len(held) == len(present) or (len(held) > 1 and sum(held) >= 5)
    assert all(n in held for n in present.values() if n < 5)
