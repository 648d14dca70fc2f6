"""How surely is the same request found in another language, without vectors?

    python -m benchmarks.duplicates

Takes the subjects of the demonstration world, which are written in six languages sentence by sentence: a
title and two sentences of summary make a request. Pairs that ought to be found are the same request in two
languages; pairs that ought not to are requests on two subjects, and requests on one subject in other words.
Prints which share of each reaches every likeness (`matching.duplicates`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from matching.duplicates import SURE, likeness_across
from matching.text import LANGUAGES

TEXTS = Path(__file__).resolve().parent.parent / "seed" / "demo" / "data" / "texts"
STEPS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def read_requests() -> dict[tuple[str, int], dict[str, str]]:
    """Subject and number of the request to its text by language."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    for language in LANGUAGES:
        themes = json.loads((TEXTS / f"themes.{language}.json").read_text(encoding="utf-8"))
        for theme, said in themes.items():
            for number, text in enumerate(_requests(said)):
                found.setdefault((theme, number), {})[language] = text
    return {key: texts for key, texts in found.items() if len(texts) == len(LANGUAGES)}


def _requests(said: Mapping[str, Any]) -> Iterator[str]:
    for title, summary in zip(said["t"], said["s"], strict=False):
        yield "\n".join([title, *summary]).replace("{", " ").replace("}", " ")


def likenesses(pairs: Sequence[tuple[Mapping[str, str], Mapping[str, str]]]) -> np.ndarray[Any, Any]:
    """The likeness of every pair in every two languages."""
    values = [
        likeness_across((one[a], a), (other[b], b))
        for one, other in pairs
        for a, b in permutations(LANGUAGES, 2)
    ]
    return np.array(values)


def main() -> None:
    """Print the table."""
    requests = read_requests()
    keys = sorted(requests)
    sorts = {
        "the same request": [(requests[key], requests[key]) for key in keys],
        "one subject, other words": [
            (requests[one], requests[other])
            for one in keys
            for other in keys
            if one < other and one[0] == other[0]
        ],
        "two subjects": [
            (requests[one], requests[other]) for one in keys for other in keys if one[0] < other[0]
        ],
    }
    print(f"{len(keys)} requests in {len(LANGUAGES)} languages; pairs count as found from {SURE}")
    print(f"{'':<28}{'pairs':>8}" + "".join(f"{step:>8}" for step in STEPS))
    for name, pairs in sorts.items():
        values = likenesses(pairs)
        print(f"{name:<28}{len(values):>8}" + "".join(f"{np.mean(values >= step):8.3f}" for step in STEPS))


if __name__ == "__main__":
    main()
