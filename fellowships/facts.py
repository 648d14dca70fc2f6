"""What does a shortlist start from: who is nominated, how many seats there are, which balance is asked for?

Scores are integers here; whoever reads them from a file says which unit they count. Nothing in here knows
how a list is found.

Source: IPBES/5/INF/3, para 8, and the calls of the fellowship programme: merit first, within a balance of
regions, genders, disciplines and knowledge systems.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vocabulary.errors import Invalid
from vocabulary.messages import Message

LOT_BITS = 24
MOST_SCORE = 1 << 20
"""Scores stay below it, so that every sum is exact in the solver too."""
MOST_WEIGHT = 1000


@dataclass(frozen=True, slots=True)
class Nomination:
    """A nominee: an id, an integer score of 0 or more, and one value for each attribute that is stated."""

    id: str
    score: int
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BalanceTarget:
    """From `least` to `most` of the list have `value` as their `attribute`; most None: any number.

    A soft target may be offered for relaxation, at `weight` for each place; a hard one never is.
    """

    attribute: str
    value: str
    least: int = 0
    most: int | None = None
    is_hard: bool = False
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` of the list share any one value of `attribute`: per country, per institution."""

    attribute: str
    most: int


@dataclass(frozen=True, slots=True)
class Pin:
    """This nominee is on the list, or is not, whatever the score; the reason stands in the record."""

    id: str
    is_in: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that decides a list. `ordered` makes two questions that say the same equal."""

    nominations: tuple[Nomination, ...]
    n_seats: int
    targets: tuple[BalanceTarget, ...] = ()
    caps: tuple[Cap, ...] = ()
    pins: tuple[Pin, ...] = ()
    seed: str = "0"

    def ordered(self) -> Question:
        """The same question with everything in the order of its names."""
        return replace(
            self,
            nominations=tuple(sorted(self.nominations, key=lambda one: one.id)),
            targets=tuple(sorted(self.targets, key=lambda one: (one.attribute, one.value))),
            caps=tuple(sorted(self.caps, key=lambda one: one.attribute)),
            pins=tuple(sorted(self.pins, key=lambda one: one.id)),
        )


def require_sound(question: Question) -> None:
    """Raise Invalid with everything in a question that cannot be meant."""
    problems: dict[str, list[Message]] = {}
    _check_nominations(question, problems)
    _check_targets(question, problems)
    ids = {one.id for one in question.nominations}
    for pin in question.pins:
        if pin.id not in ids:
            _add(problems, "pins", Message("“{id}” is not nominated.", id=pin.id))
        if not pin.reason.strip():
            _add(problems, "pins", Message("“{id}” needs a reason.", id=pin.id))
    for name in _twice(pin.id for pin in question.pins):
        _add(problems, "pins", Message("“{id}” stands twice; keep one.", id=name))
    if problems:
        raise Invalid(problems)


def _check_nominations(question: Question, problems: dict[str, list[Message]]) -> None:
    n_people = len(question.nominations)
    if not 1 <= question.n_seats <= n_people:
        message = Message(
            "There are {seats} seats and {people} nominees; write a number from 1 to {people}.",
            seats=question.n_seats,
            people=n_people,
        )
        _add(problems, "seats", message)
    for name in _twice(one.id for one in question.nominations):
        _add(problems, "nominations", Message("“{id}” stands twice; keep one.", id=name))
    for one in question.nominations:
        if not 0 <= one.score < MOST_SCORE:
            message = Message(
                "The score of “{id}” must lie from 0 to below {most}; give fewer decimals.",
                id=one.id,
                most=MOST_SCORE,
            )
            _add(problems, "nominations", message)


def _check_targets(question: Question, problems: dict[str, list[Message]]) -> None:
    for target in question.targets:
        most = question.n_seats if target.most is None else target.most
        if not 0 <= target.least <= most:
            message = Message(
                "{attribute} = {value}: the minimum {least} is above {most}.",
                attribute=target.attribute,
                value=target.value,
                least=target.least,
                most=most,
            )
            _add(problems, "targets", message)
        if not 1 <= target.weight <= MOST_WEIGHT:
            message = Message("The weight of a target is a whole number from 1 to {most}.", most=MOST_WEIGHT)
            _add(problems, "targets", message)
    for name in _twice((one.attribute, one.value) for one in question.targets):
        _add(problems, "targets", Message("“{id}” stands twice; keep one.", id=" = ".join(name)))
    for name in _twice(one.attribute for one in question.caps):
        _add(problems, "targets", Message("“{id}” stands twice; keep one.", id=name))
    if any(one.most < 0 for one in question.caps):
        _add(problems, "targets", Message("A cap is a number of 0 or more."))


def _twice(names: Any) -> list[Any]:
    return sorted(name for name, n in Counter(names).items() if n > 1)


def _add(problems: dict[str, list[Message]], name: str, message: Message) -> None:
    problems.setdefault(name, []).append(message)


def lot(seed: str, nominee: str) -> int:
    """The public lot of a nominee: the first 24 bits of SHA-256("seed|1|id"); no chance, no order of rows."""
    digest = hashlib.sha256(f"{seed}|1|{nominee}".encode()).digest()
    return int.from_bytes(digest[: LOT_BITS // 8], "big")
