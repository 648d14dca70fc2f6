"""What is kept of an allocation, and does it hold? Inputs and result as JSON, and the check without a solver.

The hash covers what the answer depends on, in canonical order: requests, offers, scores, floors, mode, seed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching.allocation import SCORE_UNITS, Allocation, Mode, Supply, Wish, faults_of
from matching.transport import Certificate


@dataclass(frozen=True, slots=True)
class Problem:
    """What goes into the allocation."""

    wishes: Mapping[str, Wish]
    supplies: Mapping[str, Supply]
    scores: Mapping[tuple[str, str], int]
    floors: Mapping[str, int]
    mode: Mode
    seed: str


@dataclass(frozen=True, slots=True)
class Check:
    """What the check found: `faults` is empty for a record that holds.

    `gap` is by how much, in scores, another allocation could be better at most; None where nothing is claimed
    (mode stable).
    """

    faults: tuple[str, ...]
    gap: float | None

    @property
    def is_sound(self) -> bool:
        """Does the record hold?"""
        return not self.faults


def inputs_of(problem: Problem) -> dict[str, Any]:
    """The inputs as JSON values, in canonical order."""
    return {
        "requests": {
            ref: {"region": wish.region, "amount": wish.amount}
            for ref, wish in sorted(problem.wishes.items())
        },
        "offers": {
            ref: {"capacity": supply.capacity, "budget": supply.budget}
            for ref, supply in sorted(problem.supplies.items())
        },
        "scores": [[*pair, score] for pair, score in sorted(problem.scores.items())],
        "floors": dict(sorted(problem.floors.items())),
        "mode": problem.mode.value,
        "seed": problem.seed,
    }


def problem_of(inputs: Mapping[str, Any]) -> Problem:
    """The problem that was kept by `inputs_of`."""
    return Problem(
        {ref: Wish(one["region"], one["amount"]) for ref, one in inputs["requests"].items()},
        {ref: Supply(one["capacity"], one["budget"]) for ref, one in inputs["offers"].items()},
        {(request, offer): score for request, offer, score in inputs["scores"]},
        inputs["floors"],
        Mode(inputs["mode"]),
        inputs["seed"],
    )


def hash_of(inputs: Mapping[str, Any]) -> str:
    """SHA-256 over the inputs in canonical JSON, in hex."""
    text = json.dumps(inputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def result_of(found: Allocation) -> dict[str, Any]:
    """The answer as JSON values; scores in millionths."""
    proof = found.certificate
    return {
        "placed": [list(one) for one in found.placed],
        "unserved": list(found.unserved),
        "served_by_region": dict(found.served_by_region),
        "total": found.total,
        "status": found.status,
        "certificate": None
        if proof is None
        else {
            "bound": proof.bound,
            "gap": proof.gap,
            "grid": proof.grid,
            "lot_range": proof.lot_range,
            "multipliers": {name: list(both) for name, both in sorted(proof.multipliers.items())},
        },
    }


def check(inputs: Mapping[str, Any], inputs_hash: str | None, result: Mapping[str, Any]) -> Check:
    """Check a kept allocation: the inputs are those of the hash, every limit holds, the proof adds up."""
    problem, proof = problem_of(inputs), result["certificate"]
    certificate = None if proof is None else _certificate(proof)
    found = Allocation(
        tuple((request, offer, score) for request, offer, score in result["placed"]),
        tuple(result["unserved"]),
        result["served_by_region"],
        result["total"],
        certificate,
        result["status"],
    )
    faults = [] if hash_of(inputs) == inputs_hash else ["inputs"]
    faults += faults_of(
        problem.wishes,
        problem.supplies,
        problem.scores,
        problem.floors,
        found,
        mode=problem.mode,
        seed=problem.seed,
    )
    return Check(tuple(faults), certificate.gap / SCORE_UNITS if certificate is not None else None)


def _certificate(proof: Mapping[str, Any]) -> Certificate:
    multipliers = {name: (low, high) for name, (low, high) in proof["multipliers"].items()}
    return Certificate(multipliers, proof["grid"], proof["lot_range"], proof["bound"], proof["gap"])
