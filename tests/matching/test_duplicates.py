"""matching/duplicates.py: the same request in another language, told from others on the same subject."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.duplicates import likenesses, read_requests
from matching.duplicates import SURE, likeness_across
from matching.names import Why, similar_entries
from matching.text import LANGUAGES
from tests.matching.examples import make_request

REQUESTS = read_requests()
KEYS = sorted(REQUESTS)


def test_four_of_five_requests_are_found_in_any_other_language() -> None:
    found = likenesses([(REQUESTS[key], REQUESTS[key]) for key in KEYS])

    assert np.mean(found >= SURE) >= 0.75


def test_requests_on_two_subjects_are_not_taken_for_one() -> None:
    pairs = [
        (REQUESTS[one], REQUESTS[other]) for one in KEYS[::3] for other in KEYS[::3] if one[0] < other[0]
    ]

    assert np.mean(likenesses(pairs) >= SURE) <= 0.002


def test_likeness_is_the_same_from_both_sides() -> None:
    for a, b in permutations(LANGUAGES, 2):
        one, other = (REQUESTS[KEYS[0]][a], a), (REQUESTS[KEYS[0]][b], b)

        assert likeness_across(one, other) == likeness_across(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("forest river law", "en"), ("forest river law", "en")),
        (("", "en"), ("", "fr")),
        (("forest", "en"), ("forêt", "fr")),
        (("Wald Fluss Gesetz Meer", "de"), ("forest river law sea", "en")),
    ],
    ids=["one language", "nothing said", "too short to tell", "a language outside the six"],
)
def test_likeness_is_0_where_it_cannot_tell(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert likeness_across(one, other) == 0.0


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(LANGUAGES), st.sampled_from(LANGUAGES))
def test_likeness_of_any_texts_lies_between_0_and_1(one: str, other: str, a: str, b: str) -> None:
    assert 0.0 <= likeness_across((one, a), (other, b)) <= 1.0


def test_similar_entries_say_that_one_is_a_translation() -> None:
    here = make_request("REQ-1", REQUESTS[KEYS[0]]["en"], language="en")
    there = make_request("REQ-2", REQUESTS[KEYS[0]]["ru"], language="ru")
    other = make_request("REQ-3", REQUESTS[KEYS[-1]]["ru"], language="ru")

    found = similar_entries(here, [there, other])

    assert [(similar.key, similar.why) for similar in found] == [("REQ-2", Why.TRANSLATION)]
