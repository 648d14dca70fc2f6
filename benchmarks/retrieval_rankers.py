"""Which ten texts does each ranker put first? Ours, and those that people use instead.

A ranker takes a collection and gives question to its ten best texts, best first. Packages that only stand
beside ours come from requirements-bench.in; one that is not installed is left out and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.retrieval_collections import Collection
from matching.facts import EntryFacts
from matching.index import fit_index
from matching.rank import Meaning, rank
from matching.text import analyse
from vocabulary.states import EntryKind

Found: TypeAlias = dict[str, list[str]]
Ranker: TypeAlias = Callable[[Collection], Found]
Encoder: TypeAlias = Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]
"""Texts and their languages in, one vector of length 1 for each out, shape (n, d)."""

TOP = 10


def best_ten(scores: NDArray[Any], collection: Collection) -> Found:
    """The ten texts of highest score for each question; ties in the order of texts."""
    names = list(collection.texts)
    order = np.argsort(-np.asarray(scores), axis=1, kind="stable")[:, :TOP]
    return {
        question: [names[at] for at in row]
        for question, row in zip(collection.questions, order.tolist(), strict=True)
    }


def _cosines(vectorizer: TfidfVectorizer, collection: Collection) -> Found:
    texts = vectorizer.fit_transform(collection.texts.values())
    return best_ten((vectorizer.transform(collection.questions.values()) @ texts.T).toarray(), collection)


def scikit_learn(collection: Collection) -> Found:
    """TF-IDF cosine as scikit-learn has it when nobody chooses anything."""
    return _cosines(TfidfVectorizer(), collection)


def tuned(collection: Collection) -> Found:
    """TF-IDF cosine, sublinear, over our words: stop words, stems, pairs of Chinese characters."""

    def words(text: str) -> list[str]:
        return [token for token, _ in analyse(text, collection.language)]

    return _cosines(TfidfVectorizer(sublinear_tf=True, analyzer=words, token_pattern=None), collection)


def bm25s(collection: Collection) -> Found:
    """BM25 of the package bm25s (k1 1.5, b 0.5), stop words and stems; in English its own stop words."""
    package = import_module("bm25s")
    engine = package.BM25(k1=1.5, b=0.5)
    engine.index(list(_stemmed(collection.texts.values(), collection.language)), show_progress=False)
    asked = _stemmed(collection.questions.values(), collection.language)
    return best_ten(np.stack([engine.get_scores(words) for words in asked]), collection)


def _stemmed(texts: Any, language: str) -> Iterator[list[str]]:
    if language != "en":
        for text in texts:
            yield [token for token, _ in analyse(text, language)]
        return
    package, stem = import_module("bm25s"), snowballstemmer.stemmer("english")
    yield from package.tokenize(
        list(texts), stopwords="en", stemmer=stem.stemWords, return_ids=False, show_progress=False
    )


def ours(collection: Collection, meaning: Callable[[Collection], Meaning] | None = None) -> Found:
    """The engine of `flask match` with its default settings, words alone unless vectors are handed in."""
    index = fit_index(_entries(collection.texts, EntryKind.OFFER, collection.language), EntryKind.OFFER)
    vectors = meaning(collection) if meaning else None
    return {
        request.id: [match.id for match in rank(request, index, top=TOP, meaning=vectors).matches]
        for request in _entries(collection.questions, EntryKind.REQUEST, collection.language)
    }


def _entries(texts: Mapping[str, str], kind: EntryKind, language: str) -> list[EntryFacts]:
    return [EntryFacts(name, kind, {"text": (text,)}, language) for name, text in texts.items()]


class EncodedMeaning:
    """Vectors of an encoder behind the seam of `matching.rank`, for one collection."""

    version = "encoded"

    def __init__(self, collection: Collection, encode: Encoder) -> None:
        self._texts = encoded(collection.texts, collection.language, encode)
        self._questions = encoded(collection.questions, collection.language, encode)

    def similarities(self, subject_id: str, candidate_ids: Sequence[str]) -> NDArray[np.float64]:
        """Cosine of a question with each text: shape (n,), 0..1."""
        asked = self._questions[subject_id].astype(np.float64)
        return np.array([max(float(self._texts[name] @ asked), 0.0) for name in candidate_ids])


def encoded(texts: Mapping[str, str], language: str, encode: Encoder) -> dict[str, NDArray[np.float32]]:
    """Name to vector."""
    vectors = encode(list(texts.values()), [language] * len(texts))
    return dict(zip(texts, vectors, strict=True))


def with_vectors(encode: Encoder) -> dict[str, Ranker]:
    """Two rankers more: the vectors alone, and ours with them as the part `meaning`."""

    def alone(collection: Collection) -> Found:
        texts = np.stack(list(encoded(collection.texts, collection.language, encode).values()))
        asked = np.stack(list(encoded(collection.questions, collection.language, encode).values()))
        return best_ten(asked @ texts.T, collection)

    def together(collection: Collection) -> Found:
        return ours(collection, lambda known: EncodedMeaning(known, encode))

    return {"vectors alone": alone, "ours with vectors": together}


RANKERS: dict[str, Ranker] = {
    "scikit-learn as it comes": scikit_learn,
    "tuned TF-IDF": tuned,
    "bm25s, stop + stem": bm25s,
    "ours": ours,
}
