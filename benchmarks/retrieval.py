"""How well does the matching engine rank, beside what people use instead?

    .venv/bin/python -m benchmarks.retrieval FOLDER [--encoder MODULE:FUNCTION] [--only NAME ...]

FOLDER holds one folder for each collection: classic ones in SMART form (texts, questions, judgments) and
questions on paragraphs in SQuAD form. Prints nDCG@10 and R@10 for every ranker on every collection, with
default settings and nothing chosen by collection, and says how the goals stand. `--encoder` names a function
that turns texts and their languages into vectors of length 1 (float32, shape (n, d)); without it words alone
are compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from math import log2
from pathlib import Path
from statistics import fmean

from benchmarks.retrieval_collections import Collection, read_collections
from benchmarks.retrieval_rankers import RANKERS, TOP, Found, Ranker, with_vectors

BESIDE_BM25S = 0.01
SAME_LANGUAGE_GOAL, CHINESE_GOAL = 0.965, 0.95
REFERENCE, OURS = "bm25s, stop + stem", "ours"


def recall(found: Sequence[str], relevant: Mapping[str, float]) -> float:
    """Share of the relevant texts that stand among the first ten."""
    return sum(name in relevant for name in found[:TOP]) / len(relevant)


def ndcg(found: Sequence[str], relevant: Mapping[str, float]) -> float:
    """Gain of the first ten, less the lower it stands, as a share of the best that can be."""
    gained = sum(relevant.get(name, 0.0) / log2(place + 2) for place, name in enumerate(found[:TOP]))
    best = sorted(relevant.values(), reverse=True)[:TOP]
    return gained / sum(gain / log2(place + 2) for place, gain in enumerate(best))


def measure(ranker: Ranker, collection: Collection) -> tuple[float, float]:
    """NDCG@10 and R@10, means over the questions."""
    found: Found = ranker(collection)
    judged = collection.relevant
    return (
        fmean(ndcg(found[question], judged[question]) for question in judged),
        fmean(recall(found[question], judged[question]) for question in judged),
    )


def print_table(title: str, figures: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> None:
    """One line for each ranker, one column for each collection, and their mean."""
    print(f"\n{title}\n\n| ranker | {' | '.join(names)} | mean |\n|---|{'---|' * (len(names) + 1)}")
    for ranker, row in figures.items():
        cells = " | ".join(f"{row[name]:.3f}" for name in names)
        print(f"| {ranker} | {cells} | {fmean(row[name] for name in names):.3f} |")


def print_goals(
    gained: Mapping[str, Mapping[str, float]],
    recalled: Mapping[str, Mapping[str, float]],
    classic: Sequence[str],
    paragraphs: Mapping[str, str],
) -> None:
    """How the goals stand on these collections; `paragraphs` is collection to language."""
    best = max((name for name in gained if name.startswith(OURS)), key=len)
    print()
    if classic and REFERENCE in recalled:
        worst = min(recalled[OURS][name] - recalled[REFERENCE][name] for name in classic)
        mean, other = (fmean(recalled[ranker][name] for name in classic) for ranker in (OURS, REFERENCE))
        print(f"Classic: R@10 {mean:.3f}, bm25s {other:.3f}; at worst {worst:+.3f} (goal -{BESIDE_BM25S}).")
    if paragraphs:
        mean = fmean(gained[best][name] for name in paragraphs)
        print(f"Questions to paragraphs, {best}: nDCG@10 {mean:.3f} (goal {SAME_LANGUAGE_GOAL}).")
    by_language = {language: gained[best][name] for name, language in paragraphs.items()}
    if {"zh", "en"} <= by_language.keys():
        print(f"Chinese to English: {by_language['zh'] / by_language['en']:.3f} (goal {CHINESE_GOAL}).")


def main() -> None:
    """Measure every ranker on every collection and print the tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--encoder", help="MODULE:FUNCTION that makes vectors")
    asked.add_argument("--only", nargs="*", help="names of collections")
    options = asked.parse_args()
    rankers = dict(RANKERS)
    if options.encoder:
        module, _, function = options.encoder.partition(":")
        rankers |= with_vectors(getattr(import_module(module), function))
    collections = [
        found for found in read_collections(options.folder) if not options.only or found.name in options.only
    ]
    gained: dict[str, dict[str, float]] = {}
    recalled: dict[str, dict[str, float]] = {}
    for name, ranker in rankers.items():
        try:
            measured = {found.name: measure(ranker, found) for found in collections}
        except ModuleNotFoundError as missing:
            print(f"{name} is left out: {missing.name} is not installed (requirements-bench.in).")
            continue
        gained[name] = {known: pair[0] for known, pair in measured.items()}
        recalled[name] = {known: pair[1] for known, pair in measured.items()}
    paragraphs = {found.name: found.language for found in collections if is_one_to_one(found)}
    classic = [found.name for found in collections if found.name not in paragraphs]
    for title, names in (("classic collections", classic), ("questions to paragraphs", [*paragraphs])):
        if names:
            print_table(f"R@10, {title}", recalled, names)
            print_table(f"nDCG@10, {title}", gained, names)
    print_goals(gained, recalled, classic, paragraphs)


def is_one_to_one(collection: Collection) -> bool:
    """Has every question exactly one text that answers it?"""
    return all(len(found) == 1 for found in collection.relevant.values())


if __name__ == "__main__":
    main()
