"""How does a table become a file: CSV, a spreadsheet or JSON lines?

A cell that a spreadsheet would take for a formula stays a text in every form. Knows nothing of what the
table is about.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST_CELL = 32_767
"""Characters that a spreadsheet takes in one cell."""

Rows = Iterable[Mapping[str, Any]]


def cell(value: Any) -> str:
    """A value as the text of one cell; a list is parted by semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "; ".join(cell(item) for item in value)
    return str(value)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what begins like one."""
    begins_like_one = text.lstrip(" ").startswith(FORMULA_SIGNS)
    return f"'{text}" if begins_like_one else text


def as_csv(columns: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read every script."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([harmless(cell(row.get(name))) for name in columns] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(columns: Sequence[str], rows: Rows) -> bytes:
    """One sheet of texts; nothing in it is a formula, a link or a number."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 1)
        for at, name in enumerate(columns):
            sheet.write_string(0, at, name, bold)
        for line, row in enumerate(rows, start=1):
            for at, name in enumerate(columns):
                sheet.write_string(line, at, cell(row.get(name))[:LONGEST_CELL])
    return file.getvalue()


def as_jsonl(columns: Sequence[str], rows: Rows) -> bytes:
    """One JSON object a line, in UTF-8, with values as they are."""
    chosen = ({name: row[name] for name in columns if name in row} for row in rows)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen).encode()


FORMS: Mapping[str, tuple[str, Callable[[Sequence[str], Rows], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "jsonl": ("application/x-ndjson; charset=utf-8", as_jsonl),
}
"""Ending of the file name: its media type, and how to write it."""
