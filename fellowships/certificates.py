"""Does a tree of multipliers prove that no list gains more? Checked with the standard library alone.

The half of the checker that adds up; fellowships/checking.py reads the record and says what is to be proved.
Neither imports anything of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Row = tuple[dict[str, int], int, int | None]
"""Weight of each nominee, least, most (None: any)."""

_MOST_STEPS = 50_000
"""Of trying the lists of one case; the engine parts a case long before."""


class Untrue(Exception):
    """The record does not hold; the text says what."""


class Case:
    """The tree of cases: every leaf bounds its own, and the two sides of a split leave nothing out."""

    def __init__(self, question: Json, low: dict[str, int], high: dict[str, int]) -> None:
        self.question, self.low, self.high = question, low, high

    def prove(
        self,
        tree: Json,
        rows: dict[str, Row],
        gain: dict[str, int],
        claim: int,
        lists: set[frozenset[str]] | None = None,
    ) -> None:
        """Raise Untrue unless the tree shows that no list gains more than the claim, but those of `lists`.

        `lists` gain one more than the claim, each of them.
        """
        left = set(lists or ())
        stack: list[tuple[Json, dict[str, Row], dict[str, int], dict[str, int], int]]
        stack = [(tree, rows, self.low, self.high, 0)]
        while stack:
            node, within, low, high, depth = stack.pop()
            if "rows" in node:
                grid = whole(node["grid"])
                need(grid >= 0, "a grid below 0")
                bound = _bound(node["rows"], grid, within, gain, low, high)
                if lists is not None and node.get("list"):
                    spare = bound - grid * (claim + 1)
                    for found in _every_list(node["rows"], grid, spare, within, gain, low, high):
                        if sum(gain[one] for one in found) <= claim:
                            continue
                        need(found in lists, "a list is left out of the lottery")
                        left.discard(found)
                    continue
                need(bound < grid * (claim + 1), "a bound is not reached")
                continue
            for side, more, lows, highs in self._sides(node, within, low, high, depth):
                stack.append((side, more, lows, highs, depth + 1))
        need(not left, "a list of the lottery is none of the best")

    def _sides(
        self, node: Json, rows: dict[str, Row], low: dict[str, int], high: dict[str, int], depth: int
    ) -> Iterator[tuple[Json, dict[str, Row], dict[str, int], dict[str, int]]]:
        at = whole(node["at"])
        if "person" in node:
            one = node["person"]
            need(one in low and at == 0, "a split on nobody")
            yield node["below"], rows, {**low, one: min(low[one], 0)}, {**high, one: 0}
            yield node["above"], rows, {**low, one: 1}, high
            return
        group = group_of(self.question, *node["count"])
        yield node["below"], {**rows, f"split:{depth}": (group, 0, at)}, low, high
        yield node["above"], {**rows, f"split:{depth}": (group, at + 1, None)}, low, high


def _bound(
    multipliers: dict[str, int],
    grid: int,
    rows: dict[str, Row],
    gain: dict[str, int],
    low: dict[str, int],
    high: dict[str, int],
) -> int:
    """Weak duality, in 1/grid: the priced limits, and the most that each nominee is worth beyond them."""
    bound = 0
    for name, multiplier in multipliers.items():
        _, least, most = rows[name]
        limit = most if whole(multiplier) > 0 else least
        need(limit is not None, f"{name} has no such limit")
        bound += multiplier * (limit or 0)
    worth = _worth(multipliers, grid, rows, gain)
    # Someone forced in and forced out at once is in no list; the case is empty, and any bound holds.
    return bound + sum(max(low[one] * value, high[one] * value) for one, value in worth.items())


def _worth(
    multipliers: dict[str, int], grid: int, rows: dict[str, Row], gain: dict[str, int]
) -> dict[str, int]:
    """What each nominee gains beyond the prices of the rows that count this nominee, in 1/grid."""
    worth = {one: grid * value for one, value in gain.items()}
    for name, multiplier in multipliers.items():
        for one, weight in rows[name][0].items():
            worth[one] -= multiplier * weight
    return worth


def _every_list(
    multipliers: dict[str, int],
    grid: int,
    spare: int,
    rows: dict[str, Row],
    gain: dict[str, int],
    low: dict[str, int],
    high: dict[str, int],
) -> Iterator[frozenset[str]]:
    """Every list of a case whose gain is as near to the bound as `spare` allows, found by trying.

    Leaving out somebody worth more than 0, or taking somebody worth less, spends what that is worth.
    """
    if spare < 0 or any(low[one] > high[one] for one in low):
        return
    worth = _worth(multipliers, grid, rows, gain)
    fixed = [one for one in sorted(low) if low[one] or (high[one] and worth[one] > spare)]
    free = [one for one in sorted(low) if one not in set(fixed) and high[one] and -worth[one] <= spare]
    free.sort(key=lambda one: -abs(worth[one]))
    open_rows = [row for row in rows.values() if not _holds_anyway(row, fixed, free)]
    yield from _Search(open_rows, free, worth).lists(fixed, spare)


def _holds_anyway(row: Row, fixed: list[str], free: list[str]) -> bool:
    """Is a limit kept whoever of `free` comes to `fixed`? Weights are 0 or more."""
    weights, least, most = row
    n = sum(weights.get(one, 0) for one in fixed)
    return n >= least and (most is None or n + sum(weights.get(one, 0) for one in free) <= most)


class _Search:
    """Everybody of `free` on or off the list, one by one, never past a limit."""

    def __init__(self, limits: list[Row], free: list[str], worth: dict[str, int]) -> None:
        self.limits, self.free, self.worth = limits, free, worth
        left = [[0] * len(limits)]
        for one in reversed(free):
            left.append([n + row[0].get(one, 0) for n, row in zip(left[-1], limits, strict=True)])
        self.left = left[::-1]
        self.adds = {one: [(n, row[0][one]) for n, row in enumerate(limits) if one in row[0]] for one in free}
        self.needs = {one: [n for n, _ in adds if limits[n][1] > 0] for one, adds in self.adds.items()}

    def lists(self, fixed: list[str], spare: int) -> Iterator[frozenset[str]]:
        """Every list that holds `fixed`, keeps the limits and spends no more than `spare`. Raises Untrue."""
        counted = [sum(row[0].get(one, 0) for one in fixed) for row in self.limits]
        is_kept = all(most is None or n <= most for n, (_, _, most) in zip(counted, self.limits, strict=True))
        is_left = all(self._is_enough(n, counted, 0) for n in range(len(counted)))
        stack = [(0, spare, counted, fixed)] if is_kept and is_left else []
        for _ in range(_MOST_STEPS):
            if not stack:
                return
            at, budget, counts, listed = stack.pop()
            if at == len(self.free):
                yield frozenset(listed)
                continue
            one = self.free[at]
            worth = self.worth[one]
            if budget >= worth and all(self._is_enough(n, counts, at + 1) for n in self.needs[one]):
                stack.append((at + 1, budget - max(worth, 0), counts, listed))
            more = self._with(one, counts) if budget >= -worth else None
            if more is not None:
                stack.append((at + 1, budget + min(worth, 0), more, [*listed, one]))
        raise Untrue("too many lists to try")

    def _is_enough(self, n: int, counts: list[int], at: int) -> bool:
        """Can a row still reach its least with those who are left?"""
        return counts[n] + self.left[at][n] >= self.limits[n][1]

    def _with(self, one: str, counts: list[int]) -> list[int] | None:
        """The counts with one more on the list; None where a row has too many then."""
        more = list(counts)
        for n, weight in self.adds[one]:
            more[n] += weight
            most = self.limits[n][2]
            if most is not None and more[n] > most:
                return None
        return more


def whole(value: object) -> int:
    """A whole number, and no truth value. Raises Untrue."""
    need(isinstance(value, int) and not isinstance(value, bool), "a number that is not whole")
    return int(str(value))


def need(holds: bool, otherwise: str) -> None:
    """Raise Untrue, with what is wrong, unless it holds."""
    if not holds:
        raise Untrue(otherwise)


def group_of(question: Json, attribute: str, value: str) -> dict[str, int]:
    """1 for each nominee who has this value, alone or among others."""
    return {one["id"]: 1 for one in question["nominations"] if value in every(one, attribute)}


def every(nominee: Json, attribute: str) -> list[str]:
    """The values of an attribute; none where it is not stated."""
    value = nominee["values"].get(attribute) or []
    return value if isinstance(value, list) else [value]
