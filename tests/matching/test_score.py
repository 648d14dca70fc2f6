"""matching/score.py: what weighs how much, for which pair?"""

from __future__ import annotations

import numpy as np
import pytest

from matching.score import scaled_weights
from matching.settings import PARTS, MatchingSettings

EVERY = {part: np.array([True]) for part in PARTS} | {"meaning": np.array([True, True])}
BETWEEN = np.array([False, True])
"""The second of two pairs is of two languages."""


def test_facts_weigh_the_same_within_a_language_and_between_two() -> None:
    settings = MatchingSettings()

    weights = dict(zip(PARTS, scaled_weights(EVERY, settings, BETWEEN), strict=True))

    text, meaning = weights.pop("text"), weights.pop("meaning")
    assert all(within == between for within, between in weights.values())
    assert text[1] == pytest.approx(settings.words_across_languages * text[0])
    assert text[1] + meaning[1] == pytest.approx(text[0] + meaning[0])


def test_weights_of_every_pair_add_up_to_one() -> None:
    weights = scaled_weights(EVERY, MatchingSettings(), BETWEEN)

    assert weights.sum(axis=0) == pytest.approx(np.ones(2))
