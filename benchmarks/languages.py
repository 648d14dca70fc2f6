"""How well are texts found across languages? One pool of all languages, and each language against each.

    python -m benchmarks.languages FOLDER [--questions N] [--vectors FILE]

FOLDER holds the same paragraphs and questions in several languages, aligned by position, one SQuAD file for
each language (xquad.en.json, ...). Prints, beside the plain TF-IDF of scikit-learn:

    pool     every paragraph of every language in one list; a question wants its own in each of them
    own      share of the first ten that is in the question's language; 1 / number of languages is even
    same     question and paragraphs in one language
    across   question in one language, paragraphs in another

nDCG@10 everywhere, R@10 beside it. Encoding takes some minutes; --vectors keeps what was encoded.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.retrieval_collections import Collection, read_squad
from encoders.installed import E5, USE, Encoder, encoder, language_means
from matching.facts import EntryFacts
from matching.index import fit_index
from matching.meaning import EntryMeaning, Model, Passages, SubjectMeaning, Text, combine_models
from matching.rank import rank
from vocabulary.states import EntryKind

TOP = 10
Scores: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pool:
    """Entries of every language: `language` and `place` (number of the paragraph) by row."""

    languages: tuple[str, ...]
    offers: list[EntryFacts]
    offer_language: NDArray[np.str_]
    offer_place: NDArray[np.intp]
    requests: list[EntryFacts]
    request_language: NDArray[np.str_]
    request_place: NDArray[np.intp]


def read_pool(folder: Path, n_questions: int | None) -> Pool:
    """The files of the folder as one pool; every `step`th question where fewer are wanted."""
    collections = [read_squad(path) for path in sorted(folder.glob("*.json"))]
    offers, requests = [], []
    for collection in collections:
        places = {name: place for place, name in enumerate(collection.texts)}
        for name, place in places.items():
            offers.append((_entry(EntryKind.OFFER, collection, name, collection.texts[name]), place))
        names = list(collection.questions)
        step = max(1, len(names) // n_questions) if n_questions else 1
        for name in names[::step]:
            answer = next(iter(collection.relevant[name]))
            entry = _entry(EntryKind.REQUEST, collection, name, collection.questions[name])
            requests.append((entry, places[answer]))
    return Pool(
        languages=tuple(collection.language for collection in collections),
        offers=[entry for entry, _ in offers],
        offer_language=np.array([entry.language for entry, _ in offers]),
        offer_place=np.array([place for _, place in offers]),
        requests=[entry for entry, _ in requests],
        request_language=np.array([entry.language for entry, _ in requests]),
        request_place=np.array([place for _, place in requests]),
    )


def _entry(kind: EntryKind, collection: Collection, name: str, text: str) -> EntryFacts:
    language = collection.language
    return EntryFacts(id=f"{language}-{name}", kind=kind, texts={"text": (text,)}, language=language)


def by_sklearn(pool: Pool) -> Scores:
    """TfidfVectorizer() as it comes."""
    made = TfidfVectorizer()
    offers = made.fit_transform([_text(entry) for entry in pool.offers])
    return np.asarray((made.transform([_text(entry) for entry in pool.requests]) @ offers.T).todense())


def _text(entry: EntryFacts) -> str:
    return entry.texts["text"][0]


def by_rank(pool: Pool, meaning: Callable[[EntryFacts], SubjectMeaning] | None) -> Scores:
    """The engine as it ranks, with words alone or with meaning."""
    index = fit_index(pool.offers, EntryKind.OFFER)
    rows = {entry.id: row for row, entry in enumerate(pool.offers)}
    scores = np.zeros((len(pool.requests), len(pool.offers)))
    for at, request in enumerate(pool.requests):
        how = meaning(request) if meaning else None
        found = rank(request, index, top=len(pool.offers), meaning=how)
        for match in found.matches:
            scores[at, rows[match.id]] = match.score
    return scores


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors as the models gave them, and whose they are."""

    made: Encoder
    offers: NDArray[np.float32]
    requests: NDArray[np.float32]


def encode(pool: Pool, keep: Path | None) -> Encoded | None:
    """Encode every entry, or take what was kept. None where no model is installed."""
    made = encoder()
    if made is None:
        return None
    if keep is not None and keep.exists():
        kept = np.load(keep)
        if kept["offers"].shape[0] == len(pool.offers) and kept["requests"].shape[0] == len(pool.requests):
            return Encoded(made, kept["offers"], kept["requests"])
    began = perf_counter()
    # Paragraphs of these collections are one passage each; questions always are.
    offers = made.encode([_text(entry) for entry in pool.offers], EntryKind.OFFER)
    requests = made.encode([_text(entry) for entry in pool.requests], EntryKind.REQUEST)
    n_texts = len(offers) + len(requests)
    print(f"encoded {n_texts} texts in {perf_counter() - began:.0f} s with {made.version}")
    if keep is not None:
        np.savez(keep, offers=offers, requests=requests)
    return Encoded(made, offers, requests)


def by_cosine(pool: Pool, encoded: Encoded, columns: slice, *, is_centred: bool) -> Scores:
    """One model alone, as it comes or with the shipped means taken off."""
    sides = []
    for kind, raw, entries in (
        (EntryKind.REQUEST, encoded.requests, pool.requests),
        (EntryKind.OFFER, encoded.offers, pool.offers),
    ):
        part = raw[:, columns]
        model = Model("one", part.shape[1], 1.0, language_means(E5, kind) if is_centred else {})
        sides.append(combine_models(part, [entry.language or "" for entry in entries], [model]))
    return (sides[0] @ sides[1].T).astype(np.float64)


def meaning_of(pool: Pool, encoded: Encoded) -> Callable[[EntryFacts], SubjectMeaning]:
    """What `rank` takes for each request."""
    candidates = Passages(_known(pool.offers, encoded.offers, encoded.made))
    subjects = _known(pool.requests, encoded.requests, encoded.made)
    version = encoded.made.version
    return lambda request: SubjectMeaning(version, True, subjects.get(request.id), candidates)


def _known(entries: Sequence[EntryFacts], raw: NDArray[np.float32], made: Encoder) -> dict[str, EntryMeaning]:
    texts = [Text(_text(entry), entry.language or "") for entry in entries]
    vectors = made.centred(raw, texts, entries[0].kind)
    known = [EntryMeaning(text.language, vectors[at : at + 1]) for at, text in enumerate(texts)]
    return {entry.id: one for entry, one in zip(entries, known, strict=True)}


def ndcg_and_recall(scores: Scores, is_relevant: NDArray[np.bool_]) -> tuple[float, float]:
    """Means of nDCG@10 and R@10 over the rows."""
    top = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    hits = np.take_along_axis(is_relevant & (scores > 0), top, axis=1)
    discounts = 1 / np.log2(np.arange(2, TOP + 2))
    n_relevant = is_relevant.sum(axis=1)
    ideal = np.cumsum(discounts)[np.minimum(n_relevant, TOP) - 1]
    ndcg, recall = (hits * discounts).sum(axis=1) / ideal, hits.sum(axis=1) / n_relevant
    return float(ndcg.mean()), float(recall.mean())


def own_share(pool: Pool, scores: Scores) -> float:
    """Share of the first ten that is in the language of the question."""
    top = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    is_found = np.take_along_axis(scores, top, axis=1) > 0
    is_own = pool.offer_language[top] == pool.request_language[:, None]
    return float((is_own & is_found).sum() / max(1, is_found.sum()))


def row_of(name: str, pool: Pool, scores: Scores) -> str:
    """One line of the table."""
    is_relevant = pool.offer_place[None, :] == pool.request_place[:, None]
    in_pool = ndcg_and_recall(scores, is_relevant)
    same, across = [], []
    for asked in pool.languages:
        for given in pool.languages:
            rows, columns = pool.request_language == asked, pool.offer_language == given
            found = ndcg_and_recall(scores[rows][:, columns], is_relevant[rows][:, columns])
            (same if asked == given else across).append(found)
    figures = [*in_pool, own_share(pool, scores), *np.mean(same, axis=0), *np.mean(across, axis=0)]
    return f"{name:<44}" + "".join(f"{figure:9.3f}" for figure in figures)


def main() -> None:
    """Print the table."""
    reader = argparse.ArgumentParser(description="Measure finding across languages.")
    reader.add_argument("folder", type=Path)
    reader.add_argument("--questions", type=int, help="of each language, spread evenly; all when left out")
    reader.add_argument("--vectors", type=Path, help="file to keep encoded texts in")
    asked = reader.parse_args()
    pool = read_pool(asked.folder, asked.questions)
    print(f"{len(pool.offers)} paragraphs, {len(pool.requests)} questions: {' '.join(pool.languages)}")
    heads = ("pool", "R@10", "own", "same", "R@10", "across", "R@10")
    print(f"{'':<44}" + "".join(f"{head:>9}" for head in heads))
    print(row_of("scikit-learn TfidfVectorizer()", pool, by_sklearn(pool)))
    print(row_of("ours, words alone", pool, by_rank(pool, None)))
    encoded = encode(pool, asked.vectors)
    if encoded is None:
        print("No sentence models are installed: nothing more to measure.")
        return
    first, second = slice(0, E5.n_numbers), slice(E5.n_numbers, E5.n_numbers + USE.n_numbers)
    print(row_of(f"{E5.name} as it comes", pool, by_cosine(pool, encoded, first, is_centred=False)))
    print(row_of(f"{E5.name}, centred by language", pool, by_cosine(pool, encoded, first, is_centred=True)))
    print(row_of(f"{USE.name} as it comes", pool, by_cosine(pool, encoded, second, is_centred=False)))
    both = meaning_of(pool, encoded)
    print(row_of("ours, meaning alone", pool, by_part(pool, both)))
    print(row_of("ours, words and meaning", pool, by_rank(pool, both)))


def by_part(pool: Pool, meaning: Callable[[EntryFacts], SubjectMeaning]) -> Scores:
    """The part `meaning` by itself."""
    ids = [entry.id for entry in pool.offers]
    return np.stack([meaning(request).similarities(request.id, ids) for request in pool.requests])


if __name__ == "__main__":
    main()
