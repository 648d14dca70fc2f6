"""How good are assignments of reviewers on bids of real conferences, and is the answer always the same one?

A folder of matrices is given: in the first line papers and reviewers, then a row for each paper, 0 where the
pair is excluded (bids of PrefLib 00037 in the form of YixuanEvenXu/perturbed-maximization).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from matching.assignment import Assignment, Loads, Mode, assign

UNIT = 100
PER_PAPER = 3
N_ORDERS = 8
Pairs = dict[tuple[str, str], int]


def bids(path: Path) -> tuple[list[str], list[str], Pairs]:
    """Papers, reviewers, and the bid of each pair in hundredths; pairs with 0 are left out."""
    head, *rows = (line.split() for line in path.read_text().splitlines() if line.strip())
    n_papers, n_reviewers = int(head[0]), int(head[1])
    papers, people = [f"p{at:04}" for at in range(n_papers)], [f"r{at:04}" for at in range(n_reviewers)]
    scores = {
        (paper, one): round(float(cell) * UNIT)
        for paper, row in zip(papers, rows, strict=True)
        for one, cell in zip(people, row, strict=False)
    }
    return papers, people, {pair: score for pair, score in scores.items() if score}


def rows_of(folder: Path) -> Iterator[str]:
    """A row of the table for each file and mode."""
    for path in sorted(folder.glob("*.in")):
        papers, people, scores = bids(path)
        conflicts = [(paper, one) for paper in papers for one in people if (paper, one) not in scores]
        loads = Loads(PER_PAPER, -(-PER_PAPER * len(papers) // len(people)) + 1)
        greedy = _greedy(papers, people, scores, loads)
        for mode in Mode:
            started = time.process_time()
            found = assign(papers, people, scores, conflicts, loads, mode=mode, seed="1")
            seconds = time.process_time() - started
            if not isinstance(found, Assignment):
                yield f"| {path.stem} {mode.value} | not everybody can be served | | | | |"
                continue
            n_different = len(
                {_again(papers, people, scores, conflicts, loads, mode, n) for n in range(N_ORDERS)}
            )
            bound = "" if found.worst_bound is None else f" (no assignment above {found.worst_bound / UNIT})"
            yield (
                f"| {path.stem} {len(papers)} × {len(people)}, {mode.value} | {found.total / UNIT} "
                f"| {found.worst / UNIT}{bound} | {found.certificate.gap / UNIT} "
                f"| {n_different} of {N_ORDERS} | {seconds:.2f} | {greedy} |"
            )


def _again(
    papers: list[str], people: list[str], scores: Pairs, conflicts: list[tuple[str, str]], loads: Loads,
    mode: Mode, seed: int,
) -> tuple[tuple[str, tuple[str, ...]], ...]:  # fmt: skip
    """The assignment when everything comes in another order."""
    chance = random.Random(seed)
    pairs = chance.sample(sorted(scores.items()), len(scores))
    found = assign(
        chance.sample(papers, len(papers)), chance.sample(people, len(people)), dict(pairs),
        chance.sample(conflicts, len(conflicts)), loads, mode=mode, seed="1",
    )  # fmt: skip
    return tuple(sorted(found.reviewers_of.items())) if isinstance(found, Assignment) else ()


def _greedy(papers: list[str], people: list[str], scores: Pairs, loads: Loads) -> str:
    """The best pair that is left, again and again: total, and papers that are not served in full."""
    wanted, room, total = dict.fromkeys(papers, loads.per_proposal), dict.fromkeys(people, loads.most), 0
    for (paper, one), score in sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])):
        if wanted[paper] and room[one]:
            wanted[paper], room[one], total = wanted[paper] - 1, room[one] - 1, total + score
    return f"{total / UNIT}, {sum(map(bool, wanted.values()))} short"
