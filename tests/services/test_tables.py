"""services/tables.py: files that spreadsheets read as texts, and the same texts back."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tables import FORMS, as_csv, as_jsonl, as_xlsx, cell, harmless

SIGNS = "=+-@\t\r\n＝＋－＠"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@pytest.mark.parametrize("sign", SIGNS)
def test_harmless_puts_an_apostrophe_before_every_formula_sign(sign: str) -> None:
    assert [harmless(f"{sign}1"), harmless(f"  {sign}1")] == [f"'{sign}1", f"'  {sign}1"]


@given(TEXTS)
def test_harmless_leaves_every_other_text_alone(text: str) -> None:
    expected = text if text.lstrip(" ")[:1] not in SIGNS or not text.strip(" ") else f"'{text}"

    assert harmless(text) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (False, "false"), (["a", "b"], "a; b"), ([], ""), (4, "4"), ("x", "x")],
)
def test_cell_writes_a_value_as_text(value: object, text: str) -> None:
    assert cell(value) == text


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), TEXTS), max_size=4))
def test_csv_reads_back_as_written(rows: list[dict[str, str]]) -> None:
    written = as_csv(["a", "b"], rows).decode("utf-8-sig")

    read = list(csv.DictReader(io.StringIO(written, newline="")))

    assert read == [{name: harmless(row.get(name, "")) for name in ("a", "b")} for row in rows]


def test_xlsx_holds_texts_only() -> None:
    rows = [{"a": "=1+1", "b": "https://example.org"}, {"a": "12", "b": "x" * 40_000}]

    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(["a", "b"], rows))).active

    cells = [(found.value, found.data_type, found.hyperlink) for line in sheet.iter_rows() for found in line]
    assert cells == [
        (text, "s", None) for text in ("a", "b", "=1+1", "https://example.org", "12", "x" * 32_767)
    ]


def test_jsonl_keeps_values_and_leaves_out_what_is_not_there() -> None:
    written = as_jsonl(["a", "b"], [{"a": ["é", "中"], "c": 1}, {"b": None}])

    assert [json.loads(line) for line in written.decode().splitlines()] == [{"a": ["é", "中"]}, {"b": None}]


def test_every_form_writes_an_empty_table() -> None:
    assert sorted(FORMS) == ["csv", "jsonl", "xlsx"]
    assert all(isinstance(write(["a"], []), bytes) for _, write in FORMS.values())
