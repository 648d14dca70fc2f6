"""Is an allocation the best there is, within places, budgets and floors, and is a stable one stable?"""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from matching.allocation import Allocation, Mode, Supply, UnmetFloors, Wish, allocate

REGIONS = ("africa", "americas")


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[dict, dict, dict, dict]:
    """Up to 4 requests and 3 offers: few enough to try everything."""
    wishes = {
        f"req{n}": Wish(draw(st.sampled_from(REGIONS)), draw(st.integers(1, 9)))
        for n in range(draw(st.integers(1, 4)))
    }
    supplies = {
        f"off{n}": Supply(
            draw(st.one_of(st.none(), st.integers(0, 2))), draw(st.one_of(st.none(), st.integers(0, 12)))
        )
        for n in range(draw(st.integers(1, 3)))
    }
    pairs = draw(st.lists(st.sampled_from(list(itertools.product(wishes, supplies))), unique=True))
    scores = {pair: draw(st.integers(1, 8)) for pair in pairs}
    floors = draw(st.dictionaries(st.sampled_from(REGIONS), st.integers(0, 2), max_size=2))
    return wishes, supplies, scores, floors


def every_allocation(case: tuple[dict, dict, dict, dict]) -> list[int]:
    """The total of every allocation that the limits allow, by trying them all."""
    wishes, supplies, scores, floors = case
    options = [[None, *(offer for offer in supplies if (one, offer) in scores)] for one in wishes]
    totals = []
    for offers in itertools.product(*options):
        chosen = [(one, offer) for one, offer in zip(wishes, offers, strict=True) if offer is not None]
        taken = {offer: [one for one, to in chosen if to == offer] for offer in supplies}
        fits = all(
            (supply.capacity is None or len(taken[offer]) <= supply.capacity)
            and (supply.budget is None or sum(wishes[one].amount for one in taken[offer]) <= supply.budget)
            for offer, supply in supplies.items()
        )
        served = {region: sum(wishes[one].region == region for one, _ in chosen) for region in REGIONS}
        if fits and all(served[region] >= least for region, least in floors.items()):
            totals.append(sum(scores[pair] for pair in chosen))
    return totals


@given(small_cases())
def test_best_reaches_the_greatest_total(case: tuple[dict, dict, dict, dict]) -> None:
    found = allocate(*case, seed="2026")

    totals = every_allocation(case)
    if isinstance(found, UnmetFloors):
        assert totals == []
    else:
        assert found.total == max(totals)
        assert found.certificate is not None
        assert found.certificate.bound >= found.total


@given(small_cases())
def test_stable_leaves_no_pair_that_would_rather_have_each_other(
    case: tuple[dict, dict, dict, dict],
) -> None:
    wishes, supplies, scores, _ = case

    found = allocate(wishes, supplies, scores, {}, mode=Mode.STABLE, seed="2026")

    assert isinstance(found, Allocation)
    of_request = {request: score for request, _, score in found.placed}
    for (request, offer), score in scores.items():
        of_offer = [points for _, to, points in found.placed if to == offer]
        capacity = supplies[offer].capacity
        has_room = capacity is None or len(of_offer) < capacity
        would_swap = bool(of_offer) and min(of_offer) < score
        assert not (score > of_request.get(request, 0) and (has_room or would_swap))


def test_floor_takes_a_place_from_a_better_score() -> None:
    wishes = {"a": Wish("africa"), "b": Wish("americas")}
    scores = {("a", "x"): 3, ("b", "x"): 9}

    free = allocate(wishes, {"x": Supply(1)}, scores, {})
    floored = allocate(wishes, {"x": Supply(1)}, scores, {"africa": 1})

    assert isinstance(free, Allocation)
    assert free.placed == (("b", "x", 9),)
    assert isinstance(floored, Allocation)
    assert floored.placed == (("a", "x", 3),)
    assert floored.unserved == ("b",)
    assert floored.served_by_region == {"africa": 1}


def test_floors_that_cannot_be_met_say_what_could() -> None:
    wishes = {"a": Wish("africa"), "b": Wish("africa")}

    found = allocate(wishes, {"x": Supply(1)}, {("a", "x"): 3, ("b", "x"): 9}, {"africa": 2})

    assert found == UnmetFloors({"africa": (2, 1)})


def test_budget_that_halves_a_request_places_it_whole_or_not() -> None:
    wishes = {"a": Wish(amount=70), "b": Wish(amount=50), "c": Wish(amount=50)}
    scores = {("a", "x"): 9, ("b", "x"): 6, ("c", "x"): 6}

    found = allocate(wishes, {"x": Supply(budget=100)}, scores, {})

    assert isinstance(found, Allocation)
    assert found.placed == (("b", "x", 6), ("c", "x", 6))


def test_nothing_to_place_is_an_answer() -> None:
    found = allocate({"a": Wish()}, {}, {}, {})

    assert isinstance(found, Allocation)
    assert found.unserved == ("a",)
    assert found.total == 0
