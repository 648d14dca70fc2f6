"""Which requests are so alike that one concept note could serve them together?

Each request is a bag of its words, of the glossary's concepts found in it (the same in every language), and
of the needs and support types it names; TF-IDF weighs them, and average linkage joins the nearest. The same
requests give the same bundles in any order. It proposes: an officer decides who is brought together.

Source: average linkage (R. R. Sokal and C. D. Michener, 1958).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from matching.facts import EntryFacts, Term, terms
from matching.glossary import concepts_in
from matching.meaning import NOT_ABOUT
from matching.text import analyse

MOST_REQUESTS = 4_000
"""All pairs are compared, so that time and memory grow with the square (half a gigabyte for these); callers
pass the newest."""
FARTHEST = 0.65
"""Mean distance (1 - cosine) at which two groups are no longer joined; set on the demonstration world."""
SHARES = {"concept": 0.5, "word": 0.25, "code": 0.25}
"""What each kind of name counts for in the likeness of two requests; adds up to 1."""
SMALLEST, N_NAMES = 2, 4
_CONCEPT, _WORD, _CODE = "concept", "word", "code"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Requests that belong together.

    ids : the requests, the most typical first.
    concepts : ids of the glossary's concepts that most of them share, the most telling first.
    words : words that most of them share, as one of them writes them.
    needs, support : codes that most of them name. countries : codes of all of them.
    usd_asked : what they ask for together, US dollars; requests without an amount add 0.
    cohesion : mean likeness of their pairs, 0..1.
    """

    ids: tuple[str, ...]
    concepts: tuple[str, ...]
    words: tuple[str, ...]
    needs: tuple[str, ...]
    support: tuple[str, ...]
    countries: tuple[Term, ...]
    usd_asked: float
    cohesion: float


@dataclass(frozen=True, slots=True)
class _Features:
    """What a request is compared by, and how its words are written."""

    names: tuple[str, ...]
    written: Mapping[str, str]


def bundle(
    requests: Iterable[EntryFacts], tell: Callable[[int], None] = lambda _: None
) -> tuple[Bundle, ...]:
    """Bundles of two and more, the largest first, then the closest.

    `tell` is called with how many requests have been read so far, which takes most of the time. Raises
    ValueError for more than MOST_REQUESTS.
    """
    ordered = sorted(requests, key=lambda entry: entry.id)
    if len(ordered) > MOST_REQUESTS:
        raise ValueError(f"{len(ordered)} requests are more than {MOST_REQUESTS}")
    features = []
    for entry in ordered:
        features.append(_features(entry))
        tell(len(features))
    if len(ordered) < SMALLEST or not any(one.names for one in features):
        return ()
    weights, names = _weigh(features)
    likeness = np.round(np.clip((weights @ weights.T).toarray(), 0.0, 1.0), 9)
    bundles = [
        _bundle(
            [ordered[row] for row in rows],
            [features[row] for row in rows],
            weights[rows],
            likeness[np.ix_(rows, rows)],
            names,
        )
        for rows in _groups(likeness)
    ]
    return tuple(sorted(bundles, key=lambda one: (-len(one.ids), -one.cohesion, one.ids)))


def _weigh(features: Sequence[_Features]) -> tuple[Any, Any]:
    """Sparse weights of shape (n, n_names) with rows of length 1, and the names.

    Each kind of name is weighed on its own and counts by its share, so that the words of one language do not
    outweigh the concepts that all languages have in common.
    """
    # scikit-learn takes longer to import than `flask match` has for two small files; only bundles need it.
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    blocks, names = [], []
    for kind, share in SHARES.items():
        model = TfidfVectorizer(
            analyzer=lambda one, kind=kind: [name for name in one.names if name.startswith(kind)],
            sublinear_tf=True,
        )
        try:
            blocks.append(model.fit_transform(features) * math.sqrt(share))
        except ValueError:  # no request has a name of this kind
            continue
        names += model.get_feature_names_out().tolist()
    return normalize(sp.hstack(blocks, format="csr")), np.array(names)


def _groups(likeness: Any) -> list[list[int]]:
    """Rows that belong together, groups of SMALLEST and more."""
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415 -- as above
    from scipy.spatial.distance import squareform  # noqa: PLC0415

    distance = 1.0 - likeness
    np.fill_diagonal(distance, 0.0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), FARTHEST, "distance")
    members: dict[int, list[int]] = {}
    for row, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(row)
    return [rows for rows in members.values() if len(rows) >= SMALLEST]


def _bundle(
    entries: Sequence[EntryFacts], features: Sequence[_Features], weights: Any, likeness: Any, names: Any
) -> Bundle:
    n = len(entries)
    typical = np.argsort(-likeness.sum(axis=1), kind="stable").tolist()
    held = np.asarray((weights > 0).sum(axis=0)).ravel()
    mean = np.asarray(weights.mean(axis=0)).ravel()
    shared = [names[column] for column in np.lexsort((names, -mean)) if 2 * held[column] > n]
    written = {name: form for one in reversed(features) for name, form in one.written.items()}
    return Bundle(
        ids=tuple(entries[row].id for row in typical),
        concepts=tuple(_after(shared, _CONCEPT)[:N_NAMES]),
        words=tuple(written[f"{_WORD}:{name}"] for name in _after(shared, _WORD)[:N_NAMES]),
        needs=_in_most([entry.needs for entry in entries]),
        support=_in_most([entry.support for entry in entries]),
        countries=terms({"country": frozenset().union(*(entry.countries for entry in entries))}),
        usd_asked=sum(entry.amount_usd or 0.0 for entry in entries),
        cohesion=round(float((likeness.sum() - np.trace(likeness)) / (n * (n - 1))), 6),
    )


def _after(names: Iterable[str], kind: str) -> list[str]:
    return [name.split(":", 1)[1] for name in names if name.startswith(f"{kind}:")]


def _in_most(codes: Sequence[frozenset[str]]) -> tuple[str, ...]:
    counted = Counter(code for one in codes for code in one)
    return tuple(sorted(code for code, n in counted.items() if 2 * n > len(codes)))


def _features(entry: EntryFacts) -> _Features:
    names: list[str] = []
    written: dict[str, str] = {}
    for field in sorted(entry.texts.keys() - NOT_ABOUT):
        for text in entry.texts[field]:
            for token, surface in analyse(text, entry.language):
                names.append(f"{_WORD}:{token}")
                written.setdefault(f"{_WORD}:{token}", surface)
            found = {concept.id for concept in concepts_in(text, entry.language)}
            names += [f"{_CONCEPT}:{one}" for one in sorted(found)] * 2
    names += [f"{_CODE}:{one}" for one in sorted({*entry.needs, *entry.support})]
    return _Features(tuple(names), written)
