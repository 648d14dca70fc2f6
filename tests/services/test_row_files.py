"""services/row_files.py: a result appears whole, or nothing changes."""

from __future__ import annotations

import pytest

from services.row_files import read_rows, write_whole


def test_write_whole_writes_every_line_and_leaves_nothing_else(tmp_path):
    write_whole(tmp_path / "out.jsonl", ["one", "zwei é 湿"])

    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_bytes() == "one\nzwei é 湿\n".encode()


def test_write_whole_keeps_the_older_file_when_the_lines_break_off(tmp_path):
    def lines():
        yield "one"
        raise OSError(28, "No space left on device")

    (tmp_path / "out.jsonl").write_text("older\n")

    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "out.jsonl", lines())

    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text() == "older\n"


def test_read_rows_numbers_rows_as_a_spreadsheet_does(tmp_path):
    (tmp_path / "some.csv").write_text('id,text\n1,"two\nlines"\n\n2,soil\n')

    rows = read_rows(tmp_path / "some.csv")

    assert [(row.number, row.values) for row in rows.rows] == [
        (2, {"id": "1", "text": "two\nlines"}),
        (4, {"id": "2", "text": "soil"}),
    ]


def test_read_rows_keeps_control_characters_inside_a_cell(tmp_path):
    (tmp_path / "some.csv").write_text("id,text\n1,a\x0cb\u2028c\n")

    assert [row.values["text"] for row in read_rows(tmp_path / "some.csv").rows] == ["a\x0cb\u2028c"]
