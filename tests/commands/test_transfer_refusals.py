"""Tables that are refused on the way in: every fault by row and column, and nothing written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import sqlalchemy.orm
import xlsxwriter
from click.testing import Result
from flask import Flask

from models.entries import Entry
from services.clock import utc_now
from tests.commands.operating import run
from tests.commands.transferring import counts, row, said, table
from tests.factories import make_call, make_submitted
from tests.fixtures import Opened
from vocabulary.states import CallState


def faults(result: Result) -> list[str]:
    return [line for line in said(result) if not line.startswith("Look at")]


def test_import_tells_every_fault_by_row_and_column_and_writes_nothing(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    with write() as session:
        closed = make_call(session, now=utc_now() - timedelta(days=90), state=CallState.CLOSED).ref
    rows = [
        row(),
        row(title="Two", ends_on="2027-02-30", amount_sought="a lot"),
        row(title="Three", support=["traning"], call=closed),
        row(title="Four", contact_email="nobody", call="CALL-1999-0001", summary="word " * 151),
        row(title=None, consent_terms=False, ref="REQ-1999-0001"),
    ]

    result = run(app, "import", "requests", table(tmp_path / "in.csv", rows))

    places = [line.partition(":")[0].removeprefix("in.csv, ") for line in said(result)[:-1]]
    assert result.exit_code == 1
    assert places == [
        "row 3, amount_sought",
        "row 3, ends_on",
        "row 4, call",
        "row 4, essential_support",
        "row 4, support",
        "row 5, call",
        "row 5, contact_email",
        "row 5, summary",
        "row 6, ref",
    ]
    assert "The list has training" in result.output
    assert said(result)[-1] == "Nothing was written. Faults: 9, in rows: 4."
    assert counts(read) == (0, 0, 0)


def test_import_refuses_a_row_that_says_something_else_than_here(
    app: Flask, write: Opened, tmp_path: Path
) -> None:
    with write() as session:
        ref = make_submitted(session).ref

    path = table(tmp_path / "in.jsonl", [{"ref": ref, "title": "Another", "need": "Another"}])
    result = run(app, "import", "requests", path)

    other = f"{ref} says something else here. An import changes no entry; its owner does."
    assert said(result) == [
        f"in.jsonl, row 1, need: {other}",
        f"in.jsonl, row 1, title: {other}",
        "Nothing was written. Faults: 2, in rows: 1.",
    ]


def test_import_refuses_what_stands_twice_and_points_out_what_is_alike(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    first = row(title="A first national assessment of wetlands")
    rows = [first, row(title="A first national assessment of wetland"), first]

    twice = run(app, "import", "requests", table(tmp_path / "twice.csv", rows))
    once = run(app, "import", "requests", table(tmp_path / "once.csv", rows[:2]))
    again = run(app, "import", "requests", table(tmp_path / "again.csv", rows[:1]))

    alike = "title: Nearly the same as row 2; is it the same entry?"
    assert said(twice) == [
        f"Look at twice.csv, row 3, {alike}",
        f"Look at twice.csv, row 4, {alike}",
        "twice.csv, row 4: This row repeats row 2.",
        "Nothing was written. Faults: 1, in rows: 1.",
    ]
    assert said(once)[0] == f"Look at once.csv, row 3, {alike}"
    assert once.exit_code == 0
    assert again.exit_code == 1
    assert "again.csv, row 2: This is here already, as REQ-" in again.output
    assert counts(read)[0] == 2


def test_import_names_unknown_columns_and_close_ones(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("titel,price\nA,1\n", encoding="utf-8")

    result = run(app, "import", "requests", tmp_path / "in.csv", "--as", "draft")

    assert faults(result)[:2] == [
        "in.csv, price: There is no such column.",
        "in.csv, titel: There is no such column; did you mean title?",
    ]
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("in.csv", "title;summary\nÉtude;x\n".encode("latin-1"), "The row is not in UTF-8"),
        ("in.xlsx", b"no spreadsheet", "cannot be read as a spreadsheet"),
        ("in.xlsx", b"PK\x05\x06" + bytes(18), "cannot be read as a spreadsheet"),
        ("in.jsonl", b'{"title": "A"\n', "The line is not JSON"),
        ("in.csv", b"", "The file is empty"),
        ("in.csv", b"title,summary\n", "The file holds no rows"),
        ("in.csv", b"title,title\na,b\n", "The column stands twice"),
        ("in.csv", b'title,summary\n"a,b\n', "The quotes do not close"),
        ("in.csv", b"title,self_assessment\na,[1]\n", "This must be a JSON object"),
        ("in.csv", b"title,self_assessment\na,{\n", "This must be a JSON object"),
        ("in.csv", b"title,summary\na\x00b,x\n", "holds a character that cannot be stored"),
    ],
)
def test_import_refuses_broken_files_in_words(
    app: Flask, read: Opened, tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data)

    result = run(app, "import", "requests", tmp_path / name, "--as", "draft")

    assert result.exit_code == 1, result.output
    assert told in result.output
    assert counts(read) == (0, 0, 0)


def test_import_refuses_formulas_and_reads_cells_as_they_are_meant(
    app: Flask, read: Opened, tmp_path: Path
) -> None:
    with xlsxwriter.Workbook(tmp_path / "in.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Title", "amount_sought", "starts_on", "support", "consent_terms", "language"])
        sheet.write_row(1, 0, ["Typed", 25000])
        sheet.write_datetime(1, 2, utc_now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None),
                             book.add_format({"num_format": "yyyy-mm-dd"}))  # fmt: skip
        sheet.write_row(1, 3, ["training; mentoring", True, "en"])
        sheet.write_formula(3, 1, "=1+1", value=2)
        sheet.write(3, 0, "Calculated")

    refused = run(app, "import", "requests", tmp_path / "in.xlsx", "--as", "draft")
    with xlsxwriter.Workbook(tmp_path / "good.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Title", "amount_sought", "support", "consent_terms"])
        sheet.write_row(1, 0, ["Typed", 25000.5, "training; mentoring", True])
    entered = run(app, "import", "requests", tmp_path / "good.xlsx", "--as", "draft")

    assert faults(refused)[0] == (
        "in.xlsx, row 4, amount_sought: The cell holds a formula; put its value there instead."
    )
    assert entered.exit_code == 0, entered.output
    with read() as session:
        made = session.execute(sa.select(Entry).options(sa.orm.selectinload(Entry.terms))).scalar_one()
        assert (made.title, str(made.amount_sought), made.consent_terms, made.state) == (
            "Typed",
            "25000.50",
            True,
            "draft",
        )
        assert [term.code for term in made.terms] == ["mentoring", "training"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "nominations", "x.csv"),
        ("import", "requests", "missing.csv"),
        ("import", "requests"),
        ("import", "requests", "in.pdf"),
        ("export", "requests", "-o", "x.pdf"),
        ("export", "requests"),
        ("export", "requests", "-o", "no/such/folder/x.csv"),
        ("export", "organisations", "--public", "-o", "x.csv"),
    ],
)
def test_wrong_use_ends_with_2(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.pdf").write_text("x")

    result = run(app, *arguments)

    assert result.exit_code == 2
    assert "Error" in result.output
