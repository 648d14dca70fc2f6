"""How much of what a request names does an offer reach? Sets of codes, for all candidates at once.

A request names units (what it asks for) with weights; an offer names tokens (what it reaches). `reach` says
what each token is worth for a unit: the same code, a parent, a region around a country. An offer's value is
the weighted mean over the request's units of the best token. Arrays have shape (n candidates,).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.facts import GLOBAL, EntryFacts, Places
from matching.settings import MatchingSettings
from vocabulary.states import EntryKind

Floats: TypeAlias = NDArray[np.float64]
Units: TypeAlias = Mapping[str, float]
Reach: TypeAlias = Callable[[str], Mapping[str, float]]
Lines: TypeAlias = NDArray[np.integer]

FACETS = ("support", "needs", "place", "language")
ANYWHERE = "anywhere"
AREA = "area"

_FIRST: Lines = np.zeros(1, dtype=np.uint8)
_FIRST_ROW: NDArray[np.intp] = np.zeros(1, dtype=np.intp)


@dataclass(frozen=True)
class Facet:
    """The codes of n entries turned round. Entries that name the same codes share a line: they are few.

    Attributes
    ----------
    line : array of shape (n,)
        The line of each entry, 0 to m - 1, in as few bits as hold it: a search reads them all.
    rows, weights : mappings of code to arrays
        The lines that name a code, and its weight in each.
    totals : array of shape (m,)
        The weights of a line added up; 0 means that it says nothing.
    is_said : array of shape (n,)
        Does the entry say anything?
    """

    line: Lines
    rows: Mapping[str, NDArray[np.intp]]
    weights: Mapping[str, Floats]
    totals: Floats
    is_said: NDArray[np.bool_]

    def at(self, rows: NDArray[np.intp]) -> Facet:
        """The same for some of the entries."""
        return replace(self, line=self.line[rows], is_said=self.is_said[rows])

    def naming(self, codes: Iterable[str]) -> NDArray[np.bool_]:
        """Which entries name any of some codes: shape (n,)."""
        found = np.zeros(-(-len(self.line) // 8), dtype=np.uint8)
        for code in codes:
            if code in self.rows:
                found |= self._bits_of(code)
        return np.unpackbits(found, count=len(self.line)).view(np.bool_)

    def _bits_of(self, code: str) -> NDArray[np.uint8]:
        """Who names a code, a bit for each entry; kept, because most requests ask for the same few codes."""
        bits = self._bits.get(code)
        if bits is None:
            is_named = np.zeros(len(self.totals), dtype=np.bool_)
            is_named[self.rows[code]] = True
            bits = self._bits[code] = np.packbits(is_named.take(self.line))
        return bits

    @cached_property
    def _bits(self) -> dict[str, NDArray[np.uint8]]:
        return {}


@dataclass(frozen=True, slots=True)
class Spread:
    """A number for each of n entries, the same on one line: `values` has shape (m,), `line` (n,)."""

    values: Floats
    line: Lines

    def at(self, rows: NDArray[np.intp]) -> Floats:
        """The numbers of some entries: shape (n rows,)."""
        return self.values.take(self.line[rows])


def build_facet(codes: Sequence[Units]) -> Facet:
    """Turn the codes of n entries round."""
    if len(codes) == 1:
        return _facet_of(codes[0])
    lines: dict[tuple[tuple[str, float], ...], int] = {}
    numbers = np.array([lines.setdefault(tuple(named.items()), len(lines)) for named in codes], dtype=np.intp)
    line: Lines = numbers.astype(np.min_scalar_type(len(lines)))
    rows: defaultdict[str, list[int]] = defaultdict(list)
    weights: defaultdict[str, list[float]] = defaultdict(list)
    for row, pairs in enumerate(lines):
        for code, weight in pairs:
            rows[code].append(row)
            weights[code].append(weight)
    totals = np.array([sum(weight for _, weight in pairs) for pairs in lines], dtype=np.float64)
    return Facet(
        line=line,
        rows={code: np.array(found, dtype=np.intp) for code, found in rows.items()},
        weights={code: np.array(found) for code, found in weights.items()},
        totals=totals,
        is_said=(totals > 0)[line],
    )


def _facet_of(named: Units) -> Facet:
    """The codes of one entry turned round."""
    totals = np.array([sum(named.values())], dtype=np.float64)
    return Facet(
        line=_FIRST,
        rows=dict.fromkeys(named, _FIRST_ROW),
        weights={code: np.array([weight]) for code, weight in named.items()},
        totals=totals,
        is_said=totals > 0,
    )


def units_of(request: Facet) -> dict[str, float]:
    """The units of the only entry of a facet."""
    return {code: float(weights[0]) for code, weights in request.weights.items()}


def values_for_request(units: Units, offers: Facet, reach: Reach) -> Spread:
    """What each of n offers reaches of one request, 0..1."""
    value = np.zeros(len(offers.totals))
    for unit in sorted(units):
        best = np.zeros(len(value))
        for token, worth in sorted(reach(unit).items(), key=lambda item: (item[1], item[0])):
            if token in offers.rows:
                best[offers.rows[token]] = worth  # the best comes last
        value += units[unit] * best
    return Spread(value / (sum(units[unit] for unit in sorted(units)) or 1.0), offers.line)


def values_for_offer(tokens: Units, requests: Facet, reach: Reach) -> Spread:
    """What one offer reaches of each of n requests, 0..1."""
    value = np.zeros(len(requests.totals))
    for unit in sorted(requests.rows):
        best = max((worth for token, worth in reach(unit).items() if token in tokens), default=0.0)
        if best:
            value[requests.rows[unit]] += requests.weights[unit] * best
    reached = np.divide(value, requests.totals, out=np.zeros(len(value)), where=requests.totals > 0)
    return Spread(reached, requests.line)


def reached_by_request(units: Units, offers: Facet, reach: Reach) -> NDArray[np.bool_]:
    """Which of n offers reach anything of one request: where `values_for_request` is above 0."""
    return offers.naming({token for unit in units for token, worth in reach(unit).items() if worth > 0})


def reached_by_offer(tokens: Units, requests: Facet, reach: Reach) -> NDArray[np.bool_]:
    """Of which of n requests one offer reaches anything: where `values_for_offer` is above 0."""
    return requests.naming(
        unit
        for unit in requests.rows
        if any(worth > 0 for token, worth in reach(unit).items() if token in tokens)
    )


def codes_of(entry: EntryFacts, facet: str, settings: MatchingSettings) -> dict[str, float]:
    """The units of a request, or the tokens of an offer, in one facet."""
    if entry.kind is EntryKind.REQUEST:
        return _units(entry, facet, settings)
    return dict.fromkeys(_tokens(entry, facet), 1.0)


def _units(entry: EntryFacts, facet: str, settings: MatchingSettings) -> dict[str, float]:
    if facet == "support":
        essential = entry.essential_support
        return {
            code: settings.essential_weight if code in essential else 1.0 for code in sorted(entry.support)
        }
    if facet == "needs":
        return {
            f"{vocabulary}:{code}": settings.tag_weights.get(vocabulary, 1.0)
            for vocabulary, code in tags_of(entry)
        }
    if facet == "language":
        return dict.fromkeys(sorted(entry.languages), 1.0)
    named = [*_prefixed("country", entry.countries), *_prefixed("region", entry.regions)]
    return dict.fromkeys(named or _prefixed("scope", entry.scopes), 1.0)


def _tokens(entry: EntryFacts, facet: str) -> list[str]:
    if facet == "support":
        return sorted(entry.support)
    if facet == "needs":
        named = [f"{vocabulary}:{code}" for vocabulary, code in tags_of(entry)]
        return named + [f"part of {tag}" for tag in sorted({_parent(tag) for tag in named if _parent(tag)})]
    if facet == "language":
        return sorted(entry.languages)
    areas = [*_prefixed("region", entry.regions), *_prefixed("scope", entry.scopes - {GLOBAL})]
    named = [*_prefixed("country", entry.countries), *areas, *_prefixed("scope", entry.scopes & {GLOBAL})]
    return [*named, *([ANYWHERE] if named else []), *([AREA] if areas else [])]


def tags_of(entry: EntryFacts) -> list[tuple[str, str]]:
    """Every (vocabulary, code) that says what an entry is for, in a fixed order."""
    named = {
        "need": entry.needs,
        "initiative": entry.initiatives,
        "deliverable": entry.deliverables,
        "category": entry.categories,
        "ecosystem": entry.ecosystems,
    }
    return [(vocabulary, code) for vocabulary, codes in named.items() for code in sorted(codes)]


def _prefixed(kind: str, codes: Iterable[str]) -> list[str]:
    return [f"{kind}:{code}" for code in sorted(codes)]


def _parent(tag: str) -> str:
    """The need above a need: "need:1" for "need:1.1", "" for everything else."""
    return tag.rpartition(".")[0] if tag.startswith("need:") else ""


def reach_for(facet: str, settings: MatchingSettings, places: Places) -> Reach:
    """What each token of an offer is worth for a unit of a request, in one facet."""
    if facet == "needs":
        return lambda unit: _need_reach(unit, settings.related_need)
    if facet == "place":
        return lambda unit: _place_reach(unit, settings.reach_weights, places)
    return lambda unit: {unit: 1.0}


def _need_reach(unit: str, related: float) -> dict[str, float]:
    reach = {f"part of {unit}": related, unit: 1.0}
    if _parent(unit):
        reach[_parent(unit)] = related
    return reach


def _place_reach(unit: str, worth: Mapping[str, float], places: Places) -> dict[str, float]:
    kind, _, code = unit.partition(":")
    if kind == "country":
        reach = _country_reach(code, worth, places)
    elif kind == "region":
        reach = _region_reach(code, worth, places)
    else:
        reach = {ANYWHERE: worth["within"]}
    return reach | {f"scope:{GLOBAL}": worth["global"]} | {unit: worth["same"]}


def _country_reach(code: str, worth: Mapping[str, float], places: Places) -> dict[str, float]:
    if code not in places.countries:  # the map does not know it: any area may hold it
        return {AREA: worth["within"]}
    place = places.countries[code]
    return {
        **dict.fromkeys(_prefixed("scope", place.scopes), worth["scope"]),
        **dict.fromkeys(_prefixed("region", place.regions), worth["region"]),
    }


def _region_reach(code: str, worth: Mapping[str, float], places: Places) -> dict[str, float]:
    inside = {country: place for country, place in places.countries.items() if code in place.regions}
    reach = dict.fromkeys(_prefixed("country", inside), worth["within"])
    smaller = [region for region, parent in places.parents.items() if parent == code]
    reach |= dict.fromkeys(_prefixed("region", smaller), worth["within"])
    scopes = frozenset[str]().union(*(place.scopes for place in inside.values()))
    reach |= dict.fromkeys(_prefixed("scope", scopes), worth["within"])
    if code in places.parents:
        reach[f"region:{places.parents[code]}"] = worth["region"]
    return reach if inside or smaller or code in places.parents else {ANYWHERE: worth["within"]}
