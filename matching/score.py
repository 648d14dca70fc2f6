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

from matching.columns import Bools, Columns
from matching.facets import (
    FACETS,
    Floats,
    Spread,
    reach_for,
    units_of,
    values_for_offer,
    values_for_request,
)
from matching.facts import Places
from matching.gates import Sides
from matching.settings import PARTS, MatchingSettings

Rows: TypeAlias = NDArray[np.intp]

TEXT, MEANING = PARTS.index("text"), PARTS.index("meaning")


@dataclass(frozen=True, slots=True)
class Scores:
    """Values 0..1 (nine digits) and weights that count, by part in the order of `PARTS`, and the score.

    `parts` and `weights` have shape (8, n rows), `score` shape (n rows,). The weights of a row add up to 1,
    or are all 0 where no part applies.
    """

    parts: Floats
    weights: Floats
    score: Floats

    def and_also(self, others: Scores) -> Scores:
        """These, then the others."""
        return Scores(
            np.concatenate([self.parts, others.parts], axis=1),
            np.concatenate([self.weights, others.weights], axis=1),
            np.concatenate([self.score, others.score]),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A part that is worked out for all rows of a segment: shape (n,)."""

    values: Floats

    def at(self, rows: Rows) -> Floats:
        """The numbers of some rows: shape (n rows,)."""
        return self.values[rows]


@dataclass(frozen=True, slots=True)
class Late:
    """A part that is worked out for the few rows it can matter for; up to then it may be 1."""

    at: Callable[[Rows], Floats]


Part: TypeAlias = Spread | Known | Late


@dataclass(frozen=True)
class Judged:
    """Everything but the words, for n rows of a segment: what a part is worth, and how much it weighs.

    Attributes
    ----------
    rows : array of shape (n,) or None
        Which rows they are; None for all of the segment.
    parts : mapping of part to its numbers, 0..1, by row of the segment
        Parts that apply to no pair may be missing; `text` always is.
    weights : array of shape (8, 1) or (8, n)
        By part in the order of `PARTS`, scaled to add up to 1 over those that apply; 0 for one that does not.
    """

    rows: Rows | None
    parts: Mapping[str, Part]
    weights: Floats

    @cached_property
    def most(self) -> NDArray[np.float32]:
        """What all parts but the words add to each score at most, to about six digits: shape (1,) or (n,)."""
        most = np.zeros(1, dtype=np.float32)
        for part, values in self.parts.items():
            most = most + _most(values, self.weights[_PLACE[part]], self.rows)
        return most

    def rest(self, at: Rows) -> Floats:
        """What all parts but the words add to the scores of some of the n, unrounded: shape (n at,)."""
        rows, weights = self.rows_at(at), self.weights_at(at)
        rest = np.zeros(len(at))
        for part, values in self.parts.items():
            rest += weights[_PLACE[part]] * values.at(rows)
        return rest

    def score(self, at: Rows, text: Floats) -> Scores:
        """The scores of some of the n, whose text parts are given to nine digits."""
        rows, weights = self.rows_at(at), self.weights_at(at)
        parts = np.zeros((len(PARTS), len(at)))
        parts[TEXT] = text
        for part, values in self.parts.items():
            parts[_PLACE[part]] = values.at(rows)
        parts = parts.round(9)
        parts *= weights > 0
        products, score = weights * parts, np.zeros(len(at))
        for product in products:  # one by one, in the same order for one row as for many
            score += product
        return Scores(parts, weights, score.round(9).clip(0.0, 1.0))

    def weights_at(self, at: Rows) -> Floats:
        """The weights of some of the n: shape (8, n at)."""
        if self.weights.shape[1] == 1:
            return self.weights.repeat(len(at), axis=1)
        return self.weights.take(at, axis=1)

    def rows_at(self, at: Rows) -> Rows:
        """Rows of the segment at some places of the n."""
        return at if self.rows is None else self.rows[at]


def _most(values: Part, weight: Floats, rows: Rows | None) -> NDArray[np.float32]:
    if isinstance(values, Late):
        return weight.astype(np.float32)
    if isinstance(values, Known):
        return (weight * (values.values if rows is None else values.at(rows))).astype(np.float32)
    line = values.line if rows is None else values.line.take(rows)
    if len(weight) == 1:
        return (weight * values.values).astype(np.float32).take(line)
    return (weight * values.values.take(line)).astype(np.float32)


def structured_parts(sides: Sides, settings: MatchingSettings, places: Places) -> dict[str, Part]:
    """Every part but words and meaning that applies to some pair, by row of the longer side: 0..1."""
    request = sides.requests
    parts: dict[str, Part] = {
        facet: _facet(facet, sides, settings, places)
        for facet in FACETS
        if bool(request.facets[facet].is_said.any())
    }
    if isinstance(shared := parts.get("language"), Spread):  # one shared language is enough
        parts["language"] = Spread((shared.values > 0).astype(np.float64), shared.line)
    if bool(request.has_days.any()):
        parts["time"] = Late(partial(_time, sides))
    if bool(_asks_money(request).any()):
        parts["money"] = Late(partial(_money, sides))
    return parts


def _facet(facet: str, sides: Sides, settings: MatchingSettings, places: Places) -> Spread:
    reach = reach_for(facet, settings, places)
    requests, offers = sides.requests.facets[facet], sides.offers.facets[facet]
    if sides.requests.n == 1:
        return values_for_request(units_of(requests), offers, reach)
    return values_for_offer(dict.fromkeys(offers.rows, 1.0), requests, reach)


def _time(sides: Sides, rows: Rows) -> Floats:
    """Share of the request's days that the offer covers; all or nothing where it has no end or start."""
    request, offer, (asked, given) = sides.requests, sides.offers, sides.pick(rows)
    starts, ends = request.from_day[asked], request.until_day[asked]
    first = np.maximum(starts, offer.from_day[given])
    last = np.minimum(ends, offer.until_day[given])
    is_closed = np.isfinite(starts) & np.isfinite(ends)
    shared = np.where(is_closed, np.maximum(last - first + 1, 0), first <= last)
    days = np.where(is_closed, ends - starts + 1, 1)
    both = request.has_days[asked] & offer.has_days[given]
    return np.asarray(shared.astype(np.float64) / days.astype(np.float64) * both)


def _money(sides: Sides, rows: Rows) -> Floats:
    """Share of the amount sought that the offer's ceiling allows."""
    request, offer, (asked, given) = sides.requests, sides.offers, sides.pick(rows)
    amount = request.amount[asked]
    is_sought = amount > 0
    share = np.minimum(offer.ceiling[given] / np.where(is_sought, amount, 1.0), 1.0)
    return np.where(offer.gives_money[given] & is_sought, share, 0.0)


def applying(request: Columns, has_words: Bools, has_meaning: Bools, pick: Rows | slice) -> dict[str, Bools]:
    """Which parts some requests say something about; shape (1,) or (n,) each.

    `pick` picks them from the columns; the rest is about those that are picked.
    """
    facets = {facet: request.facets[facet].is_said[pick] for facet in FACETS}
    return facets | {
        "text": has_words,
        "meaning": has_meaning,
        "time": request.has_days[pick],
        "money": _asks_money(request)[pick],
    }


def _asks_money(request: Columns) -> Bools:
    return (request.has_money | ~request.names_support) & (request.amount > 0)


def scaled_weights(
    applies: Mapping[str, Bools], settings: MatchingSettings, is_across: Bools | None = None
) -> Floats:
    """The weights of the parts, scaled to add up to 1 over those that apply: shape (8, 1) or (8, n).

    `is_across` tells the pairs of two languages whose meaning is compared: there words hand some of their
    weight over to it, so that the other parts weigh the same in any two languages.
    """
    weights = np.zeros((len(PARTS), max(len(rows) for rows in applies.values())))
    for place, part in enumerate(PARTS):
        weights[place] = applies[part] * settings.part_weights.get(part, 0.0)
    if is_across is not None:
        moved = weights[TEXT] * np.where(is_across, 1.0 - settings.words_across_languages, 0.0)
        weights[TEXT] -= moved
        weights[MEANING] += moved
    total = np.zeros(weights.shape[1])
    for weight in weights:
        total += weight
    return np.divide(weights, total, out=np.zeros(weights.shape), where=total > 0)


_PLACE = {part: place for place, part in enumerate(PARTS)}
