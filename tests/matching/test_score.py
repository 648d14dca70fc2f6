"""matching/score.py: what weighs how much, for which pair?"""

from __future__ import annotations

import numpy as np
import pytest

from matching.score import scaled_weights
from matching.settings import PARTS, MatchingSettings

EVERY = {part: np.array([True]) for part in PARTS}


def test_facts_weigh_the_same_within_a_language_and_between_two() -> None:
    settings = MatchingSettings()

    weights = scaled_weights(EVERY, settings, np.array([False, True]))

    for part in set(PARTS) - {"text", "meaning"}:
        within, between = np.broadcast_to(weights[part], 2)
        assert between == within
    assert weights["text"][1] == pytest.approx(settings.words_across_languages * weights["text"][0])
    assert weights["text"].sum() + weights["meaning"].sum() == pytest.approx(
        2 * (weights["text"][0] + weights["meaning"][0])
    )


def test_weights_of_every_pair_add_up_to_one() -> None:
    weights = scaled_weights(EVERY, MatchingSettings(), np.array([False, True, True]))

    assert np.sum([np.broadcast_to(one, 3) for one in weights.values()], axis=0) == pytest.approx(np.ones(3))
