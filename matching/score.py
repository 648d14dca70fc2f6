"""How good is a pair, part by part, and all in all?

score = sum of weight * part over the parts that apply, with the weights of those scaled to add up to 1. A
part applies when the request says something about it: a request that names no dates asks for none. An offer
that is silent on a part that applies gets 0 there, so that saying nothing never ranks above saying yes; it
is never blocked for it. The rule reads only the pair, so both sides see the same score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from matching.columns import Bools
from matching.facets import FACETS, Floats, reach_for, values_for_offer, values_for_request
from matching.facts import Places
from matching.gates import Sides
from matching.settings import PARTS, MatchingSettings

Values: TypeAlias = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Scores:
    """Part name to its values 0..1 and to the weights that count, each of shape (n,), and the score of
    shape (n,).

    The weights of a row add up to 1, or are all 0 where no part applies.
    """

    parts: Mapping[str, Floats]
    weights: Mapping[str, Floats]
    score: Floats


def structured_parts(sides: Sides, settings: MatchingSettings, places: Places) -> Values:
    """Every part but the words: shape (n,) each, 0..1."""
    values = {facet: _facet(sides, facet, settings, places) for facet in FACETS}
    values["language"] = (values["language"] > 0).astype(np.float64)  # one shared language is enough
    values["time"] = _time(sides)
    values["money"] = _money(sides)
    return {part: np.round(value, 9) for part, value in values.items()}


def _facet(sides: Sides, facet: str, settings: MatchingSettings, places: Places) -> Floats:
    reach = reach_for(facet, settings, places)
    requests, offers = sides.requests.facets[facet], sides.offers.facets[facet]
    if sides.requests.n == 1:
        units = {code: float(weights[0]) for code, weights in requests.weights.items()}
        return values_for_request(units, offers, reach)
    return values_for_offer(dict.fromkeys(offers.rows, 1.0), requests, reach)


def _time(sides: Sides) -> Floats:
    """Share of the request's days that the offer covers; all or nothing where the request has no end or
    start."""
    request, offer = sides.requests, sides.offers
    first = np.maximum(request.from_day, offer.from_day)
    last = np.minimum(request.until_day, offer.until_day)
    is_closed = np.isfinite(request.from_day) & np.isfinite(request.until_day)
    days = np.where(is_closed, request.until_day, 1.0) - np.where(is_closed, request.from_day, 1.0) + 1.0
    shared = np.where(is_closed, np.maximum(last - np.where(is_closed, first, 0.0) + 1.0, 0.0), 0.0)
    value = np.where(is_closed, shared / days, (first <= last).astype(np.float64))
    return np.where(request.has_days & offer.has_days, value, 0.0) + np.zeros(sides.n)


def _money(sides: Sides) -> Floats:
    """Share of the amount sought that the offer's ceiling allows."""
    request, offer = sides.requests, sides.offers
    sought = np.where(request.amount > 0, request.amount, 1.0)
    is_given = (offer.has_money | ~offer.names_support) & np.isfinite(offer.ceiling)
    ceiling = np.where(np.isfinite(offer.ceiling), offer.ceiling, 0.0)
    return np.where(is_given & (request.amount > 0), np.minimum(ceiling / sought, 1.0), 0.0) + np.zeros(
        sides.n
    )


def applying(sides: Sides, has_words: Bools, has_meaning: bool) -> dict[str, Bools]:
    """Which parts the request says something about; shape (1,) or (n,) each."""
    request = sides.requests
    facets = {facet: request.facets[facet].total > 0 for facet in FACETS}
    asks_money = request.has_money | ~request.names_support
    return facets | {
        "text": has_words,
        "meaning": np.array([has_meaning]),
        "time": request.has_days,
        "money": asks_money & (request.amount > 0),
    }


def combine(parts: Values, applies: Mapping[str, Bools], settings: MatchingSettings, n: int) -> Scores:
    """Weigh the parts of n pairs into a score each, 0..1 to nine digits; a part that does not apply is 0."""
    parts = {part: np.where(applies[part], parts[part], 0.0) for part in PARTS}
    weights = {
        part: np.broadcast_to(applies[part] * settings.part_weights.get(part, 0.0), (n,)) for part in PARTS
    }
    total = sum((weights[part] for part in PARTS), start=np.zeros(n))
    scaled = {part: np.divide(weights[part], total, out=np.zeros(n), where=total > 0) for part in PARTS}
    score = sum((scaled[part] * parts[part] for part in PARTS), start=np.zeros(n))
    return Scores(parts, scaled, np.clip(np.round(score, 9), 0.0, 1.0))
