"""Several lists are equally good: which chance has each, so that nobody who is tied is treated badly?

Chances over the lists are chosen so that whoever of the tied nominees has the smallest chance has the
greatest that any choice of chances can give (a maximin lottery; the worst-off never has less than if every
list were equally likely). They are worked out in whole numbers, as tickets, so that every machine gives the
same; and weights on the nominees come along that prove in one sum that no better chances exist. The ticket is
drawn from the public seed.

Source: B. Flanigan, P. Gölz, A. Gupta, B. Hennig and A. Procaccia, "Fair algorithms for selecting citizens'
assemblies", Nature 596 (2021), for the aim; matrix games by the simplex method in integers (J. Edmonds).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd

_APART = 10**15
_MOST_PIVOTS = 2000
"""Beyond it, which no list of ties of a real call comes near, every list gets one ticket."""


@dataclass(frozen=True)
class Lottery:
    """Every equally good list, how many tickets each has, and which ticket was drawn.

    Attributes
    ----------
    lists : tuple of tuples of ids
        In order, each in order; all of them have the greatest total.
    tickets : tuple of int, 0 or more
        Of each list.
    drawn : int
        Number of the ticket, from 0 to below the sum of the tickets.
    weights : mapping of a tied nominee's id to an int above 0
        However the tickets are given, the weighted mean of the tied nominees' chances is at most the one
        that the heaviest list gives; here the worst chance reaches it.
    """

    lists: tuple[tuple[str, ...], ...]
    tickets: tuple[int, ...]
    drawn: int
    weights: Mapping[str, int]

    @property
    def chosen(self) -> tuple[str, ...]:
        """The list that holds the drawn ticket."""
        left = self.drawn
        for one, n_tickets in zip(self.lists, self.tickets, strict=True):
            if left < n_tickets:
                return one
            left -= n_tickets
        raise AssertionError("the ticket belongs to no list")

    @cached_property
    def n_tickets(self) -> int:
        return sum(self.tickets)

    @cached_property
    def chances(self) -> dict[str, int]:
        """Tied nominee to the tickets that put this nominee on the list, in order of ids."""
        found = dict.fromkeys(tied(self.lists), 0)
        for one, n_tickets in zip(self.lists, self.tickets, strict=True):
            for name in one:
                if name in found:
                    found[name] += n_tickets
        return found


def tied(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Who is on some of the lists and not on all, in order."""
    sets = [frozenset(one) for one in lists]
    return tuple(sorted(frozenset.union(*sets) - frozenset.intersection(*sets)))


def draw(lists: Sequence[Sequence[str]], seed: str) -> Lottery:
    """Give the tickets out and draw one.

    Parameters
    ----------
    lists : sequence of one or more lists of ids
        All different, in any order.
    seed : str
        Public; the ticket is SHA-256("seed|lottery") as a number, modulo the number of tickets.
    """
    ordered = tuple(sorted(tuple(sorted(one)) for one in lists))
    tickets, weights = fair_tickets(ordered)
    number = int.from_bytes(hashlib.sha256(f"{seed}|lottery".encode()).digest(), "big")
    return Lottery(ordered, tickets, number % sum(tickets), weights)


def fair_tickets(lists: tuple[tuple[str, ...], ...]) -> tuple[tuple[int, ...], dict[str, int]]:
    """Tickets of each list that give the worst-off tied nominee the best chance; the weights of the proof."""
    people = tied(lists)
    if not people:
        return (1,) * len(lists), {}
    sets = [frozenset(one) for one in lists]
    patterns: dict[tuple[int, ...], str] = {}
    for name in people:  # those who are on the same lists have the same chance; one stands for all
        patterns.setdefault(tuple(int(name in one) for one in sets), name)
    solved = _solve_game(list(patterns))
    if solved is None:
        return (1,) * len(lists), {}
    tickets, weights = solved
    named = {name: one for name, one in zip(patterns.values(), weights, strict=True) if one}
    return _reduced(tickets), dict(zip(named, _reduced(list(named.values())), strict=True))


def _reduced(numbers: list[int]) -> tuple[int, ...]:
    divisor = gcd(*numbers)
    return tuple(one // divisor for one in numbers)


def _solve_game(patterns: list[tuple[int, ...]]) -> tuple[list[int], list[int]] | None:
    """Greatest sum of weights on the patterns such that no list has more than 1; its prices are tickets.

    The simplex method on a table of whole numbers with one common divisor: exact, and dependent on nothing
    but the order of patterns and lists. Lists tie all the time here, and steps would stand still; so the
    steps are chosen with limits that differ a little (the last column), and the answer is read with the true
    ones (the one before it). None after too many steps, or where that little was too much.

    Returns
    -------
    (tickets of each list, weights of each pattern)
    """
    n_lists, n_patterns = len(patterns[0]), len(patterns)
    rows = [[*(pattern[at] for pattern in patterns), 1, _APART + at * 7919 % 10_007] for at in range(n_lists)]
    rows.append([1] * n_patterns + [0, 0])
    inside = [n_patterns + at for at in range(n_lists)]
    outside = list(range(n_patterns))
    divisor = 1
    for _ in range(_MOST_PIVOTS):
        gains = [(-rows[-1][at], name, at) for at, name in enumerate(outside) if rows[-1][at] > 0]
        if not gains:
            is_true = all(row[-2] >= 0 for row in rows[:-1])
            return _answer(rows, inside, outside, n_patterns) if is_true else None
        column = min(gains)[2]
        row = _leaving(rows, inside, column)
        divisor = _pivot(rows, row, column, divisor)
        inside[row], outside[column] = outside[column], inside[row]
    return None


def _leaving(rows: list[list[int]], inside: list[int], column: int) -> int:
    """The row of the smallest ratio, ties by the smallest name."""
    best = -1
    for at, name in enumerate(inside):
        if rows[at][column] <= 0:
            continue
        if best < 0:
            best = at
            continue
        left, right = rows[at][-1] * rows[best][column], rows[best][-1] * rows[at][column]
        if left < right or (left == right and name < inside[best]):
            best = at
    return best


def _pivot(rows: list[list[int]], row: int, column: int, divisor: int) -> int:
    """Exchange the two in place; returns the new common divisor. Every division comes out even."""
    pivot, taken = rows[row][column], rows[row]
    for at, other in enumerate(rows):
        factor = other[column]
        if at == row or not factor:
            if at != row:
                rows[at] = [one * pivot // divisor for one in other]
            continue
        rows[at] = [(one * pivot - factor * mine) // divisor for one, mine in zip(other, taken, strict=True)]
        rows[at][column] = -factor
    taken[column] = divisor
    return pivot


def _answer(
    rows: list[list[int]], inside: list[int], outside: list[int], n_patterns: int
) -> tuple[list[int], list[int]]:
    tickets, weights = [0] * len(inside), [0] * n_patterns
    for at, name in enumerate(outside):
        if name >= n_patterns:
            tickets[name - n_patterns] = -rows[-1][at]
    for at, name in enumerate(inside):
        if name < n_patterns:
            weights[name] = rows[at][-2]
    return tickets, weights
