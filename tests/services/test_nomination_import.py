"""Many nominations from one file: looked at first, all entered or none, and every nominee asked."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from models.fellowships import Nomination
from models.operation import OutgoingMail
from schemas.nomination_rows import read_nominations
from services.clock import utc_now
from services.fellowships import nominations
from services.fellowships.nomination_import import COLUMNS, check_nominations, enter_nominations
from services.fellowships.rows import fellowship_of
from services.table_files import read_table
from services.tables import as_csv, as_xlsx
from tests.factories import make_account, make_actor
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import NOW, Opened
from tests.signing_in import post, sign_in
from vocabulary.errors import Conflict, Refused
from vocabulary.fellowships import NominationState
from vocabulary.people import Actor, Role
from vocabulary.states import CallState


def row(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "first_name": "Amina",
        "last_name": f"Otieno{'abcdefgh'[n]}",
        "nominee_email": f"nominee{n}@lake.example",
        "language": "fr",
        "nominator_name": "Joseph Kamau",
        "nominator_email": "kamau@ministry.example",
        "nominator_body": "Ministry of Environment",
        "nominator_kind": "government",
        "nominator_country": "KEN",
        "languages": "en; fr",
        "degrees": "doctorate | Ecology | Nairobi | 2022; master | Biology | Nairobi |",
        "born_on": "1995-03-01",
    } | changes


def checked(session: Any, actor: Actor, ref: str, path: Path) -> Any:
    table = read_table(path)
    found = check_nominations(session, actor, ref, read_nominations(table), now=NOW)
    faults = [(one.row, one.field, str(one.message)) for one in table.problems]
    return found, faults + [(one.row, one.column, str(one.message)) for one in found.faults]


WRITERS = {"csv": as_csv, "xlsx": as_xlsx}


@pytest.mark.parametrize("form", list(WRITERS))
def test_rows_become_nominations_that_wait_for_their_nominees(
    write: Opened, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"file.{form}"
    path.write_bytes(WRITERS[form](COLUMNS, [row(0), row(1)]))
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        officer = make_actor(session, Role.OFFICER)

        found, faults = checked(session, officer, ref, path)
        before = session.execute(sa.select(sa.func.count(Nomination.id))).scalar_one()
        refs = enter_nominations(session, officer, ref, found, now=NOW)

        assert (faults, before, len(refs)) == ([], 0, 2)
        rows = session.execute(sa.select(Nomination).order_by(Nomination.id)).scalars().all()
        assert [one.state for one in rows] == [NominationState.AWAITING_NOMINEE] * 2
        assert rows[0].content["languages"] == ["en", "fr"]
        assert rows[0].content["degrees"][0] == {
            "degree": "doctorate",
            "field": "Ecology",
            "place": "Nairobi",
            "year": 2022,
        }
        assert (rows[0].content["consent_data"], rows[0].nominee_consent_at) == (False, None)
        mails = sa.select(OutgoingMail.to_email, OutgoingMail.template, OutgoingMail.language)
        assert session.execute(mails.order_by(OutgoingMail.id)).all() == [
            (f"nominee{n}@lake.example", "nomination_invitation", "fr") for n in range(2)
        ]


def test_semicolons_and_a_byte_order_mark_are_read(write: Opened, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    names = [name for name in COLUMNS if name in row(0)]
    line = ";".join(str(row(0, languages="en", degrees="")[name]) for name in names)
    path.write_bytes((";".join(names) + "\r\n" + line + "\r\n").encode("utf-8-sig"))
    with write() as session:
        ref = make_fellowship(session, now=NOW)

        found, faults = checked(session, make_actor(session, Role.OFFICER), ref, path)

        assert (faults, len(found.invited)) == ([], 1)


BAD: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "country": ({"nominator_country": "KENYA"}, "nominator_country", "There is no such country in the list."),
    "address": ({"nominee_email": "nobody"}, "nominee_email", ""),
    "code": ({"gender": "f"}, "gender", ""),
    "degree": ({"degrees": "doctor | Ecology | Nairobi | 2022"}, "degrees", ""),
    "year": ({"degrees": "doctorate | Ecology | Nairobi | last year"}, "degrees", ""),
    "day": ({"born_on": "1.3.1995"}, "born_on", ""),
    "missing": ({"nominator_body": ""}, "nominator_body", "This is missing."),
    "oneself": (
        {"nominee_email": "kamau@ministry.example"},
        "nominee_email",
        "This is the nominator’s own address. Nobody nominates oneself.",
    ),
    "own name": (
        {"nominator_name": "OTIENOB, amina"},
        "last_name",
        "This is the nominator’s own name. Nobody nominates oneself.",
    ),
    "twice": (
        {"nominee_email": "Nominee0@lake.example"},
        "nominee_email",
        "The person of row 2 has this address too.",
    ),
    "chapter": ({"chapters": "ch9"}, "chapters", "There is no such chapter in this call."),
}


@pytest.mark.parametrize("name", list(BAD))
def test_every_bad_cell_is_named_by_row_and_column(write: Opened, tmp_path: Path, name: str) -> None:
    change, column, message = BAD[name]
    path = tmp_path / "file.csv"
    path.write_bytes(as_csv(COLUMNS, [row(0), row(1, **change)]))
    with write() as session:
        ref = make_fellowship(session, now=NOW)

        _, faults = checked(session, make_actor(session, Role.OFFICER), ref, path)

        places = {(number, where) for number, where, _ in faults}
        assert places == {(3, column)}
        assert not message or faults[0][2] == message


def test_a_consent_in_the_file_is_refused(write: Opened, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(as_csv((*COLUMNS, "consent_data"), [row(0, consent_data="true")]))
    with write() as session:
        ref = make_fellowship(session, now=NOW)

        _, faults = checked(session, make_actor(session, Role.OFFICER), ref, path)

        assert faults == [(None, "consent_data", "Only the nominee can say this; leave the column out.")]


def test_whoever_is_nominated_already_is_refused_and_pointed_to(write: Opened, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(as_csv(COLUMNS, [row(0), row(1, nominee_email="MINE@people.example")]))
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        nominee = make_actor(session, email="mine@people.example")
        mine = nominations.begin(session, nominee, ref, answers(), now=NOW)

        _, faults = checked(session, make_actor(session, Role.OFFICER), ref, path)

        said = f"This person is nominated for this call already: {mine.ref}."
        assert faults == [(3, "nominee_email", said)]


def test_the_same_name_under_another_address_is_worth_a_look(write: Opened, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(as_csv(COLUMNS, [row(0), row(1, first_name="OTIENOA", last_name="Amína")]))
    with write() as session:
        ref = make_fellowship(session, now=NOW)

        found, faults = checked(session, make_actor(session, Role.OFFICER), ref, path)

        assert faults == []
        assert [(one.row, str(one.message)) for one in found.warnings] == [
            (3, "Row 2 has the same name; is it the same person?")
        ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OFFICER])
def test_nobody_but_an_officer_imports(write: Opened, role: Role) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        country = "KEN" if role is Role.FOCAL_POINT else None

        with pytest.raises(Refused):
            check_nominations(session, make_actor(session, role, country=country), ref, [], now=NOW)


def test_a_closed_call_takes_none(write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=NOW)
        call, _ = fellowship_of(session, ref)
        call.state = CallState.CLOSED

        with pytest.raises(Conflict):
            check_nominations(session, make_actor(session, Role.OFFICER), ref, [], now=NOW)


def test_officer_looks_first_and_then_enters_in_the_browser(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        officer = make_account(session, Role.OFFICER).id
    sign_in(app, client, officer)
    path = f"/en/fellowships/{ref}/import"

    def send(rows: list[dict[str, Any]], **button: str) -> Any:
        file = (io.BytesIO(as_csv(COLUMNS, rows)), "people.csv")
        return post(client, path, data={"file": file, **button}, page=path)

    wrong = send([row(0), row(1, gender="f")], enter="1")
    looked = send([row(0), row(1)])
    with write() as session:
        n_before = session.execute(sa.select(sa.func.count(Nomination.id))).scalar_one()
        n_mails = session.execute(sa.select(sa.func.count(OutgoingMail.id))).scalar_one()
    entered = send([row(0), row(1)], enter="1")
    with write() as session:
        n_after = session.execute(sa.select(sa.func.count(Nomination.id))).scalar_one()

    assert wrong.status_code == 422
    assert "Nothing was written: one cell needs a correction" in wrong.text
    assert "Nothing is wrong: 2 nominees would be invited" in looked.text
    assert (n_before, n_mails, n_after) == (0, 0, 2)
    assert entered.status_code == 303
    assert "2 nominees were invited by mail." in client.get(entered.location).text


def test_template_holds_every_column_and_every_code(app: Flask, client: FlaskClient, write: Opened) -> None:
    chapters = [{"code": "ch1", "title": {"en": "Values"}, "seats": 2}]
    with write() as session:
        ref = make_fellowship(session, now=utc_now(), chapters=chapters)
        officer = make_account(session, Role.OFFICER).id
    sign_in(app, client, officer)

    book = load_workbook(io.BytesIO(client.get(f"/en/fellowships/{ref}/import/template.xlsx").data))
    table = client.get(f"/en/fellowships/{ref}/import/template.csv").data.decode("utf-8-sig")

    assert [cell.value for cell in book["nominations"][1]] == list(COLUMNS)
    codes = {(line[0], line[1], line[2]) for line in book["codes"].iter_rows(min_row=2, values_only=True)}
    assert {
        ("chapters", "ch1", "Values"),
        ("gender", "not_said", "Prefer not to say"),
        ("nationality", "KEN", "Kenya"),
    } <= codes
    assert table.strip().split(",") == list(COLUMNS)
