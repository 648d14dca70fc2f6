"""How much does each word of a piece weigh? TF-IDF with the lengths and the satiety of BM25, then frozen.

    q(t) = g(tf) * idf(t)          how much a piece is about a word: g(tf) = 1 + ln(tf) above 1, tf up to 1
    w(t) = tf / (tf + K) * idf(t)  how well it answers to a word: what is said often is hardly said more,
    K    = k1 * (1 - b + b * length / mean length)      and a word says less in a long text than in a short
    idf(t) = ln((1 + N) / (1 + n(t))) + 1      n(t) of N fitted pieces hold it; an unseen word has n = 0

where tf = sum over fields of field weight * number of times the word stands there, and length = sum of tf.
With |q| = root(sum of q * q) and s = sum of q * w / |q|, what a piece gets against itself, a request's vector
is q / |q| / root(s) and an offer's is w / root(s). Their product is BM25 of the pair, measured by the
(geometric) mean of what the two get against themselves: identical texts have exactly 1.

Fitting again would move every score, so scores are comparable inside one fitted version only, and a new entry
is weighed with the frozen numbers. Method: Robertson and Zaragoza 2009; Salton and Buckley 1988; idf smoothed
as in scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import repeat
from math import log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.bags import Bag, Bags, gather, gather_one
from matching.text import ANALYSIS_VERSION
from matching.topics import Topics, TopicVectors, fit_topics, no_topics, sample_step
from vocabulary.states import EntryKind

Floats: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.intp]

SATIETY = 1.2
"""k1 of BM25: how soon one more of the same word hardly counts."""
LENGTH = 0.75
"""b of BM25, 0..1: how much the length of a text tells against its words."""
_BLOCK = 50_000
"""Pieces weighed at once: a bound on memory. A piece's weights do not depend on the others."""
FORMULA_VERSION = "3"
"""Raise it whenever equal counts would get other weights: index versions name it."""


@dataclass(frozen=True, slots=True)
class TermModel:
    """Frozen knowledge of how common each word is, and which words go together.

    Attributes
    ----------
    n_pieces : int
        Pieces that were fitted.
    frequencies : mapping of token to int
        In how many of them a token stands, 1..n_pieces.
    mean_length : float
        Weighted words of a piece, above 0.
    topics : Topics or None
        Which words go together; None where there was too little text to tell.
    version : str
        Name of this fit; equal texts and equal analysis give an equal name.
    """

    n_pieces: int
    frequencies: Mapping[str, int]
    mean_length: float
    topics: Topics | None
    version: str

    def idf(self, token: str) -> float:
        """Weight of a token by rarity: 1 when every piece has it, highest for one never seen."""
        return log((1 + self.n_pieces) / (1 + self.frequencies.get(token, 0))) + 1.0


@dataclass(frozen=True, slots=True)
class Vectors:
    """The weighed words of n pieces: `weights` beside the tokens of their `Bags`, and their topics."""

    weights: Floats
    topics: TopicVectors


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of an entry that asks: token to weight, alphabetical, and its row of topics, shape (k,).

    `numbers`, where they were looked up, are those of its tokens among `names`, -1 for one that is not there.
    """

    weights: Mapping[str, float]
    topics: TopicVectors
    numbers: NDArray[np.intp] | None = None
    names: Sequence[str] | None = None

    def numbers_in(self, names: Sequence[str], numbers: Mapping[str, int]) -> NDArray[np.intp]:
        """The numbers of its tokens among some names, -1 for one that is not there: shape (n tokens,)."""
        if self.numbers is not None and self.names is names:
            return self.numbers
        return np.array(list(map(numbers.get, self.weights, repeat(-1))), dtype=np.intp)


def fit(bags: Sequence[Bags]) -> TermModel:
    """Count in how many pieces each token stands, and how long pieces are, over all the bags together."""
    frequencies: dict[str, int] = {}
    n_pieces, length = sum(some.n for some in bags), 0.0
    for some in bags:
        held = np.bincount(some.tokens, minlength=len(some.names)).tolist()
        for token, n in zip(some.names, held, strict=True):
            frequencies[token] = frequencies.get(token, 0) + n
        length += float(some.counts.sum(dtype=np.float64))
    mean_length = length / n_pieces if length else 1.0
    bare = TermModel(n_pieces, frequencies, mean_length, None, _version(n_pieces, frequencies, mean_length))
    step = sample_step(n_pieces)
    sample = [some.every(step or 1) for some in bags]
    topics = fit_topics([(some, about(some, bare)) for some in sample]) if step else None
    return TermModel(n_pieces, frequencies, mean_length, topics, bare.version)


def _version(n_pieces: int, frequencies: Mapping[str, int], mean_length: float) -> str:
    digest = sha256(f"{ANALYSIS_VERSION}\n{FORMULA_VERSION}\n{n_pieces}\n{mean_length:.9f}\n".encode())
    for token in sorted(frequencies):
        digest.update(f"{token}\t{frequencies[token]}\n".encode())
    return digest.hexdigest()[:16]


def about(bags: Bags, model: TermModel) -> Floats:
    """The q(t) of every count in the bags."""
    return _damped(bags) * _rarity(bags, model)


def _damped(bags: Bags) -> Floats:
    """The g(tf) of every count in the bags."""
    counts = bags.counts.astype(np.float64)
    return np.where(counts > 1.0, 1.0 + np.log(np.maximum(counts, 1.0)), counts)


def _rarity(bags: Bags, model: TermModel) -> Floats:
    """The idf(t) of every count in the bags."""
    held = np.array(list(map(model.frequencies.get, bags.names, repeat(0))), dtype=np.float64)
    rarity: Floats = np.log((1.0 + model.n_pieces) / (1.0 + held)) + 1.0
    return rarity if bags.n == 1 and len(rarity) == len(bags.tokens) else rarity[bags.tokens]


def weigh(bags: Bags, model: TermModel, kind: EntryKind) -> Vectors:
    """Turn counts into vectors.

    Parameters
    ----------
    bags : Bags
    model : TermModel
    kind : EntryKind
        A request's words ask, an offer's answer.

    Returns
    -------
    Vectors
        Tokens the model has never seen are kept, at the highest idf.
    """
    if bags.n <= _BLOCK:
        return _weigh_block(bags, model, kind)
    blocks = [
        _weigh_block(bags.part(first, min(first + _BLOCK, bags.n)), model, kind)
        for first in range(0, bags.n, _BLOCK)
    ]
    return Vectors(
        np.concatenate([block.weights for block in blocks]),
        np.concatenate([block.topics for block in blocks]),
    )


def _weigh_block(bags: Bags, model: TermModel, kind: EntryKind) -> Vectors:
    rows = bags.rows if bags.n != 1 else None
    counts, rarity = bags.counts.astype(np.float64), _rarity(bags, model)
    asking = _damped(bags) * rarity
    hunger = SATIETY * (1.0 - LENGTH + LENGTH * _sums(counts, rows, bags.n) / model.mean_length)
    answering = counts / (counts + _of_each(hunger, rows)) * rarity
    long = np.sqrt(_sums(asking * asking, rows, bags.n))
    product = _sums(asking * answering, rows, bags.n)
    is_request = kind is EntryKind.REQUEST
    said = asking if is_request else answering
    scale = np.sqrt(product * long if is_request else product / np.where(long > 0.0, long, 1.0))
    topics = model.topics.place(bags, asking) if model.topics else no_topics(bags.n)
    return Vectors(said / _of_each(scale, rows), topics)


def _sums(values: Floats, rows: Rows | None, n: int) -> Floats:
    """The values of each of n pieces added up one by one; `rows` is None where all are of the only one."""
    if rows is None:
        return values.cumsum()[-1:]
    return np.asarray(np.bincount(rows, weights=values, minlength=n), dtype=np.float64)


def _of_each(numbers: Floats, rows: Rows | None) -> Floats:
    """A number of each piece for each of its words."""
    return numbers if rows is None else numbers[rows]


def weigh_pieces(pieces: Sequence[Bag], model: TermModel, kind: EntryKind) -> list[Piece]:
    """Weigh the pieces of one entry, from `matching.bags.count_words`."""
    bags = gather(pieces) if len(pieces) != 1 else gather_one(pieces[0])
    vectors = weigh(bags, model, kind)
    tokens, weights = bags.tokens.tolist(), vectors.weights.tolist()
    found = []
    for row in range(bags.n):
        here = slice(int(bags.starts[row]), int(bags.starts[row + 1]))
        named = (bags.names[token] for token in tokens[here])
        found.append(Piece(dict(zip(named, weights[here], strict=True)), vectors.topics[row]))
    return found
