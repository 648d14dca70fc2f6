"""How fast is matching, beside what people use instead, and how does it grow?

    .venv/bin/python -m benchmarks.matching_speed FOLDER [--sizes 1000 10000 100000] [--million] [--svg FILE]

FOLDER holds test collections (see benchmarks.retrieval); offers and requests are put together from their
sentences. Every size is measured in a process of its own, so that its peak of memory is its own. One request:
processor time of the median request, in milliseconds, twice: each contender by itself, one request after
the other, and all contenders in turn, so that each finds the caches of the processor full of another's work.
All requests: wall time for each, of the quickest round, and processor time of all threads, which other work
on the machine disturbs less. Read the ratios: they cancel most of the machine and of its other work.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.matching_baselines import batches, lay_out, single
from benchmarks.matching_plot import draw
from benchmarks.matching_world import make_entries
from matching.index import fit_index
from vocabulary.states import EntryKind

_REQUESTS = 40
_ROUNDS = 5
_THREADS = 2
REFERENCE, BATCH_REFERENCE = "scipy, inverted index", "sparse-dot-topn"


def measure(folder: Path, n: int) -> dict[str, Any]:
    """Everything about one size: seconds to build, bytes at the peak, milliseconds of each contender."""
    offers = list(make_entries(folder, n, EntryKind.OFFER, seed=1))
    requests = list(make_entries(folder, _REQUESTS, EntryKind.REQUEST, seed=2))
    start = time.perf_counter()
    index = fit_index(offers, EntryKind.OFFER)
    built = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    field = lay_out(index, requests)
    return {
        "n": n,
        "build_s": built,
        "peak_bytes": peak,
        "words": len(field.offers.data) / n,
        "alone_ms": _alone(single(field)),
        "one_ms": _in_turn(single(field)),
        **_all(batches(field, _THREADS)),
    }


def _alone(contenders: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: median(_taken(answer, number) for _ in range(_ROUNDS) for number in range(_REQUESTS)) * 1000
        for name, answer in contenders.items()
    }


def _in_turn(contenders: Mapping[str, Any]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(_ROUNDS):
        for number in range(_REQUESTS):
            for name, answer in contenders.items():
                taken[name].append(_taken(answer, number))
    return {name: median(times) * 1000 for name, times in taken.items()}


def _taken(answer: Any, number: int) -> float:
    start = time.thread_time()
    answer(number)
    return time.thread_time() - start


def _all(contenders: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    clocks = {"all_ms": time.perf_counter, "all_cpu_ms": time.process_time}
    taken: dict[str, dict[str, float]] = {clock: dict.fromkeys(contenders, inf) for clock in clocks}
    for _ in range(_ROUNDS):
        for name, answer in contenders.items():
            starts = {clock: read() for clock, read in clocks.items()}
            answer()
            for clock, read in clocks.items():
                spent = (read() - starts[clock]) * 1000 / _REQUESTS
                taken[clock][name] = min(taken[clock][name], spent)
    return taken


def print_tables(runs: Sequence[Mapping[str, Any]]) -> None:
    """One request, all requests, building and memory: a line for each contender, a column for each size."""
    sizes = " | ".join(f"{run['n']:,}" for run in runs)
    for title, key, reference in (
        ("One request after the other, ms of processor time", "alone_ms", REFERENCE),
        ("One request, all contenders in turn, ms of processor time", "one_ms", REFERENCE),
        (f"All requests, {_THREADS} threads, ms for each", "all_ms", BATCH_REFERENCE),
        (f"All requests, {_THREADS} threads, ms of processor time for each", "all_cpu_ms", BATCH_REFERENCE),
    ):
        print(f"\n{title} (ratio to {reference})\n\n| | {sizes} |\n|---|{'---|' * len(runs)}")
        for name in runs[0][key]:
            print(f"| {name} | {' | '.join(_cell(run[key], name, reference) for run in runs)} |")
    print(f"\n| | {sizes} |\n|---|{'---|' * len(runs)}")
    print(f"| words of a text | {' | '.join(format(run['words'], '.0f') for run in runs)} |")
    print(f"| build, s | {' | '.join(format(run['build_s'], '.1f') for run in runs)} |")
    print(f"| peak memory, MB | {' | '.join(format(run['peak_bytes'] / 1e6, '.0f') for run in runs)} |")


def _cell(taken: Mapping[str, float], name: str, reference: str) -> str:
    if name not in taken:
        return "–"
    ratio = f" ({taken[name] / taken[reference]:.2f})" if reference in taken else ""
    return f"{taken[name]:.2f}{ratio}"


def main() -> None:
    """Measure each size in its own process, print the tables, draw the curves."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    asked.add_argument("--million", action="store_true", help="also one million offers: 8 GB of memory")
    asked.add_argument("--svg", type=Path, help="file for the growth curves")
    asked.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.one:
        print(json.dumps(measure(options.folder, options.one)))
        return
    sizes = [*options.sizes, *([1_000_000] if options.million else [])]
    runs = []
    for n in sizes:
        command = [sys.executable, "-m", "benchmarks.matching_speed", str(options.folder), "--one", str(n)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    print_tables(runs)
    if options.svg:
        curves = {name: [run["one_ms"].get(name) for run in runs] for name in runs[0]["one_ms"]}
        options.svg.write_text(draw(sizes, curves), encoding="utf-8")


if __name__ == "__main__":
    main()
