"""How good is a pair, part by part, and all in all?

score = sum of weight * part over the parts that apply, with the weights of those scaled to add up to 1. A
part applies when the request says something about it: a request that names no dates asks for none. An offer
that is silent on a part that applies gets 0 there, so that saying nothing never ranks above saying yes; it
is never blocked for it. The rule reads only the pair, so both sides see the same score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.columns import Bools
from matching.facets import FACETS, Floats, Spread, reach_for, values_for_offer, values_for_request
from matching.facts import Places
from matching.gates import Sides
from matching.settings import PARTS, MatchingSettings

Values: TypeAlias = dict[str, Floats]
Parts: TypeAlias = Mapping[str, Floats | Spread]


STRUCTURED = tuple(part for part in PARTS if part not in ("text", "meaning"))


@dataclass(frozen=True, slots=True)
class Scores:
    """Part name to values 0..1 (nine digits) and to weights that count, and the score: shape (n rows,).

    The weights of a row add up to 1, or are all 0 where no part applies.
    """

    parts: Mapping[str, Floats]
    weights: Mapping[str, Floats]
    score: Floats


@dataclass(frozen=True)
class Judged:
    """Everything but the words, for n pairs: what a part is worth, and how much it weighs.

    Attributes
    ----------
    parts : mapping of part to n numbers, 0..1
        Parts that apply to no pair may be missing; `text` always is.
    weights : mapping of part to array of shape (1,) or (n,)
        Scaled to add up to 1 over the parts that apply; 0 for one that does not.
    """

    parts: Parts
    weights: Values

    @cached_property
    def rest(self) -> NDArray[np.float32]:
        """What all parts but the words add to each score, to about six digits: shape (1,) or (n,)."""
        rest = np.zeros(1, dtype=np.float32)
        for part, values in self.parts.items():
            rest = _added(rest, self.weights[part], values)
        return rest

    def score(self, rows: NDArray[np.intp], text: Floats) -> Scores:
        """The scores of some rows, whose text parts are given."""
        nothing = np.zeros(len(rows))
        weights, parts, score = dict.fromkeys(PARTS, nothing), dict.fromkeys(PARTS, nothing), nothing
        for part in PARTS:
            if not self.weights[part].any():
                continue
            weights[part] = _at(self.weights[part], rows)
            known = text if part == "text" else np.round(_values_at(self.parts[part], rows), 9)
            parts[part] = np.where(weights[part] > 0, known, 0.0)
            score = score + weights[part] * parts[part]
        return Scores(parts, weights, np.clip(np.round(score, 9), 0.0, 1.0))


def _added(rest: NDArray[np.float32], weight: Floats, values: Floats | Spread) -> NDArray[np.float32]:
    if isinstance(values, Spread):
        more = (weight * values.values if len(weight) == 1 else values.values).astype(np.float32)[values.line]
        more = more if len(weight) == 1 else more * weight.astype(np.float32)
    else:
        more = (weight * values).astype(np.float32)
    if len(rest) != len(more):
        return rest + more
    rest += more
    return rest


def _values_at(values: Floats | Spread, rows: NDArray[np.intp]) -> Floats:
    return values.at(rows) if isinstance(values, Spread) else values[rows]


def _at(values: Floats, rows: NDArray[np.intp]) -> Floats:
    return values[rows] if len(values) != 1 else np.full(len(rows), values[0])


def structured_parts(
    sides: Sides, applies: Mapping[str, Bools], settings: MatchingSettings, places: Places
) -> dict[str, Floats | Spread]:
    """Every part but the words that applies to some pair: n numbers each, 0..1."""
    return {part: _PARTS[part](sides, settings, places) for part in STRUCTURED if bool(np.any(applies[part]))}


def _facet(facet: str, sides: Sides, settings: MatchingSettings, places: Places) -> Spread:
    reach = reach_for(facet, settings, places)
    requests, offers = sides.requests.facets[facet], sides.offers.facets[facet]
    if sides.requests.n == 1:
        units = {code: float(weights[0]) for code, weights in requests.weights.items()}
        return values_for_request(units, offers, reach)
    return values_for_offer(dict.fromkeys(offers.rows, 1.0), requests, reach)


def _language(sides: Sides, settings: MatchingSettings, places: Places) -> Spread:
    """One shared language is enough."""
    shared = _facet("language", sides, settings, places)
    return Spread((shared.values > 0).astype(np.float64), shared.line)


def _time(sides: Sides, *_: object) -> Floats:
    """Share of the request's days that the offer covers; all or nothing where it has no end or start."""
    request, offer = sides.requests, sides.offers
    first = np.maximum(request.from_day, offer.from_day)
    last = np.minimum(request.until_day, offer.until_day)
    is_closed = np.isfinite(request.from_day) & np.isfinite(request.until_day)
    if bool(is_closed.all()):  # the common case, without a copy for each step
        last -= first
        last += 1.0
        np.maximum(last, 0.0, out=last)
        last /= request.until_day - request.from_day + 1.0
        last *= offer.has_days
        return last
    days = np.where(is_closed, request.until_day, 1.0) - np.where(is_closed, request.from_day, 1.0) + 1.0
    shared = np.where(is_closed, np.maximum(last - np.where(is_closed, first, 0.0) + 1.0, 0.0), 0.0)
    value = np.where(is_closed, shared / days, (first <= last).astype(np.float64))
    return np.where(request.has_days & offer.has_days, value, 0.0)


def _money(sides: Sides, *_: object) -> Floats:
    """Share of the amount sought that the offer's ceiling allows."""
    request, offer = sides.requests, sides.offers
    sought = np.where(request.amount > 0, request.amount, 1.0)
    share = np.minimum(offer.ceiling / sought, 1.0)
    return np.where(offer.gives_money & (request.amount > 0), share, 0.0)


def applying(sides: Sides, has_words: Bools, has_meaning: Bools) -> dict[str, Bools]:
    """Which parts the request says something about; shape (1,) or (n,) each."""
    request = sides.requests
    facets = {facet: request.facets[facet].is_said for facet in FACETS}
    asks_money = request.has_money | ~request.names_support
    return facets | {
        "text": has_words,
        "meaning": has_meaning,
        "time": request.has_days,
        "money": asks_money & (request.amount > 0),
    }


def scaled_weights(
    applies: Mapping[str, Bools], settings: MatchingSettings, is_across: Bools | None = None
) -> Values:
    """The weights of the parts, scaled to add up to 1 over those that apply: shape (1,) or (n,) each.

    `is_across` tells the pairs of two languages whose meaning is compared: there words weigh less.
    """
    weights = {part: applies[part] * settings.part_weights.get(part, 0.0) for part in PARTS}
    if is_across is not None:
        weights["text"] = weights["text"] * np.where(is_across, settings.words_across_languages, 1.0)
    total = np.asarray(sum((weights[part] for part in PARTS), start=np.zeros(1)))
    return {
        part: np.divide(weights[part], total, out=np.zeros(np.shape(total)), where=total > 0)
        for part in PARTS
    }


_PARTS: dict[str, Callable[[Sides, MatchingSettings, Places], Floats | Spread]] = {
    "support": partial(_facet, "support"),
    "needs": partial(_facet, "needs"),
    "place": partial(_facet, "place"),
    "language": _language,
    "time": _time,
    "money": _money,
}
