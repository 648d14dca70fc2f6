"""Tables out and in: equal after a round trip, every fault by row and column, and all rows or none."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import sqlalchemy.orm
from flask import Flask

from models.audit import AuditEvent
from models.entries import Entry
from models.people import Organisation
from services import audit
from services.clock import utc_now
from services.queries.bulk_exports import TOLD
from services.tables import as_csv
from tests.commands.operating import run
from tests.commands.transferring import OFFER, REQUEST, WRITERS, counts, row, said, table
from tests.factories import make_account, make_call, make_published, make_submitted
from tests.fellowship_factories import make_fellowship
from tests.fixtures import Opened, _empty
from vocabulary.states import EntryKind

TRICKY = {
    "title": '=HYPERLINK("http://x.example";"click") and, "more"; texts',
    "summary": "Line one\n\nLine two; with a semicolon, and «quotes» — 中文，العربية",
    "need": "+ first\n- second\n@ third",
    "activities": "Texts that are <b>bold</b>",
    "contact_phone": "+254 20 762 4001",
    "self_assessment": {"11": {"finding": "unclear", "text": "=1+1; 'quoted'"}},
}


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
