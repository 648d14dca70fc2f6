"""Do two texts speak of the same subject, beyond the words they share? Latent semantic analysis, frozen.

Words that stand in the same texts point the same way: the fitted texts are brought down to a few dozen
directions (truncated singular value decomposition), and every piece has a place among them. It never finds a
pair by itself: it only says how far the words that two texts share are used on one subject (`same_subject`).
Places are whole numbers of 8 bits, so a product of two is exact in whatever order a machine adds it up.
Method: Deerwester et al. 1990.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.bags import Bags
from matching.products import multiply_rows

Floats: TypeAlias = NDArray[np.float64]
TopicVectors: TypeAlias = NDArray[np.int8]

N_TOPICS = 64
FEWEST_PIECES = 200
"""Less text than this cannot tell which words go together."""
_MOST_PIECES = 4_000
"""Texts that are looked at; more of them change the directions little."""
_ROUNDS = 5
_SPARE = 10
_FINEST = 127


@dataclass(frozen=True, slots=True)
class Topics:
    """Directions of the words: `rows` gives a token's row of `directions`, shape (number of tokens, k)."""

    rows: Mapping[str, int]
    directions: NDArray[np.float32]

    def place(self, bags: Bags, weights: Floats) -> TopicVectors:
        """Where each piece stands: shape (n, k), -127..127; all 0 for a piece with no word that is known."""
        known = np.array(list(map(self.rows.get, bags.names or ("",), repeat(-1))), dtype=np.intp)
        directions = self.directions[known]
        directions[known < 0] = 0.0
        said = weights.astype(np.float32)
        return _whole_numbers(multiply_rows(bags.starts, bags.tokens, said, directions))


def no_topics(n: int) -> TopicVectors:
    """The places of n pieces where no topics are known: shape (n, 0)."""
    return np.empty((n, 0), dtype=np.int8)


def same_subject(one: TopicVectors, many: TopicVectors) -> Floats:
    """How far one piece and n others speak of one subject: shape (n,), 0.5..1; 1 where no topics are known.

    (1 + cosine of their places) / 2, a cosine below 0 counting as 0.
    """
    if not many.shape[1]:
        return np.ones(len(many))
    places, own = many.astype(np.float32), one.astype(np.float32)
    products = (places @ own).astype(np.float64)
    lengths = np.einsum("ij,ij->i", places, places).astype(np.float64) * float(own @ own)
    cosines = products / np.sqrt(np.maximum(lengths, 1.0))  # a place of nothing but 0 has the cosine 0
    return np.asarray(0.5 + 0.5 * cosines.clip(0.0, 1.0))


def sample_step(n_pieces: int) -> int:
    """Every how many'th piece is looked at; 0 where there are too few to find any topics."""
    return -(-n_pieces // _MOST_PIECES) if n_pieces >= FEWEST_PIECES else 0


def fit_topics(fitted: Sequence[tuple[Bags, Floats]]) -> Topics | None:
    """Find the directions from pieces and the weights of their words; None where there are too few words."""
    names, sample = _sample(fitted)
    if len(names) < N_TOPICS + _SPARE:
        return None
    directions = _directions(sample, N_TOPICS)
    return Topics({name: row for row, name in enumerate(names)}, directions.astype(np.float32))


def _sample(fitted: Sequence[tuple[Bags, Floats]]) -> tuple[list[str], csr_array]:
    """The pieces, their weights scaled to length 1, and the tokens in alphabetical order."""
    parts = []
    for bags, weights in fitted:
        laid = csr_array((weights, bags.tokens, bags.starts), shape=(bags.n, len(bags.names) or 1))
        parts.append((bags.names, laid))
    names = sorted({known[number] for known, laid in parts for number in np.unique(laid.indices).tolist()})
    numbers = {name: number for number, name in enumerate(names)}
    blocks = [_over(known, laid, numbers) for known, laid in parts]
    lengths = np.concatenate([np.sqrt(_squares(block)) for block in blocks])
    data = np.concatenate([block.data for block in blocks])
    tokens = np.concatenate([block.indices for block in blocks])
    counts = np.concatenate([np.diff(block.indptr) for block in blocks])
    rows = np.repeat(np.arange(len(counts)), counts)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return names, csr_array((data / lengths[rows], tokens, starts), shape=(len(counts), len(names)))


def _over(known: Sequence[str], laid: csr_array, numbers: dict[str, int]) -> csr_array:
    """The same rows over another numbering of tokens, without those that have no number."""
    place = np.array([numbers.get(name, -1) for name in known] or [-1], dtype=np.int64)
    kept = place[laid.indices] >= 0
    rows = np.repeat(np.arange(laid.shape[0]), np.diff(laid.indptr))[kept]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=laid.shape[0]))])
    return csr_array(
        (laid.data[kept], place[laid.indices[kept]], starts), shape=(laid.shape[0], len(numbers) or 1)
    )


def _squares(laid: csr_array) -> Floats:
    rows = np.repeat(np.arange(laid.shape[0]), np.diff(laid.indptr))
    squares = np.bincount(rows, weights=laid.data**2, minlength=laid.shape[0])
    return np.asarray(squares, dtype=np.float64)


def _directions(sample: csr_array, k: int) -> Floats:
    """The k right singular vectors of largest singular value, by subspace iteration from a fixed start."""
    start = np.random.default_rng(0).standard_normal((sample.shape[1], k + _SPARE))
    turned = sample.T.tocsr()
    basis, _ = np.linalg.qr(sample @ start)
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(sample @ (turned @ basis))
    across = np.asarray(turned @ basis)
    squares, rotation = np.linalg.eigh(across.T @ across)
    largest = np.argsort(-squares, kind="stable")[:k]
    lengths = np.sqrt(np.maximum(squares[largest], np.finfo(np.float64).tiny))
    return np.asarray(across @ rotation[:, largest] / lengths, dtype=np.float64)


def _whole_numbers(places: NDArray[np.float32]) -> TopicVectors:
    largest = np.abs(places).max(axis=1, keepdims=True, initial=0.0)
    scaled = places * _FINEST / np.where(largest > 0, largest, np.float32(1.0))
    return np.asarray(np.rint(scaled).astype(np.int8))
