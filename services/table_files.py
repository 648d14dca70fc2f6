"""How do the rows of a CSV, XLSX or JSONL file become values that a schema can read?

Finds every fault by row and column; knows how cells are written, and nothing of what the values mean.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from services.row_files import Row, Rows, read_rows
from services.sheets import read_sheet
from services.tables import FORMULA_SIGNS
from vocabulary.messages import Message

ENDINGS = (".csv", ".tsv", ".xlsx", ".jsonl", ".ndjson")
MOST_BYTES = 300 * 1024 * 1024
MOST_ROWS = 100_000


def read_table(path: Path) -> Rows:
    """Every row of a file, by its ending. Raises OSError when the file cannot be read."""
    if path.stat().st_size > MOST_BYTES:
        found = Rows(path.name)
        found.refuse(Message("The file is larger than {n} MB; split it.", n=MOST_BYTES // 1024 // 1024))
        return found
    found = _sheet(path) if path.suffix.lower() == ".xlsx" else read_rows(path)
    if len(found.rows) > MOST_ROWS:
        found.refuse(Message("The file holds more than {n} rows; split it.", n=MOST_ROWS))
    return found


def _sheet(path: Path) -> Rows:
    sheet = read_sheet(path.read_bytes())
    found = Rows(path.name)
    for row, name, message in sheet.faults:
        found.refuse(message, row, name)
    for name in sorted({name for name in sheet.columns if name and sheet.columns.count(name) > 1}):
        found.refuse(Message("The column stands twice; keep one."), 1, name)
    found.fields = {name for name in sheet.columns if name}
    found.rows = [Row(number, values) for number, values in sheet.rows]
    if not found.rows and not found.problems:
        found.refuse(Message("The file holds no rows; write at least one."))
    return found


def check_columns(rows: Rows, known: Collection[str]) -> None:
    """Note every column that there is not, with those whose names are close."""
    for name in sorted(rows.fields - set(known)):
        message = Message("There is no such column.")
        for close in difflib.get_close_matches(name, sorted(known), n=1):
            message = Message("There is no such column; did you mean {name}?", name=close)
        rows.refuse(message, None, name)


def values_of(row: Row, rows: Rows, lists: Collection[str], objects: Collection[str]) -> dict[str, Any]:
    """The values of a row; in a table of texts, lists are parted by semicolons and objects are JSON."""
    values: dict[str, Any] = {}
    for name, cell in row.values.items():
        if not isinstance(cell, str):
            values[name] = cell
            continue
        text = _as_meant(cell) if rows.is_csv else cell
        if name in lists:
            values[name] = [part for piece in text.split("\n") for part in _parts(piece)]
        elif name in objects:
            values[name] = _object(text, row, rows, name)
        else:
            values[name] = text
    return values


def _as_meant(text: str) -> str:
    """Takes back the apostrophe that keeps a spreadsheet from reading a text as a formula."""
    if text.startswith("'") and text[1:].lstrip(" ").startswith(FORMULA_SIGNS):
        return text[1:]
    return text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _object(text: str, row: Row, rows: Rows, name: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    message = Message("This must be a JSON object, such as {example}.", example='{"1": {"finding": "met"}}')
    rows.refuse(message, row.number, name)
    return None
