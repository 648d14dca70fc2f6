"""Tables out and in: equal after a round trip, every fault by row and column, and all rows or none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import sqlalchemy.orm
import xlsxwriter
from click.testing import Result
from flask import Flask

from models.audit import AuditEvent
from models.entries import Entry
from models.operation import OutgoingMail
from models.people import Organisation
from services import audit
from services.clock import utc_now
from services.queries.bulk_exports import TOLD, entry_columns
from services.tables import as_csv, as_jsonl, as_xlsx
from tests.factories import content, make_account, make_call, make_published, make_submitted
from tests.fellowship_factories import make_fellowship
from tests.fixtures import Opened, _empty
from vocabulary.states import CallState, EntryKind

REQUEST, OFFER = EntryKind.REQUEST, EntryKind.OFFER
WRITERS: Mapping[str, Callable[..., bytes]] = {".csv": as_csv, ".xlsx": as_xlsx, ".jsonl": as_jsonl}
SOON = {
    "starts_on": (utc_now() + timedelta(days=90)).date().isoformat(),
    "ends_on": (utc_now() + timedelta(days=300)).date().isoformat(),
}
TRICKY = {
    "title": '=HYPERLINK("http://x.example";"click") and, "more"; texts',
    "summary": "Line one\n\nLine two; with a semicolon, and «quotes» — 中文，العربية",
    "need": "+ first\n- second\n@ third",
    "activities": "Texts that are <b>bold</b>",
    "contact_phone": "+254 20 762 4001",
    "self_assessment": {"11": {"finding": "unclear", "text": "=1+1; 'quoted'"}},
}


def run(app: Flask, *arguments: object) -> Result:
    return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])


def said(result: Result) -> list[str]:
    return result.output.splitlines()


def faults(result: Result) -> list[str]:
    return [line for line in said(result) if not line.startswith("Look at")]


def row(kind: EntryKind = REQUEST, **changes: Any) -> dict[str, Any]:
    """What can be entered today."""
    late = {"valid_until": SOON["ends_on"]} if kind is OFFER else {}
    return content(kind, **(SOON | late | changes))


def table(path: Path, rows: Iterable[Mapping[str, Any]], kind: EntryKind = REQUEST) -> Path:
    """A file of rows with the columns that some row names, in the order of an export."""
    found = [dict(each) for each in rows]
    columns = [name for name in entry_columns(kind) if any(name in each for each in found)]
    if path.suffix != ".jsonl":
        for each in found:
            each["self_assessment"] = json.dumps(each.get("self_assessment") or {})
    path.write_bytes(WRITERS[path.suffix](columns, found))
    return path


def counts(read: Opened) -> tuple[int, int, int]:
    """Entries, organisations, mails."""
    with read() as session:
        return tuple(
            session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
            for model in (Entry, Organisation, OutgoingMail)
        )


# --- there and back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(EntryKind))
@pytest.mark.parametrize("ending", list(WRITERS))
def test_export_and_import_elsewhere_gives_the_same_export(
    app: Flask, write: Opened, read: Opened, tmp_path: Path, kind: EntryKind, ending: str
) -> None:
    tricky = {name: text for name, text in TRICKY.items() if kind is REQUEST or name != "self_assessment"}
    with write() as session:
        for changes in ({}, tricky, {"title": "Only words", "contact_phone": None}):
            make_submitted(session, kind, now=utc_now(), **row(kind, **changes))
    there, back = tmp_path / f"there{ending}", tmp_path / f"back{ending}"
    nouns = f"{kind.value}s"

    first = run(app, "export", nouns, "-o", there)
    with app.app_context():
        _empty()
    entered = run(app, "import", nouns, there, "--new")
    second = run(app, "export", nouns, "-o", back)

    assert (first.exit_code, entered.exit_code, second.exit_code) == (0, 0, 0), entered.output
    assert known(back) == known(there)
    assert len(known(there)) == 3
    assert counts(read) == (3, 1, 0)
    with read() as session:
        assert audit.verify(session)[1] is None


def known(path: Path) -> list[dict[str, Any]]:
    """What a file holds, without what differs from place to place."""
    if path.suffix == ".jsonl":
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    elif path.suffix == ".csv":
        found = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    else:
        book = pytest.importorskip("openpyxl").load_workbook(path)
        names, *lines = book.active.iter_rows(values_only=True)
        found = [dict(zip(names, line, strict=True)) for line in lines]
    return [{name: value for name, value in each.items() if name not in ("ref", *TOLD)} for each in found]


def test_own_export_is_passed_over(app: Flask, write: Opened, read: Opened, tmp_path: Path) -> None:
    with write() as session:
        make_submitted(session, title="First")
        make_published(session, title="Second")
    run(app, "export", "requests", "-o", tmp_path / "all.csv")

    result = run(app, "import", "requests", tmp_path / "all.csv")

    assert said(result) == ["0 requests were entered; 2 were here already."]
    assert counts(read)[0] == 2


def test_export_holds_no_formula_and_notes_that_it_was_made(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    with write() as session:
        make_submitted(session, **TRICKY)

    result = run(app, "export", "requests", "-o", tmp_path / "all.csv")

    cells = next(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text("utf-8-sig"), newline="")))
    with read() as session:
        events = session.execute(sa.select(AuditEvent.action).order_by(AuditEvent.sequence)).scalars().all()
    assert said(result) == [f"{tmp_path / 'all.csv'}: 1 requests."]
    assert (cells["title"][:12], cells["contact_phone"]) == ("'=HYPERLINK(", "'+254 20 762 4001")
    assert events[-1] == "export.bulk"


def test_public_export_holds_what_everybody_sees(app: Flask, write: Opened, tmp_path: Path) -> None:
    with write() as session:
        make_submitted(session, title="Hidden")
        make_published(session, title="Shown", public_fields=["title"])

    result = run(app, "export", "requests", "--public", "-o", tmp_path / "all.jsonl")

    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert result.exit_code == 0
    assert [set(found) for found in rows] == [{"ref", "published_at", "title"}]
    assert rows[0]["title"] == "Shown"


# --- what is refused --------------------------------------------------------------------------------------


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


# --- what is entered --------------------------------------------------------------------------------------


def test_dry_run_says_what_would_happen_and_writes_nothing(app: Flask, read: Opened, tmp_path: Path) -> None:
    path = table(tmp_path / "in.csv", [row(), row(title="Another one")])

    result = run(app, "import", "requests", path, "--dry-run")

    assert said(result) == ["Nothing is wrong. 2 requests would be entered; 0 were here already."]
    assert counts(read) == (0, 0, 0)


def test_import_reads_semicolons_with_a_byte_order_mark(app: Flask, read: Opened, tmp_path: Path) -> None:
    text = '\ufefftitle;languages;support\r\nEine Sache;"en; fr";training\r\n'
    (tmp_path / "in.csv").write_text(text, encoding="utf-8", newline="")

    result = run(app, "import", "offers", tmp_path / "in.csv", "--as", "draft")

    assert result.exit_code == 0, result.output
    assert "Look at in.csv, row 2, contact_email: No account has this confirmed address" in result.output
    with read() as session:
        made = session.execute(sa.select(Entry).options(sa.orm.selectinload(Entry.terms))).scalar_one()
        assert (made.kind, made.title, made.state) == (OFFER, "Eine Sache", "draft")
        assert [(term.vocabulary, term.code) for term in made.terms] == [
            ("languages", "en"),
            ("languages", "fr"),
            ("support", "training"),
        ]


def test_import_belongs_to_whoever_holds_the_address_and_mails_nobody(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    with write() as session:
        owner = make_account(session, email="amina@savannah.example").id
        call = make_call(session, now=utc_now()).ref
    rows = [row(), row(title="Of a stranger", contact_email="else@savannah.example")]

    result = run(app, "import", "requests", table(tmp_path / "in.jsonl", rows), "--call", call)

    assert result.exit_code == 0, result.output
    with read() as session:
        made = session.execute(sa.select(Entry).order_by(Entry.id)).scalars().all()
        assert [
            (entry.owner_id, entry.state, entry.publication, entry.revision_number) for entry in made
        ] == [
            (owner, "submitted", "consented", 1),
            (None, "submitted", "consented", 1),
        ]
        assert {entry.call_id is None for entry in made} == {False}
    assert counts(read) == (2, 1, 0)


def test_import_of_an_offer_without_an_end_stands_for_a_year(
    app: Flask, read: Opened, tmp_path: Path
) -> None:
    result = run(app, "import", "offers", table(tmp_path / "in.csv", [row(OFFER, valid_until=None)], OFFER))

    assert result.exit_code == 0, result.output
    with read() as session:
        until = session.execute(sa.select(Entry.valid_until)).scalar_one()
    assert until == (utc_now() + timedelta(days=365)).date()


def test_import_writes_more_rows_than_one_batch(app: Flask, read: Opened, tmp_path: Path) -> None:
    rows = [row(title=f"Entry {n}", organisation_name=f"Body {n % 40}") for n in range(300)]

    result = run(app, "import", "requests", table(tmp_path / "in.jsonl", rows))

    assert result.exit_code == 0, result.output
    assert counts(read) == (300, 40, 0)
    with read() as session:
        titles = session.execute(sa.select(Entry.title).order_by(Entry.id)).scalars().all()
        n_events, fault = audit.verify(session)
    assert titles == [f"Entry {n}" for n in range(300)]
    assert (n_events, fault) == (340, None)


# --- organisations ----------------------------------------------------------------------------------------


def test_organisations_come_in_and_go_out_equal(app: Flask, read: Opened, tmp_path: Path) -> None:
    text = (
        "name,acronym,aliases,kind,country,site,stakeholder_role\n"
        "Institute of Savannah Studies,ISS,Savannah Institute; IES,research,KEN,savannah.example,"
        "contributor\n"
        "Another Body,,,,,,\n"
    )
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")

    first = run(app, "import", "organisations", tmp_path / "in.csv")
    run(app, "export", "organisations", "-o", tmp_path / "there.xlsx")
    with app.app_context():
        _empty()
    second = run(app, "import", "organisations", tmp_path / "there.xlsx", "--new")
    run(app, "export", "organisations", "-o", tmp_path / "back.xlsx")

    assert first.exit_code == 0, first.output
    assert second.exit_code == 0, second.output
    assert known(tmp_path / "back.xlsx") == known(tmp_path / "there.xlsx")
    with read() as session:
        made = session.execute(sa.select(Organisation).order_by(Organisation.id)).scalars().first()
        assert (made.name, made.aliases, made.site) == (
            "Institute of Savannah Studies",
            ["Savannah Institute", "IES"],
            "https://savannah.example",
        )


def test_organisations_are_refused_by_row_and_column(app: Flask, read: Opened, tmp_path: Path) -> None:
    rows = "name,country,kind,ref\nA Body of Water,KEN,,\na body of water,KEN,,\nA Body of Waters,KEN,,\n"
    (tmp_path / "in.csv").write_text(rows + ",KEN,reserch,\nX,KEN,,ORG-1999-0001\n", encoding="utf-8")

    result = run(app, "import", "organisations", tmp_path / "in.csv")

    assert [line.partition(": ")[0] for line in said(result)[:-1]] == [
        "Look at in.csv, row 4, name",
        "in.csv, row 3, name",
        "in.csv, row 5, kind",
        "in.csv, row 5, name",
        "in.csv, row 6, ref",
    ]
    assert result.exit_code == 1
    assert counts(read) == (0, 0, 0)


# --- nominations ------------------------------------------------------------------------------------------


def test_nominations_are_entered_into_a_call_and_every_nominee_is_mailed(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
    path = tmp_path / "people.csv"
    nominee = {
        "first_name": "Amina",
        "last_name": "Otieno",
        "nominee_email": "amina@lake.example",
        "nominator_name": "Joseph Kamau",
        "nominator_email": "kamau@ministry.example",
        "nominator_body": "Ministry",
        "nominator_kind": "government",
        "nominator_country": "KEN",
    }
    path.write_bytes(as_csv(tuple(nominee), [nominee]))
    runner = app.test_cli_runner()

    nowhere = runner.invoke(args=["import", "nominations", str(path)])
    looked = runner.invoke(args=["import", "nominations", str(path), "--call", ref, "--dry-run"])
    n_looked = counts(read)[2]
    entered = runner.invoke(args=["import", "nominations", str(path), "--call", ref])
    again = runner.invoke(args=["import", "nominations", str(path), "--call", ref])

    assert (nowhere.exit_code, looked.exit_code, entered.exit_code, again.exit_code) == (2, 0, 0, 1)
    assert "1 nominations would be entered" in looked.output
    assert (n_looked, counts(read)[2]) == (0, 1)
    assert "people.csv, row 2, nominee_email: This person is nominated for this call" in again.output
