"""matching/reasons.py: one sentence for each part, whatever is said or not said."""

from __future__ import annotations

from datetime import date

import pytest

from matching.facts import Amount, Term
from matching.index import fit_index
from matching.rank import rank
from tests.matching.examples import PLACES, make_offer, make_request
from vocabulary.states import EntryKind

MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (5, 6, 7, 8))

CASES = [
    ("text", {"text": "wetland"}, {"text": "Wetland soil"}, "Both use the word wetland."),
    (
        "text",
        {"text": "a b soil wetland forest policy market herder"},
        {"text": "soil wetland forest policy market herder"},
        "Both use the words forest, herder, market, policy and soil.",
    ),
    ("text", {}, {"text": "wetland"}, "The request has no words to compare."),
    ("text", {"text": "soil"}, {"text": "wetland"}, "They share no words."),
    (
        "text",
        {"text": "soil"},
        {"text": "formation", "language": "fr"},
        "The request is written in en, the offer in fr; they share no words.",
    ),
    ("support", {}, {}, "The request does not say what support it asks for."),
    ("support", {"support": {"training"}}, {}, "The offer does not say what support it gives."),
    (
        "support",
        {"support": {"training", "mentoring"}},
        {"support": {"training", "mentoring", "hosting"}},
        "Both name mentoring and training.",
    ),
    (
        "support",
        {"support": {"training", "data_access"}},
        {"support": {"training"}},
        "Both name training; the request also asks for data access.",
    ),
    ("support", {"support": {"training"}}, {"support": {"hosting"}}, "Nothing that is asked for is given."),
    ("needs", {}, {}, "The request names no needs, initiatives or themes."),
    ("needs", {"needs": {"1"}}, {}, "The offer names no needs, initiatives or themes."),
    (
        "needs",
        {"needs": {"1.1"}, "initiatives": {"1a"}, "ecosystems": {"urban"}},
        {"needs": {"1.1"}, "initiatives": {"1a"}, "ecosystems": {"urban"}},
        "Served by both: need 1.1, initiative 1a and urban.",
    ),
    (
        "needs",
        {"needs": {"1.1"}},
        {"needs": {"1"}},
        "They serve related needs: the request need 1.1, the offer need 1.",
    ),
    (
        "needs",
        {"needs": {"1.1"}},
        {"needs": {"2"}},
        "They serve different needs: the request need 1.1, the offer need 2.",
    ),
    ("place", {}, {}, "The request names no place."),
    ("place", {"countries": {"KEN"}}, {}, "The offer does not say where it can help."),
    (
        "place",
        {"countries": {"KEN"}},
        {"scopes": {"developing_countries"}},
        "Help is needed in KEN; the offer is for developing countries.",
    ),
    (
        "place",
        {"countries": {"KEN", "NOR"}},
        {"regions": {"africa"}},
        "Help is needed in KEN and NOR; the offer is for africa, which leaves out NOR.",
    ),
    ("language", {}, {}, "The request names no working languages."),
    ("language", {"languages": {"fr"}}, {}, "The offer names no working languages."),
    ("language", {"languages": {"fr", "en"}}, {"languages": {"en", "es"}}, "Both work in en."),
    (
        "language",
        {"languages": {"fr"}},
        {"languages": {"es", "en"}},
        "They share no working language: the request names fr, the offer en and es.",
    ),
    ("time", {}, {}, "The request names no dates."),
    ("time", {"from_on": MAY}, {}, "The offer names no dates."),
    (
        "time",
        {"from_on": JUNE, "until_on": JULY},
        {"from_on": MAY},
        "The offer covers the time of the work.",
    ),
    (
        "time",
        {"from_on": MAY, "until_on": date(2026, 5, 10)},
        {"from_on": date(2026, 5, 7)},
        "The offer covers 40 per cent of the time of the work.",
    ),
    (
        "time",
        {"from_on": JULY},
        {"until_on": MAY},
        "The dates of the request and of the offer do not meet.",
    ),
    ("money", {}, {}, "The request asks for no amount of money."),
    ("money", {"amount_usd": 0.0}, {}, "The request asks for no amount of money."),
    (
        "money",
        {"amount_usd": 5.0, "support": {"training"}},
        {},
        "The request names an amount, but does not ask for funding.",
    ),
    ("money", {"amount_usd": 5.0}, {"support": {"training"}}, "The offer gives no money."),
    ("money", {"amount_usd": 5.0}, {}, "The offer names no ceiling."),
    (
        "money",
        {"amount_usd": 20_000.0},
        {"amount_usd": 50_000.0, "amount_left_usd": 30_000.0},
        "The amount sought, USD 20,000, is within the ceiling of USD 30,000.",
    ),
    (
        "money",
        {"amount_usd": 50_000.0},
        {"amount_usd": 30_000.0},
        "The request seeks USD 50,000; the offer's ceiling of USD 30,000 leaves USD 20,000 open.",
    ),
]


def reasons(asked, given):
    """Reasons of the pair; a blocker of the caller's makes sure that it is listed, whatever its score."""
    index = fit_index([make_offer(**given)], EntryKind.OFFER)
    request = make_request(**asked)
    ranking = rank(request, index, places=PLACES, include_blocked=True, more_blockers={"OFF-1": ()})
    return ranking.blocked[0].reasons


@pytest.mark.parametrize(("part", "asked", "given", "sentence"), CASES)
def test_reason_says_what_the_part_says(part, asked, given, sentence):
    assert reasons(asked, given)[part] == sentence


def test_reason_hands_codes_and_sums_to_the_doors():
    found = reasons({"support": {"training"}, "amount_usd": 5.0}, {"support": {"training"}})
    money = reasons({"amount_usd": 5.0}, {"amount_usd": 9.0})["money"]

    assert found["support"].params == {"shared": (Term("support", "training"),)}
    assert money.params == {"sought": Amount(5.0), "ceiling": Amount(9.0)}


@pytest.mark.parametrize(("days", "percent"), [(1, 1), (999, 99)])
def test_reason_never_rounds_a_part_of_the_time_to_nothing_or_to_all(days, percent):
    first = date(2026, 1, 1)
    asked = {"from_on": first, "until_on": date.fromordinal(first.toordinal() + 999)}
    given = {"until_on": date.fromordinal(first.toordinal() + days - 1)}

    assert reasons(asked, given)["time"] == f"The offer covers {percent} per cent of the time of the work."
