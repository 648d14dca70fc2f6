"""An officer brings many nominations at once from a spreadsheet: look first, then enter all of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from frame.access import acts, current_actor
from frame.language import current_language
from schemas.nomination_rows import read_nominations
from services.clock import utc_now
from services.fellowships.nomination_import import CheckedNominations, check_nominations, enter_nominations
from services.fellowships.nomination_template import as_template, code_lists
from services.queries.calls import call_page
from services.row_files import Rows
from services.table_files import ENDINGS, read_table
from services.tables import FORMS
from services.transaction import reading, transaction
from translations.catalogues import translate
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.messages import Message, plural_message
from web.session import tell

bp = Blueprint("nomination_import", __name__)

CHOOSE = Message("Choose a file whose name ends in .csv, .xlsx or .jsonl.")
MOST_SHOWN = 500
"""Faults on the page; whoever corrects these and sends the file again sees the rest."""


@bp.get("/fellowships/<ref>/import")
@acts(Action.NOMINATION_IMPORT)
def show(ref: str) -> ResponseReturnValue:
    """What a file looks like, and where to send it."""
    return _page(ref)


@bp.get("/fellowships/<ref>/import/template.<form>")
@acts(Action.NOMINATION_IMPORT)
def template(ref: str, form: str) -> ResponseReturnValue:
    """An empty table, with the codes that its cells may hold."""
    if form not in ("csv", "xlsx"):
        raise NotFound
    content = as_template(form, _lists(ref))
    answer = Response(content, mimetype=FORMS[form][0])
    answer.headers["Content-Disposition"] = f'attachment; filename="nominations.{form}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@bp.post("/fellowships/<ref>/import")
@acts(Action.NOMINATION_IMPORT)
def send(ref: str) -> ResponseReturnValue:
    """Check a file and write nothing; or, by the other button, enter all of it unless something is wrong."""
    sent, now = request.files.get("file"), utc_now()
    if sent is None or Path(sent.filename or "").suffix.lower() not in ENDINGS:
        return _page(ref, error=CHOOSE), 422
    table = _table(sent)
    read = read_nominations(table)
    with reading() as database:
        checked = check_nominations(database, current_actor(), ref, read, now=now)
    faults = _faults(table, checked)
    if faults or "enter" not in request.form:
        return _page(ref, checked=checked, faults=faults), 422 if faults else 200
    with transaction() as database:
        refs = enter_nominations(database, current_actor(), ref, checked, now=now)
    tell(plural_message("{n} nominee was invited by mail.", "{n} nominees were invited by mail.", len(refs)))
    return redirect(url_for("fellowships.room", ref=ref), 303)


def _table(sent: FileStorage) -> Rows:
    """The rows of what was sent; it lies in a file of its own no longer than it takes to read it."""
    name = Path(sent.filename or "file")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sent{name.suffix.lower()}"
        sent.save(path)
        return read_table(path)


def _faults(table: Rows, checked: CheckedNominations) -> list[tuple[int | None, str | None, Message]]:
    """Every fault once, in the order of the rows: what a cell cannot be, then what it cannot mean."""
    found = [(one.row, one.field, one.message) for one in table.problems]
    unread = {(row, name) for row, name, _ in found}
    found += [
        (one.row, one.column, one.message) for one in checked.faults if (one.row, one.column) not in unread
    ]
    return sorted(found, key=lambda one: (one[0] or 0, one[1] or ""))


def _lists(ref: str) -> dict[str, dict[str, str]]:
    language = current_language()
    with reading() as database:
        return code_lists(
            database,
            current_actor(),
            ref,
            now=utc_now(),
            language=language,
            words=lambda message: translate(message, language),
        )


def _page(
    ref: str,
    *,
    error: Message | None = None,
    checked: CheckedNominations | None = None,
    faults: list[Any] | None = None,
) -> str:
    lists = _lists(ref)
    with reading() as database:
        call = call_page(database, current_actor(), ref, language=current_language(), now=utc_now())
    return render_template(
        "nominations/import.html",
        call=call,
        lists=lists,
        errors={"file": [error]} if error else {},
        checked=checked,
        faults=(faults or [])[:MOST_SHOWN],
        n_faults=len(faults or []),
        n_rows=len({row for row, _, _ in faults or []}),
    )
