"""Which list is the best within the balance asked for, and why can nobody say otherwise?

Stages, each keeping what the one before reached: where there are bands of merit, the most of the best band,
then of the next; the greatest total score; then one of the lists with that total, drawn from the public seed:
by a lottery over all of them, or, where there are too many to name, by the greatest sum of public lots. Each
is proved, so it does not matter which solver found the list, in which order the rows came, or on which
machine. Nothing is ever relaxed silently: where no list keeps every limit, the answer is a proof of that, the
limits in conflict, and the smallest changes (relaxation.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fellowships.chapters import Placement, place
from fellowships.facts import Question, lot, require_sound
from fellowships.lottery import Lottery, draw
from fellowships.program import Ints, Program, greatest, members, members_of_band, merit_of, program_of
from fellowships.proof import Groups, Refuted, Tree, prove
from fellowships.tied import tied_lists
from vocabulary.errors import Invalid
from vocabulary.messages import Message

_MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class BandStage:
    """`n` of the list are in this band of merit, and the proof that no list has more of it that has as many
    of every better band."""

    band: str
    n: int
    proof: Tree


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The list (ids, by score and then lot), its total score and sum of lots, and the proofs.

    total_proof : no list has a greater total. lottery : over every list with this total, or None where there
    are too many. only_proof : no list has this total but those of the lottery; without one, no other list has
    this total and these lots. bands : of each band but the last, which takes what is left; none where the
    question has none. placement : who sits in which chapter; None where there are no chapters.
    """

    chosen: tuple[str, ...]
    total: int
    lots: int
    total_proof: Tree
    only_proof: Tree
    lottery: Lottery | None
    bands: tuple[BandStage, ...] = ()
    placement: Placement | None = None


@dataclass(frozen=True, slots=True)
class NoList:
    """No list keeps every limit: the proof of that."""

    proof: Tree


def shortlist(question: Question, *, seconds: float = 60.0) -> Shortlist | NoList:
    """The one best list, or the proof that there is none.

    Parameters
    ----------
    question : Question
        In any order; the same question gives the same list.
    seconds : float
        Longest time of one search.

    Raises
    ------
    Invalid
        When the question is not sound, a search took too long, a proof would be too long, or two lists share
        every lot (then another seed decides).
    """
    require_sound(question)
    question = question.ordered()
    ids, groups = tuple(one.id for one in question.nominations), groups_of(question)
    merit = merit_of(question)
    program = program_of(question)
    bands: tuple[BandStage, ...] = ()
    chosen = greatest(replace(program, gain=merit), seconds)
    if chosen is None:
        nothing = replace(program, gain=np.zeros_like(program.gain))
        return NoList(prove(nothing, -1, ids, groups))
    if question.bands:
        program, chosen, bands = _by_bands(program, chosen, question, ids, groups)
    chosen, total_proof = _proved(program, chosen, ids, groups)
    total = int(program.gain[list(chosen)].sum())
    drawn = with_lots(program, question, total)
    tied = tied_lists(program, chosen, ids, groups)
    lottery = None
    if tied is None:
        chosen = greatest(drawn, seconds) or chosen
        chosen, only_proof = _alone(drawn, chosen, ids, groups)
    else:
        lists, only_proof = tied
        lottery = draw([[ids[at] for at in one] for one in lists], question.seed)
        places = {name: at for at, name in enumerate(ids)}
        chosen = tuple(places[name] for name in lottery.chosen)
    listed = sorted(chosen, key=lambda at: (-merit[at], -drawn.gain[at], ids[at]))
    lots = int(drawn.gain[list(chosen)].sum())
    names = tuple(ids[at] for at in listed)
    placement = place(question, names) if question.chapters else None
    return Shortlist(names, total, lots, total_proof, only_proof, lottery, bands, placement)


def _by_bands(
    program: Program, chosen: tuple[int, ...], question: Question, ids: tuple[str, ...], groups: Groups
) -> tuple[Program, tuple[int, ...], tuple[BandStage, ...]]:
    """The program with a row for each band but the last that keeps the most there can be; a list; the proofs.

    The list was found by bands and score at once; where the solver was wrong about it, a better one is found.
    """
    stages = []
    for at, band in enumerate(question.bands[:-1]):
        group = members_of_band(question, band)
        best, proof = _proved(replace(program, gain=group), chosen, ids, groups)
        n = int(group[list(best)].sum())
        stages.append(BandStage(band, n, proof))
        program = program.with_row(f"band:{at}", group, n)
        if best != chosen:
            chosen = greatest(program) or best
    return program, chosen, tuple(stages)


def groups_of(question: Question) -> Groups:
    """Who counts for which target: the counts that a proof may split."""
    pairs = sorted({(one.attribute, one.value) for one in question.targets})
    return {pair: members(question, *pair) for pair in pairs}


def with_lots(program: Program, question: Question, total: int) -> Program:
    """The second stage: lots to sum, among the lists with at least this total."""
    lots = np.array([lot(question.seed, one.id) for one in question.nominations], dtype=np.int64)
    return replace(program.with_row("total", program.gain, total), gain=lots)


def _proved(
    program: Program, chosen: tuple[int, ...], ids: tuple[str, ...], groups: Groups
) -> tuple[tuple[int, ...], Tree]:
    """The best list and its proof; a better list that the prover meets takes the place of the first."""
    for _ in range(_MOST_TRIES):
        try:
            return chosen, prove(program, int(program.gain[list(chosen)].sum()), ids, groups)
        except Refuted as better:
            chosen = better.chosen
    raise AssertionError("the solver was wrong again and again")


def _alone(
    drawn: Program, chosen: tuple[int, ...], ids: tuple[str, ...], groups: Groups
) -> tuple[tuple[int, ...], Tree]:
    """The list with the greatest sum of lots, and the proof that every other has less."""
    for _ in range(_MOST_TRIES):
        lots = int(drawn.gain[list(chosen)].sum())
        try:
            return chosen, prove(others(drawn, chosen), lots - 1, ids, groups)
        except Refuted as other:
            if int(drawn.gain[list(other.chosen)].sum()) == lots:
                message = Message("Two lists share every lot; name another random seed.")
                raise Invalid({"random_seed": [message]}) from other
            chosen = other.chosen
    raise AssertionError("the solver was wrong again and again")


def others(program: Program, chosen: tuple[int, ...]) -> Program:
    """The same without one list: at most all but one of its members."""
    picked: Ints = np.zeros(program.n, dtype=np.int64)
    picked[list(chosen)] = 1
    return program.with_row("other", picked, 0, len(chosen) - 1)
