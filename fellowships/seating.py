"""Does everybody on a list sit in a chapter as wished, as well as can be? With the standard library alone.

A part of the checker, beside fellowships/checking.py; imports nothing of the engine.
"""

from __future__ import annotations

import hashlib

from fellowships.certificates import Json, Row, need, whole

ANY = "*"
_MOST_CHAPTERS = 10


def chapter_rows(question: Json) -> dict[str, Row]:
    """For each set of chapters: those who wish for nothing else are no more than its seats.

    By Hall's theorem all of a list can be seated just then. A set that holds a chapter nobody counted wishes
    for says less than the set without it, and is left out.
    """
    chapters = question.get("chapters", [])
    codes = [one["code"] for one in chapters]
    need(codes == sorted(set(codes)) and len(codes) <= _MOST_CHAPTERS, "chapters out of order, or too many")
    wished = {one["id"]: frozenset(_choices(one, codes)) for one in question["nominations"]} if codes else {}
    kinds = set(wished.values())
    rows: dict[str, Row] = {}
    for number in range(1, 2 ** len(codes)):
        places = [at for at in range(len(codes)) if number >> at & 1]
        inside = frozenset(codes[at] for at in places)
        if frozenset().union(*(one for one in kinds if one <= inside)) == inside:
            group = {one: 1 for one, choices in wished.items() if choices <= inside}
            name = "chapters:" + "+".join(str(at) for at in places)
            rows[name] = (group, 0, sum(whole(chapters[at]["seats"]) for at in places))
    return rows


def _choices(one: Json, codes: list[str]) -> list[str]:
    """The chapters that will do, in order of wish."""
    wishes = one["wishes"]
    named = [code for code in wishes if code != ANY]
    need(len(set(wishes)) == len(wishes) and set(named) <= set(codes), "a wish for no chapter, or twice")
    need(ANY not in wishes[:-1], "a wish after any other")
    return named + [code for code in codes if code not in named] if ANY in wishes or not wishes else named


def check_placement(record: Json, question: Json) -> None:
    """Raise Untrue unless the placement keeps wishes and seats and no other is as good.

    The prices prove it: whoever adds them to what each chapter costs gains nothing by moving anybody, and
    there is neither a move to a free seat nor a round of moves that costs nothing.
    """
    codes = [one["code"] for one in question.get("chapters", [])]
    need(("placement" in record) == bool(codes), "a placement without chapters, or the other way round")
    if not codes:
        return
    shown, chapter_of = record["placement"], {one["id"]: one["chapter"] for one in record["seats"]}
    people = [one for one in question["nominations"] if one["id"] in chapter_of]
    costs = {one["id"]: _costs(one, codes, question["seed"], len(people)) for one in people}
    free = _free(question, chapter_of)
    need(all(chapter_of[one] in own for one, own in costs.items()), "a seat that was not wished for")
    _check_sums(record, people, costs)
    prices = shown["prices"]
    need(sorted(prices) == codes and all(whole(one) >= 0 for one in prices.values()), "a price below 0")
    need(all(prices[code] == 0 for code in free), "a chapter with free seats has a price")
    moves: dict[str, set[str]] = {code: set() for code in codes}
    for one, own in costs.items():
        here = chapter_of[one]
        for there, cost in own.items():
            gain = own[here] + prices[here] - cost - prices[there]
            need(gain <= 0, "somebody could sit better")
            if gain == 0 and there != here:
                moves[here].add(there)
    need(not any(others & free for others in moves.values()) and not _goes_round(moves), "a seating as good")


def _free(question: Json, chapter_of: dict[str, str]) -> set[str]:
    """Codes of the chapters with free seats; none has too many."""
    left = {one["code"]: one["seats"] for one in question["chapters"]}
    for code in chapter_of.values():
        left[code] -= 1
    need(min(left.values()) >= 0, "a chapter has more people than seats")
    return {code for code, n in left.items() if n}


def _costs(one: Json, codes: list[str], seed: str, n_people: int) -> dict[str, int]:
    """First the wish, then the lot: chapter to what sitting there costs."""
    above = 24 + n_people.bit_length()
    return {code: (_wish(one, code) << above) + _lot(seed, one["id"], code) for code in _choices(one, codes)}


def _wish(one: Json, code: str) -> int:
    wishes = one["wishes"]
    return wishes.index(code if code in wishes else ANY) if wishes else 0


def _lot(seed: str, nominee: str, code: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|chapter|{nominee}|{code}".encode()).digest()[:3], "big")


def _check_sums(record: Json, people: list[Json], costs: dict[str, dict[str, int]]) -> None:
    told = {one["id"]: (one["chapter"], one["wish"]) for one in record["seats"]}
    above = 24 + len(people).bit_length()
    for one in people:
        chapter, wish = told[one["id"]]
        need(wish == (_wish(one, chapter) + 1 if one["wishes"] else None), "a seat shows another wish")
    spent = [costs[one][chapter] for one, (chapter, _) in told.items()]
    need(
        record["placement"]["wishes"] == sum(cost >> above for cost in spent)
        and record["placement"]["lots"] == sum(cost % (1 << above) for cost in spent),
        "the sums of the seating do not add up",
    )


def _goes_round(moves: dict[str, set[str]]) -> bool:
    """Do some of these moves lead back to where they began?"""
    left = dict(moves)
    while ends := [code for code, others in left.items() if not others & set(left)]:
        for code in ends:
            del left[code]
    return bool(left)
