"""Entries to measure speed on: real sentences of the test collections, cut up and put together anew.

Every text is made of runs of words from four real texts and a few rare words, so that its words are as
frequent, and as many, as in real entries. Equal seeds give equal entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.retrieval_collections import read_collections
from matching.facts import EntryFacts
from vocabulary.states import EntryKind

_RUN = 45
_FIRST_DAY = date(2026, 1, 1)
_SUPPORT = ("training", "mentoring", "financial", "data_access", "hosting")
_COUNTRIES = ("KEN", "TZA", "SEN", "NOR", "FJI", "BRA", "IND", "CHN", "PER", "GHA")


def make_entries(folder: Path, n: int, kind: EntryKind, seed: int) -> Iterator[EntryFacts]:
    """Entries with a text and every kind of fact that parts and blockers read."""
    source = [
        text.split()
        for found in read_collections(folder)
        if found.language == "en"
        for text in found.texts.values()
        if len(text) > 300
    ]
    rng = np.random.default_rng(seed)
    for number in range(n):
        first = _FIRST_DAY + timedelta(days=int(rng.integers(400)))
        yield EntryFacts(
            id=f"{kind}-{number:07}",
            kind=kind,
            texts={"text": (_text(source, rng),)},
            language="en",
            support=frozenset(rng.choice(_SUPPORT, 2).tolist()),
            needs=frozenset(f"{one}.{other}" for one, other in rng.integers(1, 6, (2, 2)).tolist()),
            countries=frozenset(rng.choice(_COUNTRIES, 2).tolist()),
            languages=frozenset(rng.choice(("en", "es", "fr"), 2).tolist()),
            amount_usd=float(rng.integers(1, 100) * 1000),
            from_on=first,
            until_on=first + timedelta(days=int(rng.integers(100, 900))),
            capacity_left=int(rng.integers(5)),
            organisation_key=str(rng.integers(1000)),
        )


def _text(source: list[list[str]], rng: np.random.Generator) -> str:
    words: list[str] = []
    for at in rng.integers(0, len(source), 4).tolist():
        start = int(rng.integers(max(1, len(source[at]) - _RUN)))
        words += source[at][start : start + _RUN]
    return " ".join([*words, *(f"w{rare % 200_000}" for rare in rng.zipf(1.3, 4).tolist())])
