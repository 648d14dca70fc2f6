"""Which pieces hold a word, and how much does it weigh in each? The index turned round, and its product.

A query goes over the postings of its own words only, word by word, inside a compiled product of a sparse
matrix (columns: words) with a vector. Every piece gets its sum in the same order of words (from the
last in the alphabet to the first) whatever else is indexed, so a sum never depends on other entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matching.bags import Bags, Floats32
from matching.products import add_columns

Tokens: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]

_MANY = 200_000
"""Postings of a subject from which on it pays to leave some out."""
_SPARED = 0.1
"""What words that are left out may add to a sum at most."""


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
    peaks : array of shape (number of tokens,)
        The highest weight of each token, 0 for one that no piece holds.
    """

    n: int
    starts: NDArray[np.integer]
    rows: NDArray[np.integer]
    weights: Floats32
    peaks: Floats32

    def products(self, tokens: Tokens, weights: Floats) -> Floats32:
        """Sum of weight times weight over the shared tokens, for every piece: shape (n,), 0 or more.

        Parameters
        ----------
        tokens, weights : arrays of shape (k,)
            The numbers of tokens, growing, and their weights, above 0.
        """
        if not len(tokens) or not self.n:
            return np.zeros(self.n, dtype=np.float32)
        spread = np.zeros(2 * len(tokens) - 1, dtype=np.float32)
        spread[::2] = weights[::-1]
        return add_columns(self._bounds(tokens[::-1]), self.rows, self.weights, spread, self.n)

    def _bounds(self, tokens: Tokens) -> NDArray[np.integer]:
        """Bounds of the columns of some tokens, in falling order, for which no posting need be copied.

        A sparse matrix keeps its columns one behind the other. With the tokens in falling order, a column
        between every two of them begins where the higher one ends and ends where the lower one begins: before
        its beginning, so it is empty, and its weight is 0.
        """
        bounds = np.empty(2 * len(tokens), dtype=self.rows.dtype)
        bounds[::2] = self.starts[tokens]
        bounds[1::2] = self.starts[tokens + 1]
        return bounds

    def spare(self, tokens: Tokens, weights: Floats) -> tuple[NDArray[np.bool_], float]:
        """Which tokens need not be looked up to find the best, and what they add to any piece at most.

        Common words fill most of the postings and add least. What is left out is made good for the few pieces
        that stay in question; in a small index that costs more than it spares, so all are looked up there.
        """
        lengths = self.starts[tokens + 1] - self.starts[tokens]
        if lengths.sum() < _MANY:
            return np.zeros(len(tokens), dtype=np.bool_), 0.0
        most = weights * self.peaks[tokens]
        order = (most / np.maximum(lengths, 1)).argsort(kind="stable")
        added = most[order].cumsum()
        n_spared = int(added.searchsorted(_SPARED, side="right"))
        is_spared = np.zeros(len(tokens), dtype=np.bool_)
        is_spared[order[:n_spared]] = True
        return is_spared, float(added[n_spared - 1]) if n_spared else 0.0


def turn_round(bags: Bags, weights: NDArray[np.float64]) -> Postings:
    """Lay the weights of pieces out by token, in 32 bits: what a search reads is what it costs."""
    shape = (bags.n, max(len(bags.names), 1))
    turned = csr_array((weights.astype(np.float32), bags.tokens, bags.starts), shape=shape).tocsc()
    peaks = np.zeros(shape[1], dtype=np.float32)
    held = np.flatnonzero(np.diff(turned.indptr))
    if len(held):
        peaks[held] = np.maximum.reduceat(turned.data, turned.indptr[held])
    return Postings(bags.n, turned.indptr, turned.indices, turned.data, peaks)
