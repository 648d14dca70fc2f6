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
from typing import Any, TypeAlias

from vocabulary.errors import Invalid
from vocabulary.messages import Message

LOT_BITS = 24
MOST_SCORE = 1 << 20
"""Scores stay below it, so that every sum is exact in the solver too."""
MOST_WEIGHT = 1000
ANY = "*"
"""As the last wish: any other chapter."""
MOST_CHAPTERS = 10
MOST_BANDS = 5
MOST_MERIT = 1 << 50
"""Bands and scores in one number, summed over a list, stay below it."""


Value: TypeAlias = str | tuple[str, ...]
"""Of an attribute; somebody with several counts as each of them."""


@dataclass(frozen=True, slots=True)
class Nomination:
    """A nominee: an id, an integer score of 0 or more, and the value of each attribute that is stated.

    wishes : codes of chapters, the first wish first; ANY as the last of them, or none at all: any will do.
    band : of merit, one of the question's; read only where the question has bands.
    """

    id: str
    score: int
    values: Mapping[str, Value] = field(default_factory=dict)
    wishes: tuple[str, ...] = ()
    band: str = ""

    def every(self, attribute: str) -> tuple[str, ...]:
        """The values of an attribute; none where it is not stated."""
        value = self.values.get(attribute, "")
        return value if isinstance(value, tuple) else (value,) if value else ()


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
class Chapter:
    """A part of the assessment, by its code, with seats for so many of the list."""

    code: str
    seats: int


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that decides a list. `ordered` makes two questions that say the same equal.

    chapters : where there are any, everybody on the list gets a seat in one of the wished ones.
    bands : of merit, the best first; where there are any, no list has more of the first band, none with as
    many of the first has more of the second, and so on; the score decides after that.
    """

    nominations: tuple[Nomination, ...]
    n_seats: int
    targets: tuple[BalanceTarget, ...] = ()
    caps: tuple[Cap, ...] = ()
    pins: tuple[Pin, ...] = ()
    seed: str = "0"
    chapters: tuple[Chapter, ...] = ()
    bands: tuple[str, ...] = ()

    def ordered(self) -> Question:
        """The same question with everything in the order of its names."""
        return replace(
            self,
            nominations=tuple(sorted(map(_ordered, self.nominations), key=lambda one: one.id)),
            targets=tuple(sorted(self.targets, key=lambda one: (one.attribute, one.value))),
            caps=tuple(sorted(self.caps, key=lambda one: one.attribute)),
            pins=tuple(sorted(self.pins, key=lambda one: one.id)),
            chapters=tuple(sorted(self.chapters, key=lambda one: one.code)),
        )


def _ordered(one: Nomination) -> Nomination:
    """Several values in the order of their names, each once."""
    if not any(isinstance(value, tuple) for value in one.values.values()):
        return one
    return replace(one, values={name: _in_order(value) for name, value in one.values.items()})


def _in_order(value: Value) -> Value:
    found = tuple(sorted(set(value))) if isinstance(value, tuple) else (value,)
    return found if len(found) > 1 else found[0] if found else ""


def require_sound(question: Question) -> None:
    """Raise Invalid with everything in a question that cannot be meant."""
    problems: dict[str, list[Message]] = {}
    _check_nominations(question, problems)
    _check_targets(question, problems)
    _check_chapters(question, problems)
    _check_bands(question, problems)
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


def _check_chapters(question: Question, problems: dict[str, list[Message]]) -> None:
    if not question.chapters:
        return
    if len(question.chapters) > MOST_CHAPTERS:
        _add(problems, "chapters", Message("There can be at most {most} chapters.", most=MOST_CHAPTERS))
    for name in _twice(one.code for one in question.chapters):
        _add(problems, "chapters", Message("“{id}” stands twice; keep one.", id=name))
    seats = sum(one.seats for one in question.chapters)
    if seats < question.n_seats or any(one.seats < 0 for one in question.chapters):
        message = Message("The chapters have {n} seats together; the list has {all}.", n=seats,
                          all=question.n_seats)  # fmt: skip
        _add(problems, "chapters", message)
    codes = {one.code for one in question.chapters}
    for one in question.nominations:
        for code in sorted(set(one.wishes[:-1]) - codes | set(one.wishes[-1:]) - codes - {ANY}):
            message = Message("“{id}” wishes for “{chapter}”; there is no such chapter.", id=one.id,
                              chapter=code)  # fmt: skip
            _add(problems, "nominations", message)
        for code in _twice(one.wishes):
            message = Message("“{id}” names “{chapter}” twice; name it once.", id=one.id, chapter=code)
            _add(problems, "nominations", message)


def _check_bands(question: Question, problems: dict[str, list[Message]]) -> None:
    if not question.bands:
        return
    if len(question.bands) > MOST_BANDS:
        _add(problems, "bands", Message("There can be at most {most} bands.", most=MOST_BANDS))
    most_score = max((one.score for one in question.nominations), default=0)
    if (question.n_seats + 1) ** len(question.bands) * (most_score + 1) > MOST_MERIT:
        _add(problems, "bands", Message("Bands and scores are too fine together; give fewer decimals."))
    for name in _twice(question.bands):
        _add(problems, "bands", Message("“{id}” stands twice; keep one.", id=name))
    for one in question.nominations:
        if one.band not in question.bands:
            message = Message("“{id}” is in band “{band}”; the bands are {bands}.", id=one.id, band=one.band,
                              bands=question.bands)  # fmt: skip
            _add(problems, "nominations", message)


def _twice(names: Any) -> list[Any]:
    return sorted(name for name, n in Counter(names).items() if n > 1)


def _add(problems: dict[str, list[Message]], name: str, message: Message) -> None:
    problems.setdefault(name, []).append(message)


def lot(seed: str, nominee: str) -> int:
    """The public lot of a nominee: the first 24 bits of SHA-256("seed|1|id"); no chance, no order of rows."""
    digest = hashlib.sha256(f"{seed}|1|{nominee}".encode()).digest()
    return int.from_bytes(digest[: LOT_BITS // 8], "big")


def chapter_lot(seed: str, nominee: str, chapter: str) -> int:
    """The public lot of a nominee in a chapter: the first 24 bits of SHA-256("seed|chapter|id|code")."""
    digest = hashlib.sha256(f"{seed}|chapter|{nominee}|{chapter}".encode()).digest()
    return int.from_bytes(digest[: LOT_BITS // 8], "big")
