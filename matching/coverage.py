"""What is asked for, what is offered, and what is met, by priority need and region?

Counts entries, never people or money promised. A request counts once in each cell that it names; one that
names no need, or no place, counts under None. An offer covers the needs it names, those below and above
them, and every region that it reaches. Source: IPBES/5/3, annex, where needs and resources are to be matched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from matching.facts import GLOBAL, EntryFacts, Places
from vocabulary.states import EntryKind

Cell: TypeAlias = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One need in one region; None stands for "not said".

    n_asked : requests. n_met : those of them with an agreed match. n_offered : offers that cover the cell.
    usd_asked : what those requests ask for together, US dollars; 0 where they name no amount.
    """

    need: str | None
    region: str | None
    n_asked: int
    n_met: int
    n_offered: int
    usd_asked: float

    @property
    def n_unmet(self) -> int:
        """Requests without an agreed match."""
        return self.n_asked - self.n_met

    @property
    def is_gap(self) -> bool:
        """Somebody asks, and nobody offers."""
        return self.n_unmet > 0 and self.n_offered == 0


@dataclass(frozen=True, slots=True)
class CoverageTable:
    """Every cell that is asked for or offered, by need and region, and the offers that nobody asks for."""

    cells: tuple[Coverage, ...]
    unasked: tuple[str, ...]
    n_requests: int
    n_met: int
    n_offers: int


def coverage(
    requests: Iterable[EntryFacts],
    offers: Iterable[EntryFacts],
    met: Collection[str],
    needs: Collection[str],
    places: Places,
) -> CoverageTable:
    """Count requests and offers by need and region.

    Parameters
    ----------
    requests, offers : EntryFacts, in any order
    met : ids of requests that have an agreed match
    needs : every code of the vocabulary of needs, so that what an offer covers can be told
    places : Places
        Where countries lie; its regions without a parent are the columns.
    """
    asked, offered = list(requests), list(offers)
    requests_in: dict[Cell, list[EntryFacts]] = defaultdict(list)
    for request in asked:
        for cell in _cells(request, request.needs, regions_of(request, places)):
            requests_in[cell].append(request)
    offers_in: dict[Cell, int] = defaultdict(int)
    unasked = []
    for offer in offered:
        cells = _cells(offer, _related(offer.needs, needs), _reach(offer, places))
        for cell in cells:
            offers_in[cell] += 1
        if not any(cell in requests_in for cell in cells):
            unasked.append(offer.id)
    counted = [
        _cell(cell, requests_in.get(cell, ()), met, offers_in.get(cell, 0))
        for cell in sorted(requests_in.keys() | offers_in.keys(), key=_order)
    ]
    n_met = sum(request.id in met for request in asked)
    return CoverageTable(tuple(counted), tuple(sorted(unasked)), len(asked), n_met, len(offered))


def in_cell(entry: EntryFacts, cell: Cell, needs: Collection[str], places: Places) -> bool:
    """Is the entry one of those that `coverage` counts in this need and region?"""
    if entry.kind is EntryKind.OFFER:
        return cell in _cells(entry, _related(entry.needs, needs), _reach(entry, places))
    return cell in _cells(entry, entry.needs, regions_of(entry, places))


def top_regions(places: Places) -> tuple[str, ...]:
    """Codes of the regions that lie in no other, in order."""
    named = {region for place in places.countries.values() for region in place.regions}
    return tuple(sorted(region for region in named if region not in places.parents))


def _cell(cell: Cell, requests: Iterable[EntryFacts], met: Collection[str], n_offered: int) -> Coverage:
    counted = list(requests)
    return Coverage(
        *cell,
        n_asked=len(counted),
        n_met=sum(request.id in met for request in counted),
        n_offered=n_offered,
        usd_asked=sum(request.amount_usd or 0.0 for request in counted),
    )


def _cells(entry: EntryFacts, needs: Collection[str], regions: Collection[str]) -> set[Cell]:
    return {(need, region) for need in (needs or (None,)) for region in (regions or (None,))}


def _order(cell: Cell) -> tuple[bool, list[tuple[bool, int, str]], str]:
    """Needs by number, "2.10" after "2.9"; what is not said comes last."""
    need, region = cell
    parts = [
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in (need or "").split(".")
    ]
    return need is None, parts, region or "~"


def regions_of(entry: EntryFacts, places: Places) -> set[str]:
    """The top regions in which an entry's places lie."""
    within = {
        region
        for country in entry.countries
        if country in places.countries
        for region in places.countries[country].regions
    }
    return {places.parents.get(region, region) for region in within | entry.regions}


def _reach(offer: EntryFacts, places: Places) -> set[str]:
    """The top regions an offer reaches: one without a place, and a global one, reach all of them."""
    named = regions_of(offer, places)
    kinds = offer.scopes - {GLOBAL}
    if GLOBAL in offer.scopes or not (named or kinds):
        return named | set(top_regions(places))
    return named | {
        places.parents.get(region, region)
        for place in places.countries.values()
        if place.scopes & kinds
        for region in place.regions
    }


def _related(named: Collection[str], needs: Collection[str]) -> set[str]:
    """The needs named, those below them, and those above them."""
    below = {need for need in needs for one in named if need.startswith(f"{one}.")}
    above = {one.rsplit(".", 1)[0] for one in named if "." in one}
    return set(named) | below | above


def by_need(table: CoverageTable) -> Mapping[str | None, Mapping[str | None, Coverage]]:
    """Need to region to cell, in order, for a page."""
    rows: dict[str | None, dict[str | None, Coverage]] = {}
    for cell in table.cells:
        rows.setdefault(cell.need, {})[cell.region] = cell
    return rows
