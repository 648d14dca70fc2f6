"""Do proposed weights follow the answers, stay sane without evidence, and come with honest figures?"""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.learning import FEWEST_ANSWERS, Answer, Proposal, TooFew, learn_weights
from matching.settings import DEFAULT_SETTINGS, PARTS

PRESENT = DEFAULT_SETTINGS.part_weights


def answers(n: int, telling: str, seed: int = 1) -> list[Answer]:
    """Answers that follow one part alone; the others are noise."""
    draw = random.Random(seed)
    found = []
    for _ in range(n):
        parts = {part: draw.random() for part in PARTS}
        found.append(Answer(parts, draw.random() < 1 / (1 + math.exp(-12 * (parts[telling] - 0.5)))))
    return found


@pytest.mark.parametrize("telling", ["place", "meaning", "money"])
def test_weight_goes_where_the_answers_point(telling: str) -> None:
    found = learn_weights(answers(300, telling), PRESENT)

    assert isinstance(found, Proposal)
    assert max(found.weights, key=found.weights.__getitem__) == telling
    assert found.is_better
    assert found.loss < found.present_loss < 0.75
    assert found.agreement > found.present_agreement


def test_too_few_answers_propose_nothing() -> None:
    few = [Answer({"text": 0.5}, is_accepted=True)] * 100 + [Answer({"text": 0.5}, is_accepted=False)] * 3

    assert learn_weights(few, PRESENT) == TooFew(100, 3, FEWEST_ANSWERS)


def test_answers_by_chance_are_not_called_better() -> None:
    draw = random.Random(7)
    noise = [Answer({part: draw.random() for part in PARTS}, draw.random() < 0.5) for _ in range(200)]

    found = learn_weights(noise, PRESENT)

    assert isinstance(found, Proposal)
    assert found.loss > 0.68
    assert abs(found.agreement - 0.5) < 0.12


def test_parts_that_never_differ_keep_their_proportions() -> None:
    alike = [Answer(dict.fromkeys(PARTS, 0.5), is_accepted=bool(n % 2)) for n in range(60)]

    found = learn_weights(alike, PRESENT)

    assert isinstance(found, Proposal)
    assert found.weights == pytest.approx(dict(PRESENT), abs=0.02)
    assert found.agreement == 0.5


def test_reasons_are_counted_by_the_part_they_name() -> None:
    found = learn_weights(
        [
            *(Answer({"text": 0.8}, is_accepted=True) for _ in range(20)),
            *(Answer({"text": 0.2}, is_accepted=False, reason="no_money") for _ in range(15)),
            *(Answer({"text": 0.2}, is_accepted=False, reason="not_our_region") for _ in range(4)),
            *(Answer({"text": 0.2}, is_accepted=False, reason="other") for _ in range(3)),
        ],
        PRESENT,
    )

    assert isinstance(found, Proposal)
    assert found.reasons == {"place": 4, "money": 15}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(PARTS))
def test_weights_are_never_below_0_and_keep_their_sum(seed: int, telling: str) -> None:
    found = learn_weights(answers(120, telling, seed), PRESENT)

    assert isinstance(found, Proposal)
    assert min(found.weights.values()) >= 0
    assert sum(found.weights.values()) == pytest.approx(sum(PRESENT.values()), abs=1e-3)
    assert found == learn_weights(answers(120, telling, seed), PRESENT)
