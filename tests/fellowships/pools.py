"""Small questions for which every list can be tried; large ones are those of the benchmark."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from hypothesis import strategies as st

from fellowships.facts import (
    ANY,
    BalanceTarget,
    Cap,
    Chapter,
    Nomination,
    Pin,
    Question,
    Value,
    chapter_lot,
    lot,
)

REGIONS = ("Africa", "Americas", "Asia-Pacific", "Eastern Europe", "Western Europe")
DISCIPLINES = ("natural", "social", "humanities", "policy")
ATTRIBUTES = {"a": ("x", "y", "z"), "b": ("u", "v")}
CODES = ("c1", "c2", "c3")
BANDS = ("A", "B", "C")


@st.composite
def small_questions(draw: st.DrawFn) -> Question:
    """Up to 8 nominees with many equal scores; some have chapters, bands of merit, or several values."""
    has_several, has_chapters, has_bands = (draw(st.booleans()) for _ in range(3))
    people = tuple(
        Nomination(
            f"n{place}",
            draw(st.integers(0, 4)),
            {name: draw(_values(values, has_several)) for name, values in ATTRIBUTES.items()},
            draw(_wishes()) if has_chapters else (),
            draw(st.sampled_from(BANDS)) if has_bands else "",
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
    chapters = draw(_chapters(seats)) if has_chapters else ()
    return Question(people, seats, tuple(targets), caps, pins, "2026", chapters, BANDS if has_bands else ())


def _values(values: tuple[str, ...], has_several: bool) -> st.SearchStrategy[Value]:
    one = st.sampled_from(values)
    return one | st.just(values[:2]) if has_several else one


def _wishes() -> st.SearchStrategy[tuple[str, ...]]:
    named = st.lists(st.sampled_from(CODES), unique=True, max_size=3)
    return st.builds(lambda codes, any_: (*codes, *any_), named, st.sampled_from(((), (), (ANY,))))


@st.composite
def _chapters(draw: st.DrawFn, n_seats: int) -> tuple[Chapter, ...]:
    """Three chapters with as many seats together as the list has, or a few more."""
    first = draw(st.integers(0, n_seats))
    second = draw(st.integers(0, n_seats - first))
    rest = n_seats - first - second + draw(st.integers(0, 2))
    return tuple(Chapter(code, n) for code, n in zip(CODES, (first, second, rest), strict=True))


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
        (sum(holds(one, target.attribute, target.value) for one in group), target)
        for target in question.targets
    ]
    return (
        all((pin.id in ids) == pin.is_in for pin in question.pins)
        and all(target.least <= n <= (n if target.most is None else target.most) for n, target in counts)
        and all(
            sum(holds(one, cap.attribute, value) for one in group) <= cap.most
            for cap in question.caps
            for value in ATTRIBUTES.get(cap.attribute, {one.values.get(cap.attribute) for one in group})
        )
        and (not question.chapters or bool(every_seating(question, group)))
    )


def holds(one: Nomination, attribute: str, value: str | None) -> bool:
    """Is the value one of the nominee's?"""
    held = one.values.get(attribute)
    return value in held if isinstance(held, tuple) else value == held


def every_seating(question: Question, group: tuple[Nomination, ...]) -> list[tuple[int, int, dict[str, str]]]:
    """(sum of wishes, sum of lots, chapter of each) of every way to seat a list, by trying them all."""
    seats = {one.code: one.seats for one in question.chapters}
    choices = [tuple(seats) if not one.wishes or ANY in one.wishes else one.wishes for one in group]
    found = []
    for codes in itertools.product(*choices):
        if all(codes.count(code) <= n for code, n in seats.items()):
            wishes = [
                0 if not one.wishes else one.wishes.index(code if code in one.wishes else ANY)
                for one, code in zip(group, codes, strict=True)
            ]
            at = {one.id: code for one, code in zip(group, codes, strict=True)}
            found.append((sum(wishes), sum(chapter_lot(question.seed, *pair) for pair in at.items()), at))
    return found


def n_by_band(question: Question, ids: Iterable[str]) -> tuple[int, ...]:
    """How many of a list are in each band, the best first; nothing without bands."""
    band_of = {one.id: one.band for one in question.nominations}
    return tuple(sum(band_of[one] == band for one in ids) for band in question.bands)


def best_lists(question: Question) -> list[tuple[int, int, tuple[str, ...]]]:
    """Those of `every_list` with the most of the best band, then of the next, then the greatest total."""
    lists = every_list(question)
    best = max(((n_by_band(question, ids), total) for total, _, ids in lists), default=None)
    return [one for one in lists if (n_by_band(question, one[2]), one[0]) == best]
