"""How surely is the same request found in another language, by words and by stored vectors?

    python -m benchmarks.duplicates [FOLDER]

Takes the subjects of the demonstration world, which are written in six languages sentence by sentence: a
title and two sentences of summary make a request. Pairs that ought to be found are the same request in two
languages; pairs that ought not to are requests on two subjects, and requests on one subject in other words.
FOLDER holds one collection of paragraphs in several languages, a SQuAD file for each: the same paragraph in
two languages, its neighbours (mostly of one article), and paragraphs far apart. Prints which share of each
reaches every likeness (`matching.duplicates`), by words and, where a sentence model is installed, by meaning.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from benchmarks.retrieval_collections import read_squad
from encoders.installed import fast_encoder
from matching.duplicates import SURE, SURE_IN_MEANING, likeness_across, likeness_in_meaning
from matching.facts import EntryFacts
from matching.meaning import Vectors, sentences_of
from matching.text import LANGUAGES
from vocabulary.states import EntryKind

TEXTS = Path(__file__).resolve().parent.parent / "seed" / "demo" / "data" / "texts"
STEPS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
EVERY, NEAR = 4, 3
"""Paragraphs that are taken, and how far from each other those are at most that count as neighbours."""

Said: TypeAlias = tuple[str, str]
"""A text and the code of its language."""
Texts: TypeAlias = Mapping[str, str]
"""Language to text."""
Pairs: TypeAlias = Sequence[tuple[Texts, Texts]]


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


def likenesses(
    pairs: Pairs, likeness: Callable[[Said, Said], float] = likeness_across
) -> np.ndarray[Any, Any]:
    """The likeness of every pair in every two languages."""
    values = [
        likeness((one[a], a), (other[b], b)) for one, other in pairs for a, b in permutations(sorted(one), 2)
    ]
    return np.array(values)


def in_meaning(one: Said, other: Said) -> float:
    """The likeness of two texts by the vectors of their sentences."""
    return likeness_in_meaning(_vectors(*one), _vectors(*other))


@cache
def _vectors(text: str, language: str) -> Vectors:
    made = fast_encoder()
    assert made is not None
    sentences = sentences_of(EntryFacts("", EntryKind.REQUEST, {"summary": (text,)}, language))
    raw = made.encode([one.text for one in sentences], EntryKind.REQUEST)
    return made.centred(raw, sentences, EntryKind.REQUEST)


def world() -> dict[str, Pairs]:
    """Pairs of the demonstration world, by sort."""
    requests = read_requests()
    keys = sorted(requests)
    apart = [(one, other) for one in keys for other in keys if one < other]
    return {
        "the same request": [(requests[key], requests[key]) for key in keys],
        "one subject, other words": [(requests[a], requests[b]) for a, b in apart if a[0] == b[0]],
        "two subjects": [(requests[a], requests[b]) for a, b in apart if a[0] != b[0]],
    }


def paragraphs(folder: Path) -> dict[str, Pairs]:
    """Pairs of paragraphs, by sort."""
    collections = [read_squad(path) for path in sorted(folder.glob("*.json"))]
    texts = [
        dict(zip((one.language for one in collections), said, strict=True))
        for said in zip(*(one.texts.values() for one in collections), strict=True)
    ]
    taken = range(0, len(texts), EVERY)
    beside = [(a, a + step) for a in taken for step in range(1, NEAR + 1) if a + step < len(texts)]
    return {
        "the same paragraph": [(texts[a], texts[a]) for a in taken],
        "its neighbours": [(texts[a], texts[b]) for a, b in beside],
        "others": [(texts[a], texts[b]) for a in taken for b in taken if a < b and a % 5 == b % 5],
    }


def print_table(sorts: Mapping[str, Pairs], likeness: Callable[[Said, Said], float], sure: float) -> None:
    """Which share of each sort reaches every likeness."""
    print(f"pairs count as found from {sure}")
    print(f"{'':<28}{'pairs':>8}" + "".join(f"{step:>8}" for step in STEPS))
    for name, pairs in sorts.items():
        values = likenesses(pairs, likeness)
        print(f"{name:<28}{len(values):>8}" + "".join(f"{np.mean(values >= step):8.3f}" for step in STEPS))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="paragraphs in several languages")
    folder = parser.parse_args().folder
    for sorts in [world(), *([paragraphs(folder)] if folder else [])]:
        print("\nby words: ", end="")
        print_table(sorts, likeness_across, SURE)
        if fast_encoder() is not None:
            print("\nby meaning: ", end="")
            print_table(sorts, in_meaning, SURE_IN_MEANING)


if __name__ == "__main__":
    main()
