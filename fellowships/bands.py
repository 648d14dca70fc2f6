"""Why is somebody on the list who is in a worse band of merit than somebody who is not?

The list has as many of the better bands as any list within the limits. So where one of a worse band is above
one of a better band, exchanging the two must break a limit, and the limits that it breaks are the written
reason. That needs no solver: one count for each pair.

Source: the merit bands of a panel, between which balance is not to decide without a reason in writing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fellowships.facts import Question
from fellowships.program import NO_LIMIT, Ints, Program, program_of
from fellowships.shortlist import Shortlist


@dataclass(frozen=True, slots=True)
class Above:
    """Who is on the list; and everybody of a better band who is not, in order, each with the names of the
    limits that exchanging the two would break."""

    id: str
    over: tuple[tuple[str, tuple[str, ...]], ...]


def set_above(question: Question, found: Shortlist) -> tuple[Above, ...]:
    """Everybody on the list who stands above one of a better band, in the order of the list."""
    question = question.ordered()
    program = program_of(question)
    rank = {band: at for at, band in enumerate(question.bands)}
    ranks: Ints = np.array([rank.get(one.band, 0) for one in question.nominations], dtype=np.int64)
    place = {one.id: at for at, one in enumerate(question.nominations)}
    on_list = [place[one] for one in found.chosen]
    picked = np.zeros(program.n, dtype=np.int64)
    picked[on_list] = 1
    told = []
    for mine in on_list:
        others = np.flatnonzero((picked == 0) & (ranks < ranks[mine])).tolist()
        broken = _broken(program, picked, mine, others)
        names = [question.nominations[other].id for other in others]
        if names:
            told.append(Above(question.nominations[mine].id, tuple(zip(names, broken, strict=True))))
    return tuple(told)


def _broken(program: Program, picked: Ints, mine: int, others: list[int]) -> list[tuple[str, ...]]:
    """For each of the others, the limits that taking this one for mine would break, in order of names.

    A pin of either of the two is such a limit: "pin" alone.
    """
    counts = program.matrix @ picked - program.matrix[:, [mine]].toarray()[:, 0]
    after = counts[:, None] + program.matrix[:, others].toarray()
    most = np.where(program.most == NO_LIMIT, program.n, program.most)
    is_out = (after < program.least[:, None]) | (after > most[:, None])
    return [
        tuple(
            sorted(program.names[row] for row in np.flatnonzero(is_out[:, at]))
            + (["pin"] if program.low[mine] or not program.high[other] else [])
        )
        for at, other in enumerate(others)
    ]
