"""How do rows come out of a file that a person or another system made, and a result go into one?

Reads JSONL (one object a line) and CSV (comma, semicolon or tab; with or without byte order mark) row by
row, tells every bad row by its number, and writes all of a result or nothing. Knows nothing of what the
fields mean.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from vocabulary.messages import Message, plural_message

_LONGEST_CELL = 64 * 1024 * 1024
"""Characters; csv's own limit of 128 KiB is less than a long text."""

_DELIMITERS = (",", ";", "\t")

MOST_TOLD = 1_000
"""Problems of a file that are told in full; of the rest only row and field are kept."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of one row, and what would be right; row and field may be missing.

    `is_brief`: the message is that of a problem of the same sort, in an earlier row.
    """

    file: str
    row: int | None
    field: str | None
    message: Message
    is_brief: bool = False

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
    """What a file holds: good rows (unless they are read one by one), the fields seen, and every problem."""

    file: str
    is_csv: bool = False
    rows: list[Row] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    n_read: int = 0
    n_bytes: int = 0
    sorts: dict[tuple[str | None, str], Message] = field(default_factory=dict)

    def refuse(self, message: Message, row: int | None = None, name: str | None = None) -> None:
        """Note a problem."""
        is_brief = len(self.problems) >= MOST_TOLD
        if is_brief:  # a file of a million bad rows must not fill the memory with sentences
            message = self.sorts.setdefault((name, message.msgid), message)
        self.problems.append(Problem(self.file, row, name, message, is_brief))


def read_rows(path: Path) -> Rows:
    """Read every row of a file at once: `stream_rows` for files that are small."""
    found = Rows(path.name)
    found.rows = list(stream_rows(path, found))
    return found


def stream_rows(path: Path, found: Rows) -> Iterator[Row]:
    """Read a JSONL or CSV file row by row; the first sign tells which it is.

    Field names are compared in lower case without spaces around; an empty cell and null count as absent. Rows
    without any value are passed over. What is wrong goes to `found`, and so do the fields that were seen.
    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as opened:
        is_wide = opened.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
        encoding = "utf-16" if is_wide else "utf-8-sig"
        counted = _Counted(opened, found)
        lines = io.TextIOWrapper(counted, encoding=encoding, errors="surrogateescape", newline="")  # type: ignore[type-var]  # read1 is all that it asks for
        try:
            yield from _rows_of(lines, found)
        except UnicodeError:  # half a character at the end of a file in UTF-16
            found.refuse(Message("The file breaks off within a character; save it as UTF-8."))


class _Counted(io.BufferedIOBase):
    """A file that is read from its beginning and tells how far it is; it may be a pipe."""

    def __init__(self, opened: io.BufferedIOBase, found: Rows) -> None:
        self._opened, self._found = opened, found

    def readable(self) -> bool:
        return True

    def read1(self, size: int | None = -1, /) -> bytes:
        content = self._opened.read1(-1 if size is None else size)
        self._found.n_bytes += len(content)
        return content


def _rows_of(lines: Iterable[str], found: Rows) -> Iterator[Row]:
    source = iter(lines)
    before: list[str] = []
    for line in source:
        before.append(line)
        if line.strip():
            break
    start = "".join(before).lstrip()[:1]
    if not start:
        found.refuse(Message("The file is empty; write at least one row."))
        return
    if start == "[":
        found.refuse(Message("The file is one JSON array; write one object on each line instead (JSONL)."), 1)
        return
    found.is_csv = start != "{"
    read = _read_csv if found.is_csv else _read_json
    yield from read(chain(before, source), found)
    if not found.n_read and not found.problems:
        found.refuse(Message("The file holds no rows; write at least one."))


def _is_utf8(line: str) -> bool:
    """No byte of it was anything else: such a byte stands as half of a pair of surrogates."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_bytes(number: int, found: Rows) -> None:
    found.refuse(Message("The row is not in UTF-8; save the file as UTF-8."), number)


def _read_json(lines: Iterable[str], found: Rows) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if not _is_utf8(line):
            _refuse_bytes(number, found)
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            found.refuse(
                Message("The line is not JSON; write one object a line, closed on that line."), number
            )
            continue
        if isinstance(record, dict):
            yield _kept(found, number, record)
        else:
            found.refuse(Message("The line is no JSON object; write {example}.", example='{"id": …}'), number)


def _read_csv(lines: Iterable[str], found: Rows) -> Iterator[Row]:
    names: list[str] = []
    for number, cells in _records(lines, found):
        if not any(cell.strip() for cell in cells):
            continue
        if not _is_utf8("".join(cells)):
            _refuse_bytes(number, found)
        elif not names:
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
            yield _kept(found, number, dict(zip(names, cells, strict=False)))


def _records(lines: Iterable[str], found: Rows) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each record; one whose quotes are wrong is told and passed over."""
    source = iter(lines)
    before: list[str] = []
    for line in source:
        before.append(line)
        if line.strip():
            break
    delimiter = max(_DELIMITERS, key=lambda sign: (before[-1].count(sign), -_DELIMITERS.index(sign)))
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(chain(before, source), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = Message("The quotes do not close; write a quote inside a quoted cell twice.")
            found.refuse(message, number)
            continue
        yield number, cells


def _check_header(names: list[str], number: int, found: Rows) -> None:
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        found.refuse(Message("The column stands twice; keep one."), number, name)


def _kept(found: Rows, number: int, record: dict[str, Any]) -> Row:
    given = {str(name).strip().casefold(): value for name, value in record.items()}
    found.fields.update(name for name in given if name)
    found.n_read += 1
    return Row(number, {name: value for name, value in given.items() if not _is_absent(value)})


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file that appears when the last one is on the disk, or not at all.

    Only this user may read it, as it may hold people's data. Raises OSError when that cannot be done; an
    older file of that name then stays as it was.
    """
    _write_whole(path, (f"{line}\n".encode(errors="replace") for line in lines))


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
