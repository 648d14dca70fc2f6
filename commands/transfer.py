"""`flask export KIND -o FILE`, `flask import KIND FILE`: requests, offers and organisations as tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from commands.progress import bar
from commands.replies import refusals_in_words
from schemas.entries import LIST_FIELDS
from schemas.nomination_rows import read_nominations
from schemas.transfer import ROW_SCHEMAS, OrganisationRowSchema
from services.clock import utc_now
from services.fellowships.nomination_import import check_nominations, enter_nominations
from services.organisation_transfer import check_organisations, enter_organisations
from services.queries.bulk_exports import (
    ORGANISATION_COLUMNS,
    TOLD,
    as_cells,
    entry_columns,
    every_entry,
    every_organisation,
)
from services.queries.exports import public_columns, public_rows
from services.row_files import Problem, Rows, write_bytes_whole
from services.table_files import ENDINGS, check_columns, read_table, values_of
from services.tables import FORMS
from services.transaction import reading, transaction
from services.transfer import DRAFT, SUBMITTED, Checked, Fault, Row, Wanted, check_entries, enter
from vocabulary.people import SYSTEM
from vocabulary.states import EntryKind

ORGANISATIONS = "organisations"
KINDS = {"requests": EntryKind.REQUEST, "offers": EntryKind.OFFER}
CHOICE = click.Choice([*KINDS, ORGANISATIONS])
NOMINATIONS = "nominations"
LISTS = frozenset({*LIST_FIELDS, "aliases"})
OBJECTS = frozenset({"self_assessment"})


# --- out --------------------------------------------------------------------------------------------------


@click.command("export")
@click.argument("kind", type=CHOICE)
@click.option("-o", "--output", "path", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="File to write: .csv, .xlsx or .jsonl.")  # fmt: skip
@click.option("--public", is_flag=True, help="Only what everybody sees on the pages.")
@with_appcontext
def export_command(kind: str, path: Path, public: bool) -> None:
    """Write every submitted entry of a KIND, or every organisation, to a table.

    The file holds personal data unless --public is given; the audit trail notes that it was made.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise click.BadParameter(f"{path.name}: the name must end in .csv, .xlsx or .jsonl.")
    if not path.parent.is_dir():
        raise click.BadParameter(f"There is no folder {path.parent}.")
    if public and kind == ORGANISATIONS:
        raise click.BadParameter("There is no public list of organisations.")
    n_rows = 0

    def counted(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        nonlocal n_rows
        for row in rows:
            n_rows += 1
            yield row if form == "jsonl" else as_cells(row)

    with refusals_in_words(), transaction() as session:
        columns, rows = _table(session, kind, public, utc_now())
        content = FORMS[form][1](columns, counted(rows))
        try:
            write_bytes_whole(path, content)
        except OSError as fault:
            _end(f"{path} could not be written: {fault.strerror}.")
    click.echo(f"{path}: {n_rows} {kind}.")


def _table(
    session: Session, kind: str, public: bool, now: datetime
) -> tuple[Sequence[str], Iterable[Mapping[str, Any]]]:
    if kind == ORGANISATIONS:
        return ORGANISATION_COLUMNS, every_organisation(session, SYSTEM, now=now)
    if public:
        return public_columns(KINDS[kind]), public_rows(session, KINDS[kind], {})
    return entry_columns(KINDS[kind]), every_entry(session, SYSTEM, KINDS[kind], now=now)


# --- in ---------------------------------------------------------------------------------------------------


@click.command("import")
@click.argument("kind", type=click.Choice([*KINDS, ORGANISATIONS, NOMINATIONS]))
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, say what would happen, write nothing.")
@click.option("--as", "state", type=click.Choice([SUBMITTED, DRAFT]), default=SUBMITTED, show_default=True,
              help="How entries come in; a draft may be incomplete.")  # fmt: skip
@click.option("--call", "call_ref", help="Call that every row answers, in place of the column call.")
@click.option("--new", "is_all_new", is_flag=True, help="Pass over the column ref: every row is a new one.")
@with_appcontext
def import_command(
    kind: str, path: Path, dry_run: bool, state: str, call_ref: str | None, is_all_new: bool
) -> None:
    """Enter the rows of a FILE (CSV, XLSX or JSONL) with the columns that an export has.

    Every fault is told by row and column, and nothing is written while there is one. A row with a reference
    must be here already and say the same. Nobody is mailed, but for nominations (which need --call): every
    nominee gets a private link to fill in the form and to consent.
    """
    if kind == NOMINATIONS and not call_ref:
        raise click.BadParameter("Name the fellowship call with --call.")
    if path.suffix.lower() not in ENDINGS:
        raise click.BadParameter(f"{path.name}: the name must end in one of {', '.join(ENDINGS)}.")
    try:
        rows = read_table(path)
    except OSError as fault:
        _end(f"{path} could not be read: {fault.strerror}.")
    now = utc_now()
    if kind == NOMINATIONS:
        _import_nominations(rows, call_ref or "", dry_run, now)
        return
    read = _values(rows, _schema(kind))
    with refusals_in_words():
        if kind == ORGANISATIONS:
            with reading() as session:
                checked, new = check_organisations(session, SYSTEM, read, is_all_new=is_all_new, now=now)
            n_new = len(new)
        else:
            wanted = Wanted(KINDS[kind], state, call_ref, is_all_new)
            with reading() as session:
                checked = check_entries(session, SYSTEM, wanted, read, now=now)
            n_new = len(checked.new)
    _tell(rows, checked)
    if not dry_run:
        with refusals_in_words(), bar("Entering") as tell, transaction() as session:
            if kind == ORGANISATIONS:
                refs = enter_organisations(session, SYSTEM, new, now=now)
            else:
                refs = enter(session, SYSTEM, checked, now=now, progress=lambda n: tell(n, n_new))
    _conclude(kind, [] if dry_run else refs, n_new, checked.n_unchanged, dry_run)


def _import_nominations(rows: Rows, call_ref: str, dry_run: bool, now: datetime) -> None:
    read, refs = read_nominations(rows), []
    with refusals_in_words(), reading() as session:
        checked = check_nominations(session, SYSTEM, call_ref, read, now=now)
    _tell(rows, checked)
    if not dry_run:
        with refusals_in_words(), transaction() as session:
            refs = enter_nominations(session, SYSTEM, call_ref, checked, now=now)
    _conclude(NOMINATIONS, refs, len(checked.invited), 0, dry_run)


def _schema(kind: str) -> Schema:
    return OrganisationRowSchema() if kind == ORGANISATIONS else ROW_SCHEMAS[KINDS[kind]]()


def _values(rows: Rows, schema: Schema) -> list[Row]:
    """What a schema makes of every row; whatever it refuses is noted."""
    told = {*TOLD, "merged_into"}
    check_columns(rows, {*schema.fields, *told})
    known = set(schema.fields)
    found = []
    for row in rows.rows:
        values = values_of(row, rows, LISTS, OBJECTS)
        given = {name: value for name, value in values.items() if name in known}
        try:
            found.append(Row(row.number, schema.load(given)))
        except ValidationError as wrong:
            _note(rows, row.number, wrong.normalized_messages())
            found.append(Row(row.number, wrong.valid_data))
    return found


def _note(rows: Rows, number: int, messages: Mapping[Any, Any], within: str = "") -> None:
    for name, said in messages.items():
        if isinstance(said, Mapping):
            _note(rows, number, said, f"{within}{name}.")
        else:
            for message in said:
                rows.refuse(message, number, f"{within}{name}")


def _tell(rows: Rows, checked: Checked) -> None:
    """Every fault and everything worth a look, in the order of the rows; ends with 1 for any fault."""
    unread = {(problem.row, (problem.field or "").split(".")[0]) for problem in rows.problems}
    faults = [fault for fault in checked.faults if (fault.row, fault.column) not in unread]
    problems = [*rows.problems, *(_problem(rows, fault) for fault in faults)]
    for warning in sorted(checked.warnings, key=lambda fault: fault.row or 0):
        click.echo(f"Look at {_problem(rows, warning)}", err=True)
    for problem in sorted(problems, key=lambda problem: (problem.row or 0, problem.field or "")):
        click.echo(str(problem), err=True)
    if problems:
        n_rows = len({problem.row for problem in problems if problem.row is not None})
        _end(f"Nothing was written. Faults: {len(problems)}, in rows: {n_rows}.")


def _problem(rows: Rows, fault: Fault) -> Problem:
    return Problem(rows.file, fault.row, fault.column, fault.message)


def _conclude(kind: str, refs: Sequence[str], n_new: int, n_unchanged: int, dry_run: bool) -> None:
    said = f"Nothing is wrong. {n_new} {kind} would be entered" if dry_run else f"{n_new} {kind} were entered"
    if refs:
        said += f", {refs[0]} to {refs[-1]}" if len(refs) > 1 else f", {refs[0]}"
    click.echo(f"{said}; {n_unchanged} were here already.")


def _end(text: str) -> None:
    click.echo(text, err=True)
    sys.exit(1)
