"""A version of the index on disk: what does it take to build and to keep, and how soon does it answer?

    .venv/bin/python -m benchmarks.matching_disk FOLDER [--sizes 10000 100000] [--million]

FOLDER holds test collections (see benchmarks.retrieval). Each size is built in a process of its own, straight
from a stream of entries, so that its peak of memory is its own. Then new processes open it and answer one
request (import, open, rank, explain), with the file in the memory of the system and after it was dropped from
there; then 40 requests are answered one after the other, beside the time in which this machine can read the
same postings (8 bytes each) when they lie one behind the other.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.matching_baselines import TODAY, TOP, Field, words_alone
from benchmarks.matching_world import make_entries
from matching.facts import EntryFacts
from matching.files import DATA
from matching.index import Index
from matching.rank import rank
from matching.records import to_line
from matching.settings import DEFAULT_SETTINGS
from matching.stored import open_version, write_version
from vocabulary.states import EntryKind

_REQUESTS = 40
_STARTS = 5


def build(folder: Path, place: Path, n: int) -> dict[str, float]:
    """Write a version; seconds without those of making the entries up, and bytes at the peak."""
    making = 0.0

    def entries() -> Iterator[EntryFacts]:
        nonlocal making
        source = make_entries(folder, n, EntryKind.OFFER, seed=1)
        while True:
            start = time.process_time()
            entry = next(source, None)
            making += time.process_time() - start
            if entry is None:
                return
            yield entry

    start, wall = time.process_time(), time.perf_counter()
    write_version(place, {EntryKind.OFFER: entries()}, DEFAULT_SETTINGS, passages=dict, about={})
    return {
        "build_s": time.process_time() - start - making,
        "build_wall_s": time.perf_counter() - wall,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "disk_bytes": (place / DATA).stat().st_size,
    }


def start_anew(place: Path, request: Path, *, is_cold: bool) -> dict[str, float]:
    """Median seconds from the start of a process to its first answer: by the clock, and of processor time."""
    wall, processor = [], []
    for _ in range(_STARTS):
        if is_cold:
            with (place / DATA).open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.matching_first", str(place), str(request)]
        subprocess.run(command, check=True, capture_output=True)
        wall.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    name = "cold" if is_cold else "warm"
    return {f"first_{name}_s": median(wall), f"first_{name}_cpu_s": median(processor)}


def answer(place: Path, requests: Sequence[EntryFacts]) -> dict[str, float]:
    """Milliseconds of processor time of the median request, and those that its postings take to be read."""
    opened = time.perf_counter()
    index = open_version(place, DEFAULT_SETTINGS).indexes[EntryKind.OFFER]
    open_ms = (time.perf_counter() - opened) * 1000
    nothing = csr_matrix((0, 0))
    subjects = [index.read(request) for request in requests]
    field = Field(index, requests, subjects, nothing, nothing, nothing)
    n_read = median(_n_postings(index, number, field) for number in range(len(requests)))
    times: dict[str, list[float]] = {"words": [], "explained": []}
    for _ in range(3):
        for number, request in enumerate(requests):
            start = time.thread_time()
            words_alone(field, number)
            middle = time.thread_time()
            rank(request, index, top=TOP, today=TODAY)
            times["words"].append(middle - start)
            times["explained"].append(time.thread_time() - middle)
    return {
        "open_ms": open_ms,
        "postings": n_read,
        "limit_ms": n_read * 8 / _bytes_per_second() * 1000,
        **{f"{name}_ms": median(taken) * 1000 for name, taken in times.items()},
    }


def _n_postings(index: Index, number: int, field: Field) -> int:
    tokens, _ = index.base.asked(field.subjects[number].pieces[0])
    starts = index.base.postings.starts
    return int((starts[tokens + 1] - starts[tokens]).sum())


def _bytes_per_second() -> float:
    """How fast this machine reads memory, on one core."""
    field = np.ones(2**25, dtype=np.int64)
    taken = []
    for _ in range(9):
        start = time.thread_time()
        np.bitwise_or.reduce(field)
        taken.append(time.thread_time() - start)
    return field.nbytes / min(taken)


def measure(folder: Path, place: Path, n: int) -> dict[str, Any]:
    """Everything about one size."""
    command = [sys.executable, "-m", "benchmarks.matching_disk", str(folder), "--build", str(n), str(place)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    built = json.loads(done.stdout.splitlines()[-1])
    requests = list(make_entries(folder, _REQUESTS, EntryKind.REQUEST, seed=2))
    asked = place.parent / f"{place.name}.request"
    asked.write_bytes(to_line(requests[0]))
    cold = start_anew(place, asked, is_cold=True)
    warm = start_anew(place, asked, is_cold=False)
    return {"n": n, **built, **cold, **warm, **answer(place, requests)}


_LINES = (
    ("build, s of one core", "build_s", 1.0, ".0f"),
    ("build, peak memory, GB", "peak_bytes", 1e-9, ".2f"),
    ("on disk, GB", "disk_bytes", 1e-9, ".2f"),
    ("open, ms", "open_ms", 1.0, ".0f"),
    ("start to first answer, s", "first_warm_s", 1.0, ".2f"),
    ("of that processor time, s", "first_warm_cpu_s", 1.0, ".2f"),
    ("start to first answer, file not in memory, s", "first_cold_s", 1.0, ".2f"),
    ("postings of a request", "postings", 1.0, ",.0f"),
    ("reading them once, ms", "limit_ms", 1.0, ".2f"),
    ("words alone, ms", "words_ms", 1.0, ".2f"),
    ("all parts, blockers, explained, ms", "explained_ms", 1.0, ".2f"),
)


def print_table(runs: Sequence[dict[str, Any]]) -> None:
    """A column for each size."""
    print("| offers | " + " | ".join(f"{run['n']:,}" for run in runs) + " |\n|---|" + "---|" * len(runs))
    for title, key, scale, how in _LINES:
        print(f"| {title} | " + " | ".join(format(run[key] * scale, how) for run in runs) + " |")


def main() -> None:
    """Measure each size and print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    asked.add_argument(
        "--million", action="store_true", help="also one million offers: 8 GB of memory and 5 of disk"
    )
    asked.add_argument("--build", nargs=2, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.build:
        place = Path(options.build[1])
        place.mkdir()
        print(json.dumps(build(options.folder, place, int(options.build[0]))))
        return
    sizes = [*options.sizes, *([1_000_000] if options.million else [])]
    runs = []
    for n in sizes:
        with tempfile.TemporaryDirectory(prefix="capmatch-index-") as place:
            runs.append(measure(options.folder, Path(place) / "version", n))
    print_table(runs)


if __name__ == "__main__":
    main()
