"""One request against many offers, ten best: ours, and what people use instead, on the same weights.

Every contender gets the offers' matrix of weights as ours has it (32 bits) and the requests' vectors made;
only what is explained starts from the entry as it was written and ends with parts, blockers and terms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.metrics.pairwise import linear_kernel

from matching.choice import best_rows
from matching.facts import EntryFacts
from matching.index import Index, Subject
from matching.likeness import Likeness
from matching.rank import rank, rank_all
from matching.score import Judged
from matching.settings import PARTS

TOP = 10
TODAY = date(2026, 3, 1)
WORDS_ONLY = np.array([[float(part == "text")] for part in PARTS])
Question: TypeAlias = Callable[[int], Any]
"""Answers the request of a number."""


@dataclass(frozen=True)
class Field:
    """The offers and requests of one run, as ours and as matrices."""

    index: Index
    requests: Sequence[EntryFacts]
    subjects: Sequence[Subject]
    offers: csr_matrix
    turned: csr_matrix
    asked: csr_matrix


def lay_out(index: Index, requests: Sequence[EntryFacts]) -> Field:
    """The weights of an index and of requests as scipy's matrices."""
    base = index.base
    shape = (base.bags.n, len(base.bags.names))
    offers = csr_matrix((base.vectors.weights.astype(np.float32), base.bags.tokens, base.bags.starts), shape)
    subjects = [index.read(request) for request in requests]
    known = [base.asked(subject.pieces[0]) for subject in subjects]
    starts = np.concatenate([[0], np.cumsum([len(tokens) for tokens, _ in known])])
    weights = np.concatenate([weights for _, weights in known]).astype(np.float32)
    tokens = np.concatenate([tokens for tokens, _ in known]).astype(np.int32)
    asked = csr_matrix((weights, tokens, starts), (len(known), shape[1]))
    return Field(index, requests, subjects, offers, offers.T.tocsr(), asked)


def _highest(scores: Any) -> Any:
    return np.argpartition(scores, -TOP)[-TOP:] if len(scores) > TOP else np.arange(len(scores))


def words_alone(field: Field, number: int) -> list[tuple[str, float]]:
    """Ours without explanation: id and text part of the ten best, from a subject that is weighed already."""
    base = field.index.base
    likeness = Likeness(field.subjects[number], base)
    rows, scores = best_rows(likeness, Judged(None, {}, WORDS_ONLY), TOP, 0.0)
    return list(zip((base.entries[row].id for row in rows.tolist()), scores.score.tolist(), strict=True))


def single(field: Field) -> dict[str, Question]:
    """Contenders for one request at a time, by name; those not installed are left out."""

    def kernel(number: int) -> Any:
        return _highest(linear_kernel(field.asked[number], field.offers)[0])

    def inverted(number: int) -> Any:
        found = field.asked[number] @ field.turned
        return found.indices[_highest(found.data)]

    contenders: dict[str, Question] = {
        "linear_kernel + argpartition": kernel,
        "scipy, inverted index": inverted,
        "ours, words alone": lambda number: words_alone(field, number),
        "ours, all parts, blockers, explained": lambda number: rank(
            field.requests[number], field.index, top=TOP, today=TODAY
        ),
        "the same, and ten that are ruled out": lambda number: rank(
            field.requests[number], field.index, top=TOP, today=TODAY, include_blocked=True
        ),
    }
    multiply = _sparse_dot_topn()
    if multiply:
        contenders["sparse-dot-topn"] = lambda number: multiply(
            field.asked[number], field.turned, top_n=TOP, n_threads=1
        )
    return contenders | _bm25s(field)


def batches(field: Field, n_threads: int) -> dict[str, Callable[[], Any]]:
    """Contenders for all requests at once."""

    def ours() -> Any:
        with ThreadPoolExecutor(n_threads) as pool:
            return list(pool.map(lambda number: words_alone(field, number), range(len(field.subjects))))

    contenders: dict[str, Callable[[], Any]] = {
        "ours, words alone": ours,
        "ours, all parts, blockers, explained (1 thread)": lambda: list(
            rank_all(field.requests, field.index, top=TOP, today=TODAY)
        ),
    }
    multiply = _sparse_dot_topn()
    if multiply:
        contenders["sparse-dot-topn"] = lambda: multiply(
            field.asked, field.turned, top_n=TOP, n_threads=n_threads
        )
    return contenders


def _sparse_dot_topn() -> Callable[..., Any] | None:
    try:
        found: Callable[..., Any] = import_module("sparse_dot_topn").sp_matmul_topn
    except ModuleNotFoundError:
        return None
    return found


def _bm25s(field: Field) -> dict[str, Question]:
    try:
        package = import_module("bm25s")
    except ModuleNotFoundError:
        return {}
    bags = field.index.base.bags
    texts = [
        [bags.names[token] for token in bags.tokens[start:end].tolist()]
        for start, end in zip(bags.starts[:-1].tolist(), bags.starts[1:].tolist(), strict=True)
    ]
    engine = package.BM25()
    engine.index(texts, show_progress=False)
    asked = [[list(subject.pieces[0].weights)] for subject in field.subjects]
    return {"bm25s": lambda number: engine.retrieve(asked[number], k=TOP, show_progress=False)}
