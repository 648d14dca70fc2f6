"""Small questions for which every list can be tried, and larger ones made up from a seed."""

from __future__ import annotations

import itertools
import random

from hypothesis import strategies as st

from fellowships.facts import BalanceTarget, Cap, Nomination, Pin, Question, lot

REGIONS = ("Africa", "Americas", "Asia-Pacific", "Eastern Europe", "Western Europe")
DISCIPLINES = ("natural", "social", "humanities", "policy")
ATTRIBUTES = {"a": ("x", "y", "z"), "b": ("u", "v")}


@st.composite
def small_questions(draw: st.DrawFn) -> Question:
    """Up to 8 nominees with many equal scores."""
    people = tuple(
        Nomination(
            f"n{place}",
            draw(st.integers(0, 4)),
            {name: draw(st.sampled_from(values)) for name, values in ATTRIBUTES.items()},
        )
        for place in range(draw(st.integers(1, 8)))
    )
    seats = draw(st.integers(1, len(people)))
    targets = []
    for name, values in ATTRIBUTES.items():
        for value in values:
            if draw(st.booleans()):
                least = draw(st.integers(0, min(2, seats)))
                most = draw(st.none() | st.integers(least, seats))
                targets.append(BalanceTarget(name, value, least, most, draw(st.booleans())))
    caps = (Cap("b", draw(st.integers(1, 4))),) if draw(st.booleans()) else ()
    pinned = draw(st.lists(st.sampled_from(people), max_size=2, unique_by=lambda one: one.id))
    pins = tuple(Pin(one.id, draw(st.booleans()), "asked") for one in pinned)
    return Question(people, seats, tuple(targets), caps, pins, "2026")


def every_list(question: Question) -> list[tuple[int, int, tuple[str, ...]]]:
    """(total, lots, ids) of every list that keeps the limits, by trying them all."""
    found = []
    for group in itertools.combinations(question.nominations, question.n_seats):
        if keeps(question, group):
            ids = tuple(one.id for one in group)
            found.append((sum(one.score for one in group), sum(lot(question.seed, one) for one in ids), ids))
    return found


def keeps(question: Question, group: tuple[Nomination, ...]) -> bool:
    ids = {one.id for one in group}
    counts = [
        (sum(one.values.get(target.attribute) == target.value for one in group), target)
        for target in question.targets
    ]
    return (
        all((pin.id in ids) == pin.is_in for pin in question.pins)
        and all(target.least <= n <= (n if target.most is None else target.most) for n, target in counts)
        and all(
            sum(one.values.get(cap.attribute) == value for one in group) <= cap.most
            for cap in question.caps
            for value in {one.values.get(cap.attribute) for one in group} - {None}
        )
    )


def pool(n: int, seats: int, seed: int = 1) -> Question:
    """A made-up pool as large as a real call's: marks 0..100, five regions, a cap for each country."""
    chance = random.Random(seed)
    people = tuple(
        Nomination(
            f"NOM-{place:05d}",
            min(100, max(0, round(chance.gauss(62, 14)))),
            {
                "region": chance.choices(REGIONS, (25, 20, 30, 10, 35))[0],
                "gender": chance.choices(("woman", "man", "not said"), (52, 44, 4))[0],
                "discipline": chance.choices(("natural", "social", "humanities", "policy"), (60, 22, 8, 10))[
                    0
                ],
                "knowledge": chance.choices(("ilk", "science"), (12, 88))[0],
                "country": f"C{chance.randrange(70):02d}",
            },
        )
        for place in range(n)
    )
    part = seats / 16
    asked = [("region", one, 2, 4) for one in REGIONS]
    asked += [("gender", "woman", 7, 9), ("gender", "man", 6, 9), ("knowledge", "ilk", 3, None)]
    asked += [("discipline", "natural", 4, 8), ("discipline", "social", 4, 6)]
    asked += [("discipline", "humanities", 2, 4), ("discipline", "policy", 2, 4)]
    targets = tuple(
        BalanceTarget(name, value, int(least * part), None if most is None else round(most * part) + 1)
        for name, value, least, most in asked
    )
    return Question(people, seats, targets, (Cap("country", max(1, round(part))),), (), "2026")
