"""Does every request and offer count where it belongs, and nowhere else?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matching.coverage import Coverage, CoverageTable, coverage
from matching.facts import EntryFacts
from tests.matching.examples import PLACES, make_offer, make_request

NEEDS = ("1", "1.1", "1.2", "2", "2.1", "2.10", "2.9")
EVERYWHERE = {"africa", "asia_pacific", "europe"}


def table(requests: list[EntryFacts], offers: list[EntryFacts], met: set[str] = frozenset()) -> CoverageTable:
    return coverage(requests, offers, met, NEEDS, PLACES)


def cells(found: CoverageTable) -> dict[tuple, tuple[int, int, int]]:
    return {(one.need, one.region): (one.n_asked, one.n_met, one.n_offered) for one in found.cells}


def codes(*named: str) -> frozenset[str]:
    return frozenset(named)


def test_request_counts_once_in_each_need_and_region() -> None:
    request = make_request(needs=codes("1.1", "2.1"), countries=codes("KEN", "SEN", "FJI"), amount_usd=500.0)

    found = table([request], [])

    assert cells(found) == {
        ("1.1", "africa"): (1, 0, 0),
        ("1.1", "asia_pacific"): (1, 0, 0),
        ("2.1", "africa"): (1, 0, 0),
        ("2.1", "asia_pacific"): (1, 0, 0),
    }
    assert {one.usd_asked for one in found.cells} == {500.0}


def test_offer_covers_the_needs_below_and_above_it() -> None:
    general, special = make_offer("OFF-1", needs=codes("1")), make_offer("OFF-2", needs=codes("1.2"))
    placed = {"countries": codes("NOR")}
    requests = [
        make_request("REQ-1", needs=codes("1.1"), **placed),
        make_request("REQ-2", needs=codes("1"), **placed),
    ]

    found = cells(table(requests, [general, special]))

    assert found["1.1", "europe"] == (1, 0, 1)
    assert found["1", "europe"] == (1, 0, 2)


def test_offer_without_a_place_and_a_global_one_reach_every_region() -> None:
    for offer in (make_offer(needs=codes("1")), make_offer(needs=codes("1"), scopes=codes("global"))):
        reached = {one.region for one in table([], [offer]).cells}

        assert reached == EVERYWHERE


def test_offer_to_a_kind_of_countries_reaches_where_they_lie() -> None:
    offer = make_offer(needs=codes("1"), scopes=codes("sids"))

    assert {one.region for one in table([], [offer]).cells} == {"asia_pacific"}


def test_subregion_counts_in_its_region() -> None:
    offer = make_offer(needs=codes("2.1"), regions=codes("east_africa"))

    assert cells(table([], [offer])) == {("2", "africa"): (0, 0, 1), ("2.1", "africa"): (0, 0, 1)}


def test_what_is_not_said_counts_apart_and_comes_last() -> None:
    found = table([make_request("REQ-1"), make_request("REQ-2", needs=codes("1"))], [])

    assert [(one.need, one.region) for one in found.cells] == [("1", None), (None, None)]


def test_needs_come_in_the_order_of_their_numbers() -> None:
    requests = [make_request(f"REQ-{need}", needs=codes(need)) for need in NEEDS]

    assert [one.need for one in table(requests, []).cells] == ["1", "1.1", "1.2", "2", "2.1", "2.9", "2.10"]


def test_gap_is_asked_and_not_offered_and_not_met() -> None:
    assert Coverage("1", "africa", n_asked=1, n_met=0, n_offered=0, usd_asked=0).is_gap
    assert not Coverage("1", "africa", n_asked=1, n_met=1, n_offered=0, usd_asked=0).is_gap
    assert not Coverage("1", "africa", n_asked=1, n_met=0, n_offered=1, usd_asked=0).is_gap
    assert not Coverage("1", "africa", n_asked=0, n_met=0, n_offered=0, usd_asked=0).is_gap


def test_offer_that_nobody_asks_for_is_named() -> None:
    request = make_request(needs=codes("1.1"), countries=codes("KEN"))
    offers = [
        make_offer("OFF-1", needs=codes("1.1"), countries=codes("TZA")),
        make_offer("OFF-2", needs=codes("1.1"), countries=codes("NOR")),
        make_offer("OFF-3", needs=codes("2"), countries=codes("KEN")),
    ]

    assert table([request], offers).unasked == ("OFF-2", "OFF-3")


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(NEEDS)), st.sets(st.sampled_from(sorted(PLACES.countries)))),
        max_size=6,
    )
)
def test_counts_of_one_need_and_region_never_exceed_the_requests(named: list) -> None:
    requests = [
        make_request(f"REQ-{number}", needs=frozenset(needs), countries=frozenset(countries))
        for number, (needs, countries) in enumerate(named)
    ]

    found = table(requests, [], {"REQ-0"})

    assert found.n_requests == len(requests)
    assert all(0 <= one.n_met <= one.n_asked <= len(requests) for one in found.cells)
    assert found.n_met == (1 if requests else 0)
