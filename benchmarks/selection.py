"""Does the shortlist reach its goals? Prints them row by row, with what others published beside.

    .venv/bin/python -m benchmarks.selection [FOLDER OF BIDS] [--runs 200] [--most 20000]
    PYTHONPATH=var/bench .venv/bin/python -m benchmarks.selection …      # with the second solver

The second solver (highspy) comes from requirements-bench.in; without it the runs over solvers are fewer.
Seconds are of one processor, the best of three where it is short, so that other programs disturb them little.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import selection_reviewers
from benchmarks.selection_pools import SIZES, impossible, pool, with_bands, with_chapters
from fellowships.checking import canonical, check
from fellowships.explaining import prices, replacements, why_not
from fellowships.facts import Question
from fellowships.program import greatest, program_of
from fellowships.record import Rule, record_of
from fellowships.relaxation import in_conflict, relaxations
from fellowships.shortlist import NoList, Shortlist, shortlist

RULE = Rule("mark", "1")
SETTINGS = (("scipy", 1), ("highspy", 1), ("highspy", 2))
"""Solver and threads; each with many seeds."""
N_ORDERS = 8


def main() -> None:
    """Print every table."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("folder", nargs="?", type=Path)
    wanted.add_argument("--runs", type=int, default=200)
    wanted.add_argument("--most", type=int, default=SIZES[-1][0])
    given = wanted.parse_args()
    _say("goal", "figure", "goal reached", "published by others")
    _say("---", "---", "---", "---")
    for row in (*one_list(given.runs), *proofs(), *infeasible(), *speed(), *why(), *fairness()):
        _say(*row)
    print()
    _say("size", "seconds", "proof, bytes", "check, seconds", "settled by")
    _say("---", "---", "---", "---", "---")
    for row in sizes(given.most):
        _say(*row)
    if given.folder:
        print()
        _say(
            "reviewers", "total", "worst served", "gap of the proof", "different answers", "seconds", "greedy"
        )
        _say(*["---"] * 7)
        for line in selection_reviewers.rows_of(given.folder):
            print(line, flush=True)


def _say(*cells: object) -> None:
    print(f"| {' | '.join(str(cell) for cell in cells)} |", flush=True)


def _timed(work: Callable[[], Any], n: int = 1) -> tuple[float, Any]:
    """Least seconds of one processor among n times, and what came out."""
    least, found = float("inf"), None
    for _ in range(n):
        started = time.process_time()
        found = work()
        least = min(least, time.process_time() - started)
    return least, found


def _met(is_met: bool) -> str:
    return "yes" if is_met else "NO"


def one_list(n_runs: int) -> Iterator[tuple[object, ...]]:
    """Goal 1: solvers, threads, seeds of the solver, orders of rows, hash seeds."""
    settings = [one for one in SETTINGS if one[0] == "scipy" or find_spec("highspy")]
    asked = [(*settings[at % len(settings)], at) for at in range(-(-n_runs // N_ORDERS))]
    with ThreadPoolExecutor(2) as pool_of_two:
        lines = [
            line.split() for text in pool_of_two.map(_other_process, asked) for line in text.splitlines()
        ]
    lists, plain = Counter(one for one, _ in lines), Counter(one for _, one in lines)
    yield (
        f"1. one list: {len(lines)} runs over {', '.join(f'{name} {n} threads' for name, n in settings)}, "
        "seeds, orders of rows, hash seeds",
        f"{len(lists)} list; an integer program without lots on the same rows: {len(plain)} lists",
        _met(len(lists) == 1),
        "5 of 5 processes differ under one seed (sortition package)",
    )


def _other_process(asked: tuple[str, int, int]) -> str:
    solver, threads, seed = asked
    command = [
        sys.executable,
        "-m",
        "benchmarks.selection_solvers",
        solver,
        str(threads),
        str(seed),
        str(N_ORDERS),
    ]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, text=True, check=True
    )
    return done.stdout


def proofs() -> Iterator[tuple[object, ...]]:
    """Goal 2: size of the proof and time of the check, over pools of one call's size."""
    largest, slowest, n = 0, 0.0, 0
    for seed in range(1, 21):
        base = pool(221, 16, seed, coarse=(1, 5)[seed % 2])
        for question in (base, with_bands(base), with_chapters(base), impossible(base)):
            content = record_of(question, RULE, is_explained=False)
            seconds, record = _timed(lambda content=content: check(content), 3)
            largest = max(largest, len(canonical([record["proof"], record.get("bands", [])])))
            slowest, n = max(slowest, seconds), n + 1
    yield (
        f"2. a proof with every answer, {n} records of 221 → 16",
        f"largest {largest / 1000:.1f} kB, slowest check {slowest * 1000:.0f} ms",
        _met(largest <= 30_000 and slowest <= 0.05),
        "none",
    )


def infeasible() -> Iterator[tuple[object, ...]]:
    """Goal 3: why there is no list, and what would do."""
    question = impossible(pool(221, 16))
    first, found = _timed(lambda: shortlist(question), 3)
    if not isinstance(found, NoList):
        raise AssertionError("there is a list")
    every, changes = _timed(lambda: relaxations(question), 3)
    least, names = _timed(lambda: in_conflict(question, found.proof), 3)
    yield (
        "3. no list possible, 221 → 16",
        f"proof {first:.2f} s, all {len(changes)} smallest changes {every:.2f} s, conflict of {len(names)} "
        f"limits {least:.2f} s; together {first + every + least:.2f} s",
        _met(first + every + least <= 1.5),
        "one suggestion; 6.4 times the time of a first relaxation (sortition package)",
    )


def speed() -> Iterator[tuple[object, ...]]:
    """Goal 4: the list with lots and proof."""
    seconds, _ = _timed(lambda: shortlist(pool(221, 16)), 3)
    yield (
        "4. list, lots and proof, 221 → 16",
        f"{seconds * 1000:.0f} ms: {2.15 / seconds:.0f} times as fast as the published time",
        _met(seconds <= 2.15 / 50),
        "2.15 s for its maximin on its own fixture (another machine, another pool)",
    )


def why() -> Iterator[tuple[object, ...]]:
    """Goal 5: points short of everybody, each checked by solving again with the score that is named."""
    question = pool(221, 16).ordered()
    found = shortlist(question)
    if not isinstance(found, Shortlist):
        raise AssertionError("there is no list")
    seconds, answers = _timed(lambda: why_not(question, found))
    places = {one.id: at for at, one in enumerate(question.nominations)}
    rows, wrong = program_of(question), 0
    for answer in answers:
        if answer.needed_for_tie is None:
            wrong += greatest(rows.bounded(places[answer.id], 1, 1)) is not None
            continue
        for more, is_in in ((1, True), (-1, False)):
            gain = rows.gain.copy()
            gain[places[answer.id]] = answer.needed_for_tie + more
            chosen = greatest(replace(rows, gain=gain)) or ()
            wrong += (places[answer.id] in chosen) != is_in
    extra, _ = _timed(lambda: (prices(question, found), replacements(question, found)))
    yield (
        f"5. why not, for all {len(answers)} who are not on the list",
        f"{seconds:.1f} s; {wrong} wrong when solved again with one point more and one less than a tie; "
        f"prices of {len(question.targets)} targets and replacements of 16 seats {extra:.1f} s",
        _met(seconds <= 10 and not wrong),
        "none",
    )


def fairness() -> Iterator[tuple[object, ...]]:
    """Goal 6: the smallest chance of a tied nominee against the same with every list equally likely."""
    worse, better, n, most = 0, 0, 0, (Fraction(0), Fraction(0))
    for seed in range(1, 41):
        found = shortlist(pool(221, 16, seed, coarse=5))
        if not isinstance(found, Shortlist) or not found.lottery or len(found.lottery.lists) < 2:
            continue
        drawn = found.lottery
        mine = Fraction(min(drawn.chances.values()), drawn.n_tickets)
        names = list(drawn.chances)
        even = Fraction(
            int(min(np.sum([[one in row for one in names] for row in drawn.lists], axis=0))), len(drawn.lists)
        )
        worse, better, n = worse + (mine < even), better + (mine > even), n + 1
        most = max(most, (mine, even), key=lambda pair: pair[0] - pair[1])
    yield (
        f"6. chance of whoever is worst off, {n} lotteries",
        f"below an even draw in {worse}, above it in {better}; furthest {float(most[0]):.3f} against "
        f"{float(most[1]):.3f}",
        _met(not worse and n > 0),
        ".417 against .380",
    )


def sizes(most: int) -> Iterator[tuple[object, ...]]:
    """Time of the list with its proof, and of the check, for each size."""
    for n, seats in SIZES:
        if n > most:
            continue
        base = pool(n, seats)
        kinds: dict[str, Question] = {
            "": base,
            ", bands": with_bands(base),
            ", 6 chapters": with_chapters(base),
            ", bands and chapters": with_bands(with_chapters(base)),
        }
        for name, question in kinds.items():
            spent, _ = _timed(
                lambda question=question: shortlist(question, seconds=600), 3 if n < 1000 else 1
            )
            content = record_of(question, RULE, is_explained=False, seconds=600)
            checked, record = _timed(lambda content=content: check(content), 3)
            size = len(canonical([record["proof"], record.get("bands", [])]))
            yield f"{n} → {seats}{name}", f"{spent:.2f}", size, f"{checked:.3f}", record["ties"]["rule"]


if __name__ == "__main__":
    main()
