"""How long does `flask match` take from cold, and how much memory does it want for a million lines?

    python -m benchmarks.match_command [--rounds 5] [--words 50] [--lines 1000000] [--workers 2]

Cold: 94 requests of the demonstration world and 50 offers, each round a new process of the real command; once
as they are, in six languages, and once those in English (told more than once, under other ids). Lines: one
request against so many short offers, then so many requests against 50. Wall time, processor time of the
command and its workers, and the most memory that one process held.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.match_files import record, world_entries
from config import ROOT

_WORDS = 40
"""Words of a short text."""


def write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write rows as JSONL, one after the other."""
    with path.open("w", encoding="utf-8") as opened:
        opened.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path


def believable(
    kind: str, n: int, language: str | None, n_words: int | None = None
) -> Iterator[dict[str, Any]]:
    """`n` rows of the world, of one language or of all; repeated under other ids where there are fewer."""
    rows = [record(entry) for entry in world_entries(kind)]
    rows = [row for row in rows if language in (None, row["language"])]
    for number, row in enumerate(islice(cycle(rows), n)):
        yield row | {"id": f"{row['id']}-{number}", "text": _first(row["text"], n_words)}


def _first(text: str, n_words: int | None) -> str:
    """A text's first words; two characters are a word of a text without spaces."""
    if n_words is None:
        return text
    words = text.split()
    return " ".join(words[:n_words]) if len(words) * 12 > len(text) else text[: 2 * n_words]


def short(n: int, words: Sequence[str], seed: int) -> Iterator[dict[str, Any]]:
    """`n` rows of `_WORDS` words drawn as often as they stand in the world's texts."""
    random = Random(seed)
    for number in range(n):
        text = " ".join(random.choices(words, k=_WORDS))
        yield {
            "id": f"E{number:07}",
            "text": text,
            "language": "en",
            "countries": [random.choice(["KE", "TZ", "FJ"])],
        }


def run(requests: Path, offers: Path, *options: str) -> tuple[float, float, int]:
    """Seconds, processor seconds, and kilobytes of the largest process of one run of the command."""
    output = requests.parent / "out.jsonl"
    words = ["match", str(requests), str(offers), "--top", "10", "-o", str(output), *options]
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *words]
    began = perf_counter()
    done = subprocess.Popen(command, cwd=requests.parent, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    _, status, used = os.wait4(done.pid, 0)
    seconds = perf_counter() - began
    if status:
        raise SystemExit("the command failed")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss


def cold(folder: Path, rounds: int, workers: int, n_words: int | None) -> None:
    """Print the first table."""
    print(
        f"| 94 x 50, cold, {workers} workers, median of {rounds} | s | processor s | MB |\n|---|---|---|---|"
    )
    for name, language in (("six languages", None), ("English", "en")):
        requests = write(folder / "r.jsonl", believable("request", 94, language, n_words))
        offers = write(folder / "o.jsonl", believable("offer", 50, language, n_words))
        for meaning in ("auto", "off"):
            found = [
                run(requests, offers, "--meaning", meaning, "--workers", str(workers)) for _ in range(rounds)
            ]
            seconds, used, memory = (median(column) for column in zip(*found, strict=True))
            print(f"| {name}, --meaning {meaning} | {seconds:.2f} | {used:.2f} | {memory / 1024:.0f} |")


def long(folder: Path, n: int, workers: int) -> None:
    """Print the second table."""
    texts = " ".join(row["text"] for row in believable("offer", 50, "en")).split()
    many = write(folder / "many.jsonl", short(n, texts, 1))
    few = write(folder / "few.jsonl", short(50, texts, 2))
    one = write(folder / "one.jsonl", short(1, texts, 3))
    print(
        f"\n| {n:,} lines of {_WORDS} words ({many.stat().st_size / 2**20:.0f} MB) | s | processor s | MB |"
    )
    print("|---|---|---|---|")
    for name, requests, offers in (
        ("one request, all as offers", one, many),
        ("all as requests, 50 offers", many, few),
    ):
        seconds, used, memory = run(requests, offers, "--workers", str(workers))
        print(f"| {name} | {seconds:.0f} | {used:.0f} | {memory / 1024:.0f} |", flush=True)


def main() -> None:
    """Print the tables."""
    reader = argparse.ArgumentParser(description="Measure flask match from cold.")
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--words", type=int, help="texts cut to so many words; as they are without it")
    reader.add_argument("--lines", type=int, help="also measure files of so many lines")
    reader.add_argument("--workers", type=int, default=2)
    asked = reader.parse_args()
    with tempfile.TemporaryDirectory(prefix="capmatch-benchmark-") as name:
        cold(Path(name), asked.rounds, asked.workers, asked.words)
        if asked.lines:
            long(Path(name), asked.lines, asked.workers)


if __name__ == "__main__":
    main()
