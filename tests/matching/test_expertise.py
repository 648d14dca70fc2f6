"""Does the fit of a reviewer follow words, strategy, language and region, whatever the order of rows?"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from matching.assignment import Assignment, Further, Loads, assign
from matching.expertise import ELSEWHERE, LANGUAGE, STRATEGY, WORDS, Proposal, Reviewer, fits, subject

WETLANDS = Proposal(
    "P1", "An assessment of wetlands and invasive species.", "en", ("S3",), frozenset({"africa"})
)
ECONOMICS = Proposal(
    "P2", "Valuation of nature and policy instruments.", "en", ("S1",), frozenset({"europe"})
)
BIRD = Reviewer("R1", "wetlands, invasive species", "en", ("en",), {"S3": "high"}, frozenset({"europe"}))
MONEY = Reviewer("R2", "valuation, policy instruments", "en", ("en",), {"S1": "high"}, frozenset({"africa"}))


def test_words_in_common_make_the_fit() -> None:
    found = fits([WETLANDS, ECONOMICS], [BIRD, MONEY])

    assert found["P1", "R1"].words > found["P1", "R2"].words
    assert found["P2", "R2"].words > found["P2", "R1"].words
    assert max(fit.words for fit in found.values()) == WORDS


def test_concepts_join_two_languages() -> None:
    french = replace(BIRD, id="R3", text="zones humides, espèces envahissantes", language="fr")
    other = replace(BIRD, id="R4", text="droit et économie", language="fr")

    found = fits([WETLANDS], [french, other])

    assert found["P1", "R3"].words == WORDS
    assert found["P1", "R4"].words < WORDS / 2
    assert (
        "invasive alien species" in {subject(one, "en") for one in found["P1", "R3"].shared}
        or found["P1", "R3"].shared
    )


def test_strategy_language_and_region_have_their_points() -> None:
    found = fits([WETLANDS], [BIRD, replace(MONEY, languages=("fr",))])

    fit, far = found["P1", "R1"], found["P1", "R2"]
    assert (fit.strategy, fit.language, fit.elsewhere) == (STRATEGY, LANGUAGE, ELSEWHERE)
    assert (far.strategy, far.language, far.elsewhere) == (round(0.4 * STRATEGY), 0, 0)


@given(st.permutations([WETLANDS, ECONOMICS]), st.permutations([BIRD, MONEY]))
def test_order_of_rows_changes_nothing(proposals: list[Proposal], reviewers: list[Reviewer]) -> None:
    assert fits(proposals, reviewers) == fits([WETLANDS, ECONOMICS], [BIRD, MONEY])


@given(st.integers(1, 30), st.integers(4, 9))
def test_scores_stay_within_a_thousand(n_proposals: int, n_reviewers: int) -> None:
    proposals = [replace(WETLANDS, id=f"P{n:02}") for n in range(n_proposals)]
    reviewers = [replace(BIRD, id=f"R{n}") for n in range(n_reviewers)]

    assert {0 <= fit.score <= 1000 for fit in fits(proposals, reviewers).values()} == {True}


def test_of_places_filled_already_only_the_rest_is_assigned() -> None:
    further = Further({"a": 1, "b": 2}, {"x": 1}, {})

    found = assign(["a", "b"], ["x", "y", "z"], {}, [("a", "y")], Loads(3, 3), further=further)

    assert isinstance(found, Assignment)
    assert {one: len(picked) for one, picked in found.reviewers_of.items()} == {"a": 1, "b": 2}
    assert sum("x" in picked for picked in found.reviewers_of.values()) <= 1
    assert "y" not in found.reviewers_of["a"]


def test_one_of_those_named_is_chosen_though_others_fit_better() -> None:
    further = Further({}, {}, {"a": frozenset({"z"})})

    found = assign(["a"], ["x", "y", "z"], {("a", "x"): 9, ("a", "y"): 9}, [], Loads(2, 3), further=further)

    assert isinstance(found, Assignment)
    assert "z" in found.reviewers_of["a"]
    assert found.certificate.gap == 0
