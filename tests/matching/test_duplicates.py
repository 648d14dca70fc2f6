"""matching/duplicates.py: the same request in another language, told from others on the same subject."""

from __future__ import annotations

from itertools import permutations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.duplicates import in_meaning, likenesses, read_requests
from encoders.installed import fast_encoder
from matching.duplicates import SURE, SURE_IN_MEANING, likeness_across, likeness_in_meaning
from matching.meaning import Vectors
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


def unit(*rows: tuple[float, ...]) -> Vectors:
    made = np.array(rows, dtype=np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


def test_likeness_in_meaning_is_how_far_either_text_is_covered() -> None:
    one, other = unit((1, 0, 0), (0, 1, 0)), unit((1, 0, 0))

    assert likeness_in_meaning(one, one) == 1.0
    assert likeness_in_meaning(one, other) == round(sqrt(0.5 * 1.0), 6)
    assert likeness_in_meaning(other, one) == likeness_in_meaning(one, other)
    assert likeness_in_meaning(unit((1, 0, 0)), unit((-1, 0, 0))) == 0.0
    assert likeness_in_meaning(one, np.zeros((0, 3), dtype=np.float32)) == 0.0


@pytest.mark.skipif(fast_encoder() is None, reason="no sentence model is installed")
def test_sentence_vectors_find_more_and_mistake_no_more_than_words() -> None:
    same = [(REQUESTS[key], REQUESTS[key]) for key in KEYS[::6]]
    apart = [(one, other) for one in KEYS[::6] for other in KEYS[::6] if one[0] < other[0]]
    others = [(REQUESTS[one], REQUESTS[other]) for one, other in apart]

    found, mistaken = (likenesses(pairs, in_meaning) >= SURE_IN_MEANING for pairs in (same, others))

    assert np.mean(found) >= 0.93
    assert np.mean(found) > np.mean(likenesses(same) >= SURE)
    assert np.mean(mistaken) <= 0.002


def test_entries_are_compared_by_vectors_where_both_have_them() -> None:
    one = make_request("REQ-1", "Forest law of the river", language="en")
    other = make_request("REQ-2", "Quelque chose de tout autre", language="fr")
    near = {"REQ-1": unit((1, 0)), "REQ-2": unit((1, 0.2))}

    [found] = similar_entries(one, [other], sentences=near)

    assert (found.key, found.why) == ("REQ-2", Why.TRANSLATION)
    assert found.score == likeness_in_meaning(near["REQ-1"], near["REQ-2"])
    assert similar_entries(one, [other], sentences={"REQ-1": near["REQ-1"]}) == []
    assert similar_entries(one, [other], sentences=near | {"REQ-2": unit((0, 1))}) == []
