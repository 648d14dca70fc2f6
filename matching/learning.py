"""What do accepted and declined matches say about the weights of the parts?

A match that both sides agreed to counts as 1, one that a side declined as 0. A logistic model over the parts
of their scores, with weights of 0 or more (a part never counts against a pair), is fitted so that the
weights stay near the present ones unless the answers say otherwise. It proposes; an officer decides.

Source: logistic regression with bounds, L-BFGS-B (R. H. Byrd et al., 1995).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.optimize as so

from matching.settings import PARTS

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
FEWEST_ANSWERS = 20
"""Answers of either sort below which nothing is proposed."""
N_FOLDS = 5
_STEEPNESS = 6.0
"""How fast the chance of a yes rises with the score under the present weights: the model starts here."""
_PULL = 4.0
"""How strongly weights are held near the present ones, in answers' worth of evidence."""
DECLINED_ABOUT: Mapping[str, str] = {
    "no_money": "money",
    "too_late": "time",
    "not_our_region": "place",
    "wrong_level": "support",
}
"""Reason for a no -> the part that should have foreseen it; "other" tells nothing about a part."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a match: the parts of its score, 0..1, and whether both sides said yes."""

    parts: Mapping[str, float]
    is_accepted: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights that fit the answers better, with the evidence.

    weights : part -> weight, adding up to the sum of the present ones.
    n_accepted, n_declined : answers learned from.
    loss, present_loss : mean surprise (natural logarithm) at answers that were left out of the fitting; 0.69
        is that of a coin. Lower is better.
    agreement, present_agreement : chance that an accepted match scores above a declined one, 0..1.
    reasons : part -> declined matches whose reason names it.
    is_better : whether the answers left out are foreseen better than by the present weights.
    """

    weights: Mapping[str, float]
    n_accepted: int
    n_declined: int
    loss: float
    present_loss: float
    agreement: float
    present_agreement: float
    reasons: Mapping[str, int]
    is_better: bool


@dataclass(frozen=True, slots=True)
class TooFew:
    """Nothing can be said yet: answers of each sort, and how many there must be."""

    n_accepted: int
    n_declined: int
    needed: int = FEWEST_ANSWERS


def learn_weights(answers: Sequence[Answer], present: Mapping[str, float]) -> Proposal | TooFew:
    """Propose weights from what became of earlier matches.

    Parameters
    ----------
    answers : in the order in which they were given; the same order gives the same proposal
    present : part -> weight, 0 or more; a part without one has weight 0

    Returns
    -------
    Proposal, or TooFew below FEWEST_ANSWERS of either sort
    """
    accepted = np.array([one.is_accepted for one in answers], dtype=bool)
    n_accepted, n_declined = int(accepted.sum()), int((~accepted).sum())
    if min(n_accepted, n_declined) < FEWEST_ANSWERS:
        return TooFew(n_accepted, n_declined)
    values = np.array([[one.parts.get(part, 0.0) for part in PARTS] for one in answers])
    start = np.array([present.get(part, 0.0) for part in PARTS])
    start /= start.sum()
    weights = _fit(values, accepted, start)
    losses = _losses_left_out(values, accepted, start)
    return Proposal(
        weights=_scaled(weights, sum(present.values())),
        n_accepted=n_accepted,
        n_declined=n_declined,
        loss=losses[0],
        present_loss=losses[1],
        agreement=_agreement(values @ weights, accepted),
        present_agreement=_agreement(values @ start, accepted),
        reasons=_reasons(answers),
        is_better=losses[0] < losses[1],
    )


def _fit(values: Floats, accepted: Any, start: Floats) -> Floats:
    """Weights of 0 or more that add up to 1, shape (n_parts,)."""
    first = np.append(start * _STEEPNESS, -_STEEPNESS / 2)

    def surprise(found: Floats) -> tuple[float, Floats]:
        chance = _chance(values @ found[:-1] + found[-1])
        off = chance - accepted
        pull = found[:-1] - first[:-1]
        loss = _log_loss(chance, accepted) * len(values) + _PULL / 2 * float(pull @ pull)
        slope = np.append(values.T @ off + _PULL * pull, off.sum())
        return loss, slope

    bounds = [(0.0, None)] * len(start) + [(None, None)]
    found = so.minimize(surprise, first, jac=True, method="L-BFGS-B", bounds=bounds).x[:-1]
    total = found.sum()
    learned: Floats = found / total if total > 0 else start
    return learned


def _losses_left_out(values: Floats, accepted: Any, start: Floats) -> tuple[float, float]:
    """Mean surprise with learned and with present weights, at answers that were not learned from.

    Every fifth answer is left out in turn; how steep the chance rises is fitted for both alike.
    """
    fold = np.empty(len(values), dtype=int)
    for sort in (True, False):
        members = np.flatnonzero(accepted == sort)
        fold[members] = np.arange(len(members)) % N_FOLDS
    surprises = np.zeros(2)
    for left_out in range(N_FOLDS):
        known = fold != left_out
        for place, weights in enumerate((_fit(values[known], accepted[known], start), start)):
            scores = values @ weights
            line = _line(scores[known], accepted[known])
            chance = _chance(line[0] * scores[~known] + line[1])
            surprises[place] += _log_loss(chance, accepted[~known]) * int((~known).sum())
    learned, present = np.round(surprises / len(values), 6).tolist()
    return learned, present


def _line(scores: Floats, accepted: Any) -> Floats:
    """Slope (0 or more) and shift of the chance of a yes over a score, shape (2,)."""

    def surprise(line: Floats) -> tuple[float, Floats]:
        chance = _chance(line[0] * scores + line[1])
        off = chance - accepted
        loss = _log_loss(chance, accepted) * len(scores) + 0.5e-3 * float(line @ line)
        return loss, np.array([off @ scores, off.sum()]) + 1e-3 * line

    found: Floats = so.minimize(
        surprise,
        np.array([_STEEPNESS, -_STEEPNESS / 2]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None), (None, None)],
    ).x
    return found


def _chance(logits: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))
    return chance


def _log_loss(chance: Floats, accepted: Any) -> float:
    return -float(np.where(accepted, np.log(chance), np.log1p(-chance)).mean())


def _agreement(scores: Floats, accepted: Any) -> float:
    """Chance that an accepted match scores above a declined one; a tie counts half."""
    apart = scores[accepted][:, None] - scores[~accepted][None, :]
    return round(float(((apart > 0) + 0.5 * (apart == 0)).mean()), 6)


def _scaled(weights: Floats, total: float) -> dict[str, float]:
    return {part: round(float(one) * total, 4) for part, one in zip(PARTS, weights, strict=True)}


def _reasons(answers: Sequence[Answer]) -> dict[str, int]:
    named = [DECLINED_ABOUT.get(one.reason or "") for one in answers if not one.is_accepted]
    return {part: named.count(part) for part in PARTS if part in named}
