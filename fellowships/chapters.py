"""Can everybody on a list have a seat in a chapter that they wished for, and who gets which?

Whether there is a seat for everybody is a matter of counts (Hall's theorem): for every set of chapters, those
who wish for nothing outside it are no more than it has seats. These counts are rows like those of a target,
so that the same proofs hold. Who gets which seat is decided afterwards, for the list that was found: the
least sum of wishes (0 for the first, 1 for the second, ...), then the least sum of public lots. Prices of the
chapters prove that in integers, and that no other placement is as good.

Source: P. Hall, "On representatives of subsets" (1935); D. Gale, H. Kuhn and A. Tucker on the duality of
assignments (1951).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize as so

from fellowships.facts import ANY, LOT_BITS, Nomination, Question, chapter_lot
from vocabulary.errors import Invalid
from vocabulary.messages import Message

Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Placement:
    """Who sits where, and why no other placement is as good.

    Attributes
    ----------
    chapter_of : mapping of id to code
        Of everybody on the list, in order of ids.
    wishes, lots : int
        Sums over the list: 0 for a first wish, 1 for a second, ..., 0 for whoever named none; and the lots.
    prices : mapping of code to int, 0 or more
        With the price of a chapter added to its cost, nobody would be better off in another one; a chapter
        with free seats has the price 0.
    """

    chapter_of: Mapping[str, str]
    wishes: int
    lots: int
    prices: Mapping[str, int]


def chapter_rows(question: Question) -> list[tuple[str, Ints, int]]:
    """Name, places of those counted, and most, of every count that says whether all can be seated.

    Of all sets of chapters only those are taken that are unions of people's wishes and hang together; the
    others follow from these. "chapters:0+2" counts those who wish for nothing but the first and the third.
    """
    seats = [one.seats for one in question.chapters]
    people: dict[int, list[int]] = defaultdict(list)
    for place, wished in enumerate(_wishes_as_bits(question)):
        people[wished].append(place)
    rows = []
    for union in sorted(_unions(people)):
        inside = [wished for wished in people if wished & ~union == 0]
        n_seats = sum(n for at, n in enumerate(seats) if union >> at & 1)
        places = sorted(place for wished in inside for place in people[wished])
        if len(places) > n_seats and _hangs_together(union, inside) and n_seats < question.n_seats:
            name = "+".join(str(at) for at in range(len(seats)) if union >> at & 1)
            rows.append((f"chapters:{name}", np.array(places, dtype=np.int64), n_seats))
    return rows


def _wishes_as_bits(question: Question) -> list[int]:
    bit_of = {one.code: 1 << at for at, one in enumerate(question.chapters)}
    every = sum(bit_of.values())
    if not every:
        return []
    return [
        every if takes_any(one) else sum(bit_of[code] for code in one.wishes) for one in question.nominations
    ]


def _unions(sets: Mapping[int, Any]) -> set[int]:
    found: set[int] = set()
    for one in sets:
        found |= {one, *(one | other for other in found)}
    return found


def _hangs_together(union: int, inside: Sequence[int]) -> bool:
    """Are the chapters of a union linked by people who wish for several of them?"""
    linked, left = inside[0], list(inside[1:])
    while touching := [one for one in left if one & linked]:
        left = [one for one in left if not one & linked]
        for one in touching:
            linked |= one
    return linked == union


def place(question: Question, chosen: Sequence[str]) -> Placement:
    """Seat everybody on a list that keeps every row of `chapter_rows`.

    Raises Invalid where two placements share wishes and lots; then another seed decides.
    """
    people = sorted((one for one in question.nominations if one.id in set(chosen)), key=lambda one: one.id)
    codes = [one.code for one in question.chapters]
    costs = [costs_of(one, codes, question.seed, len(people)) for one in people]
    at = _seated(costs, [one.seats for one in question.chapters])
    counts = np.bincount(at, minlength=len(codes))
    is_open = [n < one.seats for n, one in zip(counts.tolist(), question.chapters, strict=True)]
    steps = _steps(costs, at, len(codes))
    prices = _prices(steps, is_open)
    if _has_equal(steps, prices, is_open):
        raise Invalid({"random_seed": [Message("Two lists share every lot; name another random seed.")]})
    chapter_of = {one.id: codes[where] for one, where in zip(people, at, strict=True)}
    return Placement(
        chapter_of,
        sum(wish_of(one, chapter_of[one.id]) for one in people),
        sum(chapter_lot(question.seed, one, code) for one, code in chapter_of.items()),
        dict(zip(codes, prices, strict=True)),
    )


def takes_any(one: Nomination) -> bool:
    """Will any chapter do, after those that are named?"""
    return not one.wishes or ANY in one.wishes


def wish_of(one: Nomination, code: str) -> int:
    """Which wish a chapter is, from 0; 0 for whoever named none. All that "any" stands for are one wish."""
    return one.wishes.index(code if code in one.wishes else ANY) if one.wishes else 0


def costs_of(one: Nomination, codes: Sequence[str], seed: str, n_people: int) -> dict[int, int]:
    """Chapter, as its place in `codes`, to what it costs: first the wish, then the lot."""
    above = LOT_BITS + n_people.bit_length()
    wished = codes if takes_any(one) else one.wishes
    return {
        codes.index(code): (wish_of(one, code) << above) + chapter_lot(seed, one.id, code) for code in wished
    }


def _seated(costs: Sequence[Mapping[int, int]], seats: Sequence[int]) -> list[int]:
    """Place of the chapter of each. Costs and sums stay far below 2**53, so floats are exact."""
    chapter_at = [at for at, n in enumerate(seats) for _ in range(min(n, len(costs)))]
    table = np.array([[own.get(at, np.inf) for at in chapter_at] for own in costs], dtype=float)
    _, columns = so.linear_sum_assignment(table)
    return [chapter_at[column] for column in columns.tolist()]


def _steps(costs: Sequence[Mapping[int, int]], at: Sequence[int], n: int) -> list[list[int | None]]:
    """What it costs to move somebody from one chapter to another, the cheapest who can go; shape (n, n)."""
    steps: list[list[int | None]] = [[None] * n for _ in range(n)]
    for own, here in zip(costs, at, strict=True):
        for there, cost in own.items():
            known = steps[here][there]
            if there != here and (known is None or cost - own[here] < known):
                steps[here][there] = cost - own[here]
    return steps


def _prices(steps: Sequence[Sequence[int | None]], is_open: Sequence[bool]) -> list[int]:
    """The least prices at which nobody gains by moving. Chapters with free seats stay at 0."""
    n = len(steps)
    prices = [0] * n
    for _ in range(n + 1):
        before = list(prices)
        for here in range(n):
            for there in range(n):
                step = steps[here][there]
                if step is not None:
                    prices[there] = max(prices[there], prices[here] - step)
        if prices == before:
            break
    if prices != before or any(price and free for price, free in zip(prices, is_open, strict=True)):
        raise AssertionError("the placement is not the best")
    return prices


def _has_equal(steps: Sequence[Sequence[int | None]], prices: Sequence[int], is_open: Sequence[bool]) -> bool:
    """Is there a move to a free seat, or a round of moves, that changes no sum?"""
    free: dict[int, set[int]] = {here: set() for here in range(len(steps))}
    for here, row in enumerate(steps):
        for there, step in enumerate(row):
            if step is not None and step + prices[there] == prices[here]:
                if is_open[there]:
                    return True
                free[here].add(there)
    while ends := [here for here, others in free.items() if not others & set(free)]:
        for here in ends:
            del free[here]
    return bool(free)
