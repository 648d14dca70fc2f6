"""How do rows of a file become records, each field read by its own reader, every problem told at once?

For the commands that work on small tables of ids and numbers. Knows nothing of what the fields mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from commands.values import Unreadable, read_id
from services.row_files import Problem, Rows
from services.table_files import read_table
from vocabulary.messages import Message

Reader = Callable[[Any], Any]
Record = dict[str, Any]
_N_DECIMALS = 6
_MOST_NAMED = 12
"""Columns of a file that a message names."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The cell of another file that asks for a column."""

    file: str
    row: int
    field: str


def read_records(
    path: Path,
    required: Mapping[str, Reader],
    optional: Mapping[str, Reader],
    problems: list[Problem],
    asked_by: Mapping[str, Origin] = MappingProxyType({}),
) -> list[Record]:
    """Records of a CSV, XLSX or JSONL file; what is wrong with any goes to `problems`, by row and field.

    asked_by : columns that a cell of another file asks for; where there is none, that cell is what is wrong.
    """
    try:
        rows = read_table(path)
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}") from error
    missing = [name for name in required if rows.fields and name not in rows.fields]
    names = tuple(sorted(rows.fields))[:_MOST_NAMED]
    for name in missing:
        origin = asked_by.get(name)
        if origin is None:
            rows.refuse(
                Message("There is no such column; the first row names {names}.", names=names), 1, name
            )
        else:
            text = Message(
                "{file} has no column “{name}”; it has {names}.", file=path.name, name=name, names=names
            )
            problems.append(Problem(origin.file, origin.row, origin.field, text))
    readers = {**required, **optional}
    found = [_record(rows, row.number, row.values, readers, required) for row in rows.rows if not missing]
    problems += rows.problems
    return [record for record in found if record is not None]


def _record(
    rows: Rows,
    number: int,
    values: Mapping[str, Any],
    readers: Mapping[str, Reader],
    required: Mapping[str, Reader],
) -> Record | None:
    record: Record = {"row": number}
    n_problems = len(rows.problems)
    for name, reader in readers.items():
        if name not in values:
            if name in required:
                rows.refuse(Message("It is missing or empty; every row needs one."), number, name)
            continue
        try:
            record[name] = reader(values[name])
        except Unreadable as error:
            rows.refuse(error.message, number, name)
    return record if len(rows.problems) == n_problems else None


def refuse_twice(path: Path, records: Iterable[Record], keys: Sequence[str], problems: list[Problem]) -> None:
    """A key that stands in two rows is a problem of the second."""
    seen: dict[tuple[Any, ...], int] = {}
    for record in records:
        key = tuple(record[name] for name in keys)
        if key in seen:
            message = Message(
                "“{id}” stands already in row {row}; keep one of the two.", id=", ".join(key), row=seen[key]
            )
            problems.append(Problem(path.name, record["row"], keys[-1], message))
        else:
            seen[key] = record["row"]


def refuse_unknown(
    path: Path, records: Iterable[Record], name: str, known: Path, ids: Iterable[str], problems: list[Problem]
) -> None:
    """An id that another file does not hold is a problem."""
    held = frozenset(ids)
    for record in records:
        if record[name] not in held:
            message = Message(
                "“{id}” is not in {file}; name an id of that file.", id=record[name], file=known.name
            )
            problems.append(Problem(path.name, record["row"], name, message))


# --- readers ----------------------------------------------------------------------------------------------


def read_name(value: Any) -> str:
    """An id, or the name of a region."""
    return read_id(value)


def read_score(value: Any) -> Decimal:
    """A number of 0 or more, kept to six decimals."""
    try:
        score = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal("nan")
    except InvalidOperation:
        score = Decimal("nan")
    if not score.is_finite() and str(value).count(",") == 1 and _is_number(str(value).replace(",", ".")):
        text = str(value).strip()
        raise Unreadable(
            Message(
                "“{value}” has a comma; write {plain}.", value=text[:60], plain=text.replace(",", ".")[:60]
            )
        )
    if not score.is_finite() or not 0 <= score < 10**6:
        message = Message(
            "“{value}” is no score; write a number from 0 to below 1000000, such as 0.75.",
            value=str(value)[:60],
        )
        raise Unreadable(message)
    return round(score, _N_DECIMALS)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def whole_scores(scores: Iterable[Decimal]) -> tuple[list[int], Decimal]:
    """Scores as integers, and the unit they count: the smallest decimal that any of them uses."""
    given = list(scores)
    exponent = max((-int(score.normalize().as_tuple().exponent) for score in given), default=0)
    unit = Decimal(1).scaleb(-max(exponent, 0))
    return [int(score / unit) for score in given], unit
