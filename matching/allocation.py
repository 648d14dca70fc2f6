"""Which request should go to which offer when places and money are scarce?

`best`: the greatest sum of match scores under every offer's places and budget and every region's floor, with
a proof or an honest gap. `stable`: no request and offer would both rather have each other; it looks at no
budget and no floor. Either is a proposal to an officer, never a decision.

Source: D. Gale and L. S. Shapley, "College admissions and the stability of marriage" (1962), for stability.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from matching.transport import (
    NO_LIMIT,
    Certificate,
    Limit,
    Transport,
    choose,
    lots,
    proven_bound,
    violations,
)
from vocabulary.errors import Invalid

Pair: TypeAlias = tuple[str, str]
SCORE_UNITS = 1_000_000
"""A score of 1 in the integers that are added up."""


class Mode(StrEnum):
    """What makes an allocation good."""

    BEST = "best"
    STABLE = "stable"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request counts for: its region, and its amount in whole US dollars; None where not said."""

    region: str | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """What an offer has: requests it can take, and whole US dollars in all; None for no limit."""

    capacity: int | None = None
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """Which request goes where.

    placed : (request, offer, score in millionths), by request. unserved : requests that got nothing.
    served_by_region : region -> requests placed.
    certificate : proof of the total, its bound and its gap in millionths; None in mode `stable`.
    """

    placed: tuple[tuple[str, str, int], ...]
    unserved: tuple[str, ...]
    served_by_region: Mapping[str, int]
    total: int
    certificate: Certificate | None
    status: str


@dataclass(frozen=True, slots=True)
class UnmetFloors:
    """The floors cannot all be met; at most so many requests of each region can be served, one region at a
    time: region -> (asked for, at most)."""

    at_most: Mapping[str, tuple[int, int]]


def allocate(
    wishes: Mapping[str, Wish],
    supplies: Mapping[str, Supply],
    scores: Mapping[Pair, int],
    floors: Mapping[str, int],
    *,
    mode: Mode = Mode.BEST,
    seed: str = "",
    seconds: float = 60.0,
) -> Allocation | UnmetFloors:
    """At most one offer for each request.

    Parameters
    ----------
    wishes, supplies : request and offer, by id
    scores : mapping of (request, offer) to int, 1..SCORE_UNITS
        A pair that is not listed cannot be chosen: it is ruled out, or not a match at all.
    floors : mapping of region to int
        The least number of its requests to serve. Mode `best` only.
    seed : str
        Public seed of the lots that settle ties.
    seconds : float
        The search stops after this time; the gap says how far off the answer can be.

    Raises
    ------
    Invalid
        When the time was too short for any answer.
    """
    problem = _transport(wishes, supplies, scores)
    if mode is Mode.STABLE:
        return _result(problem, wishes, _stable(problem, seed), None, "optimal")
    floored = replace(problem, limits=(*problem.limits, *_floors(problem, wishes, floors)))
    found = choose(floored, seed=seed, seconds=seconds)
    if found is None:
        return _unmet(problem, wishes, floors, seed, seconds)
    return _result(problem, wishes, found.chosen, found.certificate, found.status)


def faults_of(
    wishes: Mapping[str, Wish],
    supplies: Mapping[str, Supply],
    scores: Mapping[Pair, int],
    floors: Mapping[str, int],
    found: Allocation,
    *,
    mode: Mode = Mode.BEST,
    seed: str = "",
) -> list[str]:
    """What is wrong with an allocation, from its inputs alone: no solver, integers only.

    Parameters
    ----------
    wishes, supplies, scores, floors, mode, seed
        As they went into `allocate`.
    found : Allocation
        As it was published.

    Returns
    -------
    list of str
        Names of the limits it breaks; `pair:…` for a pair that may not be chosen or counts otherwise;
        `total`; `certificate` where the bound does not follow from the multipliers; `unstable` in mode
        `stable` where it is not the stable one. Empty for an allocation that is what it says.
    """
    wrong = [
        f"pair:{request}/{offer}"
        for request, offer, score in found.placed
        if scores.get((request, offer)) != score
    ]
    if wrong:
        return wrong
    problem = _transport(wishes, supplies, scores)
    places = {
        (problem.left[row], problem.right[col]): place
        for place, (row, col) in enumerate(zip(problem.rows.tolist(), problem.cols.tolist(), strict=True))
    }
    chosen = [places[request, offer] for request, offer, _ in found.placed]
    if mode is Mode.STABLE:
        is_stable = sorted(chosen) == sorted(_stable(problem, seed))
        return [] if is_stable else ["unstable"]
    floored = replace(problem, limits=(*problem.limits, *_floors(problem, wishes, floors)))
    wrong = violations(floored, chosen)
    if found.total != sum(score for _, _, score in found.placed):
        wrong.append("total")
    return wrong + _certificate_faults(floored, found, seed)


def _certificate_faults(problem: Transport, found: Allocation, seed: str) -> list[str]:
    proof = found.certificate
    if proof is None:
        return ["certificate"]
    try:
        bound = proven_bound(problem, proof, seed=seed)
    except Invalid:
        return ["certificate"]
    return [] if (proof.bound, proof.gap) == (bound, bound - found.total) else ["certificate"]


def _transport(
    wishes: Mapping[str, Wish], supplies: Mapping[str, Supply], scores: Mapping[Pair, int]
) -> Transport:
    left, right = sorted(wishes), sorted(supplies)
    row_of = {one: place for place, one in enumerate(left)}
    col_of = {one: place for place, one in enumerate(right)}
    pairs = sorted((row_of[request], col_of[offer], score) for (request, offer), score in scores.items())
    rows, cols, points = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    capacities = [supplies[one].capacity for one in right]
    takes = [[0, NO_LIMIT if most is None else most] for most in capacities]
    costs = np.array([wishes[one].amount or 0 for one in left], dtype=np.int64)[rows]
    limits = [
        Limit(f"budget:{offer}", places, costs[places], most=budget)
        for place, offer in enumerate(right)
        if (budget := supplies[offer].budget) is not None
        for places in [np.flatnonzero(cols == place)]
        if costs[places].sum() > budget
    ]
    return Transport(
        tuple(left),
        tuple(right),
        rows,
        cols,
        points,
        np.tile(np.array([0, 1], dtype=np.int64), (len(left), 1)),
        np.array(takes, dtype=np.int64).reshape(-1, 2),
        tuple(limits),
    )


def _floors(problem: Transport, wishes: Mapping[str, Wish], floors: Mapping[str, int]) -> Iterable[Limit]:
    region_of = [wishes[one].region for one in problem.left]
    regions = np.array([region_of[row] or "" for row in problem.rows.tolist()])
    for region, least in sorted(floors.items()):
        places = np.flatnonzero(regions == region) if problem.n_pairs else np.empty(0, dtype=np.int64)
        yield Limit(f"floor:{region}", places, np.ones(len(places), dtype=np.int64), least=least)


def _result(
    problem: Transport,
    wishes: Mapping[str, Wish],
    chosen: Iterable[int],
    certificate: Certificate | None,
    status: str,
) -> Allocation:
    placed = sorted(
        (problem.left[problem.rows[one]], problem.right[problem.cols[one]], int(problem.scores[one]))
        for one in chosen
    )
    served = {request for request, _, _ in placed}
    regions = Counter(region for one in sorted(served) if (region := wishes[one].region))
    return Allocation(
        tuple(placed),
        tuple(one for one in problem.left if one not in served),
        dict(sorted(regions.items())),
        sum(score for _, _, score in placed),
        certificate,
        status,
    )


def _stable(problem: Transport, seed: str) -> list[int]:
    """Pairs by falling score, each taken if both sides are still free.

    Both sides rank by the same score, so this is the one stable outcome; equal scores go by lots.
    """
    drawn = lots(problem, seed, 2**31)
    room = [len(problem.left) if most == NO_LIMIT else most for _, most in problem.right_takes.tolist()]
    taken: set[int] = set()
    chosen = []
    for place in np.lexsort((drawn, -problem.scores)).tolist():
        row, col = int(problem.rows[place]), int(problem.cols[place])
        if row not in taken and room[col] > 0:
            taken.add(row)
            room[col] -= 1
            chosen.append(place)
    return chosen


def _unmet(
    problem: Transport, wishes: Mapping[str, Wish], floors: Mapping[str, int], seed: str, seconds: float
) -> UnmetFloors:
    """How many of each region could be served if it were alone in having a floor."""
    at_most = defaultdict(int)
    for limit in _floors(problem, wishes, floors):
        region = limit.name.removeprefix("floor:")
        counted = np.zeros(problem.n_pairs, dtype=np.int64)
        counted[limit.pairs] = 1
        found = choose(replace(problem, scores=counted), seed=seed, seconds=seconds)
        at_most[region] = found.total if found else 0
    return UnmetFloors({region: (floors[region], at_most[region]) for region in sorted(floors)})
