"""matching/gates.py: what each blocker says. When each holds is checked in test_rank.py against an oracle."""

from __future__ import annotations

from datetime import date

import pytest

from matching.gates import BLOCKER_CODES
from matching.index import fit_index
from matching.rank import rank
from tests.matching.examples import PLACES, make_offer, make_request
from vocabulary.states import EntryKind

MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (5, 6, 7, 8))

CASES = {
    "not_open": (
        make_request(),
        make_offer(is_open=False),
        "The offer is not open for matching.",
    ),
    "request_expired": (
        make_request(valid_until_on=MAY),
        make_offer(),
        "The request ended on 2026-05-01.",
    ),
    "offer_expired": (
        make_request(),
        make_offer(valid_until_on=JULY, until_on=MAY),
        "The offer ended on 2026-05-01.",
    ),
    "same_organisation": (
        make_request(organisation_key="A"),
        make_offer(organisation_key="A"),
        "The request and the offer come from the same organisation.",
    ),
    "money_only": (
        make_request(support={"financial"}),
        make_offer(support={"training", "in_kind"}),
        "The request asks for money only; the offer gives in kind and training.",
    ),
    "nothing_given": (
        make_request(support={"training", "mentoring"}),
        make_offer(support={"hosting"}),
        "The request asks for mentoring and training; the offer gives hosting.",
    ),
    "place_excluded": (
        make_request(countries={"KEN", "TZA"}),
        make_offer(countries={"NOR"}, scopes={"sids"}),
        "Help is needed in KEN and TZA; the offer is for NOR and sids.",
    ),
    "dates_apart": (
        make_request(from_on=JULY, until_on=AUGUST),
        make_offer(until_on=JUNE),
        "The work starts on 2026-07-01; the offer ends before, on 2026-06-01.",
    ),
    "capacity_gone": (make_request(), make_offer(capacity_left=0), "The offer has no places left."),
    "money_gone": (
        make_request(support={"financial"}),
        make_offer(support={"financial"}, amount_left_usd=0.0),
        "The request asks for money only, and the offer's money is all given.",
    ),
}


def blockers(request, offer):
    index = fit_index([offer], EntryKind.OFFER)
    ranking = rank(request, index, places=PLACES, today=JUNE, include_blocked=True)
    return [(found.code, str(found.message)) for match in ranking.blocked for found in match.blockers]


def test_every_blocker_has_its_case():
    assert tuple(CASES) == BLOCKER_CODES


@pytest.mark.parametrize("code", CASES)
def test_blocker_says_what_stands_against_the_pair(code):
    request, offer, sentence = CASES[code]

    assert blockers(request, offer) == [(code, sentence)]


def test_dates_apart_says_that_the_offer_starts_too_late():
    found = blockers(make_request(until_on=JULY), make_offer(from_on=AUGUST))

    assert found == [
        ("dates_apart", "The work ends on 2026-07-01; the offer starts after that, on 2026-08-01.")
    ]


def test_dates_that_share_one_day_are_not_apart():
    assert blockers(make_request(from_on=JULY), make_offer(until_on=JULY)) == []
    assert blockers(make_request(until_on=JULY), make_offer(from_on=JULY)) == []


def test_not_open_names_the_request_when_that_is_what_is_closed():
    found = blockers(make_request(is_open=False), make_offer())

    assert found == [("not_open", "The request is not open for matching.")]


def test_blockers_are_all_told_in_a_fixed_order():
    found = blockers(
        make_request(support={"financial"}, countries={"KEN"}),
        make_offer(support={"training"}, countries={"NOR"}, capacity_left=0),
    )

    assert [code for code, _ in found] == ["money_only", "place_excluded", "capacity_gone"]


@pytest.mark.parametrize(
    "facts",
    [
        {"support": {"training"}},
        {"countries": {"KEN"}},
        {"from_on": MAY, "until_on": JULY},
        {"amount_usd": 5.0, "support": {"financial"}},
        {"organisation_key": "A"},
        {"capacity_left": None, "languages": {"fr"}},
    ],
    ids=lambda facts: ", ".join(facts),
)
def test_missing_facts_never_block(facts):
    assert blockers(make_request(**facts), make_offer()) == []
    assert blockers(make_request(), make_offer(**facts)) == []


def test_offer_for_countries_of_a_kind_reaches_a_country_the_map_does_not_know():
    assert blockers(make_request(countries={"XXX"}), make_offer(scopes={"ldc"})) == []
