"""Is a record of a shortlist true? Checked with the standard library alone, without any solver.

This file imports nothing of the engine and repeats nothing from it: whoever doubts a list can read these
lines, or write them again in another language from docs/shortlists.md. It shows that the bytes are those
that were written, that the list keeps every limit, that no list has a greater total, and either that the
lists of the lottery are all the lists with this total, that its tickets are as fair as any can be and that
the drawn ticket names the list, or that among the lists with this total no other has a greater or equal sum
of lots; or that no list keeps the limits at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Row = tuple[dict[str, int], int, int | None]
"""Weight of each nominee, least, most (None: any)."""
SCHEMA = "capmatch-shortlist/2"

_MOST_STEPS = 50_000
"""Of trying the lists of one case; the engine parts a case long before."""


class Untrue(Exception):
    """The record does not hold; the text says what."""


def canonical(value: object) -> str:
    """The one way to write a value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def check(content: bytes) -> Json:
    """The record that these bytes are, once everything in it holds. Raises Untrue."""
    try:
        return _checked(content)
    except Untrue:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Untrue(f"not a record of a shortlist ({type(error).__name__}: {str(error)[:80]})") from error


def _checked(content: bytes) -> Json:
    record: Json = json.loads(content.decode())
    _need(record["schema"] == SCHEMA, "another kind of file")
    _need(f"{canonical(record)}\n".encode() == content, "bytes were changed: not the canonical text")
    rest = {name: value for name, value in record.items() if name != "sha256"}
    _need(digest(rest) == record["sha256"], "the hash of the whole does not fit")
    question = record["question"]
    _need(digest(question) == record["question_sha256"], "the hash of the question does not fit")
    ids = [one["id"] for one in question["nominations"]]
    _need(ids == sorted(set(ids)), "nominees out of order, or twice")
    rows, low, high = _rows(question)
    case = _Case(question, low, high)
    scores = {one["id"]: one["score"] for one in question["nominations"]}
    if record["status"] == "infeasible":
        case.prove(record["proof"]["none"], rows, dict.fromkeys(ids, 0), -1)
        return record
    chosen = [seat["id"] for seat in record["seats"]]
    _check_list(set(chosen), chosen, rows, low, high)
    _need(all(seat["score"] == scores[seat["id"]] for seat in record["seats"]), "a seat shows another score")
    total = sum(scores[one] for one in chosen)
    lots = {one: _lot(question["seed"], one) for one in ids}
    drawn = sum(lots[one] for one in chosen)
    _need(record["value"] == {"total": total, "lots": drawn}, "the sums do not add up")
    _check_counts(record, question, set(chosen))
    for answer in (*record["counterfactuals"], *record["replacements"]):
        _check_exchange(answer, set(chosen), (rows, low, high), scores)
    case.prove(record["proof"]["total"], rows, scores, total)
    if record["ties"]["rule"] != "lots":
        lists = _check_lottery(record["ties"], set(chosen), question["seed"])
        case.prove(record["proof"]["only"], rows, scores, total - 1, lists)
        return record
    rows["total"] = (scores, total, None)
    rows["other"] = (dict.fromkeys(chosen, 1), 0, len(chosen) - 1)
    case.prove(record["proof"]["only"], rows, lots, drawn - 1)
    return record


def _rows(question: Json) -> tuple[dict[str, Row], dict[str, int], dict[str, int]]:
    """Every limit by name, and who must be and may be on the list."""
    people = question["nominations"]
    rows: dict[str, Row] = {"seats": (dict.fromkeys((one["id"] for one in people), 1), *_both(question))}
    for place, target in enumerate(question["targets"]):
        group = _group(question, target["attribute"], target["value"])
        rows[f"target:{place}"] = (group, target["least"], target["most"])
    for place, cap in enumerate(question["caps"]):
        for value in {one["values"].get(cap["attribute"], "") for one in people} - {""}:
            group = _group(question, cap["attribute"], value)
            rows[f"cap:{place}:{value}"] = (group, 0, cap["most"])
    low, high = {one["id"]: 0 for one in people}, {one["id"]: 1 for one in people}
    for pin in question["pins"]:
        _need(pin["id"] in low, "a pin of nobody")
        (low if pin["is_in"] else high)[pin["id"]] = 1 if pin["is_in"] else 0
    return rows, low, high


def _both(question: Json) -> tuple[int, int]:
    return question["seats"], question["seats"]


def _group(question: Json, attribute: str, value: str) -> dict[str, int]:
    return {one["id"]: 1 for one in question["nominations"] if one["values"].get(attribute) == value}


def _lot(seed: str, nominee: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|1|{nominee}".encode()).digest()[:3], "big")


def _check_list(
    chosen: set[str], listed: list[str], rows: dict[str, Row], low: dict[str, int], high: dict[str, int]
) -> None:
    _need(len(chosen) == len(listed) and chosen <= set(low), "somebody twice, or who is not nominated")
    for name, (weights, least, most) in rows.items():
        n = sum(weights.get(one, 0) for one in chosen)
        _need(n >= least and (most is None or n <= most), f"the list breaks {name}")
    _need(all(low[one] <= (one in chosen) <= high[one] for one in low), "the list breaks a pin")


def _check_counts(record: Json, question: Json, chosen: set[str]) -> None:
    for target, shown in zip(question["targets"], record["targets"], strict=True):
        group = _group(question, target["attribute"], target["value"])
        fits = shown["count"] == len(chosen & set(group)) and shown["in_pool"] == len(group)
        same = all(shown[name] == target[name] for name in ("attribute", "value", "least", "most"))
        _need(fits and same, f"the count of {target['attribute']} = {target['value']} is wrong")


def _check_exchange(
    answer: Json,
    chosen: set[str],
    limits: tuple[dict[str, Row], dict[str, int], dict[str, int]],
    scores: dict[str, int],
) -> None:
    """The list after an exchange keeps the limits (but a pin of this nominee) and adds up."""
    one, comes, goes = answer["id"], answer["comes"], answer["goes"]
    rows, low, high = limits
    if not comes:
        return
    _need(set(goes) <= chosen and not set(comes) & chosen, "an exchange of the wrong people")
    after = (chosen - set(goes)) | set(comes)
    _check_list(after, sorted(after), rows, {**low, one: 0}, {**high, one: 1})
    change = sum(scores[other] for other in comes) - sum(scores[other] for other in goes)
    told = answer["points"] if "points" in answer else -answer["short"]
    _need(change == told and (one in after) == ("short" in answer), f"the answer for {one} does not add up")


def _check_lottery(ties: Json, chosen: set[str], seed: str) -> set[frozenset[str]]:
    """The lists of the lottery, once its tickets are fair and the drawn one names the list."""
    certain, tickets = frozenset(ties["certain"]), ties["tickets"]
    lists = [certain | frozenset(one) for one in ties["lists"]]
    _need(
        len(set(lists)) == len(lists) == len(tickets) > 0, "a list of the lottery stands twice, or none does"
    )
    _need(ties["rule"] == ("lottery" if len(lists) > 1 else "only"), "the rule for ties is another")
    n_tickets = sum(_whole(one) for one in tickets)
    _need(min(tickets) >= 0 and n_tickets > 0, "tickets below 0, or none")
    number = int.from_bytes(hashlib.sha256(f"{seed}|lottery".encode()).digest(), "big") % n_tickets
    _need(_whole(ties["drawn"]) == number, "another ticket was drawn")
    ends = [sum(tickets[: at + 1]) for at in range(len(tickets))]
    drawn = next(one for one, end in zip(lists, ends, strict=True) if number < end)
    _need(drawn == chosen, "the drawn ticket names another list")
    among = frozenset.union(*lists) - frozenset.intersection(*lists)
    chances = {
        name: sum(n for one, n in zip(lists, tickets, strict=True) if name in one) for name in sorted(among)
    }
    _need(ties["chances"] == chances, "the chances do not add up")
    if among:
        weights = ties["weights"]
        _need(
            set(weights) <= among and all(_whole(one) > 0 for one in weights.values()), "a weight of nobody"
        )
        heaviest = max(sum(weights.get(name, 0) for name in one) for one in lists)
        fair = n_tickets * heaviest <= min(chances.values()) * sum(weights.values())
        even = set(tickets) == {1}
        _need(fair if weights else even, "the tickets could be fairer to the worst-off")
    return set(lists)


class _Case:
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
                grid = _whole(node["grid"])
                _need(grid >= 0, "a grid below 0")
                bound = _bound(node["rows"], grid, within, gain, low, high)
                if lists is not None and node.get("list"):
                    spare = bound - grid * (claim + 1)
                    for found in _every_list(node["rows"], grid, spare, within, gain, low, high):
                        if sum(gain[one] for one in found) <= claim:
                            continue
                        _need(found in lists, "a list is left out of the lottery")
                        left.discard(found)
                    continue
                _need(bound < grid * (claim + 1), "a bound is not reached")
                continue
            for side, more, lows, highs in self._sides(node, within, low, high, depth):
                stack.append((side, more, lows, highs, depth + 1))
        _need(not left, "a list of the lottery is none of the best")

    def _sides(
        self, node: Json, rows: dict[str, Row], low: dict[str, int], high: dict[str, int], depth: int
    ) -> Iterator[tuple[Json, dict[str, Row], dict[str, int], dict[str, int]]]:
        at = _whole(node["at"])
        if "person" in node:
            one = node["person"]
            _need(one in low and at == 0, "a split on nobody")
            yield node["below"], rows, {**low, one: min(low[one], 0)}, {**high, one: 0}
            yield node["above"], rows, {**low, one: 1}, high
            return
        group = _group(self.question, *node["count"])
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
        limit = most if _whole(multiplier) > 0 else least
        _need(limit is not None, f"{name} has no such limit")
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
    limits = list(rows.values())
    left = _sums_from_the_end(free, limits)
    counted = [sum(row[0].get(one, 0) for one in fixed) for row in limits]
    stack = [(0, spare, counted, fixed)]
    for _ in range(_MOST_STEPS):
        if not stack:
            return
        at, budget, counts, listed = stack.pop()
        if not _can_keep(counts, left[at], limits):
            continue
        if at == len(free):
            yield frozenset(listed)
            continue
        one = free[at]
        if budget >= worth[one]:
            stack.append((at + 1, budget - max(worth[one], 0), counts, listed))
        if budget >= -worth[one]:
            more = [n + row[0].get(one, 0) for n, row in zip(counts, limits, strict=True)]
            stack.append((at + 1, budget + min(worth[one], 0), more, [*listed, one]))
    raise Untrue("too many lists to try")


def _sums_from_the_end(names: list[str], limits: list[Row]) -> list[list[int]]:
    """How much the names from each place on can add to each row."""
    left = [[0] * len(limits)]
    for one in reversed(names):
        left.append([n + row[0].get(one, 0) for n, row in zip(left[-1], limits, strict=True)])
    return left[::-1]


def _can_keep(counts: list[int], left: list[int], limits: list[Row]) -> bool:
    return all(
        n + more >= least and (most is None or n <= most)
        for n, more, (_, least, most) in zip(counts, left, limits, strict=True)
    )


def _whole(value: object) -> int:
    _need(isinstance(value, int) and not isinstance(value, bool), "a number that is not whole")
    return int(str(value))


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Untrue(otherwise)
