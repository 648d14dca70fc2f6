"""What the panel and the partners of the demonstration world do: reviews, decisions and matches."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from seed.demo.plan import World
from seed.demo.reference import load_facts
from seed.demo.world import build_world
from vocabulary.findings import Confidence, Recommendation
from vocabulary.states import AssignmentState, ConflictAnswer, MatchState

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module", params=(1, 2, 20))
def any_world(request: pytest.FixtureRequest) -> World:
    return build_world(None, request.param, load_facts(), today=TODAY)


def test_matches_stand_at_every_stage_between_fitting_entries(any_world):
    entries = {entry.key: entry for entry in any_world.entries}
    stages = {match.state for match in any_world.matches}

    assert stages == set(MatchState) - {MatchState.ENDED_EARLY, MatchState.CANCELLED}
    for match in any_world.matches:
        request, offer = entries[match.request], entries[match.offer]
        assert request.theme == offer.theme
        assert set(request.fields["support"]) & set(offer.fields["support"])
        agreed = match.state in ("agreed", "active", "completed")
        assert not agreed or (match.requester_answer, match.partner_answer) == ("yes", "yes")


def test_panel_has_three_reviewers_who_may_score_each_proposal(any_world):
    able = Counter(plan.entry for plan in any_world.assignments if plan.state != AssignmentState.RECUSED)

    assert len(able) == 20
    assert set(able.values()) == {3}
    assert {plan.state for plan in any_world.assignments} <= set(AssignmentState)
    assert {plan.conflict for plan in any_world.assignments} - {None} == set(ConflictAnswer)


def test_panel_disagrees_honestly(any_world):
    values: dict[tuple[str, str], list[int]] = {}
    for plan in any_world.assignments:
        for score in plan.review.scores if plan.review else ():
            assert (score.value is None) == (score.cannot_reason is not None)
            assert score.value is None or score.evidence
            if score.value is not None:
                values.setdefault((plan.entry, score.criterion), []).append(score.value)
    spreads = Counter(max(given) - min(given) for given in values.values() if len(given) == 3)

    assert spreads[0] + spreads[1] > spreads[2] + spreads[3] > 0


def test_reviews_use_the_words_of_the_field_and_come_in_time(any_world):
    reviews = [plan.review for plan in any_world.assignments if plan.review and plan.review.submitted_at]

    assert {review.recommendation for review in reviews} <= set(Recommendation)
    assert {review.confidence for review in reviews} <= set(Confidence)
    assert all(review.submitted_at.date() <= TODAY for review in reviews)
    assert all(
        bool(review.conditions) == (review.recommendation == "endorse_with_conditions") for review in reviews
    )


def test_decisions_cover_what_was_released(any_world):
    released = {
        entry.key for entry in any_world.entries if entry.call == "current" and entry.state == "released"
    }
    decided = {plan.entry: plan for plan in any_world.decisions}

    assert {key for key, plan in decided.items() if plan.is_released} == released
    assert {plan.outcome for plan in decided.values()} == {
        "endorsed",
        "endorsed_with_conditions",
        "reserve",
        "not_endorsed",
    }
    assert all(
        bool(plan.conditions) == (plan.outcome == "endorsed_with_conditions") for plan in decided.values()
    )
