"""How are the cells of a shortlist read: several values, chapters with their seats, wishes, bands?

A cell with several values parts them by semicolons, in JSONL they may be a list; somebody counts as each.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands.records import Reader, read_name, read_records, refuse_twice
from commands.values import Unreadable
from fellowships.facts import ANY, Chapter, Value
from services.row_files import Problem
from vocabulary.messages import Message

BETWEEN = ";"
_MOST_COUNT = 100_000


def read_chapters(path: Path, n_seats: int, problems: list[Problem]) -> tuple[Chapter, ...]:
    """Chapters and their seats, which add up to those of the list."""
    n_problems = len(problems)
    found = read_records(path, {"chapter": _read_code, "seats": read_count}, {}, problems)
    refuse_twice(path, found, ("chapter",), problems)
    n = sum(one["seats"] for one in found)
    if found and len(problems) == n_problems and n != n_seats:
        message = Message("The chapters have {n} seats together; the list has {all}.", n=n, all=n_seats)
        problems.append(Problem(path.name, found[-1]["row"], "seats", message))
    return tuple(Chapter(one["chapter"], one["seats"]) for one in found)


def _read_code(value: Any) -> str:
    code = read_value(value)
    if code == ANY or BETWEEN in code:
        text = Message("“{value}” cannot be the code of a chapter; use letters and figures.", value=code[:60])
        raise Unreadable(text)
    return code


def read_wishes(codes: Sequence[str]) -> Reader:
    """A reader of chapters in order of wish; * as the last: any other, * alone: any. Each stands once."""

    def read(value: Any) -> tuple[str, ...]:
        wishes = _parts(value)
        for at, code in enumerate(wishes):
            if code not in codes and (code != ANY or at + 1 < len(wishes)):
                text = Message("“{value}” is none of {words}.", value=code[:60], words=(*codes, ANY))
                raise Unreadable(text)
            if code in wishes[:at]:
                raise Unreadable(Message("“{value}” stands twice; keep one.", value=code[:60]))
        return () if wishes == (ANY,) else wishes

    return read


def read_band(order: Sequence[str]) -> Reader:
    """A reader of bands of merit; of these, where they are named."""

    def read(value: Any) -> str:
        band = read_value(value)
        if order and band not in order:
            text = Message("“{value}” is none of {words}.", value=band[:60], words=tuple(order))
            raise Unreadable(text)
        return band

    return read


def read_values(value: Any) -> Value:
    """A word, or several; somebody counts as each."""
    found = tuple(sorted(set(_parts(value))))
    return found if len(found) > 1 else found[0]


def each(value: Value) -> tuple[str, ...]:
    """The values of a cell."""
    return value if isinstance(value, tuple) else (value,)


def read_value(value: Any) -> str:
    """A word or a whole number, with single spaces."""
    return " ".join(read_name(value).split())


def read_count(value: Any) -> int:
    """A whole number of 0 or more."""
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or int(text) > _MOST_COUNT:
        raise Unreadable(
            Message("“{value}” is no whole number from 0 to {most}.", value=text[:60], most=_MOST_COUNT)
        )
    return int(text)


def _parts(value: Any) -> tuple[str, ...]:
    given = value if isinstance(value, list) else str(read_name(value)).split(BETWEEN)
    found = tuple(read_value(part) for part in given if not isinstance(part, str) or part.strip())
    if not found:
        raise Unreadable(Message("It is missing or empty; every row needs one."))
    return found
