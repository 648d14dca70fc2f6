"""Is the list the same whichever solver finds it? A process of the runs that benchmarks/selection.py counts.

    PYTHONHASHSEED=7 .venv/bin/python -m benchmarks.selection_solvers highspy 2 13 8

The words are: solver (scipy, or highspy from requirements-bench.in), threads, seed of the solver, and how
many orders of rows. Each run prints the list of the engine and, beside it, that of a plain integer program on
the same rows, which has no lots. The second solver stands in the place of the first inside the engine.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.optimize as so
import scipy.sparse as sp

from benchmarks.selection_pools import pool, shuffled
from fellowships import program as engine
from fellowships.checking import check
from fellowships.facts import Question
from fellowships.record import Rule, record_of

COARSE = 5


def main(solver: str, threads: int, seed: int, n_orders: int) -> None:
    """Print "list plain" for each order of rows, as short hashes."""
    if solver == "highspy":
        engine.so = _Other(threads, seed)
    question = pool(221, 16, coarse=COARSE)
    for order in range(n_orders):
        asked = shuffled(question, 100 * seed + order)
        record = check(record_of(asked, Rule("mark", "1"), is_explained=False))
        print(_short(one["id"] for one in record["seats"]), _short(_plain(asked)))


def _short(ids: Any) -> str:
    return hashlib.sha256(" ".join(sorted(ids)).encode()).hexdigest()[:12]


def _plain(asked: Question) -> list[str]:
    """The list of an integer program with the scores and nothing else, in the order of rows as they come."""
    places = {one.id: at for at, one in enumerate(asked.ordered().nominations)}
    order = np.array([places[one.id] for one in asked.nominations])
    rows = engine.program_of(asked.ordered())
    rows = replace(
        rows, matrix=rows.matrix[:, order], low=rows.low[order], high=rows.high[order], gain=rows.gain[order]
    )
    chosen = engine.greatest(rows)
    return [asked.nominations[at].id for at in chosen or ()]


class _Other:
    """What the engine asks of scipy.optimize, answered by highspy with these threads and this seed."""

    Bounds, LinearConstraint = so.Bounds, so.LinearConstraint

    def __init__(self, threads: int, seed: int) -> None:
        self.highspy = import_module("highspy")
        self.options = {"threads": threads, "random_seed": seed, "output_flag": False, "mip_rel_gap": 0.0}

    def linprog(self, costs: Any, *, A_ub: Any, b_ub: Any, bounds: Any, method: str) -> Any:  # noqa: N803
        """As scipy.optimize.linprog."""
        low, high = np.array([[a, np.inf if b is None else b] for a, b in bounds], dtype=float).T
        return self._run(costs, A_ub, np.full(len(b_ub), -np.inf), b_ub, low, high, False)

    def milp(self, costs: Any, *, integrality: Any, bounds: Any, constraints: Any, options: Any) -> Any:
        """As scipy.optimize.milp."""
        low, high = (np.broadcast_to(one, len(costs)).astype(float) for one in (bounds.lb, bounds.ub))
        return self._run(costs, constraints.A, constraints.lb, constraints.ub, low, high, True)

    def _run(self, costs: Any, matrix: Any, least: Any, most: Any, low: Any, high: Any, whole: bool) -> Any:
        highspy = self.highspy
        model, columns = highspy.Highs(), sp.csc_array(matrix)
        for name, value in self.options.items():
            model.setOptionValue(name, value)
        asked = highspy.HighsLp()
        asked.num_col_, asked.num_row_ = len(costs), matrix.shape[0]
        asked.col_cost_, asked.col_lower_, asked.col_upper_ = np.asarray(costs, dtype=float), low, high
        asked.row_lower_, asked.row_upper_ = np.asarray(least, dtype=float), np.asarray(most, dtype=float)
        asked.a_matrix_.start_, asked.a_matrix_.index_ = columns.indptr, columns.indices
        asked.a_matrix_.value_ = columns.data.astype(float)
        if whole:
            asked.integrality_ = [highspy.HighsVarType.kInteger] * len(costs)
        model.passModel(asked)
        model.run()
        status = model.getModelStatus()
        solution = model.getSolution()
        states = {highspy.HighsModelStatus.kOptimal: 0, highspy.HighsModelStatus.kInfeasible: 2}
        return SimpleNamespace(
            status=states.get(status, 4),
            message=str(status),
            x=np.array(solution.col_value),
            ineqlin=SimpleNamespace(marginals=np.array(solution.row_dual)),
        )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
