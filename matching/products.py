"""The products of sparse matrices that a search lives on, on bare arrays.

The one door to scipy's compiled loops. Through its matrix classes the same loops are reached too, but checks
and copies of headers there take as long as a product of a few thousand numbers. Sums go one by one in the
order of the arrays, in 32 bits.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import _sparsetools

Floats32: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.integer]


def add_columns(bounds: Integers, rows: Integers, values: Floats32, weights: Floats32, n: int) -> Floats32:
    """The columns of a sparse matrix, each times its weight, added up from the first on: shape (n,).

    Parameters
    ----------
    bounds : array of shape (k + 1,)
        Column c holds `rows` and `values` from `bounds[c]` up to before `bounds[c + 1]`; none where that is
        not beyond. Of the type of `rows`.
    rows, values : arrays of shape (number of values,)
        Rows are 0..n - 1.
    weights : array of shape (k,)
    n : int
        Rows of the matrix.
    """
    found = np.zeros(n, dtype=np.float32)
    _sparsetools.csc_matvec(n, len(weights), bounds, rows, values, weights, found)
    return found


def multiply_rows(starts: Integers, columns: Integers, values: Floats32, by: Floats32) -> Floats32:
    """The rows of a sparse matrix times a full one of shape (k, m), added up from the first on: shape (n, m).

    Parameters
    ----------
    starts : array of shape (n + 1,)
    columns, values : arrays of shape (number of values,)
        Columns are 0..k - 1.
    by : array of shape (k, m), one row behind the other in memory
    """
    n, m = len(starts) - 1, by.shape[1]
    found = np.zeros((n, m), dtype=np.float32)
    _sparsetools.csr_matvecs(
        n, len(by), m, starts.astype(columns.dtype, copy=False), columns, values, by.ravel(), found.ravel()
    )
    return found
