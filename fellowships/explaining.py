"""Why is somebody not on the list, what does each target cost, and who comes in when a seat falls free?

Every answer is a list found anew under one change: with somebody forced in, without a target, or without a
fellow. Points are the integer units of the scores. Each answer names the whole list that would be, as the
people who would come and go, so that anybody can see that it keeps every limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fellowships.facts import LOT_BITS, Question, lot
from fellowships.program import Ints, Program, greatest, merit_of, program_of
from fellowships.shortlist import Shortlist

_SUM_BITS = 40
"""Scores and lots in one number stay below this many bits, so that the solver's floats keep them apart."""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What keeps a nominee off the list. `short` is None where no list with this nominee keeps the limits.

    short : points that the best list with this nominee loses. comes, goes : the whole exchange, in order.
    bands : how many more or fewer of each band the best list with this nominee has, where it differs; more
    points help nobody then. is_excluded : there is a pin against this nominee; the answer is for the case
    that it were lifted, and `short` may then be below 0.
    """

    id: str
    score: int
    short: int | None
    comes: tuple[str, ...] = ()
    goes: tuple[str, ...] = ()
    is_excluded: bool = False
    bands: Mapping[str, int] = field(default_factory=dict)

    @property
    def needed_for_tie(self) -> int | None:
        """The score with which lots would decide; one more is certain. None where no score is enough."""
        return None if self.short is None or self.bands else self.score + self.short


@dataclass(frozen=True, slots=True)
class Price:
    """Points that the list would gain without one target: 0 where it does not bind.

    bands : how many more or fewer of each band it would have, where it differs; points may fall then.
    """

    attribute: str
    value: str
    points: int
    bands: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replacement:
    """Who comes in if this fellow falls out, keeping as many others as possible. `comes` is empty where no
    list is left. points : by how much the total changes; above 0 only for one who was pinned in, or where
    `bands` change."""

    id: str
    comes: tuple[str, ...]
    goes: tuple[str, ...]
    points: int
    bands: Mapping[str, int] = field(default_factory=dict)


def why_not(
    question: Question, found: Shortlist, *, progress: Callable[[int, int], None] | None = None
) -> tuple[WhyNot, ...]:
    """One answer for each nominee who is not on the list, by score and then id.

    progress : told how many of how many are done; may raise to stop.
    """
    question = question.ordered()
    program = _with_fine_lots(question)
    pinned = {pin.id for pin in question.pins if not pin.is_in}
    left = sorted(
        (place for place, one in enumerate(question.nominations) if one.id not in found.chosen),
        key=lambda place: (-question.nominations[place].score, question.nominations[place].id),
    )
    answers = []
    for n_done, place in enumerate(left):
        if progress:
            progress(n_done, len(left))
        one = question.nominations[place]
        forced = greatest(program.bounded(place, 1, 1))
        if forced is None:
            answers.append(WhyNot(one.id, one.score, None, is_excluded=one.id in pinned))
            continue
        comes, goes = _exchange(question, found, forced)
        short = found.total - _total(question, forced)
        moved = _moved_bands(question, found, forced)
        answers.append(WhyNot(one.id, one.score, short, comes, goes, one.id in pinned, moved))
    return tuple(answers)


def prices(question: Question, found: Shortlist) -> tuple[Price, ...]:
    """What each target costs, in the order of an ordered question."""
    question = question.ordered()
    program = replace(program_of(question), gain=merit_of(question))
    answers = []
    for place, target in enumerate(question.targets):
        freed = greatest(program.without_rows([f"target:{place}"]))
        if freed is None:
            raise AssertionError("a list was there with the target")
        points, moved = _total(question, freed) - found.total, _moved_bands(question, found, freed)
        answers.append(Price(target.attribute, target.value, points, moved))
    return tuple(answers)


def replacements(question: Question, found: Shortlist) -> tuple[Replacement, ...]:
    """For each fellow, in the order of the list, who would come in; see Replacement."""
    question = question.ordered()
    fine = _with_fine_lots(question)
    places = {one.id: place for place, one in enumerate(question.nominations)}
    kept = np.zeros(fine.n, dtype=np.int64)
    kept[[places[one] for one in found.chosen]] = 1
    # Keeping comes first: the greatest number of those who stay, then the greatest score among such lists.
    staying = replace(fine, gain=kept)
    answers = []
    for one in found.chosen:
        without = staying.bounded(places[one], 0, 0)
        most = greatest(without)
        if most is None:
            answers.append(Replacement(one, (), (one,), 0))
            continue
        n_kept = int(kept[list(most)].sum())
        best = greatest(replace(without, gain=fine.gain).with_row("kept", kept, n_kept)) or most
        comes, goes = _exchange(question, found, best)
        points, moved = _total(question, best) - found.total, _moved_bands(question, found, best)
        answers.append(Replacement(one, comes, goes, points, moved))
    return tuple(answers)


def reserve(question: Question, found: Shortlist, moves: tuple[Replacement, ...], n: int) -> tuple[str, ...]:
    """Up to n reserves in order of band (where there are any), score and then lot.

    First those who can take the place of the most fellows (of `moves`), so that as many seats as possible
    are covered; places left over go to the next best nominees who are not excluded.
    """
    merits = merit_of(question).tolist()
    scores = {one.id: merit for one, merit in zip(question.nominations, merits, strict=True)}

    def merit(one: str) -> tuple[int, int, str]:
        return (-scores[one], -lot(question.seed, one), one)

    excluded = {pin.id for pin in question.pins if not pin.is_in}
    n_covered: dict[str, int] = {}
    for move in moves:
        for one in move.comes:
            n_covered[one] = n_covered.get(one, 0) + 1
    chosen = sorted(n_covered, key=lambda one: (-n_covered[one], merit(one)))[:n]
    others = sorted(set(scores) - excluded - set(found.chosen) - set(chosen), key=merit)
    return tuple(sorted([*chosen, *others[: n - len(chosen)]], key=merit))


def _with_fine_lots(question: Question) -> Program:
    """Scores with the first bits of the lots below them: one solve decides by both, nearly always."""
    program = replace(program_of(question), gain=merit_of(question))
    top = int(program.gain.max(initial=0)).bit_length()
    spread = question.n_seats.bit_length()
    bits = max(min(LOT_BITS, _SUM_BITS - top - 2 * spread), 1)
    drawn = [lot(question.seed, one.id) >> (LOT_BITS - bits) for one in question.nominations]
    lots: Ints = np.array(drawn, dtype=np.int64)
    return replace(program, gain=(program.gain << (bits + spread)) + lots)


def _total(question: Question, places: tuple[int, ...]) -> int:
    return sum(question.nominations[place].score for place in places)


def _moved_bands(question: Question, found: Shortlist, places: tuple[int, ...]) -> dict[str, int]:
    """By how much the number of each band differs from the list's, where it does."""
    if not question.bands:
        return {}
    band_of = {one.id: one.band for one in question.nominations}
    moved = Counter(question.nominations[place].band for place in places)
    moved.subtract(band_of[one] for one in found.chosen)
    return {band: moved[band] for band in question.bands if moved[band]}


def _exchange(
    question: Question, found: Shortlist, places: tuple[int, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who comes and who goes against the list, both in order of ids."""
    other = {question.nominations[place].id for place in places}
    mine = set(found.chosen)
    return tuple(sorted(other - mine)), tuple(sorted(mine - other))
