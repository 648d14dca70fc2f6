"""No list keeps every limit: which limits are in conflict, and which smallest changes would do?

Only soft targets are ever changed, each by its weight for every place; hard targets, caps, pins and the
number of seats stay. Every equally small change is told, up to five, so that people choose and no solver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.optimize as so
import scipy.sparse as sp

from fellowships.facts import BalanceTarget, Question
from fellowships.program import NO_LIMIT, Ints, Program, greatest, program_of
from fellowships.proof import Tree
from vocabulary.messages import Message

_MOST_ALTERNATIVES = 5
Change = tuple[int, ...]
"""By how much the least of each target falls, then by how much the most of each rises."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A target as it is asked for, and the limits with which a list could be found."""

    target: BalanceTarget
    least: int
    most: int | None

    @property
    def words(self) -> Message:
        """What to change, in the words of the targets."""
        attribute, value = self.target.attribute, self.target.value
        if self.least < self.target.least:
            return Message(
                "{attribute} = {value}: lower the minimum from {asked} to {enough}.",
                attribute=attribute,
                value=value,
                asked=self.target.least,
                enough=self.least,
            )
        return Message(
            "{attribute} = {value}: raise the maximum from {asked} to {enough}.",
            attribute=attribute,
            value=value,
            asked=self.target.most,
            enough=self.most,
        )


def relaxations(question: Question) -> tuple[tuple[Relaxed, ...], ...]:
    """Every smallest weighted change of soft targets after which a list exists, up to five, in order.

    Empty where the hard limits alone cannot be met.
    """
    question = question.ordered()
    program, n = program_of(question), len(question.targets)
    weights = np.array([one.weight for one in question.targets] * 2, dtype=np.int64)
    most = np.array([0 if one.is_hard else one.least for one in question.targets], dtype=np.int64)
    rise = [0 if one.is_hard or one.most is None else question.n_seats - one.most for one in question.targets]
    limits: Ints = np.maximum(np.concatenate([most, np.array(rise, dtype=np.int64)]), 0)
    first = _least_change(program, weights, limits)
    if first is None or not n:
        return ()
    price = int(weights @ np.array(first))
    seen: dict[Change, None] = {first: None}
    waiting = [(first, limits)]
    while waiting and len(seen) < _MOST_ALTERNATIVES:
        change, within = waiting.pop(0)
        for place in np.flatnonzero(change).tolist():
            # Another change as small must change one of these targets less.
            narrower = within.copy()
            narrower[place] = change[place] - 1
            other = _least_change(program, weights, narrower)
            if other is not None and int(weights @ np.array(other)) == price:
                if other not in seen:
                    seen[other] = None
                waiting.append((other, narrower))
    found = [_told(question, change) for change in list(seen)[:_MOST_ALTERNATIVES]]
    return tuple(sorted(found, key=lambda one: [(change.target.attribute, change.words) for change in one]))


def _least_change(program: Program, weights: Ints, limits: Ints) -> Change | None:
    """The change of the least weight within the limits, shape (2 n_targets,); None where none is enough."""
    n_targets, n_rows = len(weights) // 2, len(program.names)
    slack = np.zeros((n_rows, 2 * n_targets))
    for place in range(n_targets):
        row = program.names.index(f"target:{place}")
        slack[row, place], slack[row, n_targets + place] = 1, -1
    most = np.where(program.most == NO_LIMIT, np.inf, program.most.astype(float))
    found = so.milp(
        np.concatenate([np.zeros(program.n), weights.astype(float)]),
        integrality=np.ones(program.n + 2 * n_targets),
        bounds=so.Bounds(
            np.concatenate([program.low, np.zeros(2 * n_targets)]), np.concatenate([program.high, limits])
        ),
        constraints=so.LinearConstraint(
            sp.hstack([program.matrix.astype(float), sp.csr_array(slack)], format="csr"),
            program.least.astype(float),
            most,
        ),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    return tuple(int(one) for one in np.round(found.x[program.n :]))


def _told(question: Question, change: Change) -> tuple[Relaxed, ...]:
    n = len(question.targets)
    told = []
    for place, target in enumerate(question.targets):
        falls, rises = change[place], change[n + place]
        most = target.most if target.most is None else target.most + rises
        if falls:
            told.append(Relaxed(target, target.least - falls, target.most))
        if rises:
            told.append(Relaxed(target, target.least, most))
    return tuple(told)


def in_conflict(question: Question, proof: Tree) -> tuple[str, ...]:
    """Names of a smallest set of limits that no list keeps: drop any one of them and a list exists.

    It starts from the rows that the proof prices; pins are named "pin:id". In order.
    """
    question = question.ordered()
    program = program_of(question)
    program = replace(program, gain=np.zeros_like(program.gain))
    used = _priced(proof) | {"seats"}
    program = program.without_rows([name for name in program.names if name not in used])
    for name in sorted(set(program.names) - {"seats"}):
        without = program.without_rows([name])
        if greatest(without) is None:
            program = without
    places = {one.id: place for place, one in enumerate(question.nominations)}
    kept = []
    for pin in question.pins:
        freed = program.bounded(places[pin.id], 0, 1)
        if greatest(freed) is None:
            program = freed
        else:
            kept.append(f"pin:{pin.id}")
    return (*sorted(program.names), *kept)


def _priced(tree: Tree) -> set[str]:
    if "rows" in tree:
        return {name for name in tree["rows"] if not name.startswith("split:")}
    return _priced(tree["below"]) | _priced(tree["above"])


def conflict_words(question: Question, names: tuple[str, ...]) -> tuple[Message, ...]:
    """What the names of limits mean, in the words of the targets."""
    question = question.ordered()
    return tuple(_words(question, name) for name in names)


def _words(question: Question, name: str) -> Message:
    kind, _, rest = name.partition(":")
    if kind == "seats":
        return Message("seats: exactly {n}", n=question.n_seats)
    if kind == "pin":
        pin = next(one for one in question.pins if one.id == rest)
        return (
            Message("“{id}” must be on the list", id=rest)
            if pin.is_in
            else Message("“{id}” must not be on the list", id=rest)
        )
    if kind == "cap":
        at, _, value = rest.partition(":")
        cap = question.caps[int(at)]
        return Message(
            "{attribute} = {value}: at most {most}", attribute=cap.attribute, value=value, most=cap.most
        )
    if kind == "chapters":
        return _chapter_words(question, rest)
    target = question.targets[int(rest)]
    names: dict[str, Any] = {"attribute": target.attribute, "value": target.value, "least": target.least}
    if target.most is None:
        return Message("{attribute} = {value}: at least {least}", **names)
    return Message("{attribute} = {value}: {least} to {most}", **names, most=target.most)


def _chapter_words(question: Question, rest: str) -> Message:
    counted = [question.chapters[int(at)] for at in rest.split("+")]
    return Message(
        "chapters {chapters}: at most {most} who wish for no other",
        chapters=tuple(one.code for one in counted),
        most=sum(one.seats for one in counted),
    )
