"""Which pieces hold a word, and how much does it weigh in each? The index turned round, and its product.

A query goes over the postings of its own words only, word by word, inside scipy's compiled product of a
sparse matrix (columns: words) with a vector. Every piece gets its sum in the same order of words (from the
last in the alphabet to the first) whatever else is indexed, so a sum never depends on other entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from matching.bags import Bags, Floats32


@dataclass(frozen=True, slots=True)
class Postings:
    """The weights of n pieces over tokens, by token; tokens are numbered in alphabetical order.

    Attributes
    ----------
    n : int
        Pieces.
    starts : array of shape (number of tokens + 1,)
        Where the postings of each token begin.
    rows, weights : arrays of shape (number of weights,)
        The pieces that hold the token, growing, and its weight in each.
    """

    n: int
    starts: NDArray[np.integer]
    rows: NDArray[np.integer]
    weights: Floats32

    def products(self, asked: Mapping[int, float]) -> Floats32:
        """Sum of weight times weight over the shared tokens, for every piece: shape (n,), 0 or more.

        Parameters
        ----------
        asked : mapping of token number to weight above 0
        """
        if not asked or not self.n:
            return np.zeros(self.n, dtype=np.float32)
        tokens = np.array(sorted(asked, reverse=True), dtype=np.intp)
        weights = np.zeros(2 * len(tokens) - 1, dtype=np.float32)
        weights[::2] = [asked[token] for token in tokens.tolist()]
        return np.asarray(_columns(self, tokens) @ weights)


def _columns(postings: Postings, tokens: NDArray[np.intp]) -> csc_array:
    """The columns of some tokens without copying a posting.

    A sparse matrix keeps its columns one behind the other. With the tokens in falling order, a column between
    every two of them begins where the higher one ends and ends where the lower one begins: before its
    beginning, so it is empty, and its weight is 0.
    """
    bounds = np.empty(2 * len(tokens), dtype=postings.rows.dtype)
    bounds[::2] = postings.starts[tokens]
    bounds[1::2] = postings.starts[tokens + 1]
    columns = csc_array((postings.n, len(bounds) - 1), dtype=np.float32)
    columns.indptr, columns.indices, columns.data = bounds, postings.rows, postings.weights
    return columns


def turn_round(bags: Bags, weights: NDArray[np.float64]) -> Postings:
    """Lay the weights of pieces out by token, in 32 bits: what a search reads is what it costs."""
    shape = (bags.n, max(len(bags.names), 1))
    turned = csr_array((weights.astype(np.float32), bags.tokens, bags.starts), shape=shape).tocsc()
    return Postings(bags.n, turned.indptr, turned.indices, turned.data)
