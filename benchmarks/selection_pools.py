"""Which pools are the shortlists measured on? Made up from a seed, as large as real calls.

Marks, regions, genders, disciplines, knowledge, countries and wishes are drawn at random; the balance asked
for is the same for every size, in proportion.
"""

from __future__ import annotations

import random
from dataclasses import replace

from fellowships.facts import BalanceTarget, Cap, Chapter, Nomination, Question

REGIONS = ("Africa", "Americas", "Asia-Pacific", "Eastern Europe", "Western Europe")
SIZES = ((221, 16), (2_000, 100), (20_000, 500))
BANDS = ("A", "B", "C")


def pool(n: int, seats: int, seed: int = 1, *, coarse: int = 1) -> Question:
    """Marks 0..100, in steps of `coarse`; regions, genders, disciplines, a cap for each country."""
    chance = random.Random(seed)
    people = tuple(_nominee(chance, at, coarse) for at in range(n))
    part = seats / 16
    asked = [("region", one, 2, 4) for one in REGIONS]
    asked += [("gender", "woman", 7, 9), ("gender", "man", 6, 9), ("knowledge", "ilk", 3, None)]
    asked += [("discipline", "natural", 4, 8), ("discipline", "social", 4, 6)]
    asked += [("discipline", "humanities", 2, 4), ("discipline", "policy", 2, 4)]
    targets = tuple(
        BalanceTarget(name, value, int(least * part), None if most is None else round(most * part) + 1)
        for name, value, least, most in asked
    )
    return Question(people, seats, targets, (Cap("country", max(1, round(part))),), (), "2026-11-21")


def _nominee(chance: random.Random, at: int, coarse: int) -> Nomination:
    mark = min(100, max(0, round(chance.gauss(62, 14))))
    values = {
        "region": chance.choices(REGIONS, (25, 20, 30, 10, 35))[0],
        "gender": chance.choices(("woman", "man", "not said"), (52, 44, 4))[0],
        "discipline": chance.choices(("natural", "social", "humanities", "policy"), (60, 22, 8, 10))[0],
        "knowledge": chance.choices(("ilk", "science"), (12, 88))[0],
        "country": f"C{chance.randrange(70):02d}",
    }
    return Nomination(f"NOM-{at:05d}", mark // coarse * coarse, values)


def with_chapters(question: Question, n_chapters: int = 6, seed: int = 1) -> Question:
    """The same with chapters of about the same size, and one to three wishes of each nominee."""
    chance = random.Random(seed)
    codes = tuple(f"ch{at + 1}" for at in range(n_chapters))
    each, more = divmod(question.n_seats, n_chapters)
    seats = (each + (at < more) for at in range(n_chapters))
    people = tuple(
        replace(one, wishes=tuple(chance.sample(codes, chance.choice((1, 2, 2, 3)))))
        for one in question.nominations
    )
    return replace(question, nominations=people, chapters=tuple(map(Chapter, codes, seats)))


def with_bands(question: Question) -> Question:
    """The same with bands A from 75 points, B from 60, and C."""
    people = tuple(
        replace(one, band="A" if one.score >= 75 else "B" if one.score >= 60 else "C")
        for one in question.nominations
    )
    return replace(question, nominations=people, bands=BANDS)


def impossible(question: Question) -> Question:
    """The same with minima that no list can meet together."""
    asked = {("discipline", "humanities"): 6, ("discipline", "policy"): 6, ("knowledge", "ilk"): 7}
    targets = tuple(
        replace(one, least=asked.get((one.attribute, one.value), one.least), most=None)
        if (one.attribute, one.value) in asked
        else one
        for one in question.targets
    )
    return replace(question, targets=targets)


def shuffled(question: Question, seed: int) -> Question:
    """The same in another order of rows."""
    chance = random.Random(seed)
    people, targets = list(question.nominations), list(question.targets)
    chance.shuffle(people)
    chance.shuffle(targets)
    return replace(question, nominations=tuple(people), targets=tuple(targets))
