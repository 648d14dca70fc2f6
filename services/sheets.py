"""What stands in a spreadsheet (XLSX) that a person or another system made? Texts, by row and column.

Reads the first sheet only, without formulas: their values depend on a program we do not have. Knows nothing
of what the columns mean.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from vocabulary.messages import Message

MOST_UNPACKED = 1024 * 1024 * 1024
"""Bytes; a small file that unpacks to more than this is no table but an attack."""

MOST_COLUMNS = 500
NO_SHEET = Message("The file cannot be read as a spreadsheet; save it anew as XLSX, or as CSV in UTF-8.")
FORMULA = Message("The cell holds a formula; put its value there instead.")
BROKEN_CELL = Message("The cell holds an error of the spreadsheet; put the right value there.")


@dataclass(slots=True)
class Sheet:
    """The first sheet: names of the columns, rows with their numbers, and cells that cannot be read."""

    columns: list[str] = field(default_factory=list)
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    faults: list[tuple[int | None, str | None, Message]] = field(default_factory=list)


def read_sheet(content: bytes) -> Sheet:
    """Read the first sheet; names of columns in lower case, empty cells and empty rows left out."""
    sheet = Sheet()
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            n_unpacked = sum(member.file_size for member in packed.infolist())
        if n_unpacked > MOST_UNPACKED:
            sheet.faults.append((None, None, Message("The spreadsheet is too large; split it.")))
            return sheet
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            _read(sheet, book.worksheets[0].iter_rows(max_col=MOST_COLUMNS))
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, SyntaxError, OSError):
        return Sheet(faults=[(None, None, NO_SHEET)])
    return sheet


def _read(sheet: Sheet, lines: Iterator[tuple[Any, ...]]) -> None:
    for number, cells in enumerate(lines, start=1):
        if not sheet.columns:
            names = [str(cell.value).strip().casefold() if cell.value is not None else "" for cell in cells]
            while names and not names[-1]:
                names.pop()
            sheet.columns = names
            continue
        values = _values(sheet, number, cells)
        if values:
            sheet.rows.append((number, values))


def _values(sheet: Sheet, number: int, cells: tuple[Any, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for at, cell in enumerate(cells):
        if cell.value is None or (isinstance(cell.value, str) and not cell.value.strip()):
            continue
        name = sheet.columns[at] if at < len(sheet.columns) else ""
        if not name:
            sheet.faults.append((number, None, Message("The row has a cell under no name of a column.")))
        elif cell.data_type == "f":
            sheet.faults.append((number, name, FORMULA))
        elif cell.data_type == "e":
            sheet.faults.append((number, name, BROKEN_CELL))
        else:
            values[name] = _text(cell.value)
    return values


def _text(value: Any) -> str:
    """A cell as somebody would type it: 25000 and not 25000.0, days as 2027-03-31."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
