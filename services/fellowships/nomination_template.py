"""An empty table for an import of nominations, with the words and codes that its cells may hold."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import xlsxwriter
from sqlalchemy.orm import Session

from procedure.access import require
from services import vocabularies
from services.fellowships.fields import BY_NAME, DEGREE_TYPES, Kind
from services.fellowships.invitations import LANGUAGES
from services.fellowships.nomination_import import COLUMNS, EMAIL, LANGUAGE
from services.fellowships.rows import call_only, fellowship_of
from services.tables import as_csv
from vocabulary.actions import Action
from vocabulary.messages import Message
from vocabulary.people import Actor

NEEDED = ("first_name", "last_name", EMAIL, "nominator_name", "nominator_email", "nominator_body",
          "nominator_kind", "nominator_country")  # fmt: skip
"""Columns that every row fills."""
ROWS_CHECKED = 5_000
Words = Callable[[Message], str]


def code_lists(session: Session, actor: Actor, call_ref: str, *, now: datetime, language: str,
               words: Words) -> dict[str, dict[str, str]]:  # fmt: skip
    """For each column with codes: code and meaning, as `words` translates it. Raises Refused."""
    call, fellowship = fellowship_of(session, call_ref)
    require(actor, Action.NOMINATION_IMPORT, call_only(call), now)
    countries = {
        one.code: one.label for one in vocabularies.options(session, vocabularies.COUNTRIES, language)
    }
    lists: dict[str, dict[str, str]] = {LANGUAGE: {code: code for code in LANGUAGES}}
    for name in COLUMNS:
        answer = BY_NAME.get(name)
        if answer is None:
            continue
        if answer.kind is Kind.COUNTRY:
            lists[name] = countries
        elif name == "chapters":
            lists[name] = {
                one["code"]: one["title"].get(language) or one["title"].get("en") or one["code"]
                for one in fellowship.chapters
            }
        elif answer.options:
            lists[name] = {code: words(label) for code, label in answer.options.items()}
    lists["degrees"] = {code: words(label) for code, label in DEGREE_TYPES.items()}
    return {name: codes for name, codes in lists.items() if codes}


def as_template(form: str, lists: Mapping[str, Mapping[str, str]]) -> bytes:
    """The table as CSV (names of columns only), or as XLSX with its lists on a second sheet."""
    return as_csv(COLUMNS, ()) if form == "csv" else _book(lists)


def _book(lists: Mapping[str, Mapping[str, str]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        rows, codes = book.add_worksheet("nominations"), book.add_worksheet("codes")
        bold, needed = book.add_format({"bold": True}), book.add_format({"bold": True, "bg_color": "#e7efe9"})
        rows.freeze_panes(1, 0)
        codes.freeze_panes(1, 0)
        for at, name in enumerate(COLUMNS):
            rows.write_string(0, at, name, needed if name in NEEDED else bold)
            rows.set_column(at, at, max(12, len(name) + 2))
        for at, title in enumerate(("column", "code", "meaning")):
            codes.write_string(0, at, title, bold)
        _write_lists(rows, codes, lists)
    return file.getvalue()


def _write_lists(rows: Any, codes: Any, lists: Mapping[str, Mapping[str, str]]) -> None:
    """Every code with its meaning; a column that holds one code offers its list in every cell."""
    line = 1
    for name, known in lists.items():
        first = line
        for code, meaning in known.items():
            for at, text in enumerate((name, code, meaning)):
                codes.write_string(line, at, text)
            line += 1
        is_one = name == LANGUAGE or (name in BY_NAME and BY_NAME[name].kind in (Kind.CODE, Kind.COUNTRY))
        if is_one:
            at = COLUMNS.index(name)
            choice = {"validate": "list", "source": f"=codes!$B${first + 1}:$B${line}"}
            rows.data_validation(1, at, ROWS_CHECKED, at, choice)
