"""What do the files of a shortlist say: who is nominated, which balance is asked for, who is pinned?

Every problem is told by file, row and column, with what would be right. Names of attributes are compared as
names of columns are, in lower case; their values count as they are written.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from commands.records import (
    Origin,
    Reader,
    Record,
    read_name,
    read_records,
    read_score,
    refuse_twice,
    refuse_unknown,
    whole_scores,
)
from commands.seats import each, read_band, read_chapters, read_count, read_value, read_values, read_wishes
from commands.values import Unreadable
from fellowships.facts import MOST_WEIGHT, BalanceTarget, Cap, Nomination, Pin, Question
from fellowships.record import Rule
from services.row_files import Problem
from vocabulary.messages import Message

EVERY_VALUE = "*"
"""As the value of a target: each value of the attribute has this maximum (a cap)."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the scores stand and what they may be; None: any."""

    column: str
    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal | None = None

    def read(self, value: Any) -> Decimal:
        """A mark within the scale and on its steps."""
        try:
            mark = read_score(value)
        except Unreadable as wrong:
            if self.low is None or self.high is None or "{plain}" in wrong.message.msgid:
                raise
            said = {"value": str(value)[:60], "low": str(self.low), "high": str(self.high)}
            text = Message("“{value}” is no score; write a number from {low} to {high}.", **said)
            raise Unreadable(text) from wrong
        if (self.low is not None and mark < self.low) or (self.high is not None and mark > self.high):
            text = Message("“{value}” is out of range; write {low} to {high}.", value=str(value)[:60],
                           low=str(self.low), high=str(self.high))  # fmt: skip
            raise Unreadable(text)
        if self.step is not None and (mark - (self.low or 0)) % self.step:
            below = mark - (mark - (self.low or 0)) % self.step
            above = below + self.step
            text = Message(
                "“{value}” is not a multiple of the step {step}; write {below} or {above}.",
                value=str(value)[:60],
                step=str(self.step),
                below=_plain(below),
                above=_plain(above if self.high is None else min(above, self.high)),
            )
            raise Unreadable(text)
        return mark


def _plain(number: Decimal) -> str:
    """Without zeros behind the point."""
    return f"{number.normalize():f}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked beside the files: seats, seed, and the columns of wishes and of bands, where they count.

    chapters : the file of the chapters; then `wishes` is read. bands : column of the bands; `band_order`
    names them, the best first, or is empty: in order of their names.
    """

    n_seats: int
    seed: str = "0"
    seed_source: str = ""
    chapters: Path | None = None
    wishes: str = "wishes"
    bands: str | None = None
    band_order: tuple[str, ...] = ()


def read_question(
    nominations: Path,
    targets: Path | None,
    pins: Path | None,
    marks: Marks,
    wanted: Asked,
    *,
    problems: list[Problem],
) -> tuple[Question, Rule] | None:
    """The question that the files ask; None where `problems` say why there is none."""
    asked = _read_targets(targets, wanted.n_seats, problems) if targets else []
    chapters = read_chapters(wanted.chapters, wanted.n_seats, problems) if wanted.chapters else ()
    attributes = sorted({one["attribute"] for one in asked} - {marks.column, "id"})
    readers: dict[str, Reader] = dict.fromkeys(attributes, read_values)
    readers |= {"id": read_name, marks.column: marks.read}
    if wanted.chapters:
        readers[wanted.wishes] = read_wishes([one.code for one in chapters])
    if wanted.bands:
        readers[wanted.bands] = read_band(wanted.band_order)
    asked_by = {
        one["attribute"]: Origin(targets.name, one["row"], "attribute") for one in reversed(asked) if targets
    }
    people = read_records(nominations, readers, {}, problems, asked_by)
    refuse_twice(nominations, people, ("id",), problems)
    if targets and people and not problems:
        _refuse_unheld(targets, asked, people, attributes, problems)
    pinned = _read_pins(pins, nominations, people, problems) if pins else []
    if problems:
        return None
    scores, unit = whole_scores(one[marks.column] for one in people)
    question = Question(
        tuple(
            Nomination(
                one["id"],
                score,
                {name: one[name] for name in attributes},
                one[wanted.wishes] if wanted.chapters else (),
                one[wanted.bands] if wanted.bands else "",
            )
            for one, score in zip(people, scores, strict=True)
        ),
        wanted.n_seats,
        tuple(_target(one) for one in asked if one["value"] != EVERY_VALUE),
        tuple(Cap(one["attribute"], one["max"]) for one in asked if one["value"] == EVERY_VALUE),
        tuple(Pin(one["id"], one["pin"] == "include", one["reason"]) for one in pinned),
        wanted.seed,
        chapters,
        _bands_of(people, wanted),
    )
    return question, Rule(marks.column, str(unit), wanted.seed_source)


def _bands_of(people: Sequence[Record], wanted: Asked) -> tuple[str, ...]:
    if not wanted.bands:
        return ()
    return wanted.band_order or tuple(sorted({one[wanted.bands] for one in people}))


def _target(one: Record) -> BalanceTarget:
    return BalanceTarget(
        one["attribute"], one["value"], one.get("min", 0), one.get("max"), one.get("kind") == "hard",
        one.get("weight", 1),
    )  # fmt: skip


def _read_targets(path: Path, n_seats: int, problems: list[Problem]) -> list[Record]:
    found = read_records(
        path,
        {"attribute": lambda value: read_value(value).casefold(), "value": read_value},
        {"min": read_count, "max": read_count, "kind": _one_of("hard", "soft"), "weight": _read_weight},
        problems,
    )
    refuse_twice(path, found, ("attribute", "value"), problems)
    for one in found:
        name, message = _wrong_limits(one, n_seats)
        if message:
            problems.append(Problem(path.name, one["row"], name, message))
    return found


def _wrong_limits(one: Record, n_seats: int) -> tuple[str, Message | None]:
    """The column of a target whose limits cannot be meant, and why."""
    least, most = one.get("min", 0), one.get("max")
    if one["value"] == EVERY_VALUE and (least or most is None or one.get("kind") == "soft"):
        return "max", Message("A cap on every value (*) has a maximum only, and is hard.")
    if most is None and "min" not in one:
        return "min", Message("There is neither a minimum nor a maximum; write one of them.")
    if most is not None and least > most:
        message = Message("The minimum {least} is above the maximum {most}.", least=least, most=most)
        return "min", message
    if least > n_seats:
        return "min", Message("The minimum {least} is above the {seats} seats.", least=least, seats=n_seats)
    return "", None


def _refuse_unheld(
    path: Path, asked: Iterable[Record], people: Sequence[Record], names: list[str], problems: list[Problem]
) -> None:
    """A value in the targets that nobody has is a slip, or a target that cannot be meant."""
    held = {name: sorted({value for one in people for value in each(one[name])}) for name in names}
    for one in asked:
        values = held.get(one["attribute"], [])
        if one["value"] == EVERY_VALUE or one["value"] in values:
            continue
        close = difflib.get_close_matches(one["value"], values, n=1, cutoff=0.5) or values[:5]
        message = Message("Nobody has “{value}”; there is {values}.", value=one["value"], values=tuple(close))
        problems.append(Problem(path.name, one["row"], "value", message))


def _read_pins(
    path: Path, nominations: Path, people: Sequence[Record], problems: list[Problem]
) -> list[Record]:
    readers: dict[str, Reader] = {
        "id": read_name,
        "pin": _one_of("include", "exclude"),
        "reason": read_value,
    }
    found = read_records(path, readers, {}, problems)
    refuse_twice(path, found, ("id",), problems)
    refuse_unknown(path, found, "id", nominations, (one["id"] for one in people), problems)
    return found


# --- readers ----------------------------------------------------------------------------------------------


def _read_weight(value: Any) -> int:
    weight = read_count(value)
    if not 1 <= weight <= MOST_WEIGHT:
        raise Unreadable(
            Message("The weight of a target is a whole number from 1 to {most}.", most=MOST_WEIGHT)
        )
    return weight


def _one_of(*words: str) -> Reader:
    def read(value: Any) -> str:
        word = str(value).strip().casefold()
        if word not in words:
            raise Unreadable(
                Message("“{value}” is none of {words}.", value=str(value)[:60], words=tuple(words))
            )
        return word

    return read
