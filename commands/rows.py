"""How do rows come out of a file that a person or another system made, and a result go into one?

Reads JSONL (one object a line) and CSV (comma, semicolon or tab; with or without byte order mark), tells
every bad row by its number, and writes all of a result or nothing. Knows nothing of what the fields mean.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vocabulary.messages import Message, plural_message

_LONGEST_CELL = 64 * 1024 * 1024
"""Characters; csv's own limit of 128 KiB is less than a long text."""

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of one row, and what would be right; row and field may be missing."""

    file: str
    row: int | None
    field: str | None
    message: Message

    def __str__(self) -> str:
        """One line: file, row, field, then the sentence."""
        place = [self.file, *([f"row {self.row}"] if self.row else []), *([self.field] if self.field else [])]
        return f"{', '.join(place)}: {self.message}"


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its number as an editor or a spreadsheet shows it, and its values by field name."""

    number: int
    values: dict[str, Any]


@dataclass(slots=True)
class Rows:
    """What a file holds: good rows, the fields that were seen, and every problem."""

    file: str
    is_csv: bool = False
    rows: list[Row] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, message: Message, row: int | None = None, name: str | None = None) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.file, row, name, message))


def read_rows(path: Path) -> Rows:
    """Read every row of a JSONL or CSV file; the first sign tells which it is.

    Field names are compared in lower case without spaces around; an empty cell and null count as absent. Rows
    without any value are passed over. Raises OSError when the file cannot be read.
    """
    found = Rows(path.name)
    text = _decode(path.read_bytes(), found)
    if text is None:
        return found
    start = text.lstrip()[:1]
    if not start:
        found.refuse(Message("The file is empty; write at least one row."))
    elif start == "[":
        found.refuse(Message("The file is one JSON array; write one object on each line instead (JSONL)."), 1)
    elif start == "{":
        _read_json(text, found)
    else:
        found.is_csv = True
        _read_csv(text, found)
    if start and not found.rows and not found.problems:
        found.refuse(Message("The file holds no rows; write at least one."))
    return found


def _decode(content: bytes, found: Rows) -> str | None:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        found.refuse(Message("The row is not in UTF-8; save the file as UTF-8."), row)
        return None


def _read_json(text: str, found: Rows) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            found.refuse(
                Message("The line is not JSON; write one object a line, closed on that line."), number
            )
            continue
        if isinstance(record, dict):
            _keep(found, number, record)
        else:
            found.refuse(Message("The line is no JSON object; write {example}.", example='{"id": …}'), number)


def _read_csv(text: str, found: Rows) -> None:
    csv.field_size_limit(_LONGEST_CELL)
    head = next(line for line in io.StringIO(text, newline="") if line.strip())
    delimiter = max(_DELIMITERS, key=lambda sign: (head.count(sign), -_DELIMITERS.index(sign)))
    records = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1)
    names: list[str] = []
    number = 0
    try:
        for number, cells in records:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip().casefold() for cell in cells]
                _check_header(names, number, found)
            elif len(cells) > len(names):
                message = plural_message(
                    "The row has {n} cell, the header {wanted}.",
                    "The row has {n} cells, the header {wanted}.",
                    len(cells),
                    wanted=len(names),
                )
                found.refuse(message, number)
            else:
                _keep(found, number, dict(zip(names, cells, strict=False)))
    except csv.Error:
        found.refuse(
            Message("The quotes do not close; write a quote inside a quoted cell twice."), number + 1
        )


def _check_header(names: list[str], number: int, found: Rows) -> None:
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        found.refuse(Message("The column stands twice; keep one."), number, name)


def _keep(found: Rows, number: int, record: dict[str, Any]) -> None:
    values = {
        str(name).strip().casefold(): value
        for name, value in record.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
    found.fields |= {name for name in (str(key).strip().casefold() for key in record) if name}
    found.rows.append(Row(number, values))


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file that appears when the last one is on the disk, or not at all.

    Only this user may read it, as it may hold people's data. Raises OSError when that cannot be done; an
    older file of that name then stays as it was.
    """
    _write_whole(path, (f"{line}\n".encode() for line in lines))


def write_bytes_whole(path: Path, content: bytes) -> None:
    """The same for what is no text."""
    _write_whole(path, (content,))


def _write_whole(path: Path, parts: Iterable[bytes]) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        try:
            draft.writelines(parts)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(draft.name).unlink()
            raise
